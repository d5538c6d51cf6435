import type { ClusterProfile } from "../cluster/profile.ts";
import type { Profile } from "../config/config.ts";

/** Who enforces policies in one environment, and how that is known, with places. */
export interface ToldProfile extends Pick<ClusterProfile, "name" | "source"> {
  readonly environment: string;
  /** What speaks for the profile. */
  readonly evidence: readonly ToldEvidence[];
  /** Other profiles under which it was judged, because it may have them. */
  readonly judgedAs: readonly Profile[];
  /** Other profiles that what is declared speaks for as much, under which nothing was asked. */
  readonly notAsked: readonly Profile[];
  /** Policies of kinds that it does not read: "AdminNetworkPolicy no-egress". */
  readonly unenforced: readonly string[];
}

interface ToldEvidence {
  /** "DaemonSet kube-system/cilium". */
  readonly subject: string;
  /** "path:line"; null where it has no place in the tree. */
  readonly at: string | null;
}
