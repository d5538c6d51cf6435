import type { Profile } from "../config/config.ts";
import { groupOf } from "../policy/model/api-group.ts";
import { identityKey } from "../policy/model/identity-key.ts";
import { isObjectUnknown } from "../policy/model/object-unknown.ts";
import type { Policy, Rule } from "../policy/model/policy.ts";
import type { Box, Space } from "../sets/space.ts";
import { subtractBoxes } from "../sets/subtract-box.ts";
import type { Unknown } from "../targets/unknown.ts";
import type { CompiledPolicy, OrderedRule } from "./compiled-policy.ts";
import { orderings } from "./orderings.ts";
import { type Precedence, precedenceOf } from "./precedence.ts";
import type { Universe } from "./universe.ts";

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

interface Placed extends CompiledPolicy {
  readonly precedence: Precedence;
}

/**
 * All policies as one list: tier after tier, in each the rules by order, then deny for each subject that is isolated; then
 * allow. What an unread source may hold is asked where NetworkPolicy is, what an unread policy of an earlier tier may hold
 * before all others, or before the tier that it is known to be of. Policies that only cut are a list of their own. The search knows no tiers.
 */
export function compileLayers(
  universe: Universe,
  profile: Profile,
  policies: readonly CompiledPolicy[],
  unknowns: readonly Unknown[],
): readonly Layer[] {
  const { everything } = universe.space;
  const placed = policies.map((policy) => ({ ...policy, precedence: precedenceOf(profile, policy.policy) }));
  const isFirewall = ({ policy }: Placed) => policy.tier === "egress-firewall";
  const tiers = tiersOf(placed.filter((one) => !isFirewall(one)));
  const itemsOf = (list: readonly Unknown[], action: Item["action"]) =>
    list.map((unknown): Item => ({ box: everything, action, source: { kind: "unknown", unknown } }));
  const early = unknowns.filter(mayPrecede);
  const others = unknowns.filter((unknown) => !mayPrecede(unknown));
  // In a union a denial goes before every allowance.
  const mayDeny = itemsOf(
    others.filter((unknown) => unknown.mayDeny === true),
    "deny",
  );
  const unread = (action: Item["action"]) =>
    action === "allow" ? [...mayDeny, ...itemsOf(others, action)] : itemsOf(others, action);
  const standard = tiers.findIndex((tier) => tier.some(({ policy }) => policy.tier === "network-policy"));
  const last = standard < 0 ? lastBefore(tiers) : standard;
  // What is known of a policy says in which tier the rest of it is asked; else it may be before all others.
  const before = (index: number) => {
    const own = early.filter((unknown) => tierOf(unknown, tiers) === index);
    return [...itemsOf(own, "allow"), ...itemsOf(own, "deny")];
  };
  const items = tiers.flatMap((tier, index) => {
    const { rules, isolation } = tierItems(universe, tier);
    return index === last
      ? [...before(index), ...unread("allow"), ...rules, ...isolation, ...unread("deny")]
      : [...before(index), ...rules, ...isolation];
  });
  const open: Item = { box: everything, action: "allow", source: { kind: "default" } };
  const main = last < 0 ? [...unread("allow"), ...unread("deny"), ...items] : items;
  const firewalls = placed.filter(isFirewall);
  return [
    { items: [...before(-1), ...main, open] },
    ...(firewalls.length === 0 ? [] : [{ items: [...tierItems(universe, firewalls).rules, open] }]),
  ];
}

/** The tier of the policy that was read of the same object; -1 = none was. */
function tierOf(unknown: Unknown, tiers: readonly (readonly Placed[])[]): number {
  return isObjectUnknown(unknown)
    ? tiers.findIndex((tier) => tier.some(({ policy }) => policy.manifest === unknown.manifest))
    : -1;
}

/** A policy whose tier may be asked before NetworkPolicy; a rendered target writes policies of its own namespace alone. */
function mayPrecede(unknown: Unknown): boolean {
  if (!isObjectUnknown(unknown)) return false;
  const { object } = unknown.manifest;
  return GROUPS_WITH_TIERS.has(groupOf(object)) && !object.kind.startsWith("Baseline");
}

const GROUPS_WITH_TIERS: ReadonlySet<string> = new Set([
  "policy.networking.k8s.io",
  "projectcalico.org",
  "crd.projectcalico.org",
  "crd.antrea.io",
]);

/** The last tier that is no baseline; -1 = none. */
function lastBefore(tiers: readonly (readonly Placed[])[]): number {
  return tiers.findLastIndex((tier) => tier.every(({ policy }) => policy.tier !== "baseline"));
}

function tiersOf(policies: readonly Placed[]): readonly (readonly Placed[])[] {
  const byTier = new Map<string, Placed[]>();
  for (const policy of policies) {
    const list = byTier.get(policy.precedence.tier);
    if (list === undefined) byTier.set(policy.precedence.tier, [policy]);
    else list.push(policy);
  }
  return [...byTier.values()].sort(([a], [b]) =>
    a === undefined || b === undefined
      ? 0
      : a.precedence.rank - b.precedence.rank || compareTexts(a.precedence.tier, b.precedence.tier),
  );
}

/**
 * Rules by ascending order of their policies, then as written. Pass is no decision: what it holds is cut out of the later
 * items of the tier, so that nothing of the tier decides it.
 */
function tierItems(
  universe: Universe,
  policies: readonly Placed[],
): { readonly rules: readonly Item[]; readonly isolation: readonly Item[] } {
  const { space } = universe;
  const passed: Box[] = [];
  const rules: Item[] = [];
  for (const { policy, rule, action, boxes } of inOrder(universe, policies)) {
    const left = passed.length === 0 ? boxes : subtractBoxes(space, boxes, passed);
    if (action === "pass") passed.push(...boxes);
    else for (const box of left) rules.push({ box, action, source: { kind: "rule", policy, rule } });
  }
  const isolation = policies.flatMap(({ policy, isolated }) =>
    notPassed(space, isolated, passed).map(
      (box): Item => ({ box, action: "deny", source: { kind: "isolation", policy } }),
    ),
  );
  return { rules, isolation };
}

function notPassed(space: Space, boxes: readonly Box[], passed: readonly Box[]): readonly Box[] {
  return passed.length === 0 ? boxes : subtractBoxes(space, boxes, passed);
}

function inOrder(universe: Universe, policies: readonly Placed[]): readonly OrderedRule[] {
  const byOrder = new Map<number | null, Placed[]>();
  for (const policy of policies) {
    const list = byOrder.get(policy.precedence.order);
    if (list === undefined) byOrder.set(policy.precedence.order, [policy]);
    else list.push(policy);
  }
  return [...byOrder]
    .sort(([a], [b]) => compareNumbers(a ?? 0, b ?? 0))
    .flatMap(([order, group]) => (order === null ? denyFirst(group) : ofOneOrder(universe, group)));
}

/** Infinite orders are equal, and their difference is no number. */
function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** A union: where one policy allows and another denies, it is denied. */
function denyFirst(policies: readonly Placed[]): readonly OrderedRule[] {
  const rules = policies.flatMap(rulesOf);
  const denying = rules.filter(({ action }) => action !== "allow");
  return denying.length === 0 ? rules : [...denying, ...rules.filter(({ action }) => action === "allow")];
}

function ofOneOrder(universe: Universe, policies: readonly Placed[]): readonly OrderedRule[] {
  const sorted = [...policies].sort((a, b) => compareTexts(nameOf(a), nameOf(b)));
  const [first] = sorted;
  if (first === undefined || sorted.length === 1 || first.precedence.ties === "by-name") {
    return sorted.flatMap(rulesOf);
  }
  const contenders = sorted.map((one) => ({ name: nameOf(one), rules: rulesOf(one) }));
  return first.precedence.ties === "undefined"
    ? orderings(universe, contenders)
    : Array.from({ length: Math.max(...contenders.map(({ rules }) => rules.length)) }, (_, position) =>
        orderings(
          universe,
          contenders.map(({ name, rules }) => ({
            name: `${name}#${position}`,
            rules: rules.slice(position, position + 1),
          })),
        ),
      ).flat();
}

function rulesOf({ policy, rules }: Placed): readonly OrderedRule[] {
  return rules.map((rule) => ({ ...rule, policy }));
}

/** Parts of one object keep their order. */
function nameOf({ policy, precedence }: Placed): string {
  const { part, ...identity } = policy.identity;
  return `${precedence.name ?? identityKey(identity)}${String(part ?? 0).padStart(6, "0")}`;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
