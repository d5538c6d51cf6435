import type { Profile } from "../../config/config.ts";
import { isCalico, isCilium } from "../model/enforcement.ts";
import type { Rule } from "../model/policy.ts";

/** Parts of the API that not everybody enforces. */
export type AdminPolicyFeature = "nodes" | "domainNames" | "named ports";

/** What becomes of a policy where its enforcer knows no such part. */
export interface Shortfall {
  readonly effect: /** The rule is taken as one with a peer of an unknown kind. */
    | "rule-fails-closed"
    /** Nothing of the policy is enforced. */
    | "policy-refused"
    /** Who enforces it may do this or that. */
    | "undefined";
  readonly detail: string;
}

/**
 * Calico converts rule by rule and fails closed (libcalico-go lib/backend/k8s/conversion/clusternetworkpolicy.go); Cilium
 * refuses the policy (pkg/k8s/cluster_network_policy.go); the API says that names are for rules that accept.
 */
export function shortfall(
  profile: Profile,
  feature: AdminPolicyFeature,
  action: Rule["action"],
): Shortfall | null {
  if (isCalico(profile))
    return { effect: "rule-fails-closed", detail: `Calico does not know ${feature} here` };
  if (feature === "nodes" && isCilium(profile)) {
    return {
      effect: "policy-refused",
      detail: "Cilium knows nodes here only with node selector labels enabled, which they are not by default",
    };
  }
  if (feature !== "domainNames" || action === "allow") return null;
  return isCilium(profile)
    ? { effect: "policy-refused", detail: "Cilium knows domainNames only where the action is Accept" }
    : { effect: "undefined", detail: "domainNames is only supported for rules that allow" };
}
