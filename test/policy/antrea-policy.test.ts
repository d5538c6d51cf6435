import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { stringify } from "yaml";
import type { Rule } from "../../src/policy/model/policy.ts";
import type { PolicyReading } from "../../src/policy/model/policy-reading.ts";
import type { Manifest } from "../../src/render/render.ts";
import { precedenceOf } from "../../src/surface/precedence.ts";
import { manifest, manifestOf } from "../render/manifest.ts";
import { policyIn, read, unknownIn } from "./read-policy.ts";

const API = "crd.antrea.io/v1beta1";

function object(kind: string, name: string, rest: Record<string, unknown>): Manifest {
  const made = manifest(stringify({ apiVersion: API, kind, metadata: { name }, ...rest }));
  return kind === "Tier" ? { ...made, namespace: null } : made;
}

function cluster(spec: Record<string, unknown>, others: readonly Manifest[] = []): PolicyReading | null {
  return read(object("ClusterNetworkPolicy", "rules", { spec: { priority: 5, ...spec } }), "antrea", others);
}

function namespaced(spec: Record<string, unknown>, others: readonly Manifest[] = []): PolicyReading | null {
  return read(object("NetworkPolicy", "rules", { spec: { priority: 5, ...spec } }), "antrea", others);
}

const EVERYONE = { appliedTo: [{ podSelector: {} }] };
const everyPod = { kind: "selected", selector: [] };

/** The one egress rule of a ClusterNetworkPolicy for every pod. */
function ruleOf(rule: Record<string, unknown>, others: readonly Manifest[] = []): Rule {
  const [only] = policyIn(cluster({ ...EVERYONE, egress: [{ action: "Allow", ...rule }] }, others)).egress;
  if (only === undefined) throw new Error("no rule");
  return only;
}

function refusalOf(reading: PolicyReading | null): string {
  const unknown = unknownIn(reading);
  expect(unknown.code).toBe("invalid-policy");
  return unknown.detail;
}

describe("tiers (docs/antrea-network-policy.md, Static tiers; Ordering based on Tier priority)", () => {
  test.each([
    ["emergency", 50],
    ["securityops", 100],
    ["networkops", 150],
    ["platform", 200],
    ["application", 250],
    ["SecurityOps", 100],
  ])("%s is asked at %d", (tier, order) => {
    expect(policyIn(cluster({ ...EVERYONE, tier })).tier).toEqual({ name: tier.toLowerCase(), order });
  });

  test.each([[{}], [{ tier: "" }], [{ tier: null }]])("left out (%j) it is application", (spec) => {
    expect(policyIn(cluster({ ...EVERYONE, ...spec })).tier).toEqual({ name: "application", order: 250 });
  });

  test("Emergency, SecurityOps, NetworkOps, Platform, Application, NetworkPolicy, Baseline", () => {
    const standard = policyIn(
      read(
        manifestOf({
          apiVersion: "networking.k8s.io/v1",
          kind: "NetworkPolicy",
          metadata: { name: "standard" },
          spec: { podSelector: {} },
        }),
      ),
    );
    const names = ["emergency", "securityops", "networkops", "platform", "application", null, "baseline"];
    const places = names.map((tier) =>
      precedenceOf("antrea", tier === null ? standard : policyIn(cluster({ ...EVERYONE, tier }))),
    );
    const ranks = places.map(({ rank, order }) => [rank, order ?? 0]);
    expect([...ranks].sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d)).toEqual(ranks);
    expect(new Set(ranks.map(String)).size).toBe(names.length);
  });

  test("a Tier of Git has the place that it says", () => {
    const tier = object("Tier", "mine", { spec: { priority: 120 } });
    expect(policyIn(cluster({ ...EVERYONE, tier: "mine" }, [tier])).tier).toEqual({
      name: "mine",
      order: 120,
    });
  });

  test("a Tier that does not stand in Git leaves the policy open; what is known of it is asked after all others", () => {
    const reading = namespaced({ ...EVERYONE, tier: "mine", egress: [{ action: "Drop" }] });
    expect(reading?.policies).toMatchObject([
      { tier: { name: "mine", order: 250 }, egress: [{ action: "deny" }] },
    ]);
    const [unknown] = reading?.unknowns ?? [];
    expect(unknown).toMatchObject({
      code: "open-policy",
      bound: { namespaces: ["shop"] },
      pointer: "/spec/tier",
    });
    expect(unknown?.detail).toContain("tier mine does not stand in Git");
  });

  test.each([251, 253, 50, 256, -1])(
    "a Tier of priority %d is refused, and no place for a policy",
    (priority) => {
      const tier = object("Tier", "mine", { spec: { priority } });
      expect(unknownIn(read(tier, "antrea"))).toMatchObject({
        code: "invalid-policy",
        bound: { namespaces: null },
      });
      expect(cluster({ ...EVERYONE, tier: "mine" }, [tier])?.unknowns).toMatchObject([
        { code: "open-policy" },
      ]);
    },
  );

  test("a good Tier, Group or ClusterGroup is no policy, and nothing unknown", () => {
    for (const one of [
      object("Tier", "mine", { spec: { priority: 9 } }),
      object("Group", "web", { spec: { podSelector: {} } }),
      object("ClusterGroup", "web", { spec: { ipBlocks: [{ cidr: "10.0.0.0/8" }] } }),
    ]) {
      expect(read(one, "antrea")).toEqual({ policies: [], unknowns: [], remarks: [] });
    }
  });

  test("Pass is refused in the tier Baseline, which has nothing after it", () => {
    expect(refusalOf(cluster({ ...EVERYONE, tier: "baseline", egress: [{ action: "Pass" }] }))).toContain(
      "`Pass` action should not be set for Baseline Tier policy rules",
    );
  });
});

describe("the kind (policy.networking.k8s.io has a ClusterNetworkPolicy too)", () => {
  test("each is told by its API group", () => {
    const theirs = manifestOf({
      apiVersion: "policy.networking.k8s.io/v1alpha2",
      kind: "ClusterNetworkPolicy",
      metadata: { name: "rules" },
      spec: { tier: "Admin", priority: 5, subject: { namespaces: {} } },
    });
    expect(policyIn(read(theirs, "kubernetes")).dialect).toMatch(/^policy\.networking\.k8s\.io/);
    expect(policyIn(cluster(EVERYONE)).dialect).toBe("crd.antrea.io/v1beta1 ClusterNetworkPolicy");
    expect(policyIn(namespaced(EVERYONE)).dialect).toBe("crd.antrea.io/v1beta1 NetworkPolicy");
  });

  test("a version that nobody serves is refused", () => {
    const text = stringify({
      apiVersion: "crd.antrea.io/v9",
      kind: "NetworkPolicy",
      metadata: { name: "a" },
      spec: {},
    });
    expect(unknownIn(read(manifest(text), "antrea")).detail).toContain('in version "crd.antrea.io/v9"');
  });
});

describe("whom it is applied to", () => {
  test("being selected does not isolate (Key differences from K8s NetworkPolicy)", () => {
    expect(policyIn(cluster(EVERYONE)).isolates).toEqual({ egress: false, ingress: false });
  });

  test("a podSelector alone is of every namespace in a ClusterNetworkPolicy, of its own in a NetworkPolicy", () => {
    const appliedTo = [{ podSelector: { matchLabels: { app: "web" } } }];
    const pods = [{ key: "app", operator: "In", values: ["web"] }];
    expect(policyIn(cluster({ appliedTo })).subjects).toEqual([{ namespaces: everyPod, pods }]);
    expect(policyIn(namespaced({ appliedTo })).subjects).toEqual([
      { namespaces: { kind: "named", name: "shop" }, pods },
    ]);
  });

  test("an entry without any selector is nobody in a ClusterNetworkPolicy, everybody in a NetworkPolicy", () => {
    expect(policyIn(cluster({ appliedTo: [{}] })).subjects).toEqual([]);
    expect(policyIn(namespaced({ appliedTo: [{}] })).subjects).toHaveLength(1);
  });

  test("each rule may be applied to pods of its own", () => {
    const policy = policyIn(
      cluster({
        egress: [
          { action: "Drop", appliedTo: [{ serviceAccount: { name: "robot", namespace: "shop" } }] },
          { action: "Allow", appliedTo: [{ namespaceSelector: {} }] },
        ],
      }),
    );
    const robot = [{ key: "(service account)", operator: "In", values: ["robot"] }];
    expect(policy.egress.map(({ subjects }) => subjects)).toEqual([
      [{ namespaces: { kind: "named", name: "shop" }, pods: robot }],
      [{ namespaces: everyPod, pods: [] }],
    ]);
    expect(policy.subjects).toHaveLength(2);
  });

  test.each([
    [{ nodeSelector: {} }, "applied to nodes"],
    [{ service: { name: "a", namespace: "b" } }, "NodePort"],
  ])("%j governs no pod, and is said", (entry, said) => {
    const reading = cluster({ appliedTo: [entry], ingress: [{ action: "Drop" }] });
    expect(policyIn(reading).subjects).toEqual([]);
    expect(reading?.remarks).toMatchObject([
      { code: "field-without-effect", pointer: expect.stringContaining("/appliedTo/0/") },
    ]);
    expect(reading?.remarks[0]?.detail).toContain(said);
  });

  test.each([
    [
      "in the policy and in a rule",
      { ...EVERYONE, egress: [{ action: "Drop", ...EVERYONE }] },
      "should not be set in both",
    ],
    ["in neither", { egress: [{ action: "Drop" }] }, "needs to be set in either spec or rules"],
    [
      "in one rule of two",
      { egress: [{ action: "Drop", ...EVERYONE }, { action: "Allow" }] },
      "in all rules or in none",
    ],
    [
      "a group beside a selector",
      { appliedTo: [{ group: "a", podSelector: {} }] },
      "group cannot be set with other peers",
    ],
    [
      "a Service, and egress",
      { appliedTo: [{ service: { name: "a", namespace: "b" } }], egress: [{ action: "Drop" }] },
      "egress rule cannot be applied to Services",
    ],
  ])("%s is refused", (_, spec, reason) => {
    expect(refusalOf(cluster(spec))).toContain(reason);
  });

  test("what a NetworkPolicy has no field for is refused, not dropped: without it the entry is the whole namespace", () => {
    expect(
      refusalOf(namespaced({ appliedTo: [{ serviceAccount: { name: "a", namespace: "b" } }] })),
    ).toContain("spec.appliedTo[0].serviceAccount: Forbidden: unknown field");
  });
});

describe("groups", () => {
  const web = object("ClusterGroup", "web", { spec: { podSelector: { matchLabels: { app: "web" } } } });
  const nets = object("ClusterGroup", "nets", {
    spec: { ipBlocks: [{ cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] }] },
  });
  const parent = object("ClusterGroup", "parent", { spec: { childGroups: ["web", "nets"] } });

  test("stand for pods and for addresses, and an edit of one changes the policy", () => {
    expect(ruleOf({ to: [{ group: "parent" }] }, [web, nets, parent]).peers).toMatchObject([
      { kind: "pods", pods: [{ key: "app" }], namespaces: everyPod },
      { kind: "addresses", cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] },
    ]);
    const digest = (group: Manifest) =>
      policyIn(cluster({ ...EVERYONE, egress: [{ action: "Drop", to: [{ group: "web" }] }] }, [group]))
        .digest;
    expect(digest(web)).not.toBe(digest(object("ClusterGroup", "web", { spec: { podSelector: {} } })));
  });

  test("addresses of a group that a policy is applied to are left out", () => {
    const reading = cluster({ appliedTo: [{ group: "parent" }] }, [web, nets, parent]);
    expect(policyIn(reading).subjects).toMatchObject([{ pods: [{ key: "app" }] }]);
    expect(reading?.remarks.map(({ code }) => code)).toEqual(["field-without-effect"]);
  });

  test("groups of groups of groups have no members", () => {
    const grand = object("ClusterGroup", "grand", { spec: { childGroups: ["web", "parent"] } });
    expect(ruleOf({ to: [{ group: "grand" }] }, [web, nets, parent, grand]).peers).toEqual([]);
  });

  test("a group that does not stand in Git leaves the policy open, with the known part", () => {
    const reading = cluster({
      ...EVERYONE,
      egress: [{ action: "Drop", to: [{ group: "far" }, { ipBlock: { cidr: "10.0.0.0/8" } }] }],
    });
    expect(reading?.policies[0]?.egress[0]?.peers).toHaveLength(1);
    expect(reading?.unknowns).toMatchObject([
      {
        code: "open-policy",
        bound: { namespaces: null },
        selectorKeys: [],
        detail: "ClusterGroup far does not stand in Git",
      },
    ]);
    const applied = cluster({ appliedTo: [{ group: "far" }], egress: [{ action: "Drop" }] });
    expect(applied?.unknowns).toMatchObject([{ selectorKeys: null }]);
  });

  test("a NetworkPolicy is not applied to a Group that looks into other namespaces: none of it is enforced", () => {
    const group = object("Group", "prod", { spec: { podSelector: {}, namespaceSelector: {} } });
    const reading = namespaced({ appliedTo: [{ group: "prod" }], egress: [{ action: "Drop" }] }, [group]);
    expect(reading).toMatchObject({ policies: [], unknowns: [], remarks: [{ code: "refused-by-enforcer" }] });
  });

  test.each([
    ["two kinds at once", { podSelector: {}, ipBlocks: [{ cidr: "10.0.0.0/8" }] }],
    ["itself", { childGroups: ["bad"] }],
    ["a block that is none", { ipBlocks: [{ cidr: "10.0.0.0" }] }],
  ])("a group of %s is refused, and leaves open what names it", (_, spec) => {
    const bad = object("ClusterGroup", "bad", { spec });
    expect(unknownIn(read(bad, "antrea")).code).toBe("invalid-policy");
    const reading = cluster({ ...EVERYONE, egress: [{ action: "Drop", to: [{ group: "bad" }] }] }, [bad]);
    expect(reading?.unknowns).toMatchObject([{ code: "open-policy" }]);
  });
});

describe("rules", () => {
  test.each([
    ["Allow", "allow"],
    ["Drop", "deny"],
    ["Reject", "deny"],
    ["Pass", "pass"],
  ])("%s means %s", (action, meant) => {
    expect(ruleOf({ action }).action).toBe(meant);
  });

  test.each([
    ["Deny, which examples in the documentation use", { action: "Deny" }, 'Unsupported value: "Deny"'],
    ["no action", {}, "spec.egress[0].action: Required value"],
  ])("%s is refused", (_, rule, reason) => {
    expect(refusalOf(cluster({ ...EVERYONE, egress: [rule] }))).toContain(reason);
  });

  test.each([[{}], [{ to: [] }], [{ to: null }]])("an empty `to` is any destination (%j)", (rule) => {
    expect(ruleOf(rule).peers).toBeNull();
  });

  test("a peer of pods is of every namespace in a ClusterNetworkPolicy, of its own in a NetworkPolicy", () => {
    const to = [{ podSelector: {} }];
    expect(ruleOf({ to }).peers).toMatchObject([{ kind: "pods", namespaces: everyPod }]);
    expect(
      policyIn(namespaced({ ...EVERYONE, egress: [{ action: "Allow", to }] })).egress[0]?.peers,
    ).toMatchObject([{ namespaces: { kind: "named", name: "shop" } }]);
  });

  test.each([
    [{ match: "Self" }, ["kubernetes.io/metadata.name"]],
    [{ sameLabels: ["org", "env"] }, ["env", "org"]],
  ])("namespaces %j are those like the own one", (namespaces, alike) => {
    expect(ruleOf({ to: [{ namespaces }] }).peers).toMatchObject([{ kind: "pods", alike }]);
  });

  test("ipBlock has exceptions since 2.2; one outside the block is refused", () => {
    expect(
      ruleOf({ to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }] }).peers,
    ).toMatchObject([{ kind: "addresses", cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] }]);
    const outside = { to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/16"] } }] };
    expect(refusalOf(cluster({ ...EVERYONE, egress: [{ action: "Allow", ...outside }] }))).toContain(
      "is not a strict subset",
    );
  });

  test.each([
    ["*foobar.com", [{ any: "anything" }, "foobar.com"]],
    ["*.FOO.com", [{ any: "anything" }, ".foo.com"]],
    ["www.foo.com", ["www.foo.com"]],
  ])("fqdn %s: a star is any characters, dots too", (fqdn, parts) => {
    expect(ruleOf({ to: [{ fqdn }] }).peers).toMatchObject([{ kind: "names", pattern: { parts } }]);
  });

  test("the name of a Service may lead to pods: open", () => {
    const reading = cluster({
      ...EVERYONE,
      egress: [{ action: "Drop", to: [{ fqdn: "db.shop.svc.cluster.local" }] }],
    });
    expect(reading?.unknowns).toMatchObject([{ code: "open-policy" }]);
  });

  test("nodeSelector means addresses of nodes", () => {
    expect(ruleOf({ to: [{ nodeSelector: {} }] }).peers).toMatchObject([{ kind: "nodes", which: "any" }]);
  });

  test.each([
    [[{ protocol: "TCP" }], [{ protocol: "TCP", port: { kind: "all" } }]],
    [[{}], [{ protocol: "TCP", port: { kind: "all" } }]],
    [[{ port: 80, endPort: 90 }], [{ protocol: "TCP", port: { kind: "range", first: 80, last: 90 } }]],
    [[{ port: "http", protocol: "UDP" }], [{ protocol: "UDP", port: { kind: "named", name: "http" } }]],
    [[{ port: 0 }], []],
    [[], null],
  ])("ports %j", (ports, expected) => {
    const { ports: found } = ruleOf({ ports });
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatchObject(expected);
  });

  test("a rule about ICMP alone holds no port", () => {
    expect(ruleOf({ protocols: [{ icmp: { icmpType: 8 } }] }).ports).toEqual([]);
    expect(ruleOf({ protocols: [{ icmp: {} }], ports: [{ port: 80 }] }).ports).toHaveLength(1);
  });

  test("layer 7 is shown, and only Allow may have it", () => {
    expect(ruleOf({ l7Protocols: [{ http: { path: "/a" } }] })).toMatchObject({
      action: "allow",
      application: true,
    });
    expect(
      refusalOf(cluster({ ...EVERYONE, egress: [{ action: "Drop", l7Protocols: [{ tls: {} }] }] })),
    ).toContain("only support Allow");
  });

  test.each([
    ["endPort without port", { ports: [{ endPort: 9 }] }, "`port` must be specified"],
    ["endPort below port", { ports: [{ port: 9, endPort: 8 }] }, "greater than or equal to `port`"],
    ["a protocol in lower case", { ports: [{ protocol: "tcp" }] }, "Unsupported value"],
    ["both of namespaces", { to: [{ namespaces: { match: "Self", sameLabels: ["a"] } }] }, "Too many: 2"],
    [
      "namespaces beside a selector",
      { to: [{ namespaces: { match: "Self" }, namespaceSelector: {} }] },
      "cannot be set at the same time",
    ],
    ["a name with a space", { to: [{ fqdn: "a b" }] }, "invalid characters"],
    [
      "toServices beside to",
      { toServices: [{ name: "a", namespace: "b" }], to: [{ podSelector: {} }] },
      "`toServices` cannot be used",
    ],
    [
      "multicast beside unicast",
      { to: [{ ipBlock: { cidr: "224.0.0.1/32" } }, { ipBlock: { cidr: "10.0.0.0/8" } }] },
      "multicast groupAddress and unicast",
    ],
  ])("%s is refused", (_, rule, reason) => {
    expect(refusalOf(cluster({ ...EVERYONE, egress: [{ action: "Allow", ...rule }] }))).toContain(reason);
  });

  test.each([
    [
      "twice one name",
      [
        { action: "Allow", name: "a" },
        { action: "Drop", name: "a" },
      ],
    ],
    [
      "two equal rules",
      [
        { action: "Allow", to: [] },
        { to: [], action: "Allow" },
      ],
    ],
  ])("%s are refused", (_, egress) => {
    expect(refusalOf(cluster({ ...EVERYONE, egress }))).toContain(
      "rules names must be unique within the policy",
    );
  });

  test.each([0, 10_001, "5", null])("priority %j is refused", (priority) => {
    expect(refusalOf(cluster({ ...EVERYONE, priority }))).toContain("spec.priority");
  });
});

describe("toServices (it matches cluster addresses: pods behind them are reached by their own)", () => {
  const service = (spec: Record<string, unknown>) =>
    manifestOf({ apiVersion: "v1", kind: "Service", metadata: { name: "web", namespace: "shop" }, spec });
  const web = service({
    selector: { app: "web" },
    ports: [
      { port: 80, targetPort: 8080 },
      { port: 81, targetPort: "admin" },
    ],
  });
  const toServices = [{ name: "web", namespace: "shop" }];

  test("Allow admits the pods behind it at their ports", () => {
    expect(ruleOf({ toServices }, [web]).peers).toMatchObject([
      {
        kind: "pods",
        namespaces: { kind: "named", name: "shop" },
        pods: [{ key: "app", values: ["web"] }],
        ports: [
          { port: { kind: "range", first: 8080, last: 8080 } },
          { port: { kind: "named", name: "admin" } },
        ],
      },
    ]);
  });

  test("Drop stops nothing for certain, and keeps its place", () => {
    const reading = cluster({ ...EVERYONE, egress: [{ action: "Drop", toServices }, { action: "Drop" }] }, [
      web,
    ]);
    expect(policyIn(reading).egress.map(({ peers }) => peers)).toEqual([[], null]);
    expect(reading?.remarks).toMatchObject([{ code: "field-without-effect", pointer: "/spec/egress/0" }]);
  });

  test("a headless Service has no cluster address", () => {
    expect(
      ruleOf({ toServices }, [
        service({ clusterIP: "None", selector: { app: "web" }, ports: [{ port: 80 }] }),
      ]).peers,
    ).toEqual([]);
  });

  test("a Service that does not stand in Git leaves the policy open", () => {
    const reading = namespaced({ ...EVERYONE, egress: [{ action: "Allow", toServices: [{ name: "web" }] }] });
    expect(reading?.unknowns).toMatchObject([
      { code: "open-policy", detail: "Service shop/web does not stand in Git" },
    ]);
  });

  test("a rule for ports of the sender stops nothing for certain either", () => {
    const ports = [{ port: 80, sourcePort: 1024 }];
    expect(ruleOf({ action: "Drop", ports }).peers).toEqual([]);
    expect(ruleOf({ action: "Allow", ports }).peers).toBeNull();
  });
});

test("whatever stands in an object, reading it never fails", () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const selector = fc.oneof(value, fc.constant({}), fc.constant({ matchLabels: { a: "b" } }));
  const peer = fc.dictionary(
    fc.constantFrom(
      "podSelector",
      "namespaceSelector",
      "ipBlock",
      "group",
      "fqdn",
      "namespaces",
      "serviceAccount",
      "nodeSelector",
      "scope",
    ),
    fc.oneof(selector, fc.constantFrom("a", { cidr: "10.0.0.0/8" }, { match: "Self" })),
  );
  const rule = fc.record(
    {
      action: fc.oneof(value, fc.constantFrom("Allow", "Drop", "Pass")),
      to: fc.oneof(value, fc.array(peer, { maxLength: 2 })),
      toServices: value,
      ports: fc.oneof(
        value,
        fc.array(fc.dictionary(fc.constantFrom("port", "endPort", "protocol", "sourcePort"), value), {
          maxLength: 2,
        }),
      ),
      protocols: value,
      l7Protocols: value,
      appliedTo: fc.oneof(value, fc.array(peer, { maxLength: 1 })),
      name: value,
    },
    { requiredKeys: [] },
  );
  const spec = fc.oneof(
    value,
    fc.record(
      {
        tier: value,
        priority: fc.oneof(value, fc.constant(5)),
        appliedTo: fc.oneof(value, fc.array(peer, { maxLength: 2 })),
        egress: fc.oneof(value, fc.array(rule, { maxLength: 2 })),
        ingress: value,
      },
      { requiredKeys: [] },
    ),
    fc.record(
      { podSelector: selector, childGroups: value, ipBlocks: value, serviceReference: value },
      { requiredKeys: [] },
    ),
  );
  fc.assert(
    fc.property(
      fc.constantFrom("NetworkPolicy", "ClusterNetworkPolicy", "Group", "ClusterGroup", "Tier"),
      spec,
      spec,
      (kind, one, other) => {
        const groups = [object("ClusterGroup", "a", { spec: other }), object("Group", "a", { spec: other })];
        expect(read(object(kind, "any", { spec: one }), "antrea", groups)).not.toBeNull();
      },
    ),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 500) },
  );
});
