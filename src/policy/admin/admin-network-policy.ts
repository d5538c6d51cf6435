import type { Manifest } from "../../render/render.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import type { PolicyReading } from "../model/policy-reading.ts";
import { ruleBroken } from "../schema/crd-error.ts";
import { requiredInteger } from "../schema/crd-field.ts";
import { ownField } from "../schema/decode.ts";
import { ROOT } from "../schema/field-error.ts";
import { type AdminPolicyKind, adminPolicy } from "./policy.ts";
import { adminNetworkPolicyPort } from "./port.ts";

const LAST_PRIORITY = 1000;
const MOST = 100;

const ADMIN: AdminPolicyKind = {
  version: "policy.networking.k8s.io/v1alpha1",
  dialect: "policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy",
  actions: { Allow: "allow", Deny: "deny", Pass: "pass" },
  most: MOST,
  portsField: "ports",
  readPort: adminNetworkPolicyPort,
  egressPeers: ["namespaces", "pods", "nodes", "networks", "domainNames"],
  place: (decoder, spec) => {
    const order = requiredInteger(decoder, spec, "priority", [0, LAST_PRIORITY]);
    return order === null ? null : { tier: "admin", order };
  },
};

const BASELINE: AdminPolicyKind = {
  ...ADMIN,
  dialect: "policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy",
  actions: { Allow: "allow", Deny: "deny" },
  egressPeers: ["namespaces", "pods", "nodes", "networks"],
  // There is one: nothing of its own kind stands before or after it.
  place: () => ({ tier: "baseline", order: 0 }),
  check: (decoder, { value }) => {
    const metadata = ownField(value, "metadata");
    const name =
      typeof metadata === "object" && metadata !== null && "name" in metadata ? metadata.name : null;
    if (name === "default") return;
    const message = 'Only one baseline admin network policy with metadata.name="default" can be created';
    decoder.errors.push(ruleBroken({ ...ROOT, pointer: "/metadata/name" }, `${message} in the cluster`));
  },
};

export function adminNetworkPolicy(manifest: Manifest, inputs: PolicyInputs): PolicyReading {
  return adminPolicy(manifest, inputs, ADMIN);
}

export function baselineAdminNetworkPolicy(manifest: Manifest, inputs: PolicyInputs): PolicyReading {
  return adminPolicy(manifest, inputs, BASELINE);
}
