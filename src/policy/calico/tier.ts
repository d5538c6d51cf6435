import type { Manifest } from "../../render/render.ts";
import type { NamedTier } from "../model/policy.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import { nested, ownField } from "../schema/decode.ts";
import { CALICO_GROUPS } from "./sets.ts";

export interface CalicoTier extends NamedTier {
  /** What becomes of packets that no rule of the tier decides, of pods that some policy of it selects. */
  readonly defaultAction: "Deny" | "Pass";
  /** null: every cluster has it. */
  readonly manifest: Manifest | null;
}

/** Tiers that Calico makes itself and that nobody can order otherwise (api/pkg/apis/projectcalico/v3/tier.go). */
const BUILT_IN: Readonly<Record<string, CalicoTier>> = {
  "kube-admin": { name: "kube-admin", order: 1_000, defaultAction: "Pass", manifest: null },
  default: { name: "default", order: 1_000_000, defaultAction: "Deny", manifest: null },
  "kube-baseline": { name: "kube-baseline", order: 10_000_000, defaultAction: "Pass", manifest: null },
};

/** null = it does not stand in Git: nobody knows when it is asked. */
export function calicoTier(name: string, inputs: PolicyInputs): CalicoTier | null {
  const builtIn = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  if (builtIn !== undefined) return builtIn;
  const manifest = CALICO_GROUPS.flatMap((group) => inputs.objects(group, "Tier")).find(
    ({ object }) => object.metadata.name === name,
  );
  if (manifest === undefined) return null;
  const spec = nested(manifest.object, "spec") ?? {};
  const order = ownField(spec, "order");
  return {
    name,
    // Without an order it is asked after all others.
    order: typeof order === "number" ? order : Number.POSITIVE_INFINITY,
    defaultAction: ownField(spec, "defaultAction") === "Pass" ? "Pass" : "Deny",
    manifest,
  };
}
