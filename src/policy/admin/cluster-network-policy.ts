import type { Manifest } from "../../render/render.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import type { PolicyReading } from "../model/policy-reading.ts";
import { requiredEnum, requiredInteger } from "../schema/crd-field.ts";
import { type AdminPolicyKind, adminPolicy } from "./policy.ts";
import { clusterNetworkPolicyProtocol } from "./port.ts";

const LAST_PRIORITY = 1000;
const TIERS = { Admin: "admin", Baseline: "baseline" } as const;

const CLUSTER: AdminPolicyKind = {
  version: "policy.networking.k8s.io/v1alpha2",
  dialect: "policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy",
  actions: { Accept: "allow", Deny: "deny", Pass: "pass" },
  most: 25,
  portsField: "protocols",
  readPort: clusterNetworkPolicyProtocol,
  egressPeers: ["namespaces", "pods", "nodes", "networks", "domainNames"],
  place: (decoder, spec) => {
    const tier = requiredEnum(decoder, spec, "tier", ["Admin", "Baseline"]);
    const order = requiredInteger(decoder, spec, "priority", [0, LAST_PRIORITY]);
    return tier === null || order === null ? null : { tier: TIERS[tier], order };
  },
};

/** Of policy.networking.k8s.io; Antrea has a kind of the same name. */
export function clusterNetworkPolicy(manifest: Manifest, inputs: PolicyInputs): PolicyReading {
  return adminPolicy(manifest, inputs, CLUSTER);
}
