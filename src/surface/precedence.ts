import type { Profile } from "../config/config.ts";
import { isCalico } from "../policy/model/enforcement.ts";
import type { NamedTier, Policy, Tier } from "../policy/model/policy.ts";

/** Where a policy is asked: tiers by rank, policies of one tier by order, null first decided by action (deny before allow). */
export interface Precedence {
  readonly rank: number;
  /** What tiers of one rank are told apart by. */
  readonly tier: string;
  readonly order: number | null;
  /**
   * What decides between policies of one order: their names, or nothing that is defined; nothing that is defined, but the
   * first rules of all before the second ones.
   */
  readonly ties: "by-name" | "undefined" | "rule-by-rule";
  /** What policies of one order are sorted by, where their names decide. */
  readonly name?: string;
}

/**
 * Where a policy stands among all others under a CNI (network-policy-api types.go; Calico tier.go; Antrea
 * docs/antrea-network-policy.md). Policies of kinds that the CNI does not enforce are not asked here.
 */
export function precedenceOf(profile: Profile, policy: Policy): Precedence {
  if (isCalico(profile)) return inCalico(policy);
  if (profile === "antrea") return inAntrea(policy);
  return inKubernetes(policy);
}

/** Admin, NetworkPolicy, Baseline. */
function inKubernetes({ tier, order }: Policy): Precedence {
  if (typeof tier === "object") return { rank: tier.order, tier: tier.name, order, ties: "undefined" };
  const rank = { admin: 0, "network-policy": 1, baseline: 2, "egress-firewall": 0 }[tier];
  return { rank, tier, order, ties: "undefined" };
}

/**
 * Tiers by order, then name; policies by order, then name, namespace and kind (felix/calc policy_sorter.go); those of
 * Kubernetes in tiers and at orders of their own.
 */
function inCalico({ identity, tier, order }: Policy): Precedence {
  const own = typeof tier === "object" ? tier : IN_CALICO[tier];
  // Names may begin with that of their tier, which says nothing.
  const start = `${own.name}.`;
  const name = identity.name.startsWith(start) ? identity.name.slice(start.length) : identity.name;
  return {
    rank: own.order,
    tier: own.name,
    order: tier === "network-policy" ? 1_000 : (order ?? Number.POSITIVE_INFINITY),
    ties: "by-name",
    name: `${name}/${identity.namespace ?? ""}/${identity.kind}`,
  };
}

/** Where Calico puts the policies of Kubernetes (api/pkg/apis/projectcalico/v3/tier.go). */
const IN_CALICO: Readonly<Record<Exclude<Tier, NamedTier>, NamedTier>> = {
  admin: { name: "kube-admin", order: 1_000 },
  "network-policy": { name: "default", order: 1_000_000 },
  baseline: { name: "kube-baseline", order: 10_000_000 },
  "egress-firewall": { name: "egress-firewall", order: 0 },
};

/**
 * Its tiers and AdminNetworkPolicy (251) are one list: Pass leaves all of it, not the tier alone. Then NetworkPolicy, its tier
 * Baseline (253), BaselineAdminNetworkPolicy (254). Rules are equal where tier, priority and their number in the policy are
 * (docs/antrea-network-policy.md, "Notes and constraints"; pkg/controller/networkpolicy/adminnetworkpolicy.go).
 */
function inAntrea({ dialect, tier, order }: Policy): Precedence {
  const ties = "rule-by-rule";
  if (typeof tier === "object") return beforeNetworkPolicy(tier.order, order);
  switch (tier) {
    case "admin":
      return beforeNetworkPolicy(251, order);
    case "network-policy":
      return { rank: 252, tier, order, ties };
    case "baseline":
      return dialect.startsWith("crd.antrea.io/")
        ? { rank: 253, tier: "antrea-baseline", order, ties }
        : { rank: 254, tier, order, ties };
    case "egress-firewall":
      return { rank: 0, tier, order, ties };
  }
}

function beforeNetworkPolicy(tier: number, order: number | null): Precedence {
  return { rank: 251, tier: "antrea", order: tier * PRIORITIES + (order ?? 0), ties: "rule-by-rule" };
}

/** More than any priority: 10,000 is the last. */
const PRIORITIES = 100_000;
