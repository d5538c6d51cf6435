import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { diff } from "../../src/diff/environment-delta.ts";
import { widenings } from "../../src/diff/widenings.ts";
import type { LabelSelector, Policy, Rule, Tier } from "../../src/policy/model/policy.ts";
import { Budget } from "../../src/sets/budget.ts";
import { allChoices, choiceSet } from "../../src/sets/choice.ts";
import { type Box, Space } from "../../src/sets/space.ts";
import { decide } from "../../src/surface/decide.ts";
import type { Item, Layer } from "../../src/surface/layers.ts";
import { allowedBy } from "../../src/surface/subject-layers.ts";
import type { Point } from "../../src/surface/surface.ts";
import { surfaceOf } from "../../src/surface/surface-of.ts";
import { Universe } from "../../src/surface/universe.ts";
import { inBlock } from "../oracle/network-policy.ts";
import { clusterOfWorld } from "../oracle/world.ts";
import { manifestOf } from "../render/manifest.ts";

/** Made-up policies of every tier: what a dialect of later may compile to. */
interface MadeUp {
  readonly tier: Tier;
  readonly order: number;
  readonly subject: LabelSelector;
  readonly isolates: boolean;
  readonly rules: readonly {
    readonly action: Rule["action"];
    readonly cidr: string | null;
    readonly port: number | null;
  }[];
}

const subject = fc.constantFrom<LabelSelector>(
  [],
  [{ key: "a", operator: "In", values: ["1"] }],
  [{ key: "a", operator: "NotIn", values: ["1"] }],
  [{ key: "a", operator: "Exists", values: [] }],
);
const rule = (actions: readonly Rule["action"][]) =>
  fc.record({
    action: fc.constantFrom(...actions),
    cidr: fc.constantFrom(null, "0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16"),
    port: fc.constantFrom(null, 80, 443),
  });
const inTier = (tier: Tier, actions: readonly Rule["action"][], isolates: fc.Arbitrary<boolean>) =>
  fc.record({
    tier: fc.constant(tier),
    order: fc.nat({ max: 100 }),
    subject,
    isolates,
    rules: fc.array(rule(actions), { maxLength: 3 }),
  });
const madeUp = fc
  .tuple(
    fc.uniqueArray(inTier("admin", ["allow", "deny", "pass"], fc.constant(false)), {
      maxLength: 3,
      selector: ({ order }) => order,
    }),
    fc.array(inTier("network-policy", ["allow"], fc.constant(true)), { maxLength: 3 }),
    fc.uniqueArray(inTier("baseline", ["allow", "deny"], fc.constant(false)), {
      maxLength: 2,
      selector: ({ order }) => order,
    }),
  )
  .map((tiers): readonly MadeUp[] => tiers.flat());

function policyOf(made: MadeUp, index: number): Policy {
  const identity = { apiVersion: "example.com/v1", kind: "Made", namespace: null, name: `made-${index}` };
  const manifest = manifestOf({ ...identity, metadata: { name: identity.name }, spec: made });
  return {
    dialect: "networking.k8s.io/v1 NetworkPolicy",
    identity,
    manifest,
    digest: manifest.digest,
    tier: made.tier,
    order: made.tier === "network-policy" ? null : made.order,
    subjects: [{ namespaces: { kind: "selected", selector: [] }, pods: made.subject }],
    isolates: { egress: made.isolates, ingress: false },
    egress: made.rules.map(({ action, cidr, port }, position) => ({
      action,
      peers: cidr === null ? null : [{ kind: "addresses", cidr, except: [], pointer: "" }],
      ports:
        port === null
          ? null
          : [{ protocol: "TCP", port: { kind: "range", first: port, last: port }, pointer: "" }],
      pointer: `/spec/egress/${position}`,
    })),
    ingress: [],
  };
}

function clusterOf(policies: readonly MadeUp[]): Cluster {
  return {
    ...clusterOfWorld({ namespaces: { x: {} }, policies: [], open: ["x"] }),
    policies: policies.map(policyOf),
  };
}

type Labels = Readonly<Record<string, string>>;
const SUBJECTS: readonly Labels[] = [{}, { a: "1" }, { a: "2" }];
const POINTS = ["9.0.0.0", "10.0.0.0", "10.1.0.0", "2001:db8::"].flatMap((address) =>
  [1, 80, 443].map((port): Point & { kind: "address" } => ({
    kind: "address",
    address,
    protocol: "TCP",
    port,
  })),
);

function selected({ subject: selector }: MadeUp, labels: Labels): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = labels[key];
    if (operator === "In") return value !== undefined && values.includes(value);
    if (operator === "NotIn") return value === undefined || !values.includes(value);
    return value !== undefined;
  });
}

function ruleHolds({ cidr, port }: MadeUp["rules"][number], point: Point & { kind: "address" }): boolean {
  const held = cidr === null || inBlock(cidr, point.address);
  return held && (port === null || port === point.port);
}

/** The tiers by the letter: Admin in order until a rule decides or passes, then the union, then Baseline, then allow. */
function allowed(policies: readonly MadeUp[], labels: Labels, point: Point & { kind: "address" }): boolean {
  const firstMatch = (tier: Tier) =>
    policies
      .filter((policy) => policy.tier === tier && selected(policy, labels))
      .sort((a, b) => a.order - b.order)
      .flatMap((policy) => policy.rules)
      .find((one) => ruleHolds(one, point))?.action;
  const admin = firstMatch("admin");
  if (admin === "allow" || admin === "deny") return admin === "allow";
  const policiesOf = policies.filter(
    (policy) => policy.tier === "network-policy" && selected(policy, labels),
  );
  if (policiesOf.length > 0)
    return policiesOf.some((policy) => policy.rules.some((one) => ruleHolds(one, point)));
  return firstMatch("baseline") !== "deny";
}

describe("tiers, compiled once", () => {
  test("decide every point as the tiers do by the letter", () => {
    let denied = 0;
    fc.assert(
      fc.property(madeUp, (policies) => {
        const surface = surfaceOf(clusterOf(policies));
        for (const labels of SUBJECTS) {
          for (const point of POINTS) {
            const { verdict } = decide(surface, {
              direction: "egress",
              subject: {
                namespace: "x",
                labels: new Map(Object.entries(labels)),
                runtimeLabels: new Set(),
                hostNetwork: false,
              },
              other: point,
            });
            if (verdict === "deny") denied++;
            expect(verdict === "allow").toBe(allowed(policies, labels, point));
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(denied).toBeGreaterThan(100);
  });

  test("the search finds a widening exactly where some labelling is widened, and its delta holds exactly those points", () => {
    let widened = 0;
    fc.assert(
      fc.property(madeUp, madeUp, fc.boolean(), (shared, changed, reverse) => {
        const [base, head] = reverse ? [[...shared, ...changed], shared] : [shared, [...shared, ...changed]];
        const delta = diff(clusterOf(renumbered(base)), clusterOf(renumbered(head)), { environment: "test" });
        const opens = (labels: Labels, point: (typeof POINTS)[number]) =>
          allowed(renumbered(head), labels, point) && !allowed(renumbered(base), labels, point);
        const expected = SUBJECTS.some((labels) => POINTS.some((point) => opens(labels, point)));
        if (expected) widened++;
        expect(delta.workloads.some(({ added }) => !added.isEmpty)).toBe(expected);
        for (const { subject: own, added } of delta.workloads) {
          if (own.kind !== "potential") continue;
          const labels = Object.fromEntries(own.labels);
          for (const point of POINTS) expect(added.contains(point)).toBe(opens(labels, point));
        }
      }),
      { numRuns: 300 },
    );
    expect(widened).toBeGreaterThan(30);
  });
});

/** Orders as the position in the list, so that no two policies of a tier are equal. */
function renumbered(policies: readonly MadeUp[]): readonly MadeUp[] {
  return policies.map((policy, order) => ({ ...policy, order }));
}

describe("layers that only cut, ANDed", () => {
  /** Four dimensions of three members; the first is the subject's. */
  const members = [0, 1, 2];
  const raw = fc.array(fc.option(fc.subarray(members, { minLength: 1, maxLength: 2 })), {
    minLength: 3,
    maxLength: 3,
  });
  const rawLayer = fc.array(fc.tuple(raw, fc.constantFrom("allow" as const, "deny" as const)), {
    maxLength: 3,
  });
  const rawLayers = fc.tuple(rawLayer, rawLayer);

  function build(
    space: Space,
    lists: readonly (readonly (readonly [readonly (readonly number[] | null)[], "allow" | "deny"])[])[],
  ) {
    const dimensions = [0, 1, 2].map((name) => space.dimension(`${name}`, allChoices(3)));
    const item = (box: Box, action: Item["action"]): Item => ({ box, action, source: { kind: "default" } });
    return lists.map(
      (list): Layer => ({
        items: [
          ...list.map(([sets, action]) => {
            const box = space.box(
              sets.flatMap((set, index) =>
                set === null ? [] : [[dimensions[index] ?? 0, choiceSet(set)] as const],
              ),
            );
            if (box === null) throw new Error("an empty set");
            return item(box, action);
          }),
          item(space.everything, "allow"),
        ],
      }),
    );
  }

  function points(space: Space): readonly Box[] {
    return members.flatMap((a) =>
      members.flatMap((b) =>
        members.flatMap(
          (c) =>
            space.box(
              [a, b, c].map((value, index) => [
                space.dimension(`${index}`, allChoices(3)),
                choiceSet([value]),
              ]),
            ) ?? [],
        ),
      ),
    );
  }

  const allows = (space: Space, layers: readonly Layer[], point: Box) =>
    layers.every(({ items }) => items.find(({ box }) => space.boxInside(point, box))?.action === "allow");

  test("the same search decides them", () => {
    let widened = 0;
    fc.assert(
      fc.property(rawLayers, rawLayers, (before, after) => {
        const space = new Space();
        const [base, head] = [build(space, before), build(space, after)];
        const expected = points(space).some(
          (point) => allows(space, head, point) && !allows(space, base, point),
        );
        if (expected) widened++;
        expect(widenings(space, base, head, new Budget()).found.length > 0).toBe(expected);
      }),
      { numRuns: 1000 },
    );
    expect(widened).toBeGreaterThan(100);
  });

  test("what they allow together is what each allows", () => {
    fc.assert(
      fc.property(rawLayers, (lists) => {
        const universe = new Universe([]);
        const layers = build(universe.space, lists);
        const together = allowedBy(universe, layers).map(({ box }) => box);
        for (const point of points(universe.space)) {
          const held = together.some((box) => universe.space.boxInside(point, box));
          expect(held).toBe(allows(universe.space, layers, point));
        }
      }),
      { numRuns: 300 },
    );
  });
});
