import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { isWithin, relativeTo } from "../tree/paths.ts";
import { identityOf } from "./content-digest.ts";
import { targetDefinition } from "./definition.ts";
import { digestOf } from "./files/digest.ts";
import type { Discovery, Environment, Target } from "./targets.ts";

/** One side of a comparison. */
export interface DiscoveredSide {
  readonly tree: RepositoryTree;
  readonly discovery: Discovery;
}

export type EnvironmentPair =
  | { readonly kind: "same" | "moved"; readonly base: Environment; readonly head: Environment }
  | { readonly kind: "new"; readonly base: null; readonly head: Environment }
  | { readonly kind: "removed"; readonly base: Environment; readonly head: null };

/**
 * Which environments of both sides are one: those of one name; else those with the same destination that share a root;
 * else those whose targets are equal though the directory moved.
 */
export async function pairEnvironments(
  base: DiscoveredSide,
  head: DiscoveredSide,
): Promise<readonly EnvironmentPair[]> {
  const before = new Set(base.discovery.environments);
  const pairs: EnvironmentPair[] = [];
  const after: Environment[] = [];
  const byName = new Map(base.discovery.environments.map((environment) => [environment.name, environment]));
  for (const environment of head.discovery.environments) {
    const old = byName.get(environment.name);
    if (old !== undefined && before.delete(old)) pairs.push({ kind: "same", base: old, head: environment });
    else after.push(environment);
  }
  for (const same of [sharesRoot, await sameTargets(base, head, before, after)]) {
    for (const environment of [...after]) {
      const old = [...before].find((candidate) => same(candidate, environment));
      if (old === undefined) continue;
      before.delete(old);
      after.splice(after.indexOf(environment), 1);
      // An environment keeps its marks, whatever the name that it moved to is marked as (threat T4).
      const head = { ...environment, marks: old.marks };
      pairs.push({ kind: same === sharesRoot ? "same" : "moved", base: old, head });
    }
  }
  const order = new Map(head.discovery.environments.map(({ name }, index) => [name, index]));
  const added = after.map((environment): EnvironmentPair => ({ kind: "new", base: null, head: environment }));
  const gone = [...before].map(
    (environment): EnvironmentPair => ({ kind: "removed", base: environment, head: null }),
  );
  const position = (pair: EnvironmentPair) =>
    pair.head === null ? order.size : (order.get(pair.head.name) ?? 0);
  return [...pairs, ...added, ...gone].sort((a, b) => position(a) - position(b));
}

function sharesRoot(base: Environment, head: Environment): boolean {
  return base.destination === head.destination && base.roots.some((root) => head.roots.includes(root));
}

/** Environments with no target at all are equal to each other and still not the same one. */
async function sameTargets(
  base: DiscoveredSide,
  head: DiscoveredSide,
  before: Iterable<Environment>,
  after: Iterable<Environment>,
): Promise<(base: Environment, head: Environment) => boolean> {
  const signatures = new Map<Environment, string>();
  for (const [side, environments] of [
    [base, before],
    [head, after],
  ] as const) {
    for (const environment of environments) {
      if (environment.targets.length + environment.unread.length === 0) continue;
      signatures.set(environment, await signatureOf(environment, side.tree));
    }
  }
  return (one, other) => signatures.has(one) && signatures.get(one) === signatures.get(other);
}

/** An environment without where its own directory is: paths in it are relative, and its content stands for it. */
async function signatureOf(environment: Environment, tree: RepositoryTree): Promise<string> {
  const [root = "."] = environment.roots;
  const relative = (path: string) =>
    root !== "." && isWithin(path, root) ? `<root>/${relativeTo(path, root)}` : path;
  const targets = environment.targets.map((target) => ({
    // What nobody declares is called after its path.
    id: relative(target.id),
    definition: mapStrings(targetDefinition(target), relative),
  }));
  const unread = environment.unread.map(({ id, unknown, namespace }) => ({
    id,
    digest: unknown.digest,
    namespace,
  }));
  const own = environment.targets.filter(({ declaredBy }) => declaredBy === null);
  const below = await Promise.all(own.map((target) => ownContent(target, tree, relative)));
  return digestOf({ destination: environment.destination, targets, unread, below });
}

async function ownContent(
  target: Target,
  tree: RepositoryTree,
  relative: (path: string) => string,
): Promise<unknown> {
  const { source } = target;
  const paths =
    source.kind === "directory"
      ? source.files
      : [source.kind === "helm" ? source.request.chart : source.path];
  return Promise.all(paths.map(async (path) => [relative(path), await identityOf(tree, path)]));
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapStrings(member, map)]));
}
