import type { Manifest } from "../../render/render.ts";
import type { PolicyRemark } from "../model/policy-reading.ts";
import { nested, ownField } from "../schema/decode.ts";

/**
 * Of a NetworkPolicy under Cilium: it enforces the rules of a direction that `policyTypes` leaves out, where the API says that
 * they are ignored (measured on Cilium 1.20.2; pkg/policy/k8s/network_policy.go).
 */
export function undeclaredDirections(manifest: Manifest): readonly PolicyRemark[] {
  const spec = nested(manifest.object, "spec") ?? {};
  const types = list(ownField(spec, "policyTypes"));
  if (types.length === 0) return [];
  return (["Ingress", "Egress"] as const)
    .filter((type) => !types.includes(type) && list(ownField(spec, type.toLowerCase())).length > 0)
    .map((type) => ({
      code: "field-without-effect",
      manifest,
      pointer: "/spec/policyTypes",
      detail: `Cilium enforces its ${type.toLowerCase()} rules, and isolates the pods for ${type.toLowerCase()}, although policyTypes leaves ${type} out`,
    }));
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
