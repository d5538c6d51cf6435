import type { Cluster, Namespace, Workload } from "../cluster/cluster.ts";
import type { EnvironmentDelta, Standing, WorkloadDelta } from "../diff/diff.ts";
import { meaning } from "../policy/meaning.ts";
import { identityKey } from "../policy/model/identity-key.ts";
import type { ObjectIdentity, Policy, Rule } from "../policy/model/policy.ts";
import type { PodLine, Region } from "../surface/surface.ts";
import type { Unknown } from "../targets/unknown.ts";
import { type AddressSpace, type Slice, slicesOf } from "./address-space.ts";
import type { JudgedEnvironment } from "./judged-environment.ts";
import { append, labelsOf, PolicyIndex } from "./selection.ts";

/** What the facts of one environment share: indexes over both sides, computed when first asked for. */
export class Scope {
  readonly environment: JudgedEnvironment;
  readonly delta: EnvironmentDelta;
  readonly space: AddressSpace;
  /** Judged as if namespaces were isolated that only another environment's policies isolate. */
  readonly assumed: boolean;
  readonly basePolicies: PolicyIndex;
  readonly headPolicies: PolicyIndex;
  readonly #slices = new WeakMap<Region, readonly Slice[]>();
  readonly #pods = new WeakMap<Region, readonly PodLine[]>();
  readonly #pairs: ReadonlyMap<string, PolicyPair>;
  #changed: readonly ChangedPolicy[] | null = null;
  #leaving: ReadonlySet<string> | null = null;
  readonly #workloads: { base: WorkloadLists | null; head: WorkloadLists | null } = {
    base: null,
    head: null,
  };

  constructor(environment: JudgedEnvironment, delta: EnvironmentDelta, space: AddressSpace) {
    this.environment = environment;
    this.delta = delta;
    this.space = space;
    this.assumed = delta !== environment.delta;
    this.basePolicies = new PolicyIndex(delta.base);
    this.headPolicies = new PolicyIndex(delta.head);
    this.#pairs = pairPolicies(delta.base.policies, delta.head.policies);
  }

  slices(region: Region): readonly Slice[] {
    const known = this.#slices.get(region);
    if (known !== undefined) return known;
    const slices = slicesOf(region);
    this.#slices.set(region, slices);
    return slices;
  }

  pods(region: Region): readonly PodLine[] {
    const known = this.#pods.get(region);
    if (known !== undefined) return known;
    const pods = region.pods();
    this.#pods.set(region, pods);
    return pods;
  }

  /** The policy of the same identity at base and head. */
  pair(identity: ObjectIdentity): PolicyPair {
    return this.#pairs.get(identityKey(identity)) ?? { base: null, head: null };
  }

  /** Policies at head that this change wrote: new ones and those that mean something else. A rename is none. */
  get changedPolicies(): readonly ChangedPolicy[] {
    this.#changed ??= changedPolicies([...this.#pairs.values()]);
    return this.#changed;
  }

  /** Whether base has the rule already: in the policy of this identity, or in one that vanished and meant the same. */
  hadRule(policy: Policy, rule: Rule): boolean {
    const { base } = this.pair(policy.identity);
    if (base !== null) return base.egress.some((one) => sameRule(one, rule));
    return !this.changedPolicies.some((changed) => changed.policy === policy);
  }

  /** Policies that base declares and head does not, in no other name either. */
  get vanishedPolicies(): readonly Policy[] {
    const kept = new Set(
      [...this.#pairs.values()].flatMap(({ base, head }) =>
        base === null && head !== null ? [placedMeaning(head)] : [],
      ),
    );
    return [...this.#pairs.values()].flatMap(({ base, head }) =>
      base !== null && head === null && !kept.has(placedMeaning(base)) ? [base] : [],
    );
  }

  /** Keys of base workloads that are gone at head and did not move. */
  get leaving(): ReadonlySet<string> {
    this.#leaving ??= new Set(
      this.delta.workloads.filter(({ presence }) => presence === "base-only").map(({ key }) => key),
    );
    return this.#leaving;
  }

  /** Known workloads of a namespace. */
  workloads(side: "base" | "head", namespace: string): readonly Workload[] {
    const lists = this.#workloads[side] ?? workloadsByNamespace(this.delta[side]);
    this.#workloads[side] = lists;
    return lists.get(namespace) ?? [];
  }

  namespace(name: string): Namespace | null {
    return this.delta.head.namespaces.get(name) ?? this.delta.base.namespaces.get(name) ?? null;
  }

  /** Unknowns of both sides, paired by id. */
  get unknowns(): readonly UnknownPair[] {
    return pairUnknowns(this.delta.base.unknowns, this.delta.head.unknowns);
  }
}

type WorkloadLists = ReadonlyMap<string, readonly Workload[]>;

export interface PolicyPair {
  readonly base: Policy | null;
  readonly head: Policy | null;
}

export interface ChangedPolicy {
  readonly policy: Policy;
  readonly before: Policy | null;
}

export interface UnknownPair {
  readonly base: Unknown | null;
  readonly head: Unknown | null;
}

export function isChanged({ base, head }: UnknownPair): boolean {
  return base === null || head === null || base.digest !== head.digest;
}

/** "NetworkPolicy shop/default-deny". */
export function identityText({ kind, namespace, name }: ObjectIdentity): string {
  return namespace === null ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** How one workload's reach may be asked on a side where it exists and is governed by something. */
export function isIsolated(standing: Standing | null): boolean {
  return standing?.governed === true && standing.isolating.length > 0;
}

export function knownWorkload({ subject }: WorkloadDelta): Workload | null {
  return subject.kind === "known" ? (subject.head ?? subject.base) : null;
}

export function podLabels(delta: WorkloadDelta) {
  if (delta.subject.kind === "potential")
    return { labels: delta.subject.labels, anyValue: new Set<string>() };
  const workload = knownWorkload(delta);
  return workload === null
    ? { labels: new Map<string, string>(), anyValue: new Set<string>() }
    : labelsOf(workload);
}

/** The same effect, wherever it stands. */
export function sameRule(a: Rule, b: Rule): boolean {
  return JSON.stringify(withoutPlace(a)) === JSON.stringify(withoutPlace(b));
}

function withoutPlace({ action, peers, ports }: Rule): unknown {
  return {
    action,
    peers: peers?.map((peer) => ({ ...peer, pointer: "" })) ?? null,
    ports: ports?.map((port) => ({ ...port, pointer: "" })) ?? null,
  };
}

function pairPolicies(base: readonly Policy[], head: readonly Policy[]): ReadonlyMap<string, PolicyPair> {
  const pairs = new Map<string, PolicyPair>();
  for (const policy of base) pairs.set(identityKey(policy.identity), { base: policy, head: null });
  for (const policy of head) {
    const key = identityKey(policy.identity);
    pairs.set(key, { base: pairs.get(key)?.base ?? null, head: policy });
  }
  return pairs;
}

function changedPolicies(pairs: readonly PolicyPair[]): readonly ChangedPolicy[] {
  const vanished = new Set(
    pairs.flatMap(({ base, head }) => (base !== null && head === null ? [placedMeaning(base)] : [])),
  );
  return pairs.flatMap(({ base, head }) => {
    if (head === null || base?.manifest.digest === head.manifest.digest) return [];
    const text = placedMeaning(head);
    const same = base === null ? vanished.has(text) : placedMeaning(base) === text;
    return same ? [] : [{ policy: head, before: base }];
  });
}

function placedMeaning(policy: Policy): string {
  return JSON.stringify([policy.identity.namespace, meaning(policy)]);
}

function workloadsByNamespace(cluster: Cluster): WorkloadLists {
  const lists = new Map<string, Workload[]>();
  for (const workload of cluster.workloads.values()) append(lists, workload.namespace, workload);
  return lists;
}

function pairUnknowns(base: readonly Unknown[], head: readonly Unknown[]): readonly UnknownPair[] {
  const pairs = new Map<string, UnknownPair>();
  for (const unknown of base) pairs.set(unknown.id, { base: unknown, head: null });
  for (const unknown of head) {
    pairs.set(unknown.id, { base: pairs.get(unknown.id)?.base ?? null, head: unknown });
  }
  return [...pairs.values()];
}
