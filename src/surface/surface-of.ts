import type { Cluster } from "../cluster/cluster.ts";
import { effectsOf } from "../cluster/effects-of.ts";
import { NAME_LABEL } from "../cluster/namespaces.ts";
import type { Policy, Rule } from "../policy/model/policy.ts";
import type { Box } from "../sets/space.ts";
import type { Unknown } from "../targets/unknown.ts";
import { blockMeaning } from "./block-meaning.ts";
import { admits, CompileCache } from "./compile-cache.ts";
import { type Direction, type NamespaceLabels, type RuleContext, ruleBoxes } from "./compile-rule.ts";
import type { CompiledPolicy } from "./compiled-policy.ts";
import { type Contest, contestsOf, objectKey, type Reading } from "./contests.ts";
import { compileLayers, type Layer } from "./layers.ts";
import { type PodAddressKnowledge, Universe } from "./universe.ts";

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

function mayWritePolicies(unknown: Unknown): boolean {
  return effectsOf(unknown.bound).has("policy");
}

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
