import { describe, expect, test } from "@jest/globals";
import type { EnvironmentDelta, Opening, WorkloadDelta } from "../../src/diff/diff.ts";
import { diff } from "../../src/diff/environment-delta.ts";
import { SERVICE_ACCOUNT } from "../../src/policy/model/pod-attribute.ts";
import type { Policy } from "../../src/policy/model/policy.ts";
import type { RawPolicy } from "../oracle/network-policy.ts";
import { clusterOfWorld, policy, type RawWorkload, unknownOf, type World } from "../oracle/world.ts";
import { textOf } from "../surface/text.ts";

const namespaces = { x: {}, y: {} };
const deny = policy("x", "default-deny", { podSelector: {}, policyTypes: ["Egress"] });
const web: RawWorkload = { namespace: "x", name: "web", labels: { app: "web" } };
const internet = [{ to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }];

function allow(
  name: string,
  podSelector: RawPolicy["spec"]["podSelector"],
  egress: RawPolicy["spec"]["egress"],
) {
  return policy("x", name, { podSelector, policyTypes: ["Egress"], egress: egress ?? [] });
}

function compare(base: Partial<World>, head: Partial<World>): EnvironmentDelta {
  return diff(
    clusterOfWorld({ namespaces, policies: [], ...base }),
    clusterOfWorld({ namespaces, policies: [], ...head }),
    { environment: "test" },
  );
}

function only(delta: EnvironmentDelta): WorkloadDelta {
  const [first, ...others] = delta.workloads;
  if (first === undefined || others.length > 0) {
    throw new Error(`not one delta: ${delta.workloads.map(({ key }) => key).join(" ")}`);
  }
  return first;
}

function summary({ cause, closers, region, labelOpens, condition }: Opening) {
  return {
    cause: cause.kind === "rule" ? `${cause.policy.identity.name}${cause.rule.pointer}` : cause.kind,
    closers: closers.map(({ identity }) => identity.name),
    region: region.lines().map(textOf),
    labelOpens,
    condition: condition.map(({ id }) => id),
  };
}

describe("a known workload", () => {
  test("gains what an added rule admits, and the rule and the deny are named", () => {
    const delta = only(
      compare(
        { workloads: [web], policies: [deny] },
        { workloads: [web], policies: [deny, allow("open", { matchLabels: { app: "web" } }, internet)] },
      ),
    );
    expect(delta).toMatchObject({ key: "x/Deployment/web", presence: "both", decides: true });
    expect(delta.added.lines().map(textOf)).toEqual(["0.0.0.0/0: any any"]);
    expect(delta.removed.isEmpty).toBe(true);
    expect(delta.openings.map(summary)).toEqual([
      {
        cause: "open/spec/egress/0",
        closers: ["default-deny"],
        region: ["0.0.0.0/0: any any"],
        labelOpens: true,
        condition: [],
      },
    ]);
    expect(delta.openings[0]?.total().lines().map(textOf)).toEqual(["0.0.0.0/0: any any"]);
    expect(delta.openings[0]?.baseTotal().isEmpty).toBe(true);
    expect(delta.before?.isolating.map(({ identity }) => identity.name)).toEqual(["default-deny"]);
    expect(delta.after?.isolating.map(({ identity }) => identity.name)).toEqual(["default-deny", "open"]);
  });

  test("that nothing isolates any more is open because of that, and because of nothing else", () => {
    const dns = allow("dns", { matchLabels: { app: "web" } }, [{ ports: [{ protocol: "UDP", port: 53 }] }]);
    const delta = only(compare({ workloads: [web], policies: [deny, dns] }, { workloads: [web] }));
    expect(delta.openings.map(summary)).toEqual([
      {
        cause: "not-isolated",
        closers: ["default-deny", "dns"],
        region: expect.arrayContaining(["any: TCP any", "any: UDP 1-52, 54-65535", "any: SCTP any"]),
        labelOpens: true,
        condition: [],
      },
    ]);
    expect(delta.after?.isolating).toEqual([]);
  });

  test("on the host network is governed by nothing (threat T17)", () => {
    const delta = only(
      compare(
        { workloads: [web], policies: [deny] },
        { workloads: [{ ...web, hostNetwork: true }], policies: [deny] },
      ),
    );
    expect(delta.openings.map(summary)).toMatchObject([{ cause: "not-governed", region: ["any: any any"] }]);
    expect([delta.before?.governed, delta.after?.governed]).toEqual([true, false]);
  });

  test("relabelled out of a policy gains, though no policy changed", () => {
    const locked = allow("locked", { matchLabels: { app: "web" } }, []);
    const delta = only(
      compare(
        { workloads: [web], policies: [locked] },
        { workloads: [{ ...web, labels: { app: "other" } }], policies: [locked] },
      ),
    );
    expect(delta.openings.map(summary)).toMatchObject([{ cause: "not-isolated", closers: ["locked"] }]);
  });

  test("with a label nobody asks for, or a renamed policy, has no delta", () => {
    const renamed = { ...deny, metadata: { ...deny.metadata, name: "deny-all" } };
    const delta = compare(
      { workloads: [web], policies: [deny] },
      { workloads: [{ ...web, labels: { app: "web", version: "2" } }], policies: [renamed] },
    );
    expect(delta.workloads).toEqual([]);
  });

  test("that loses its isolation without gaining anything still stands in the delta", () => {
    const open = allow("open", {}, [{}]);
    const delta = only(compare({ workloads: [web], policies: [open] }, { workloads: [web] }));
    expect(delta.added.isEmpty).toBe(true);
    expect([delta.before?.isolating.length, delta.after?.isolating.length]).toEqual([1, 0]);
  });

  test("of a namespace whose label changed gains through a peer in another one", () => {
    const toTeam = allow("team", {}, [{ to: [{ namespaceSelector: { matchLabels: { team: "a" } } }] }]);
    const delta = only(
      compare(
        { workloads: [web], policies: [toTeam] },
        { namespaces: { x: {}, y: { team: "a" } }, workloads: [web], policies: [toTeam] },
      ),
    );
    expect(delta.added.lines().map(textOf)).toEqual(["pods of y: any any"]);
  });
});

describe("a label that only run time knows", () => {
  const first = allow("first", { matchLabels: { "pod-index": "0" } }, internet);
  const dns = allow("dns", {}, [{ ports: [{ protocol: "UDP", port: 53 }] }]);
  const numbered = { ...web, runtimeLabels: ["pod-index"] };
  const policies = [dns, first];

  test("on one side only: what some pod had, or has, is what differs", () => {
    const but53 = ["0.0.0.0/0: TCP any", "0.0.0.0/0: UDP 1-52, 54-65535", "0.0.0.0/0: SCTP any"];
    const lost = only(compare({ workloads: [numbered], policies }, { workloads: [web], policies }));
    expect([lost.added.isEmpty, lost.removed.lines().map(textOf)]).toEqual([true, but53]);
    const gained = only(compare({ workloads: [web], policies }, { workloads: [numbered], policies }));
    expect([gained.removed.isEmpty, gained.added.lines().map(textOf)]).toEqual([true, but53]);
  });

  test("that no policy asks for is no change", () => {
    const other = { ...web, runtimeLabels: ["pod-template-hash"] };
    expect(compare({ workloads: [other], policies }, { workloads: [web], policies }).workloads).toEqual([]);
  });
});

describe("a workload of one side", () => {
  test("that is new has an empty base, however familiar its labels (threat T10)", () => {
    const policies = [deny, allow("internet", { matchLabels: { internet: "true" } }, internet)];
    const fresh: RawWorkload = { namespace: "x", name: "new", labels: { internet: "true" } };
    const old: RawWorkload = { ...fresh, name: "old" };
    const delta = only(compare({ workloads: [old], policies }, { workloads: [old, fresh], policies }));
    expect(delta).toMatchObject({ key: "x/Deployment/new", presence: "head-only", before: null });
    expect(delta.openings.map(summary)).toMatchObject([
      { cause: "internet/spec/egress/0", closers: [], labelOpens: true },
    ]);
    expect(delta.removed.isEmpty).toBe(true);
  });

  test("that every pod of the namespace equals is opened by no label", () => {
    const policies = [deny, allow("internet", {}, internet)];
    const delta = only(compare({ policies }, { workloads: [web], policies }));
    expect(delta.openings.map(({ labelOpens }) => labelOpens)).toEqual([false]);
  });

  test("two labels that open the same do not excuse each other", () => {
    const policies = [
      deny,
      allow("one", { matchLabels: { one: "1" } }, internet),
      allow("two", { matchLabels: { two: "2" } }, internet),
    ];
    const both = { namespace: "x", name: "new", labels: { one: "1", two: "2" } };
    const delta = only(compare({ policies }, { workloads: [both], policies }));
    expect(delta.openings.map(({ labelOpens }) => labelOpens)).toEqual([true, true]);
  });

  test("that is gone removes what it had and adds nothing", () => {
    const delta = only(
      compare(
        { workloads: [web], policies: [deny, allow("open", {}, internet)] },
        { policies: [deny, allow("open", {}, internet)] },
      ),
    );
    expect(delta).toMatchObject({ presence: "base-only", after: null, openings: [] });
    expect(delta.added.isEmpty).toBe(true);
    expect(delta.removed.lines().map(textOf)).toEqual(["0.0.0.0/0: any any"]);
  });

  test("that moved is compared with what it was, where only one can be it", () => {
    const from = { ...web, path: "web.yaml", images: ["web"] };
    const to = { ...from, name: "shop-web", labels: { app: "shop-web" } };
    const policies = [deny, allow("open", { matchLabels: { app: "shop-web" } }, internet)];
    const delta = only(compare({ workloads: [from], policies }, { workloads: [to], policies }));
    expect(delta).toMatchObject({ key: "x/Deployment/shop-web", presence: "moved" });
    expect(delta.openings.map(({ labelOpens }) => labelOpens)).toEqual([true]);
    const twins = compare(
      { workloads: [from], policies },
      { workloads: [to, { ...to, name: "second" }], policies },
    );
    expect(twins.workloads.map(({ key, presence }) => [key, presence])).toEqual([
      ["x/Deployment/second", "head-only"],
      ["x/Deployment/shop-web", "head-only"],
      ["x/Deployment/web", "base-only"],
    ]);
  });
});

describe("pods that Git does not show", () => {
  const keys = ({ workloads }: EnvironmentDelta) =>
    workloads.map(({ key, decides, added, removed }) => [key, decides, !added.isEmpty, !removed.isEmpty]);

  test("are seen where nobody renders the namespace, and decide there", () => {
    const delta = compare({ policies: [deny], open: ["x"] }, { open: ["x"] });
    expect(keys(delta)).toEqual([["x/?", true, true, false]]);
    expect(only(delta).openings.map(summary)).toMatchObject([
      { cause: "not-isolated", closers: ["default-deny"] },
    ]);
  });

  test("are a note elsewhere, and not said where a known workload shows the same opening", () => {
    expect(keys(compare({ policies: [deny] }, {}))).toEqual([["x/?", false, true, false]]);
    expect(keys(compare({ policies: [deny], workloads: [web] }, { workloads: [web] }))).toEqual([
      ["x/Deployment/web", true, true, false],
    ]);
  });

  test("are printed with the opening policy's own labels", () => {
    const open = allow("open", { matchLabels: { app: "web", tier: "front" } }, internet);
    const delta = compare({ policies: [deny], open: ["x"] }, { policies: [deny, open], open: ["x"] });
    expect(keys(delta)).toEqual([["x/?app=web,tier=front", true, true, false]]);
  });

  test("are found where a deny exempts a label (threat T14)", () => {
    const before = allow("deny", { matchLabels: { x: "1" } }, []);
    const after = allow(
      "deny",
      {
        matchExpressions: [
          { key: "x", operator: "In", values: ["1"] },
          { key: "y", operator: "NotIn", values: ["1"] },
        ],
      },
      [],
    );
    const delta = compare({ policies: [before], open: ["x"] }, { policies: [after], open: ["x"] });
    expect(keys(delta)).toEqual([["x/?x=1,y=1", true, true, false]]);
  });

  test("are found where a list loses a value (threat T14)", () => {
    const deny = (...values: string[]) =>
      allow("deny", { matchExpressions: [{ key: "env", operator: "In", values }] }, []);
    const delta = compare(
      { policies: [deny("p", "s")], open: ["x"] },
      { policies: [deny("p")], open: ["x"] },
    );
    expect(keys(delta)).toEqual([["x/?env=s", true, true, false]]);
  });

  test("a selector split into In and NotIn is no change", () => {
    const split = [
      allow("one", { matchExpressions: [{ key: "a", operator: "In", values: ["1"] }] }, []),
      allow("two", { matchExpressions: [{ key: "a", operator: "NotIn", values: ["1"] }] }, []),
    ];
    expect(keys(compare({ policies: [deny], open: ["x"] }, { policies: split, open: ["x"] }))).toEqual([]);
  });

  test("lose what a first deny takes, unless the namespace is new", () => {
    const delta = compare({ open: ["x"] }, { policies: [deny], open: ["x"] });
    expect(keys(delta)).toEqual([["x/?", true, false, true]]);
    const fresh = compare({ namespaces: { y: {} }, open: ["x"] }, { policies: [deny], open: ["x"] });
    expect(keys(fresh)).toEqual([]);
  });
});

describe("unchanged unknowns", () => {
  const chart = unknownOf();
  const open = allow("open", {}, [{}]);

  test("may be the deny that an allow-all undoes: a widening under that condition (threat T1)", () => {
    const delta = only(
      compare(
        { workloads: [web], unknowns: [chart] },
        { workloads: [web], unknowns: [chart], policies: [open] },
      ),
    );
    expect(delta.added.isEmpty).toBe(true);
    expect(delta.openings.map(summary)).toMatchObject([
      { cause: "open/spec/egress/0", region: ["any: any any"], condition: [chart.id] },
    ]);
    expect(delta.before?.mayBeIsolatedBy).toEqual([chart]);
  });

  test("are searched for pods that Git does not show", () => {
    const delta = only(
      compare({ unknowns: [chart], open: ["x"] }, { unknowns: [chart], open: ["x"], policies: [open] }),
    );
    expect(delta).toMatchObject({ key: "x/?", decides: true });
    expect(delta.openings.map(({ condition }) => condition.length)).toEqual([1]);
  });

  test("add nothing where a policy that was read isolates", () => {
    const delta = only(
      compare(
        { workloads: [web], unknowns: [chart], policies: [deny] },
        { workloads: [web], unknowns: [chart], policies: [deny, open] },
      ),
    );
    expect(delta.openings.map(({ condition }) => condition)).toEqual([[]]);
  });

  test("are nothing where they changed, cannot hold a policy, or are about another namespace", () => {
    const cases = [
      { ...chart, digest: "1" },
      { ...chart, bound: { namespaces: ["x"], kinds: ["ConfigMap"] } },
      { ...chart, bound: { namespaces: ["y"], kinds: null } },
    ];
    for (const [index, other] of cases.entries()) {
      const before = index === 0 ? chart : other;
      const delta = compare(
        { workloads: [web], unknowns: [before] },
        { workloads: [web], unknowns: [other], policies: [open] },
      );
      expect(delta.workloads.flatMap(({ openings }) => openings)).toEqual([]);
    }
  });

  test("are left behind by a workload that moves to another namespace", () => {
    const from = { ...web, path: "web.yaml", images: ["web"] };
    const moved = only(
      compare(
        { workloads: [from], unknowns: [chart] },
        { workloads: [{ ...from, namespace: "y" }], unknowns: [chart] },
      ),
    );
    expect(moved).toMatchObject({ key: "y/Deployment/web", presence: "moved" });
    expect(moved.openings.map(summary)).toMatchObject([{ cause: "not-isolated", condition: [chart.id] }]);
  });

  test("are two things for a workload whose labels differ where they may ask (threat T2)", () => {
    const relabelled = { ...web, labels: { app: "web", role: "b" } };
    const literal = { ...chart, selectorKeys: ["role"] };
    const openings = (unknown: typeof chart, policies: readonly RawPolicy[]) =>
      compare(
        { workloads: [web], unknowns: [unknown], policies },
        { workloads: [relabelled], unknowns: [unknown], policies },
      ).workloads.flatMap((one) => one.openings.map(summary));
    expect(openings(literal, [deny])).toMatchObject([
      { cause: "unknown", region: ["any: any any"], closers: ["default-deny"], condition: [chart.id] },
    ]);
    expect(openings(chart, [deny])).toHaveLength(1);
    expect(openings({ ...chart, selectorKeys: ["other"] }, [deny])).toEqual([]);
    expect(openings(literal, [])).toMatchObject([{ cause: "not-isolated", condition: [chart.id] }]);
  });
});

describe("two objects of one identity", () => {
  const decoy = policy("x", "default-deny", {
    podSelector: { matchLabels: { no: "pod" } },
    policyTypes: ["Egress"],
  });

  test("that the change declares are read against it: either may win (threat T5)", () => {
    const delta = only(
      compare({ workloads: [web], policies: [deny] }, { workloads: [web], policies: [deny, decoy] }),
    );
    expect(delta.openings.map(summary)).toMatchObject([{ cause: "not-isolated", closers: ["default-deny"] }]);
  });

  test("that only base declares count there at their least, and at head what is left", () => {
    const opened = policy("x", "default-deny", { podSelector: {}, policyTypes: ["Egress"], egress: [{}] });
    const sides = [
      { workloads: [web], policies: [deny, opened] },
      { workloads: [web], policies: [opened] },
    ] as const;
    const delta = only(compare(...sides));
    expect(delta.added.lines().map(textOf)).toEqual(["any: any any"]);
    expect(delta.removed.isEmpty).toBe(true);
    expect(only(compare(sides[1], sides[0])).removed.lines().map(textOf)).toEqual(["any: any any"]);
  });

  test("that stand on both sides have one winner, and are no change", () => {
    const policies = [deny, decoy];
    expect(compare({ workloads: [web], policies }, { workloads: [web], policies }).workloads).toEqual([]);
    expect(
      compare({ workloads: [web], policies }, { workloads: [web], policies: [decoy, deny] }).workloads,
    ).toEqual([]);
  });

  test("that stand on both sides may be the deny that an added allow undoes", () => {
    const policies = [deny, decoy];
    const delta = only(
      compare(
        { workloads: [web], policies },
        { workloads: [web], policies: [...policies, allow("open", {}, internet)] },
      ),
    );
    expect(delta.added.lines().map(textOf)).toEqual(["0.0.0.0/0: any any"]);
  });

  test("of one meaning are one object", () => {
    const policies = [deny, { ...deny }];
    expect(compare({ workloads: [web], policies: [deny] }, { workloads: [web], policies }).workloads).toEqual(
      [],
    );
  });
});

describe("the budget", () => {
  test("once it is spent the answer is unknown, and nothing is claimed (threat T23)", () => {
    const rules = ["1", "2", "3"].map((n) =>
      allow(`rule-${n}`, { matchLabels: { app: "web" } }, [
        { to: [{ ipBlock: { cidr: `10.${n}.0.0/16` } }] },
      ]),
    );
    const wide = allow("wide", { matchLabels: { app: "web" } }, [
      { to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] },
    ]);
    const sides = [
      clusterOfWorld({ namespaces, policies: [deny, ...rules], workloads: [web] }),
      clusterOfWorld({ namespaces, policies: [deny, ...rules, wide], workloads: [web] }),
    ] as const;
    const hurried = diff(...sides, { environment: "test", budget: { problem: 1, review: 1 } });
    expect(hurried.workloads.flatMap(({ openings }) => openings)).toEqual([]);
    expect(hurried.unknowns.map(({ code, subject }) => [code, subject])).toContainEqual([
      "resource-limit",
      "x/Deployment/web",
    ]);
    expect(diff(...sides, { environment: "test" }).unknowns).toEqual([]);
  });
});

describe("what selectors ask of a pod besides its labels", () => {
  test("another service account is another subject", () => {
    const world = (serviceAccount: string) => {
      const cluster = clusterOfWorld({ namespaces, policies: [deny], workloads: [web] });
      const [own] = cluster.workloads.values();
      const [first] = cluster.policies;
      if (own === undefined || first === undefined) throw new Error("an empty world");
      const robots: Policy = {
        ...first,
        identity: { ...first.identity, name: "robots" },
        digest: "robots",
        subjects: [
          {
            namespaces: { kind: "named", name: "x" },
            pods: [{ key: SERVICE_ACCOUNT, operator: "In", values: ["robot"] }],
          },
        ],
        egress: [{ action: "allow", peers: null, ports: null, pointer: "/spec/egress/0" }],
      };
      return {
        ...cluster,
        policies: [first, robots],
        workloads: new Map([[own.key, { ...own, serviceAccount }]]),
      };
    };
    const { added } = only(diff(world("default"), world("robot"), { environment: "test" }));
    expect(added.lines().map(textOf)).toEqual(["any: any any"]);
  });
});
