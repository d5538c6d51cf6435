import { type NameSet, namesDisjoint, namesInside, namesMatching } from "../../sets/name.ts";
import { networkPolicy } from "../kubernetes/network-policy.ts";
import { isEnforced } from "../model/enforcement.ts";
import { mayMeet, portsMeet } from "../model/may-meet.ts";
import type { Dialect, NamePattern, Peer, Pods, PortMatch } from "../model/policy.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import { bothPods, ciliumSubject, coversPods } from "./endpoints.ts";
import { EVERY_NAME_PATTERN } from "./name.ts";
import { ciliumPeers } from "./peers.ts";
import type { CiliumRule } from "./rule.ts";
import { ciliumObject } from "./spec.ts";

/** Names that some pods may look up where Cilium sees the answers. */
export interface Lookup {
  readonly subjects: Pods;
  readonly names: readonly NamePattern[];
}

const KINDS: readonly (readonly [kind: string, dialect: Dialect])[] = [
  ["CiliumNetworkPolicy", "cilium.io/v2 CiliumNetworkPolicy"],
  ["CiliumClusterwideNetworkPolicy", "cilium.io/v2 CiliumClusterwideNetworkPolicy"],
];

const KNOWN = new WeakMap<PolicyInputs, readonly Lookup[]>();

/**
 * Every rule with `rules.dns`, of any policy: it sends questions through the proxy of the agent, which learns addresses from
 * the answers (Documentation/security/policy/language.rst, "DNS based"). Where another rule admits the same questions without
 * looking at names, every name is looked up through the proxy.
 */
export function lookupsOf(inputs: PolicyInputs): readonly Lookup[] {
  let known = KNOWN.get(inputs);
  if (known === undefined) {
    known = findLookups(inputs);
    KNOWN.set(inputs, known);
  }
  return known;
}

interface Admitted {
  readonly subjects: Pods;
  readonly peers: readonly Peer[] | null;
  readonly ports: readonly PortMatch[] | null;
}

function findLookups(inputs: PolicyInputs): readonly Lookup[] {
  const asking: (Admitted & Lookup)[] = [];
  const plain: Admitted[] = [];
  for (const { rule, subjects, peers } of allowRules(inputs)) {
    const { rules, icmp } = rule.ports;
    for (const port of rules) {
      const admitted = { subjects, peers, ports: port.ports };
      if (port.lookups !== null)
        asking.push({ ...admitted, names: port.ports.length === 0 ? [] : port.lookups });
      else if (!port.application) plain.push(admitted);
    }
    if (rules.length === 0 && !icmp) plain.push({ subjects, peers, ports: null });
  }
  const limited = asking.filter(({ names }) => !names.some(isEvery));
  if (limited.length > 0) plain.push(...standardRules(inputs));
  return [
    ...asking.map(({ subjects, names }) => ({ subjects, names })),
    ...limited.flatMap((one) =>
      plain
        .filter(({ peers, ports }) => portsMeet(one.ports, ports) && mayMeet(one.peers, peers))
        .flatMap(({ subjects }) => bothPods(one.subjects, subjects) ?? [])
        .map((subjects): Lookup => ({ subjects, names: [EVERY_NAME_PATTERN] })),
    ),
  ];
}

interface AllowRule {
  readonly rule: CiliumRule;
  readonly subjects: Pods;
  readonly peers: readonly Peer[] | null;
}

function allowRules(inputs: PolicyInputs): readonly AllowRule[] {
  return KINDS.filter(([, dialect]) => isEnforced(inputs.profile, { dialect })).flatMap(([kind]) =>
    inputs.objects("cilium.io", kind).flatMap((manifest): readonly AllowRule[] => {
      const { specs, errors, refusals } = ciliumObject(manifest);
      if (errors.length > 0 || refusals.length > 0) return [];
      const namespace = kind === "CiliumNetworkPolicy" ? (manifest.namespace ?? "default") : null;
      return specs.flatMap(({ subject, egress }) => {
        const subjects = subject === null ? null : ciliumSubject(subject, namespace);
        if (subjects === null) return [];
        return egress.allow.map((rule) => ({
          rule,
          subjects,
          peers: ciliumPeers(rule, namespace, inputs).peers,
        }));
      });
    }),
  );
}

function standardRules(inputs: PolicyInputs): readonly Admitted[] {
  return inputs.objects("networking.k8s.io", "NetworkPolicy").flatMap((manifest) => {
    const policy = networkPolicy(manifest, inputs.profile);
    if (!("subjects" in policy)) return [];
    return policy.egress.flatMap(({ peers, ports }) =>
      policy.subjects.map((subjects): Admitted => ({ subjects, peers, ports })),
    );
  });
}

/** A name of `toFQDNs` for some of the pods of the policy. */
export interface OpenedName {
  /** null = all pods that the policy governs. */
  readonly subjects: Pods | null;
  readonly pattern: NamePattern;
  /** Of it, what these hold; null = all of it. */
  readonly lookedUp: readonly NamePattern[] | null;
}

/** What is reached under a name: nothing, where nobody may look it up. */
export function openedNames(
  pattern: NamePattern,
  subjects: Pods,
  lookups: readonly Lookup[],
): readonly OpenedName[] {
  const useful = lookups.flatMap((lookup): readonly Lookup[] => {
    const names = lookup.names.filter((one) => meets(pattern, one));
    return names.length === 0 || bothPods(lookup.subjects, subjects) === null
      ? []
      : [{ subjects: lookup.subjects, names }];
  });
  const always = useful.filter((lookup) => coversPods(lookup.subjects, subjects));
  const opened = (whose: Pods | null, names: readonly NamePattern[]): readonly OpenedName[] => {
    if (names.length === 0) return [];
    return [{ subjects: whose, pattern, lookedUp: names.some((one) => holds(one, pattern)) ? null : names }];
  };
  const all = opened(
    null,
    always.flatMap(({ names }) => names),
  );
  if (all.some(({ lookedUp }) => lookedUp === null)) return all;
  const bySubjects = new Map<string, Lookup>();
  for (const { subjects: whose, names } of useful.filter((lookup) => !always.includes(lookup))) {
    const key = JSON.stringify(whose);
    bySubjects.set(key, { subjects: whose, names: [...(bySubjects.get(key)?.names ?? []), ...names] });
  }
  return [...all, ...[...bySubjects.values()].flatMap(({ subjects: whose, names }) => opened(whose, names))];
}

function isEvery({ text }: NamePattern): boolean {
  return text === EVERY_NAME_PATTERN.text;
}

const SETS = new WeakMap<NamePattern, NameSet>();

function setOf(pattern: NamePattern): NameSet {
  let set = SETS.get(pattern);
  if (set === undefined) {
    set = namesMatching(pattern.parts);
    SETS.set(pattern, set);
  }
  return set;
}

function meets(a: NamePattern, b: NamePattern): boolean {
  return isEvery(a) || isEvery(b) || !namesDisjoint(setOf(a), setOf(b));
}

function holds(wide: NamePattern, narrow: NamePattern): boolean {
  return isEvery(wide) || namesInside(setOf(narrow), setOf(wide));
}
