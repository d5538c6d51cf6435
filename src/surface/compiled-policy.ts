import type { Policy, Rule } from "../policy/model/policy.ts";
import type { Box } from "../sets/space.ts";

/** A policy as boxes, for subjects of one namespace. */
export interface CompiledPolicy {
  readonly policy: Policy;
  /** Denied where no rule of its tier decides; none where it does not isolate in this direction. */
  readonly isolated: readonly Box[];
  /** In order; a rule that holds no point has no box. */
  readonly rules: readonly CompiledRule[];
}

export interface CompiledRule {
  readonly rule: Rule;
  readonly action: Rule["action"];
  /** The destinations of the rule, for the subjects of the policy. */
  readonly boxes: readonly Box[];
}

export interface OrderedRule extends CompiledRule {
  readonly policy: Policy;
}
