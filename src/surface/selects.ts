import type { Cluster, Namespace, Workload } from "../cluster/cluster.ts";
import type { LabelSelector, NamespaceMatch, Peer, Policy } from "../policy/policy.ts";
import { Budget } from "../sets/budget.ts";
import { choiceSet } from "../sets/choice.ts";
import { IS_ABSENT, IS_PRESENT, isOneOf } from "../sets/label.ts";
import { portSet } from "../sets/port.ts";
import { uncovered } from "../sets/uncovered.ts";
import { disjoint } from "../sets/value-set.ts";
import { NAMED } from "./compile-rule.ts";
import { BoxRegion, podSets } from "./region.ts";
import { selectorMatches } from "./selector-match.ts";
import type { Region } from "./surface.ts";
import { NAME_LABEL, selectorSets } from "./universe.ts";

/** Whether pods that the policy selects are denied egress unless a rule admits it. */
export function isolates(policy: Policy): boolean {
  return policy.isolates.egress;
}

/** Whether the policy governs pods of the workload: some of them, where it asks for a label of run time. */
export function selects(
  policy: Policy,
  workload: Workload,
  namespaces: ReadonlyMap<string, Namespace>,
): boolean {
  return (
    !workload.hostNetwork &&
    namespaceMatches(policy.subject.namespaces, workload.namespace, namespaces) &&
    mayMatch(policy.subject.pods, workload)
  );
}

function namespaceMatches(
  match: NamespaceMatch,
  name: string,
  namespaces: ReadonlyMap<string, Namespace>,
): boolean {
  if (match.kind === "named") return match.name === name;
  return selectorMatches(
    match.selector,
    new Map([...(namespaces.get(name)?.labels ?? []), [NAME_LABEL, name]]),
  );
}

function mayMatch(selector: LabelSelector, workload: Workload): boolean {
  return selectorSets(selector).every(([key, set]) => {
    const value = workload.labels.get(key);
    const own = workload.runtimeLabels.has(key)
      ? IS_PRESENT
      : value === undefined
        ? IS_ABSENT
        : isOneOf([value]);
    return !disjoint(own, set);
  });
}

/** What of a cluster a peer matches. Addresses match neither. */
export interface PeerMatch {
  /** Declared namespaces, sorted, whether or not Git shows pods there. */
  readonly namespaces: readonly string[];
  /** Workloads with pods that it matches. */
  readonly workloads: readonly Workload[];
}

export function peerMatch(peer: Peer, cluster: Cluster): PeerMatch {
  if (peer.kind === "addresses") return { namespaces: [], workloads: [] };
  const namespaces = [...cluster.namespaces.keys()].filter((name) =>
    namespaceMatches(peer.namespaces, name, cluster.namespaces),
  );
  return {
    namespaces: namespaces.sort(),
    workloads: [...cluster.workloads.values()].filter(
      (workload) => namespaces.includes(workload.namespace) && mayMatch(peer.pods, workload),
    ),
  };
}

/** The known workloads that a region reaches, at any port; run-time labels count as any value. */
export function podsOf(region: Region, cluster: Cluster): readonly Workload[] {
  if (!(region instanceof BoxRegion)) throw new TypeError("a region of another making has no boxes to ask");
  return [...cluster.workloads.values()].filter((workload) => reaches(region, workload));
}

function reaches(region: BoxRegion, workload: Workload): boolean {
  const { universe } = region;
  const { space } = universe;
  const pod = space.box(
    podSets(universe, { ...workload }).filter(
      ([dimension]) => !workload.runtimeLabels.has(universe.keyOf(dimension)),
    ),
  );
  if (pod === null) return false;
  const here = space.intersectBoxes(pod, universe.isPod);
  return region.plus.some((box) => {
    const both = here === null ? null : space.intersectBoxes(box, here);
    if (both === null) return false;
    return portsNamedBy(universe.portNames, box).every((name) =>
      workload.containerPorts.some((port) => {
        if (port.name !== name) return false;
        const at = space.box([
          [universe.port, portSet([{ protocol: port.protocol, first: port.port, last: port.port }])],
          [universe.portName(name), choiceSet([NAMED])],
        ]);
        return at !== null && space.intersectBoxes(both, at) !== null;
      }),
    )
      ? uncovered(space, both, region.minus, new Budget()).kind === "point"
      : false;
  });

  function portsNamedBy(names: ReadonlyMap<string, number>, box: { readonly dimensions: readonly number[] }) {
    return [...names].filter(([, dimension]) => box.dimensions.includes(dimension)).map(([name]) => name);
  }
}
