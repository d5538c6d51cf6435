import type { Policy, Rule, Tier } from "../policy/policy.ts";
import type { Box, Space } from "../sets/space.ts";
import { subtractBoxes } from "../sets/subtract-box.ts";
import type { Unknown } from "../targets/unknown.ts";

/**
 * Precedence, compiled once: an ordered list in which the first item that holds a point decides it. Layers are ANDed: a
 * point is allowed where every layer allows it. Each list ends with an item that holds every point.
 */
export interface Layer {
  readonly items: readonly Item[];
}

export interface Item {
  /** Over subject labels, destination, port: see `Universe`. */
  readonly box: Box;
  readonly action: "allow" | "deny";
  readonly source: ItemSource;
}

export type ItemSource =
  | { readonly kind: "rule"; readonly policy: Policy; readonly rule: Rule }
  /** Selected by a policy of this direction, and admitted by no rule. */
  | { readonly kind: "isolation"; readonly policy: Policy }
  /** What an unread source may hold, at most: it is one thing on both sides, whatever it is. */
  | { readonly kind: "unknown"; readonly unknown: Unknown }
  /** Nothing isolates: Kubernetes allows. */
  | { readonly kind: "default" };

/** A policy as boxes, for subjects of one namespace. */
export interface CompiledPolicy {
  readonly policy: Policy;
  readonly tier: Tier;
  readonly order: number | null;
  /** Denied where no rule of its tier admits; null where it does not isolate in this direction. */
  readonly isolated: readonly Box[];
  /** In order; a rule that holds no point has no box. */
  readonly rules: readonly CompiledRule[];
}

interface CompiledRule {
  readonly rule: Rule;
  readonly action: Rule["action"];
  /** The destinations of the rule, for the subjects of the policy. */
  readonly boxes: readonly Box[];
}

/**
 * The tiers of Kubernetes as one list: Admin (first match decides, Pass leaves the tier), NetworkPolicy (a union of allows,
 * then deny for each subject that is isolated), Baseline (first match decides), allow. A dialect whose policies only cut
 * adds a layer; one that stands in a tier adds to this list; the search knows neither.
 */
export function compileLayers(
  space: Space,
  policies: readonly CompiledPolicy[],
  unknowns: readonly Unknown[],
): readonly Layer[] {
  const inTier = (tier: Tier) => policies.filter((policy) => policy.tier === tier);
  const everything = space.everything;
  return [
    {
      items: [
        ...firstMatch(space, inTier("admin")),
        ...unknowns.map(
          (unknown): Item => ({
            box: everything,
            action: "allow",
            source: { kind: "unknown", unknown },
          }),
        ),
        ...unionThenIsolation(inTier("network-policy")),
        ...unknowns.map(
          (unknown): Item => ({
            box: everything,
            action: "deny",
            source: { kind: "unknown", unknown },
          }),
        ),
        ...firstMatch(space, inTier("baseline")),
        { box: everything, action: "allow", source: { kind: "default" } },
      ],
    },
  ];
}

/** NetworkPolicy: no order, no deny; every rule of every policy adds up, and isolation is what is left. */
function unionThenIsolation(policies: readonly CompiledPolicy[]): readonly Item[] {
  return [
    ...policies.flatMap(({ policy, rules }) =>
      rules.flatMap(({ rule, boxes }) =>
        boxes.map((box): Item => ({ box, action: "allow", source: { kind: "rule", policy, rule } })),
      ),
    ),
    ...policies.flatMap(({ policy, isolated }) =>
      isolated.map((box): Item => ({ box, action: "deny", source: { kind: "isolation", policy } })),
    ),
  ];
}

/**
 * Rules by ascending order of their policies, then as written. Pass is no decision: what it holds is cut out of the later
 * items of the tier, so that nothing of the tier decides it.
 */
function firstMatch(space: Space, policies: readonly CompiledPolicy[]): readonly Item[] {
  const sorted = [...policies].sort(
    (a, b) => (a.order ?? 0) - (b.order ?? 0) || compareNames(a.policy, b.policy),
  );
  const passed: Box[] = [];
  const items: Item[] = [];
  for (const { policy, rules } of sorted) {
    for (const { rule, action, boxes } of rules) {
      if (action === "pass") {
        passed.push(...boxes);
        continue;
      }
      for (const box of subtractBoxes(space, boxes, passed)) {
        items.push({ box, action, source: { kind: "rule", policy, rule } });
      }
    }
  }
  return items;
}

function compareNames(a: Policy, b: Policy): number {
  return a.identity.name < b.identity.name ? -1 : a.identity.name > b.identity.name ? 1 : 0;
}
