import { describe, expect, test } from "@jest/globals";
import type { Profile } from "../../src/config/config.ts";
import type { PolicyReading } from "../../src/policy/model/policy-reading.ts";
import { manifest } from "../render/manifest.ts";
import { policyIn, read, unknownIn } from "./read-policy.ts";

/** network-policy-api apis/v1alpha1/{adminnetworkpolicy,baselineadminnetworkpolicy,shared}_types.go, unless said otherwise. */
function reading(kind: string, spec: string, profile?: Profile, name = "default"): PolicyReading | null {
  return read(
    manifest(`
apiVersion: policy.networking.k8s.io/v1alpha1
kind: ${kind}
metadata: {name: ${name}}
spec:
${spec.replaceAll(/^/gm, "  ")}`),
    profile,
  );
}

const admin = (rest: string, profile?: Profile) =>
  reading("AdminNetworkPolicy", `priority: 7\nsubject: {namespaces: {}}\n${rest}`, profile);
const baseline = (rest: string) =>
  reading("BaselineAdminNetworkPolicy", `subject: {namespaces: {}}\n${rest}`);
const egress = (rule: string, profile?: Profile) => admin(`egress:\n- ${rule}`, profile);
const ruleOf = (from: PolicyReading | null) => policyIn(from).egress[0];
const errorOf = (from: PolicyReading | null) => {
  const { code, detail, pointer } = unknownIn(from);
  return { code, detail, pointer };
};

describe("what an AdminNetworkPolicy is", () => {
  test("a policy of tier admin in the order of its priority, over pods by namespace, that isolates nobody by itself", () => {
    const policy = policyIn(
      reading(
        "AdminNetworkPolicy",
        `priority: 10
subject:
  pods:
    namespaceSelector: {matchLabels: {team: data}}
    podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}
egress:
- {action: Pass, to: [{namespaces: {}}]}
ingress:
- {action: Deny, from: [{pods: {namespaceSelector: {}, podSelector: {}}}]}`,
      ),
    );
    expect(policy).toMatchObject({
      dialect: "policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy",
      identity: { namespace: null, name: "default" },
      tier: "admin",
      order: 10,
      isolates: { egress: false, ingress: false },
      subjects: [
        {
          namespaces: { kind: "selected", selector: [{ key: "team", operator: "In", values: ["data"] }] },
          pods: [{ key: "app", operator: "NotIn", values: ["web"] }],
        },
      ],
      egress: [{ action: "pass", pointer: "/spec/egress/0" }],
      ingress: [{ action: "deny", pointer: "/spec/ingress/0" }],
    });
  });

  test("a policy with ingress rules alone says nothing of egress", () => {
    const policy = policyIn(admin("ingress:\n- {action: Deny, from: [{namespaces: {}}]}"));
    expect([policy.egress, policy.isolates.egress]).toEqual([[], false]);
  });

  test("it says Allow, ClusterNetworkPolicy says Accept", () => {
    expect(ruleOf(egress("{action: Allow, to: [{namespaces: {}}]}"))?.action).toBe("allow");
    expect(errorOf(egress("{action: Accept, to: [{namespaces: {}}]}"))).toEqual({
      code: "invalid-policy",
      detail: 'spec.egress[0].action: Unsupported value: "Accept": supported values: "Allow", "Deny", "Pass"',
      pointer: "/spec/egress/0/action",
    });
  });

  test("networks are blocks of addresses, one peer each, which match pods by their address too", () => {
    expect(ruleOf(egress("{action: Deny, to: [{networks: [10.1.2.3/8, '2001:db8::/32']}]}"))?.peers).toEqual([
      { kind: "addresses", cidr: "10.0.0.0/8", except: [], pointer: "/spec/egress/0/to/0/networks/0" },
      { kind: "addresses", cidr: "2001:db8::/32", except: [], pointer: "/spec/egress/0/to/0/networks/1" },
    ]);
  });

  test("nodes are nodes by their labels, all of them where the selector is empty", () => {
    expect(
      ruleOf(egress("{action: Deny, to: [{nodes: {}}, {nodes: {matchLabels: {role: infra}}}]}"))?.peers,
    ).toEqual([
      { kind: "nodes", which: "any", nodes: [], pointer: "/spec/egress/0/to/0" },
      {
        kind: "nodes",
        which: "any",
        nodes: [{ key: "role", operator: "In", values: ["infra"] }],
        pointer: "/spec/egress/0/to/1",
      },
    ]);
  });

  test("*. of a domain name is one label or more, never none; case and a dot at the end do not count", () => {
    expect(
      ruleOf(egress("{action: Allow, to: [{domainNames: ['*.Example.com', kubernetes.io.]}]}"))?.peers,
    ).toEqual([
      {
        kind: "names",
        pattern: { text: "*.example.com", parts: [{ any: "anything" }, ".example.com"] },
        pointer: "/spec/egress/0/to/0/domainNames/0",
      },
      {
        kind: "names",
        pattern: { text: "kubernetes.io", parts: ["kubernetes.io"] },
        pointer: "/spec/egress/0/to/0/domainNames/1",
      },
    ]);
  });

  test("ports: a number, of TCP unless said; a range; a name, of whatever protocol the pod has it", () => {
    const to = "action: Deny, to: [{namespaces: {}}]";
    const ports = (text: string) => ruleOf(egress(`{${to}, ports: [${text}]}`))?.ports;
    expect(ports("{portNumber: {port: 80}}, {portNumber: {protocol: UDP, port: 53}}")).toMatchObject([
      { protocol: "TCP", port: { kind: "range", first: 80, last: 80 } },
      { protocol: "UDP", port: { kind: "range", first: 53, last: 53 } },
    ]);
    expect(ports("{portRange: {protocol: SCTP, start: 1, end: 9}}")).toMatchObject([
      { protocol: "SCTP", port: { kind: "range", first: 1, last: 9 } },
    ]);
    expect(ports("{namedPort: web}")).toMatchObject(
      ["TCP", "UDP", "SCTP"].map((protocol) => ({ protocol, port: { kind: "named", name: "web" } })),
    );
    expect(ruleOf(egress(`{${to}}`))?.ports).toBeNull();
  });
});

describe("what a BaselineAdminNetworkPolicy is", () => {
  test("the only one of tier baseline", () => {
    expect(policyIn(baseline("egress:\n- {action: Deny, to: [{networks: [0.0.0.0/0]}]}"))).toMatchObject({
      dialect: "policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy",
      tier: "baseline",
      egress: [{ action: "deny" }],
    });
  });

  test("of any other name than default the schema refuses it", () => {
    const { detail, pointer } = unknownIn(
      reading("BaselineAdminNetworkPolicy", "subject: {namespaces: {}}", "kubernetes", "mine"),
    );
    expect([detail, pointer]).toEqual([
      expect.stringContaining('Only one baseline admin network policy with metadata.name="default"'),
      "/metadata/name",
    ]);
  });

  test("it does not pass, and knows no names", () => {
    expect(errorOf(baseline("egress:\n- {action: Pass, to: [{namespaces: {}}]}")).detail).toContain(
      'Unsupported value: "Pass": supported values: "Allow", "Deny"',
    );
    expect(
      baseline("egress:\n- {action: Allow, to: [{domainNames: [a.example.com]}]}")?.unknowns,
    ).toMatchObject([{ code: "unmodelled-policy" }]);
  });
});

describe("a peer of a kind that nobody here knows", () => {
  const rules = (rule: string, profile?: Profile) => {
    const found = egress(rule, profile);
    return { rules: found?.policies[0]?.egress, unknowns: found?.unknowns };
  };
  const unknown = [
    {
      code: "unmodelled-policy",
      detail: "spec.egress[0].to[0]: of a kind that is not modelled",
      pointer: "/spec/egress/0/to/0",
      bound: { namespaces: null, kinds: ["AdminNetworkPolicy"] },
      selectorKeys: [],
    },
  ];

  test("matches nothing where the rule allows, whatever else stands there", () => {
    expect(rules("{action: Allow, to: [{later: {}}, {namespaces: {}}]}")).toMatchObject({
      rules: [{ action: "allow", peers: [] }],
      unknowns: unknown,
    });
  });

  test.each(["Deny", "Pass"])("makes a rule that says %s deny everything", (action) => {
    const ports = "ports: [{portNumber: {port: 80}}]";
    expect(rules(`{action: ${action}, to: [{later: {}}, {namespaces: {}}], ${ports}}`)).toMatchObject({
      rules: [{ action: "deny", peers: null, ports: null }],
      unknowns: unknown,
    });
  });

  test("that is empty is no peer: the schema refuses it", () => {
    expect(errorOf(egress("{action: Deny, to: [{}]}"))).toEqual({
      code: "invalid-policy",
      detail:
        "spec.egress[0].to[0]: Invalid value: 0: spec.egress[0].to[0] in body should have at least 1 properties",
      pointer: "/spec/egress/0/to/0",
    });
  });

  test("a subject of such a kind leaves nothing that is known", () => {
    const found = reading("AdminNetworkPolicy", "priority: 1\nsubject: {later: {}}");
    expect(found?.policies).toEqual([]);
    expect(found?.unknowns).toMatchObject([
      { code: "unmodelled-policy", pointer: "/spec/subject", selectorKeys: null },
    ]);
  });

  test("the unknown reaches no further than the namespaces that the subject names", () => {
    const found = reading(
      "AdminNetworkPolicy",
      `priority: 1
subject:
  pods:
    namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [shop, bank]}]}
    podSelector: {matchLabels: {app: web}}
egress: [{action: Deny, to: [{later: {}}]}]`,
    );
    expect(found?.unknowns).toMatchObject([
      { bound: { namespaces: ["bank", "shop"] }, selectorKeys: ["app"] },
    ]);
  });
});

describe("domainNames where the action is not Allow, which the API does not support", () => {
  test("is unknown, and the other peers are what is known", () => {
    const found = egress("{action: Deny, to: [{domainNames: [a.example.com]}, {networks: [10.0.0.0/8]}]}");
    expect(found?.policies[0]?.egress).toMatchObject([{ action: "deny", peers: [{ cidr: "10.0.0.0/8" }] }]);
    expect(found?.unknowns).toMatchObject([
      { code: "unmodelled-policy", detail: "domainNames is only supported for rules that allow" },
    ]);
  });
});

/** libcalico-go lib/backend/k8s/conversion: what it cannot convert fails closed, rule by rule. */
describe("under Calico", () => {
  test.each([
    ["nodes", "to: [{nodes: {}}]"],
    ["domainNames", "to: [{domainNames: [a.example.com]}]"],
    ["named ports", "to: [{namespaces: {}}], ports: [{namedPort: web}]"],
  ])("%s make a rule match nothing, or deny everything", (feature, rest) => {
    const rule = (action: string) => {
      const found = egress(`{action: ${action}, ${rest}}`, "calico");
      return [policyIn(found).egress[0], found?.remarks[0]];
    };
    expect(rule("Allow")).toMatchObject([
      { action: "allow", peers: [] },
      {
        code: "field-without-effect",
        detail: expect.stringContaining(`Calico does not know ${feature} here`),
      },
    ]);
    expect(rule("Deny")[0]).toMatchObject({ action: "deny", peers: null, ports: null });
  });
});

describe("what the schema refuses", () => {
  const rule = "action: Deny, to: [{namespaces: {}}]";

  test.each([
    [
      "priority: 1001\nsubject: {namespaces: {}}",
      "spec.priority in body should be less than or equal to 1000",
    ],
    ["priority: -1\nsubject: {namespaces: {}}", "spec.priority in body should be greater than or equal to 0"],
    ["subject: {namespaces: {}}", "spec.priority: Required value"],
    ["priority: high\nsubject: {namespaces: {}}", "cannot unmarshal string into a field of type int32"],
    ["priority: 1", "spec.subject: Required value"],
    ["priority: 1\nsubject: {}", "spec.subject in body should have at least 1 properties"],
    [
      "priority: 1\nsubject: {namespaces: {}, pods: {namespaceSelector: {}, podSelector: {}}}",
      "spec.subject: Too many: 2: must have at most 1 items",
    ],
    [
      "priority: 1\nsubject: {pods: {namespaceSelector: {}}}",
      "spec.subject.pods.podSelector: Required value",
    ],
  ])("%j: %s", (spec, text) => {
    expect(errorOf(reading("AdminNetworkPolicy", spec))).toMatchObject({
      code: "invalid-policy",
      detail: expect.stringContaining(text),
    });
  });

  test.each([
    ["{to: [{namespaces: {}}]}", "spec.egress[0].action: Required value"],
    ["{action: Deny}", "spec.egress[0].to: Required value"],
    ["{action: Deny, to: []}", "spec.egress[0].to in body should have at least 1 items"],
    [
      "{action: Deny, to: [{networks: []}]}",
      "spec.egress[0].to[0].networks in body should have at least 1 items",
    ],
    ["{action: Deny, to: [{networks: [10.0.0.0]}]}", "Invalid CIDR format provided"],
    ["{action: Deny, to: [{networks: [010.0.0.0/8]}]}", "Invalid CIDR format provided"],
    ["{action: Deny, to: [{networks: ['::ffff:10.0.0.0/104']}]}", "Invalid CIDR format provided"],
    ["{action: Deny, to: [{networks: [10.0.0.0/8, 10.0.0.0/8]}]}", 'Duplicate value: "10.0.0.0/8"'],
    ["{action: Allow, to: [{domainNames: ['*']}]}", "domainNames[0] in body should match"],
    ["{action: Allow, to: [{domainNames: ['a.*.com']}]}", "domainNames[0] in body should match"],
    ["{action: Deny, to: [{namespaces: {}, nodes: {}}]}", "must have at most 1 items"],
    [`{${rule}, ports: []}`, "spec.egress[0].ports in body should have at least 1 items"],
    [`{${rule}, ports: [{}]}`, "spec.egress[0].ports[0] in body should have at least 1 properties"],
    [`{${rule}, ports: [{portNumber: {port: 0}}]}`, "should be greater than or equal to 1"],
    [`{${rule}, ports: [{portNumber: {protocol: ICMP, port: 8}}]}`, 'Unsupported value: "ICMP"'],
    [`{${rule}, ports: [{portRange: {start: 9, end: 1}}]}`, "the Start value must be less than End"],
    [`{${rule}, name: ${"x".repeat(101)}}`, "spec.egress[0].name: Too long: may not be more than 100 bytes"],
    [
      "{action: Deny, to: [{networks: [10.0.0.0/8]}], ports: [{namedPort: web}]}",
      'spec.egress[0]: Invalid value: "object": networks/nodes/domainNames peer cannot be set with namedPorts',
    ],
    [
      "{action: Deny, to: [{namespaces: {matchExpressions: [{key: a, operator: Like}]}}]}",
      "not a valid selector",
    ],
  ])("%s: %s", (text, error) => {
    expect(errorOf(egress(text))).toMatchObject({
      code: "invalid-policy",
      detail: expect.stringContaining(error),
      pointer: expect.stringMatching(/^\/spec\/egress\/0/),
    });
  });

  test("a hundred rules are enough", () => {
    const rules = (count: number) => admin(`egress: [${`{${rule}}, `.repeat(count)}]`);
    expect(policyIn(rules(100)).egress).toHaveLength(100);
    expect(errorOf(rules(101)).detail).toBe("spec.egress: Too many: 101: must have at most 100 items");
  });

  test("an ingress peer is pods alone: networks there are of a kind that is not modelled", () => {
    expect(admin("ingress: [{action: Deny, from: [{networks: [10.0.0.0/8]}]}]")?.unknowns).toMatchObject([
      { code: "unmodelled-policy", pointer: "/spec/ingress/0/from/0" },
    ]);
  });
});
