import type { Profile } from "../../src/config/config.ts";
import type { ObjectUnknown } from "../../src/policy/model/object-unknown.ts";
import type { Policy } from "../../src/policy/model/policy.ts";
import { policyInputs } from "../../src/policy/model/policy-inputs.ts";
import type { PolicyReading } from "../../src/policy/model/policy-reading.ts";
import { policyOf } from "../../src/policy/policy-of.ts";
import type { Manifest } from "../../src/render/render.ts";

/** An object as policies, under a CNI and beside other objects of its environment; null = it is no policy. */
export function read(
  manifest: Manifest,
  profile: Profile = "kubernetes",
  others: readonly Manifest[] = [],
): PolicyReading | null {
  return policyOf(manifest, policyInputs(profile, [manifest, ...others]));
}

/** The one policy that an object is. */
export function policyIn(reading: PolicyReading | null): Policy {
  const [policy, second] = reading?.policies ?? [];
  if (policy === undefined || second !== undefined || (reading?.unknowns.length ?? 0) > 0) {
    throw new Error(`not one policy: ${JSON.stringify(reading?.unknowns.map(({ detail }) => detail))}`);
  }
  return policy;
}

/** The one unknown that an object is. */
export function unknownIn(reading: PolicyReading | null): ObjectUnknown {
  const [unknown] = reading?.unknowns ?? [];
  if (unknown === undefined || (reading?.policies.length ?? 0) > 0)
    throw new Error("the policy was accepted");
  return unknown;
}
