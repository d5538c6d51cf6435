import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isMap, isPair, isScalar, isSeq, LineCounter, parse, parseAllDocuments } from "yaml";
import { clusterOf } from "../../src/cluster/cluster-of.ts";
import { DEFAULT_MARKS, defaultConfiguration, type Profile } from "../../src/config/config.ts";
import { diff } from "../../src/diff/environment-delta.ts";
import type { RenderedDocument } from "../../src/engine/engine.ts";
import { readDocuments } from "../../src/render/documents.ts";
import type { RenderedTarget } from "../../src/render/render.ts";
import { type JudgeInput, type Judgement, judge } from "../../src/rules/judge.ts";
import type { JudgedEnvironment } from "../../src/rules/judged-environment.ts";
import type { RuleSet } from "../../src/rules/rules.ts";
import type { Environment, Target } from "../../src/targets/targets.ts";
import type { Unknown } from "../../src/targets/unknown.ts";

/** One example of a rule: what `expected.yaml` says of it. */
export interface ExpectedExample {
  readonly title: string;
  readonly severity: "block" | "undecided" | "warn" | "note" | "none";
  readonly workloads?: readonly string[];
  /** What the configuration says, where it differs from the default. */
  readonly settings?: ExampleSettings;
}

export interface ExampleSettings {
  readonly production?: boolean;
  readonly observes?: boolean;
  /** Whether the Application that deploys both sides prunes; default true. */
  readonly prune?: boolean;
  readonly baseline?: readonly string[];
  readonly cde?: readonly string[];
  readonly internalRanges?: readonly string[];
  /** Which CNI enforces; default: inferred. */
  readonly profile?: Profile;
}

export interface Sides {
  /** Text of manifest files by path. */
  readonly base: ReadonlyMap<string, string>;
  readonly head: ReadonlyMap<string, string>;
}

export async function readExample(
  directory: string,
): Promise<{ readonly expected: ExpectedExample; readonly sides: Sides }> {
  return {
    expected: parse(await readFile(join(directory, "expected.yaml"), "utf8")) as ExpectedExample,
    sides: { base: await filesIn(join(directory, "base")), head: await filesIn(join(directory, "head")) },
  };
}

async function filesIn(directory: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(directory)).sort();
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(directory, name), "utf8")] as const),
    ),
  );
}

/** Two sides given as one YAML text each. */
export function sidesOf(base: string, head: string): Sides {
  return { base: new Map([["base.yaml", base]]), head: new Map([["head.yaml", head]]) };
}

/** Unknowns that no manifest of an example can show, by side. */
export interface SideUnknowns {
  readonly base: readonly Unknown[];
  readonly head: readonly Unknown[];
}

/** Two sets of plain manifests as one environment with one Application, compared. */
export function compareSides(
  sides: Sides,
  settings: ExampleSettings = {},
  unknowns: SideUnknowns = { base: [], head: [] },
): JudgedEnvironment {
  const environment = environmentOf(settings);
  const cluster = (side: "base" | "head") =>
    clusterOf(
      environment,
      [...renderedFiles(sides[side], environment)],
      declarationsOf(settings),
      unknowns[side],
    );
  return {
    name: environment.name,
    production: settings.production ?? true,
    observes: settings.observes ?? false,
    delta: diff(cluster("base"), cluster("head"), { environment: environment.name }),
    base: environment,
    head: environment,
    asIfIsolated: null,
  };
}

/** Judges two sets of plain manifests, from parsing to the verdict. */
export function judgeSides(
  sides: Sides,
  rules: RuleSet,
  settings: ExampleSettings = {},
  options: Partial<JudgeInput> & { readonly unknowns?: SideUnknowns } = {},
): Promise<Judgement> {
  const { unknowns, ...input } = options;
  return judge({
    environments: [compareSides(sides, settings, unknowns)],
    rules,
    internalRanges: settings.internalRanges ?? [],
    unrendered: "coverage",
    ...input,
  });
}

function declarationsOf({ baseline = [], cde = [] }: ExampleSettings) {
  const names = [...new Set([...baseline, ...cde])];
  return {
    ...defaultConfiguration,
    namespaces: new Map(
      names.map((name) => [name, { baseline: baseline.includes(name), cde: cde.includes(name), labels: {} }]),
    ),
  };
}

function environmentOf({ prune = true, profile }: ExampleSettings): Environment {
  return {
    name: "clusters/example",
    kind: "cluster",
    roots: ["clusters/example"],
    destination: null,
    marks: { ...DEFAULT_MARKS, profile: profile ?? null },
    targets: [targetOf("example", prune)],
    unread: [],
  };
}

function targetOf(id: string, prune: boolean): Target {
  return {
    id,
    source: { kind: "directory", path: "apps", files: [] },
    namespace: null,
    declaredBy: {
      kind: "Application",
      name: id,
      namespace: "argocd",
      place: { path: "clusters/example/app.yaml", line: 1 },
    },
    delivery: {
      automated: true,
      prune,
      suspended: false,
      createsNamespace: false,
      namespaceLabels: {},
    },
  };
}

function* renderedFiles(
  files: ReadonlyMap<string, string>,
  { targets }: Environment,
): Generator<RenderedTarget> {
  const [target] = targets;
  if (target === undefined) return;
  const documents = [...files].flatMap(([path, text]) => documentsIn(path, text));
  const read = readDocuments(target, documents, "example");
  yield { target, ...read, remarks: [], digest: "example" };
}

function documentsIn(path: string, text: string): readonly RenderedDocument[] {
  const parts = text.split(/^---$/m);
  let line = 1;
  return parts.flatMap((part): readonly RenderedDocument[] => {
    const first = line;
    line += part.split("\n").length - 1;
    const lines = new LineCounter();
    const [document] = parseAllDocuments(part, { uniqueKeys: false, lineCounter: lines });
    if (document === undefined || document.contents === null) return [];
    return [
      {
        source: path,
        archive: null,
        name: null,
        group: "manifest",
        line: first,
        object: document.toJS() as RenderedDocument["object"],
        text: part,
        duplicateKeys: duplicatesIn(document.contents, [], lines),
        error: null,
      },
    ];
  });
}

function duplicatesIn(
  node: unknown,
  path: readonly string[],
  lines: LineCounter,
): RenderedDocument["duplicateKeys"] {
  if (isSeq(node))
    return node.items.flatMap((item, index) => duplicatesIn(item, [...path, String(index)], lines));
  if (!isMap(node)) return [];
  const seen = new Map<string, number>();
  return node.items.flatMap((pair) => {
    if (!isPair(pair) || !isScalar(pair.key)) return [];
    const key = String(pair.key.value);
    const line = lines.linePos(pair.key.range?.[0] ?? 0).line;
    const earlier = seen.get(key);
    seen.set(key, line);
    const inner = duplicatesIn(pair.value, [...path, key], lines);
    return earlier === undefined ? inner : [{ path: [...path], key, line, earlier }, ...inner];
  });
}
