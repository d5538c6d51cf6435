import type { Cluster } from "../cluster/cluster.ts";
import { effectsOf } from "../cluster/effects-of.ts";
import { NAME_LABEL } from "../cluster/namespaces.ts";
import { meaning } from "../policy/meaning.ts";
import { identityKey } from "../policy/model/identity-key.ts";
import { namespaceLabelKey } from "../policy/model/pod-attribute.ts";
import type { NamespaceMatch, Pods, Policy, Rule } from "../policy/model/policy.ts";
import type { Manifest } from "../render/render.ts";
import { choiceSet } from "../sets/choice.ts";
import { intersectLabels, isNoneOf, type LabelSet } from "../sets/label.ts";
import type { Box } from "../sets/space.ts";
import type { Unknown } from "../targets/unknown.ts";
import { blockMeaning } from "./block-meaning.ts";
import { type Direction, type NamespaceLabels, type RuleContext, ruleBoxes } from "./compile-rule.ts";
import type { CompiledPolicy } from "./compiled-policy.ts";
import { compileLayers, type Layer } from "./layers.ts";
import { OTHER_NAMESPACES } from "./other-namespaces.ts";
import { selectorMatches } from "./selector-match.ts";
import { type PodAddressKnowledge, selectorSets, Universe } from "./universe.ts";

/**
 * How to read objects that several documents declare under one identity, where the other side declares other candidates:
 * whichever of them stands in the cluster, it admits at least, or at most, this (design section 5, threat T5).
 */
export type Reading = "least" | "most";

/** The pods that a question is about. */
export interface PodSubject {
  readonly namespace: string;
  /** Labels of a namespace that nobody declares; ignored for the others. */
  readonly namespaceLabels?: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  /** Keys that are there with a value nobody knows; they win over `labels`. */
  readonly runtimeLabels: ReadonlySet<string>;
  /** No policy governs pods on the host network. */
  readonly hostNetwork: boolean;
  /** null = nobody knows; absent = "default". */
  readonly serviceAccount?: string | null;
}

/** One side's policies, compiled for the pods of a namespace when they are first asked for. */
export class Surface {
  readonly universe: Universe;
  readonly cluster: Cluster;
  readonly #contested: ReadonlyMap<string, Contest>;
  readonly #contexts: Readonly<Record<Direction, RuleContext>>;
  readonly #compiled: CompileCache;
  readonly #policies: PoliciesByNamespace;
  readonly #layers = new Map<string, readonly Layer[]>();
  readonly #writers: readonly Unknown[];

  constructor(
    universe: Universe,
    cluster: Cluster,
    labels: NamespaceLabels,
    contested: ReadonlyMap<string, Contest>,
    compiled: CompileCache,
    contexts: Readonly<Record<Direction, RuleContext>>,
  ) {
    this.universe = universe;
    this.cluster = cluster;
    this.#contested = contested;
    this.#compiled = compiled;
    this.#contexts = contexts;
    this.#policies = policiesByNamespace(cluster, labels);
    this.#writers = cluster.unknowns.filter(mayWritePolicies);
  }

  /** Unknowns that may isolate pods of the namespace or admit something to them. */
  unknownsOf(namespace: string): readonly Unknown[] {
    return this.#writers.filter(
      ({ bound }) => bound.namespaces === null || bound.namespaces.includes(namespace),
    );
  }

  /** Policies whose subjects may be pods of the namespace. */
  policiesOf(namespace: string): readonly Policy[] {
    return this.#policies(namespace);
  }

  /**
   * Equal for two surfaces of one universe where everything that `layersOf` compiles for the namespace is equal, object by
   * object: then nothing has to be compiled to know that nothing differs. null where a contest has to be read first.
   */
  inputsOf(namespace: string): string | null {
    if (this.#isContested(namespace)) return null;
    return this.policiesOf(namespace)
      .map(({ digest }) => digest)
      .sort()
      .join();
  }

  #isContested(namespace: string): boolean {
    return (
      this.#contested.size > 0 &&
      this.policiesOf(namespace).some((policy) => this.#contested.has(objectKey(policy)))
    );
  }

  /** Destinations (for ingress: sources) and ports that a rule names for pods of a namespace, as boxes without a subject. */
  boxesOf(rule: Rule, direction: Direction, namespace: string): readonly Box[] {
    return ruleBoxes(this.#contexts[direction], rule, namespace);
  }

  /** Whether the two sides read every policy alike: the same labels of namespaces, the same CNI. */
  sharesNamespacesWith(other: Surface): boolean {
    return this.#contexts === other.#contexts;
  }

  layersOf(namespace: string, reading: Reading, direction: Direction = "egress"): readonly Layer[] {
    const key = `${direction} ${this.#isContested(namespace) ? reading : ""} ${namespace}`;
    let layers = this.#layers.get(key);
    if (layers === undefined) {
      layers = compileLayers(
        this.universe,
        this.cluster.profile.name,
        this.#compile(namespace, reading, direction),
        this.unknownsOf(namespace),
      );
      this.#layers.set(key, layers);
    }
    return layers;
  }

  #compile(namespace: string, reading: Reading, direction: Direction): readonly CompiledPolicy[] {
    const policies = this.policiesOf(namespace);
    const compile = (policy: Policy) => this.#compiled.compile(policy, this.#contexts[direction], namespace);
    const single: CompiledPolicy[] = [];
    const candidates = new Map<string, CompiledPolicy[]>();
    for (const policy of policies) {
      const identity = objectKey(policy);
      if (!this.#contested.has(identity)) single.push(compile(policy));
      else candidates.set(identity, [...(candidates.get(identity) ?? []), compile(policy)]);
    }
    for (const [identity, list] of candidates) {
      const contest = this.#contested.get(identity);
      if (contest !== undefined) single.push(...contest(this.universe, list, reading));
    }
    return single;
  }
}

type PoliciesByNamespace = (namespace: string) => readonly Policy[];

function policiesByNamespace(cluster: Cluster, labels: NamespaceLabels): PoliciesByNamespace {
  const named = new Map<string, Policy[]>();
  const selecting: Policy[] = [];
  for (const policy of cluster.policies) {
    const [only, second] = policy.subjects;
    if (only?.namespaces.kind !== "named" || second !== undefined) selecting.push(policy);
    else {
      const list = named.get(only.namespaces.name);
      if (list === undefined) named.set(only.namespaces.name, [policy]);
      else list.push(policy);
    }
  }
  return (namespace) => [
    ...selecting.filter(({ subjects }) =>
      subjects.some(({ namespaces }) => admits(namespaces, namespace, labels)),
    ),
    ...(named.get(namespace) ?? []),
  ];
}

function admits(match: NamespaceMatch, namespace: string, labels: NamespaceLabels): boolean {
  if (namespace === OTHER_NAMESPACES) return match.kind === "selected";
  return match.kind === "named"
    ? match.name === namespace
    : selectorMatches(match.selector, new Map([...(labels.get(namespace) ?? []), [NAME_LABEL, namespace]]));
}

function mayWritePolicies(unknown: Unknown): boolean {
  return effectsOf(unknown.bound).has("policy");
}

/**
 * Compiled policies by the digest of their object: base and head share the object of an unchanged policy, and the labels
 * of namespaces too where nothing changed there. Whoever changes what a policy says gives its manifest another digest.
 */
export class CompileCache {
  readonly #known = new Map<RuleContext, Map<string, CompiledPolicy>>();

  compile(policy: Policy, context: RuleContext, namespace: string): CompiledPolicy {
    let known = this.#known.get(context);
    if (known === undefined) {
      known = new Map();
      this.#known.set(context, known);
    }
    const inNamespace = ({ namespaces }: Pods) => admits(namespaces, namespace, context.labels);
    const key = JSON.stringify([
      asksForOwnNamespace(policy) ? namespace : namespace === OTHER_NAMESPACES,
      policy.dialect,
      policy.digest,
      subjectLists(policy).map((list) => list.map(inNamespace)),
    ]);
    let compiled = known.get(key);
    if (compiled === undefined) {
      compiled = compilePolicy(policy, context, inNamespace, namespace);
      known.set(key, compiled);
    }
    return compiled.policy === policy
      ? compiled
      : { ...compiled, ...rebind(compiled, policy, context.direction) };
  }
}

/** The same meaning, cited as the object of this side: rules by position, as several may stand at one place of the object. */
function rebind(
  compiled: CompiledPolicy,
  policy: Policy,
  direction: Direction,
): Pick<CompiledPolicy, "policy" | "rules"> {
  return {
    policy,
    rules: compiled.rules.map((one, index) => ({ ...one, rule: policy[direction][index] ?? one.rule })),
  };
}

/** Subjects of a policy that governs one namespace decide nothing that the policy's place in its list has not decided. */
function subjectLists(policy: Policy): readonly (readonly Pods[])[] {
  const [only, second] = policy.subjects;
  const own = second === undefined && only?.namespaces.kind === "named" ? [] : [policy.subjects];
  return [
    ...own,
    ...[...policy.egress, ...policy.ingress].flatMap(({ subjects }) =>
      subjects === undefined ? [] : [subjects],
    ),
  ];
}

/** A peer of the policy depends on the namespace of the pod that it governs. */
function asksForOwnNamespace({ egress, ingress }: Policy): boolean {
  return [...egress, ...ingress].some(({ peers }) =>
    (peers ?? []).some((peer) => peer.kind === "pods" && peer.alike !== undefined),
  );
}

function compilePolicy(
  policy: Policy,
  context: RuleContext,
  inNamespace: (pods: Pods) => boolean,
  namespace: string,
): CompiledPolicy {
  const { universe, direction } = context;
  const { space } = universe;
  const boxesOf = (pods: readonly Pods[]) =>
    pods
      .filter(inNamespace)
      .flatMap(
        ({ namespaces, pods: selector }) =>
          space.box([
            ...selectorSets(selector).map(([key, set]) => [universe.subjectLabel(key), set] as const),
            ...(namespace === OTHER_NAMESPACES ? namespaceSets(universe, namespaces) : []),
          ]) ?? [],
      );
  const meet = (boxes: readonly Box[], others: readonly Box[]) =>
    boxes.flatMap((box) => others.flatMap((other) => space.intersectBoxes(box, other) ?? []));
  const subjects = boxesOf(policy.subjects);
  return {
    policy,
    isolated: policy.isolates[direction] ? subjects : [],
    rules: policy[direction].map((rule) => ({
      rule,
      action: rule.action,
      boxes: meet(
        ruleBoxes(context, rule, namespace),
        rule.subjects === undefined ? subjects : meet(boxesOf(rule.subjects), subjects),
      ),
    })),
  };
}

/** What a selector asks of a subject's namespace that nobody declares: its name is none of the declared ones. */
function namespaceSets(
  universe: Universe,
  match: NamespaceMatch,
): readonly (readonly [dimension: number, set: LabelSet])[] {
  if (match.kind === "named") return [];
  return selectorSets(match.selector).map(([key, set]) => [
    universe.subjectLabel(namespaceLabelKey(key)),
    key === NAME_LABEL ? intersectLabels(set, isNoneOf(universe.declared)) : set,
  ]);
}

/** What stands for several candidates of one identity, compiled. */
export type Contest = (
  universe: Universe,
  candidates: readonly CompiledPolicy[],
  reading: Reading,
) => readonly CompiledPolicy[];

/** The surface of one cluster by itself. */
export function surfaceOf(cluster: Cluster, knowledge?: PodAddressKnowledge): Surface {
  return surfacesOf(cluster, cluster, knowledge).head;
}

/** Two surfaces in one universe, so that their sets can be compared. */
export function surfacesOf(
  base: Cluster,
  head: Cluster,
  knowledge?: PodAddressKnowledge,
): { readonly base: Surface; readonly head: Surface } {
  const universe = new Universe(base === head ? [head] : [base, head], knowledge);
  const compiled = new CompileCache();
  const contested = contestsOf(base, head);
  const baseLabels = labelsOf(universe, base, head);
  const headLabels = labelsOf(universe, head, base);
  const headContexts = contextsOf(universe, head, headLabels);
  const sameReading = sameLabels(baseLabels, headLabels) && base.profile.name === head.profile.name;
  const baseContexts = sameReading ? headContexts : contextsOf(universe, base, baseLabels);
  const headSurface = new Surface(universe, head, headLabels, contested.head, compiled, headContexts);
  if (base === head) return { base: headSurface, head: headSurface };
  return {
    base: new Surface(universe, base, baseLabels, contested.base, compiled, baseContexts),
    head: headSurface,
  };
}

function contextsOf(
  universe: Universe,
  { profile }: Cluster,
  labels: NamespaceLabels,
): Readonly<Record<Direction, RuleContext>> {
  const shared = {
    universe,
    labels,
    blocks: blockMeaning(profile.name),
    resolved: new Map<string, readonly Box[]>(),
  };
  return { egress: { ...shared, direction: "egress" }, ingress: { ...shared, direction: "ingress" } };
}

/**
 * A namespace that only the other side declares has that side's labels here: somebody who declares one rarely makes it at
 * that moment, and a new namespace must not look like a change of every selector.
 */
function labelsOf(universe: Universe, own: Cluster, other: Cluster): NamespaceLabels {
  return new Map(
    [...universe.declared].map((name) => {
      const declared = own.namespaces.get(name) ?? other.namespaces.get(name);
      return [name, new Map([...(declared?.labels ?? []), [NAME_LABEL, name]])];
    }),
  );
}

function sameLabels(a: NamespaceLabels, b: NamespaceLabels): boolean {
  return [...a].every(([name, labels]) => {
    const other = b.get(name);
    return (
      other !== undefined &&
      other.size === labels.size &&
      [...labels].every(([key, value]) => other.get(key) === value)
    );
  });
}

interface Contests {
  readonly base: ReadonlyMap<string, Contest>;
  readonly head: ReadonlyMap<string, Contest>;
}

/** The objects that a side declares more than once, with several meanings, by identity. */
function contestsOf(base: Cluster, head: Cluster): Contests {
  const baseMeanings = meaningsByIdentity(base);
  const headMeanings = meaningsByIdentity(head);
  const contests = { base: new Map<string, Contest>(), head: new Map<string, Contest>() };
  for (const identity of new Set([...baseMeanings.keys(), ...headMeanings.keys()])) {
    const atBase = baseMeanings.get(identity) ?? NO_CANDIDATES;
    const atHead = headMeanings.get(identity) ?? NO_CANDIDATES;
    // Equal candidates have one winner on both sides; else each side has its own, and any may stand with any.
    const same = JSON.stringify(atBase.meanings) === JSON.stringify(atHead.meanings);
    if (atBase.meanings.length > 1)
      contests.base.set(identity, contestOf(same ? "" : "base", identity, atBase));
    if (atHead.meanings.length > 1)
      contests.head.set(identity, contestOf(same ? "" : "head", identity, atHead));
  }
  return contests;
}

/** More candidates than anybody declares; beyond it they are read by what each could do at worst. */
const MOST_WINNERS = 30;

function contestOf(side: string, identity: string, candidates: Candidates): Contest {
  return candidates.meanings.length <= MOST_WINNERS
    ? oneWinner(`${side} ${identity}`, candidates)
    : anyWinner;
}

/** Objects of one identity; equal ones are one. */
interface Candidates {
  /** Distinct, sorted. */
  readonly meanings: readonly string[];
  readonly of: ReadonlyMap<Manifest, string>;
}

const NO_CANDIDATES: Candidates = { meanings: [], of: new Map() };

/** One object may hold several policies: which object stands is one question for all of them. */
function meaningsByIdentity(cluster: Cluster): ReadonlyMap<string, Candidates> {
  const byObject = new Map<string, Map<Manifest, Policy[]>>();
  for (const policy of cluster.policies) {
    const identity = objectKey(policy);
    const objects = byObject.get(identity) ?? new Map<Manifest, Policy[]>();
    byObject.set(identity, objects);
    objects.set(policy.manifest, [...(objects.get(policy.manifest) ?? []), policy]);
  }
  const contested = new Map<string, Candidates>();
  for (const [identity, objects] of byObject) {
    if (objects.size < 2) continue;
    const of = new Map([...objects].map(([manifest, list]) => [manifest, JSON.stringify(list.map(meaning))]));
    contested.set(identity, { of, meanings: [...new Set(of.values())].sort() });
  }
  return contested;
}

function objectKey({ identity: { part: _part, ...object } }: Policy): string {
  return identityKey(object);
}

/** A hidden dimension says which of the candidates stands. */
function oneWinner(name: string, { meanings, of }: Candidates): Contest {
  return (universe, candidates) => {
    const { space } = universe;
    const winner = universe.winner(name, meanings.length);
    return candidates.map((candidate) => {
      const index = meanings.indexOf(of.get(candidate.policy.manifest) ?? "");
      const place = space.box([[winner, choiceSet([Math.max(index, 0)])]]);
      const within = (box: Box) => (place === null ? null : space.intersectBoxes(box, place)) ?? [];
      return {
        ...candidate,
        isolated: candidate.isolated.flatMap(within),
        rules: candidate.rules.map((rule) => ({ ...rule, boxes: rule.boxes.flatMap(within) })),
      };
    });
  };
}

/** At least: every denial, no allowance. At most: every allowance, no denial. */
const anyWinner: Contest = (_universe, candidates, reading) =>
  candidates.map((candidate) =>
    reading === "most"
      ? { ...candidate, isolated: [], rules: candidate.rules.filter(({ action }) => action !== "deny") }
      : { ...candidate, rules: candidate.rules.filter(({ action }) => action === "deny") },
  );
