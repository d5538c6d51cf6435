import type { Profile } from "../config/config.ts";
import { isCalico, isCilium } from "../policy/model/enforcement.ts";

/** What an address block means to who enforces it. */
export interface BlockMeaning {
  /** It matches pods by their address (the conformance suite says so; Cilium says no). */
  readonly pods: boolean;
  /** It matches nodes by their address. */
  readonly nodes: boolean;
}

export function blockMeaning(profile: Profile): BlockMeaning {
  return isCilium(profile) ? { pods: false, nodes: false } : { pods: true, nodes: true };
}

/**
 * Whether policies of a pod are asked of what it sends to its own node. By the API that is always allowed (NetworkPolicy,
 * "traffic to and from the node where a Pod is running"); Cilium has the entity `host` for it, and Calico asks the egress
 * policies of the pod before `defaultEndpointToHostAction`.
 */
export function asksForOwnNode(profile: Profile): boolean {
  return isCilium(profile) || isCalico(profile);
}
