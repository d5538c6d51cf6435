import type { Configuration } from "../config/config.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { byBytes, join } from "../tree/paths.ts";
import { isTreeProblem } from "../tree/tree.ts";
import { assemble } from "./assembly/assemble.ts";
import { type Survey, survey } from "./assembly/survey.ts";
import type { Declaration, DeclaredObject } from "./declarations/declaration.ts";
import { type Recognition, recognise } from "./declarations/this-repository.ts";
import {
  declare,
  declareInvalid,
  entryOf,
  isEntryPoint,
  isFluxSource,
  namedSources,
} from "./entry-points.ts";
import { type Fields, isFields, textAt } from "./files/fields.ts";
import { entriesOf, type Held, heldBy } from "./files/file-facts.ts";
import { textOf } from "./files/text-of.ts";
import { type FluxContext, type FluxSources, namedByFlux } from "./flux.ts";
import type { Discovery, Environment, Target } from "./targets.ts";

export interface DiscoverOptions {
  /** Addresses of the clone's remotes. */
  readonly repositoryUrls?: readonly string[];
  /** How the other side was recognised: a change must not move what "this repository" means. */
  readonly repository?: Recognition;
  /** What paths held on the other side: a file that breaks is not one whose objects were deleted. */
  readonly former?: ReadonlyMap<string, Held>;
  /** What targets of an earlier discovery rendered to: entry points among it (app of apps) are added. */
  readonly rendered?: readonly RenderedObjects[];
}

export interface RenderedObjects {
  readonly environment: Environment;
  readonly target: Target;
  readonly objects: readonly {
    readonly object: unknown;
    /** Template or file; null where it is not known. */
    readonly path: string | null;
  }[];
}

/**
 * The environments of a tree and their targets, found without rendering. Entry points that are themselves rendered are
 * found by calling it again with what was rendered, until nothing new appears.
 */
export async function discover(
  tree: RepositoryTree,
  configuration: Configuration,
  options: DiscoverOptions = {},
): Promise<Discovery> {
  const found = await survey(tree, options.former);
  const plain = plainObjects(found);
  const rendered = (options.rendered ?? []).flatMap(renderedObjects);
  const objects = [...plain, ...rendered.map(({ declared }) => declared)];
  const existing = (path: string) => exists(tree, path);
  const all = objects.map(({ object }) => object);
  const named = [...all.flatMap((object) => namedSources(object, existing)), ...namedByFlux(all, existing)];
  const own = () => recognise(configuration.repositories, options.repositoryUrls ?? [], named);
  // A side without entry points has no answer that could be moved.
  const given = options.repository?.evidence === "none" ? undefined : options.repository;
  const repository = given ?? own();
  const context = contextOf(found, objects, repository);
  const declarations = await declareAll(plain, context);
  const children = await Promise.all(
    rendered.map(async ({ declared, home }) => ({ declaration: await declare(declared, context), home })),
  );
  const broken = [...found.files].flatMap(([path, { invalid }]) =>
    invalid
      .filter(({ entryPoint }) => entryPoint)
      .map((document, index) => declareInvalid(document, path, index)),
  );
  const environments = await assemble({
    survey: found,
    configuration,
    declarations: [...declarations, ...broken],
    children,
    rendered: (options.rendered ?? []).map(({ environment, target }) => ({
      home: homeOf(environment),
      target,
    })),
  });
  return { ...environments, repository, held: heldPaths(found) };
}

function heldPaths({ files }: Survey): ReadonlyMap<string, Held> {
  return new Map(
    [...files].flatMap(([path, facts]): [string, Held][] => {
      const held = heldBy(facts);
      return held === null ? [] : [[path, held]];
    }),
  );
}

/** A path inside a submodule exists, though not here. */
function exists(tree: RepositoryTree, path: string): boolean {
  const found = tree.stat(join(".", path.replace(/^\/+/, "")) ?? ".");
  return !isTreeProblem(found) || found.code === "submodule";
}

/** Objects that stand in files; a file that Kustomize roots use, and none as a resource, holds patches instead. */
function plainObjects({ files, kustomize }: Survey): readonly DeclaredObject[] {
  const roots = [...kustomize.values()];
  const used = new Set(roots.flatMap((root) => root.files));
  const resources = new Set(roots.flatMap((root) => root.resources));
  return [...files].flatMap(([path, { entries }]) =>
    used.has(path) && !resources.has(path)
      ? []
      : entries.map(({ object, line }) => ({ object, entry: entryOf(object, path, line) })),
  );
}

interface RenderedObject {
  readonly declared: DeclaredObject;
  readonly home: string;
}

function renderedObjects({ environment, target, objects }: RenderedObjects): readonly RenderedObject[] {
  return objects.flatMap(({ object, path }) => {
    if (!isFields(object)) return [];
    return entriesOf(object, 0, []).flatMap(({ object: entry }) =>
      isEntryPoint(entry)
        ? [
            {
              declared: { object: entry, entry: entryOf(entry, path ?? target.id, null) },
              home: homeOf(environment),
            },
          ]
        : [],
    );
  });
}

/** The root that names an environment while destinations may still split or merge it. */
function homeOf(environment: Environment): string {
  return environment.roots[0] ?? environment.name;
}

function contextOf(found: Survey, objects: readonly DeclaredObject[], { urls }: Recognition): FluxContext {
  return {
    tree: found.tree,
    repository: new Set(urls),
    sources: fluxSources(objects.map(({ object }) => object)),
    filesNaming: fileFinder(found),
  };
}

function fluxSources(objects: readonly Fields[]): FluxSources {
  const sources = new Map<string, Fields[]>();
  for (const object of objects) {
    if (!isFluxSource(object)) continue;
    const key = `${textAt(object, "kind") ?? ""}/${textAt(object, "metadata", "name") ?? ""}`;
    sources.set(key, [...(sources.get(key) ?? []), object]);
  }
  return sources;
}

/** Files that mention a name of a ConfigMap or Secret; each name is looked for once. */
function fileFinder(found: Survey): (name: string) => Promise<readonly string[]> {
  const answers = new Map<string, Promise<readonly string[]>>();
  const search = async (name: string): Promise<readonly string[]> => {
    const paths = [...found.files.keys(), ...[...found.kustomize.values()].map(({ file }) => file)];
    const matches = await Promise.all(
      paths.map(async (path) => {
        const bytes = await found.tree.read(path);
        return !isTreeProblem(bytes) && textOf(bytes).includes(name);
      }),
    );
    return paths.filter((_, index) => matches[index]).sort(byBytes);
  };
  return (name) => {
    const answer = answers.get(name) ?? search(name);
    answers.set(name, answer);
    return answer;
  };
}

async function declareAll(
  objects: readonly DeclaredObject[],
  context: FluxContext,
): Promise<readonly Declaration[]> {
  const entries = objects.filter(({ object }) => isEntryPoint(object));
  return Promise.all(entries.map((entry) => declare(entry, context)));
}
