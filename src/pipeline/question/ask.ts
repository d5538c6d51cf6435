import { closest } from "../../config/suggestion.ts";
import type { Answer, AnsweredEnvironment, AnsweredSide } from "../../report/answer/answer.ts";
import { assumptionsOf } from "../../report/assumptions.ts";
import type { ToldProfile } from "../../report/told-profile.ts";
import { unknownReason } from "../../report/unknown-reason.ts";
import { environmentChanged } from "../../targets/environment-changed.ts";
import { type DiscoveredSide, pairEnvironments } from "../../targets/pair-environments.ts";
import type { Environment } from "../../targets/targets.ts";
import { changedPaths } from "../../tree/changed-paths.ts";
import type { RepositoryTree } from "../../tree/indexed-tree.ts";
import { discoverSide } from "../discover-side.ts";
import { EnvironmentReader } from "../environment-reader.ts";
import { isAsked, type ReadOptions } from "../options.ts";
import { toldProfile } from "../told-profiles.ts";
import { withEngine } from "../with-engine.ts";
import { answeredSide } from "./answered-side.ts";
import { AskedCluster } from "./asked-cluster.ts";
import type { Pods } from "./endpoints.ts";
import { isMissing, type Legs, labelledPods, legsOf, type Missing, missing, workloadPods } from "./legs.ts";
import { nameText, type Question, type QuestionProblem, questionProblem, type Source } from "./question.ts";

/** The states that are asked: one, or both sides of a change. */
export type AskedTrees =
  | { readonly tree: RepositoryTree }
  | { readonly base: RepositoryTree; readonly head: RepositoryTree };

/**
 * May this flow? Asked of every environment that holds who sends, with the walk that decides it.
 *
 * @returns a problem where nobody is called what was typed, with who was probably meant
 */
export function ask(
  trees: AskedTrees,
  question: Question,
  options: ReadOptions,
): Promise<Answer | QuestionProblem> {
  return withEngine(options, async (engine) => {
    options.onProgress?.({ stage: "discovering", done: 0, total: 0 });
    const base = "base" in trees ? await discoverSide(engine, trees.base, options) : null;
    const tree = "base" in trees ? trees.head : trees.tree;
    const head = await discoverSide(engine, tree, options, base?.discovery);
    const pairs = await pairsOf(base, head);
    const asked = pairs.filter(({ name }) => isAsked(name, options));
    if (asked.length === 0)
      return noEnvironment(
        pairs.map(({ name }) => name),
        options,
      );
    const reader = new EnvironmentReader(engine, options);
    const found = await Promise.all(
      asked.map((pair) => lookUp(reader, pair, { base, head }, question, options)),
    );
    const holding = found.filter(({ sides }) => sides.some(({ looked }) => looked.kind === "found"));
    if (holding.length === 0) return nobody(found, question);
    const environments = await Promise.all(holding.map((one) => answered(one, question)));
    const evaluated = holding.flatMap(({ pair }) => pair.head ?? pair.base ?? []);
    return {
      from: nameText(question.from),
      to: destinationText(question),
      direction: question.direction,
      revisions: { base: base?.tree.name ?? null, head: tree.name },
      environments,
      assumptions: assumptionsOf({
        environments: head.discovery.environments,
        evaluated,
        profiles: (await Promise.all(holding.map(profileOf))).flat(),
        configuration: options.config,
        repository: head.discovery.repository,
        lines: environments.flatMap(linesOf),
      }),
    };
  });
}

interface AskedPair {
  readonly name: string;
  /** False where no input of it differs between the sides: then one of them speaks for both. */
  readonly changed: boolean;
  readonly base: Environment | null;
  readonly head: Environment | null;
}

async function pairsOf(base: DiscoveredSide | null, head: DiscoveredSide): Promise<readonly AskedPair[]> {
  if (base === null) {
    return head.discovery.environments.map((environment) => ({
      name: environment.name,
      changed: true,
      base: null,
      head: environment,
    }));
  }
  const [pairs, paths] = await Promise.all([
    pairEnvironments(base, head),
    changedPaths(base.tree, head.tree),
  ]);
  return Promise.all(
    pairs.map(async (pair) => ({
      name: (pair.head ?? pair.base).name,
      changed:
        pair.base === null ||
        pair.head === null ||
        (await environmentChanged(pair.base, pair.head, base.tree, paths)),
      base: pair.base,
      head: pair.head,
    })),
  );
}

/** An environment with both ends, as far as they stand there. */
interface LookedUp {
  readonly pair: AskedPair;
  readonly sides: readonly LookedUpSide[];
}

interface LookedUpSide {
  readonly side: "base" | "head";
  readonly tree: RepositoryTree;
  readonly asked: AskedCluster | null;
  readonly looked:
    | { readonly kind: "found"; readonly from: readonly Pods[]; readonly legs: Legs }
    | { readonly kind: "no-environment" }
    | { readonly kind: "no-source" | "no-destination"; readonly missing: Missing };
}

async function lookUp(
  reader: EnvironmentReader,
  pair: AskedPair,
  { base, head }: { readonly base: DiscoveredSide | null; readonly head: DiscoveredSide },
  question: Question,
  options: ReadOptions,
): Promise<LookedUp> {
  const look = async (side: "base" | "head", { tree }: DiscoveredSide): Promise<LookedUpSide> => {
    const environment = pair[side];
    if (environment === null) return { side, tree, asked: null, looked: { kind: "no-environment" } };
    const { cluster, rendered } = await reader.read(environment, tree);
    const asked = new AskedCluster(
      cluster,
      rendered.flatMap(({ manifests }) => manifests),
    );
    return { side, tree, asked, looked: ends(asked, question, options) };
  };
  return {
    pair,
    sides: await Promise.all([
      ...(base === null || !pair.changed ? [] : [look("base", base)]),
      look("head", head),
    ]),
  };
}

function ends(
  { endpoints }: AskedCluster,
  question: Question,
  { config }: ReadOptions,
): LookedUpSide["looked"] {
  const from = sourcePods(endpoints, question.from);
  if (isMissing(from)) return { kind: "no-source", missing: from };
  const legs = legsOf(endpoints, question.to, question, [...config.internalRanges, ...config.podCIDRs]);
  return isMissing(legs) ? { kind: "no-destination", missing: legs } : { kind: "found", from, legs };
}

/** A pod that Git does not show may be asked for wherever its namespace is declared. */
export function sourcePods(endpoints: AskedCluster["endpoints"], from: Source): readonly Pods[] | Missing {
  if (from.kind === "workload") return workloadPods(endpoints, from);
  return endpoints.cluster.namespaces.has(from.namespace)
    ? [labelledPods(from)]
    : missing(endpoints, "namespace", from.namespace);
}

async function answered({ pair, sides }: LookedUp, question: Question): Promise<AnsweredEnvironment> {
  const told = await Promise.all(
    sides.map(async ({ side, tree, asked, looked }): Promise<readonly [string, AnsweredSide]> => {
      if (looked.kind !== "found" || asked === null)
        return [side, { kind: "absent", what: absentPart(looked) }];
      const where = { asked, tree, side, environment: pair.name };
      return [side, await answeredSide(where, looked.from, looked.legs, question.direction)];
    }),
  );
  const by = new Map(told);
  const head = by.get("head") ?? { kind: "absent", what: "environment" };
  return { name: pair.name, base: pair.changed ? (by.get("base") ?? null) : head, head };
}

/** Of the newer side that holds the asked ends. */
async function profileOf({ pair, sides }: LookedUp): Promise<readonly ToldProfile[]> {
  const last = sides.findLast(({ asked, looked }) => asked !== null && looked.kind === "found");
  return last === undefined || last.asked === null
    ? []
    : [await toldProfile(pair.name, last.asked.cluster, last.tree)];
}

function absentPart({ kind }: LookedUpSide["looked"]): "environment" | "source" | "destination" {
  return kind === "no-source" ? "source" : kind === "no-destination" ? "destination" : "environment";
}

function destinationText({ to, port, protocol }: Question): string {
  const text = nameText(to);
  if (port === null) return text;
  const place = to.kind === "address" && text.includes(":") ? `[${text}]` : text;
  return `${place}:${port}${protocol === null ? "" : `/${protocol}`}`;
}

function linesOf({ base, head }: AnsweredEnvironment) {
  return [base, head].flatMap((side) =>
    side?.kind === "answered"
      ? side.flows.flatMap(({ steps }) =>
          (steps ?? []).flatMap((step) =>
            step.kind === "walk"
              ? step.policies.flatMap(({ rules }) => rules.flatMap(({ offers }) => offers))
              : [],
          ),
        )
      : [],
  );
}

function noEnvironment(names: readonly string[], { environments = [] }: ReadOptions): QuestionProblem {
  const [typed] = environments;
  if (typed === undefined)
    return questionProblem("unknown-environment", "there is no environment here to ask");
  const meant = closest(typed, names);
  const hint = meant === null ? listed("known here:", names) : `did you mean ${meant}?`;
  return questionProblem("unknown-environment", `no environment is called ${typed}; ${hint}`);
}

/** Nowhere are both ends: the sentence is about the one that is missing, and who was probably meant. */
function nobody(found: readonly LookedUp[], question: Question): QuestionProblem {
  const sides = found.flatMap((one) => one.sides);
  const looked = sides.flatMap((side) =>
    "missing" in side.looked ? [{ ...side.looked, asked: side.asked }] : [],
  );
  const destination = looked.filter(({ kind }) => kind === "no-destination");
  const relevant = destination.length > 0 ? destination : looked;
  const clusters = relevant.flatMap(({ asked }) => asked ?? []);
  const misses = relevant.map((one) => one.missing);
  const [first] = misses;
  const typed = destination.length > 0 ? question.to : question.from;
  if (first === undefined) return questionProblem("unknown-workload", "there is no environment here to ask");
  const candidates = [...new Set(misses.flatMap((one) => one.candidates))].sort();
  if (first.what === "service-port") {
    return questionProblem(
      "unknown-service",
      `${nameText(typed)} has no such port; ${listed("it has", candidates)}`,
    );
  }
  if (candidates.length > 0) {
    return questionProblem(
      "ambiguous-workload",
      `${nameText(typed)} may be ${candidates.join(" or ")}: write which`,
    );
  }
  const known = knownNames(clusters, first.what);
  const name = first.what === "namespace" && "namespace" in typed ? typed.namespace : shortName(typed);
  const meant = nearName(name, known);
  const unread = [...new Set(misses.flatMap(({ unknowns }) => unknowns.map(unknownReason)))];
  const hint = meant === null ? listed("known here:", inNamespace(known, typed)) : `did you mean ${meant}?`;
  const may = unread.length === 0 ? "" : `; it may be in what was not read: ${unread.slice(0, 2).join("; ")}`;
  const what =
    first.what === "service"
      ? "unknown-service"
      : first.what === "namespace"
        ? "unknown-namespace"
        : "unknown-workload";
  return questionProblem(what, `no ${first.what} here is called ${name}; ${hint}${may}`);
}

function knownNames(clusters: readonly AskedCluster[], what: Missing["what"]): readonly string[] {
  const names = clusters.flatMap(({ cluster, endpoints }) => {
    if (what === "namespace") return [...cluster.namespaces.keys()];
    return what === "service" ? [...endpoints.services.keys()] : [...cluster.workloads.keys()];
  });
  return [...new Set(names)].sort();
}

/**
 * Whose name is nearly what was typed: in the namespace that was typed, else of this name in a namespace called nearly so.
 * Kinds are left out: who mistypes one part got the others right.
 */
function nearName(typed: string, known: readonly string[]): string | null {
  if (!typed.includes("/")) return closest(typed, known);
  const { namespace, last } = partsOf(typed);
  const parts = known.map((name) => ({ name, ...partsOf(name) }));
  const within = parts.filter((one) => one.namespace === namespace);
  const near = closest(
    last,
    within.map((one) => one.last),
  );
  if (near !== null) return within.find((one) => one.last === near)?.name ?? null;
  const namesakes = parts.filter((one) => one.last === last);
  const place = closest(
    namespace,
    namesakes.map((one) => one.namespace),
  );
  return namesakes.find((one) => one.namespace === place)?.name ?? null;
}

function partsOf(name: string): { readonly namespace: string; readonly last: string } {
  return { namespace: name.slice(0, name.indexOf("/")), last: name.slice(name.lastIndexOf("/") + 1) };
}

function shortName(name: Question["from"] | Question["to"]): string {
  return name.kind === "service"
    ? `${name.namespace}/${name.name}`
    : name.kind === "namespace"
      ? name.name
      : nameText(name);
}

/** Those of the same namespace first: whoever asks most likely got the name wrong, not the place. */
function inNamespace(known: readonly string[], typed: Question["from"] | Question["to"]): readonly string[] {
  const prefix = "namespace" in typed ? `${typed.namespace}/` : "";
  const near = known.filter((name) => name.startsWith(prefix));
  return near.length > 0 ? near : known;
}

const SHOWN = 6;

function listed(verb: string, names: readonly string[]): string {
  if (names.length === 0) return "none is known here";
  const rest = names.length - SHOWN;
  return `${verb} ${names.slice(0, SHOWN).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
