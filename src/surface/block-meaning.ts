import type { Profile } from "../config/config.ts";
import { isCilium } from "../policy/enforcement.ts";

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
