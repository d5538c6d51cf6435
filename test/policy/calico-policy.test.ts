import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { KubernetesObject, Manifest } from "../../src/render/render.ts";
import { manifest, manifestOf } from "../render/manifest.ts";
import { policyIn, read, unknownIn } from "./read-policy.ts";

const V3 = "projectcalico.org/v3";
const STORED = "crd.projectcalico.org/v1";

function object(kind: string, spec: string, apiVersion = V3, name = "one"): Manifest {
  return manifest(`{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: ${name}}, spec: ${spec}}`);
}

const namespaced = (spec: string, apiVersion = V3) => object("NetworkPolicy", spec, apiVersion);
const global = (spec: string, apiVersion = V3) => object("GlobalNetworkPolicy", spec, apiVersion);

function readOf(one: Manifest, ...others: readonly Manifest[]) {
  return read(one, "calico", others);
}

function policyOf(one: Manifest, ...others: readonly Manifest[]) {
  return policyIn(readOf(one, ...others));
}

/** The one egress rule of a GlobalNetworkPolicy. */
function egressOf(rule: string, ...others: readonly Manifest[]) {
  return policyOf(global(`{egress: [${rule}]}`), ...others).egress[0];
}

function openOf(one: Manifest, ...others: readonly Manifest[]): string {
  return (
    readOf(one, ...others)
      ?.unknowns.map(({ code, detail }) => `${code} ${detail}`)
      .join() ?? ""
  );
}

const ALL_PODS = { namespaces: { kind: "selected", selector: [] }, pods: [] };

describe("types of a policy (api v3 NetworkPolicySpec.Types)", () => {
  test.each([
    ["without rules: ingress", "{}", { ingress: true, egress: false }],
    ["with ingress rules: ingress", "{ingress: [{action: Allow}]}", { ingress: true, egress: false }],
    [
      "with egress rules: egress alone, not as in NetworkPolicy",
      "{egress: [{action: Allow}]}",
      { ingress: false, egress: true },
    ],
    [
      "with both: both",
      "{ingress: [{action: Allow}], egress: [{action: Allow}]}",
      { ingress: true, egress: true },
    ],
    ["written", "{types: [Egress], ingress: [{action: Allow}]}", { ingress: false, egress: true }],
    [
      "types and no rules deny whatever is selected",
      "{types: [Ingress, Egress]}",
      { ingress: true, egress: true },
    ],
  ])("%s", (_, spec, isolates) => {
    expect(policyOf(global(spec)).isolates).toEqual(isolates);
  });

  test("rules of a direction that is not among them are not asked", () => {
    expect(policyOf(global("{types: [Egress], ingress: [{action: Allow}]}")).ingress).toEqual([]);
  });

  // felix/calc/policy_sorter.go: "no Types means Ingress and Egress"; the API server's default is not there.
  test("what is stored without types governs both directions", () => {
    const isolates = { ingress: true, egress: true };
    expect(policyOf(global("{egress: [{action: Allow}]}", STORED)).isolates).toEqual(isolates);
  });
});

describe("order and tiers (felix/calc/policy_sorter.go, api v3 Tier)", () => {
  const tier = (spec: string, name = "security") => object("Tier", spec, V3, name);

  test("a policy is of the tier default, which comes at 1,000,000, and without an order last in it", () => {
    expect(policyOf(namespaced("{}"))).toMatchObject({
      tier: { name: "default", order: 1_000_000 },
      order: Number.POSITIVE_INFINITY,
    });
    expect(policyOf(namespaced("{order: -3.5}")).order).toBe(-3.5);
  });

  test.each([
    ["kube-admin", 1_000],
    ["kube-baseline", 10_000_000],
  ])("the tier %s is built in, at %d, and passes at its end", (name, order) => {
    expect(policyOf(global(`{tier: ${name}, types: [Egress]}`))).toMatchObject({
      tier: { name, order },
      isolates: { egress: false, ingress: false },
    });
  });

  test("a tier of Git has the order and the default action that it says", () => {
    expect(policyOf(global("{tier: security, types: [Egress]}"), tier("{order: 5}"))).toMatchObject({
      tier: { name: "security", order: 5 },
      isolates: { egress: true, ingress: false },
    });
    expect(
      policyOf(global("{tier: security, types: [Egress]}"), tier("{defaultAction: Pass}")),
    ).toMatchObject({
      tier: { name: "security", order: Number.POSITIVE_INFINITY },
      isolates: { egress: false, ingress: false },
    });
  });

  test("an edit of the tier changes the policy", () => {
    const policy = global("{tier: security}");
    const digests = ["{order: 5}", "{order: 6}"].map((spec) => policyOf(policy, tier(spec)).digest);
    expect(new Set(digests).size).toBe(2);
  });

  test("a tier that does not stand in Git is unknown, for the pods that the policy selects", () => {
    const reading = readOf(
      global("{tier: security, selector: app == 'web', namespaceSelector: projectcalico.org/name == 'x'}"),
    );
    expect(unknownIn(reading)).toMatchObject({
      code: "open-policy",
      pointer: "/spec/tier",
      bound: { namespaces: ["x"], kinds: ["GlobalNetworkPolicy"] },
      selectorKeys: ["app"],
    });
  });

  test("Log goes on to the next rule: it is none", () => {
    const policy = policyOf(global("{egress: [{action: Log}, {action: Pass}, {action: Deny}]}"));
    expect(policy.egress.map(({ action, pointer }) => [action, pointer])).toEqual([
      ["pass", "/spec/egress/1"],
      ["deny", "/spec/egress/2"],
    ]);
  });
});

describe("whom a policy governs", () => {
  test("a NetworkPolicy: pods of its namespace", () => {
    expect(policyOf(namespaced("{selector: app == 'web'}")).subjects).toEqual([
      {
        namespaces: { kind: "named", name: "shop" },
        pods: [{ key: "app", operator: "In", values: ["web"] }],
      },
    ]);
  });

  test("a GlobalNetworkPolicy: pods of every namespace, or of those that it selects", () => {
    expect(policyOf(global("{}")).subjects).toEqual([ALL_PODS]);
    expect(policyOf(global("{namespaceSelector: team != 'red'}")).subjects).toEqual([
      {
        namespaces: { kind: "selected", selector: [{ key: "team", operator: "NotIn", values: ["red"] }] },
        pods: [],
      },
    ]);
    expect(policyOf(global("{namespaceSelector: all()}")).subjects).toEqual([ALL_PODS]);
  });

  test("namespaces have their name under projectcalico.org/name (libcalico-go conversion.go)", () => {
    expect(
      policyOf(global("{namespaceSelector: \"projectcalico.org/name in {'x', 'y'}\"}")).subjects,
    ).toEqual([
      {
        namespaces: {
          kind: "selected",
          selector: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["x", "y"] }],
        },
        pods: [],
      },
    ]);
  });

  test("service accounts by their labels in Git, and by their names", () => {
    const account = manifest(
      "{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot, namespace: x, labels: {role: admin}}}",
    );
    const policy = policyOf(global("{serviceAccountSelector: role == 'admin'}"), account);
    expect(policy.subjects).toEqual([
      {
        namespaces: { kind: "named", name: "x" },
        pods: [{ key: "(service account)", operator: "In", values: ["robot"] }],
      },
    ]);
    expect(policy.digest).toContain(account.digest);
    expect(
      policyOf(global("{serviceAccountSelector: projectcalico.org/name == 'robot'}")).subjects[0]?.pods,
    ).toEqual([{ key: "(service account)", operator: "In", values: ["robot"] }]);
    expect(policyOf(global("{serviceAccountSelector: role != 'admin'}"), account).subjects).toHaveLength(2);
    expect(openOf(global("{serviceAccountSelector: role == 'other'}"), account)).toMatch(
      /open-policy .*no ServiceAccount in Git/,
    );
  });

  // felix/calc/event_sequencer.go: untracked and preDNAT policies are in lists of their own, for host endpoints.
  test.each([
    ["doNotTrack", "{doNotTrack: true, applyOnForward: true, types: [Egress]}"],
    ["preDNAT", "{preDNAT: true, applyOnForward: true, ingress: [{action: Deny}]}"],
  ])("with %s: host endpoints alone", (field, spec) => {
    expect(readOf(global(spec))).toMatchObject({
      policies: [],
      unknowns: [],
      remarks: [{ code: "field-without-effect", pointer: `/spec/${field}` }],
    });
  });

  test("applyOnForward changes nothing for pods", () => {
    expect(policyOf(global("{applyOnForward: true, types: [Egress]}")).isolates.egress).toBe(true);
  });

  test.each(["StagedNetworkPolicy", "StagedGlobalNetworkPolicy", "StagedKubernetesNetworkPolicy"])(
    "a %s is never enforced",
    (kind) => {
      expect(readOf(object(kind, "{types: [Egress]}"))).toBeNull();
    },
  );

  test.each(["NetworkSet", "GlobalNetworkSet", "Tier", "Profile"])("a %s alone governs nothing", (kind) => {
    expect(readOf(object(kind, "{}"))).toEqual({ policies: [], unknowns: [], remarks: [] });
  });
});

describe("the other end of a rule (libcalico-go updateprocessors rules.go)", () => {
  const trusted = object("GlobalNetworkSet", "{nets: [192.0.2.0/24, 198.51.100.1]}", V3, "trusted");
  const labelled = {
    ...trusted,
    object: { ...trusted.object, metadata: { name: "trusted", labels: { trusted: "yes" } } },
  };

  test("nothing: any", () => {
    expect(egressOf("{action: Allow}")).toMatchObject({ peers: null, ports: null });
  });

  test("a selector in a NetworkPolicy: pods of its namespace; in a GlobalNetworkPolicy: of every one", () => {
    const rule = "{egress: [{action: Allow, destination: {selector: app == 'db'}}]}";
    const db = [{ key: "app", operator: "In", values: ["db"] }];
    expect(policyOf(namespaced(rule)).egress[0]?.peers).toMatchObject([
      { kind: "pods", namespaces: { kind: "named", name: "shop" }, pods: db },
    ]);
    expect(policyOf(global(rule)).egress[0]?.peers).toMatchObject([{ kind: "pods", ...ALL_PODS, pods: db }]);
  });

  test("all() as selector of namespaces: any that is in a namespace", () => {
    const rule = "{egress: [{action: Allow, destination: {namespaceSelector: all()}}]}";
    expect(policyOf(namespaced(rule), labelled).egress[0]?.peers).toMatchObject([
      { kind: "pods", ...ALL_PODS },
    ]);
  });

  test("global(): no pod, but global network sets with the labels", () => {
    const rule =
      "{egress: [{action: Allow, destination: {namespaceSelector: global(), selector: trusted == 'yes'}}]}";
    expect(policyOf(namespaced(rule), labelled).egress[0]?.peers).toMatchObject([
      { kind: "addresses", cidr: "192.0.2.0/24" },
      { kind: "addresses", cidr: "198.51.100.1/32" },
    ]);
    expect(openOf(namespaced(rule))).toMatch(/open-policy spec.egress\[0\].destination: no GlobalNetworkSet/);
  });

  test("a network set is a peer by its labels, and its edit changes the policy", () => {
    const rule = "{action: Allow, destination: {selector: trusted == 'yes'}}";
    expect(egressOf(rule, labelled)?.peers).toMatchObject([
      { kind: "pods" },
      { kind: "addresses", cidr: "192.0.2.0/24" },
      { kind: "addresses", cidr: "198.51.100.1/32" },
    ]);
    const edited = manifestOf({ ...labelled.object, spec: { nets: ["0.0.0.0/0"] } } as KubernetesObject);
    const policy = global(`{egress: [${rule}]}`);
    expect(policyOf(policy, labelled).digest).not.toBe(policyOf(policy, edited).digest);
  });

  test("a NetworkSet belongs to its namespace and has its labels", () => {
    const own = manifest(
      `{apiVersion: ${V3}, kind: NetworkSet, metadata: {name: own, namespace: x, labels: {trusted: "yes"}}, spec: {nets: [192.0.2.0/24]}}`,
    );
    const space = manifest("{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {team: red}}}");
    const cidrs = (rule: string) =>
      (egressOf(rule, own, space)?.peers ?? []).flatMap((peer) =>
        peer.kind === "addresses" ? [peer.cidr] : [],
      );
    expect(
      cidrs("{action: Allow, destination: {namespaceSelector: team == 'red', selector: trusted == 'yes'}}"),
    ).toEqual(["192.0.2.0/24"]);
    expect(
      cidrs("{action: Allow, destination: {namespaceSelector: team == 'blue', selector: trusted == 'yes'}}"),
    ).toEqual([]);
    expect(cidrs("{action: Allow, destination: {selector: projectcalico.org/namespace == 'x'}}")).toEqual([
      "192.0.2.0/24",
    ]);
  });

  test("a selector and nets: both, of pods and of sets", () => {
    const rule =
      "{action: Allow, destination: {selector: trusted == 'yes', nets: [192.0.0.0/16, 203.0.113.0/24]}}";
    expect(egressOf(rule, labelled)?.peers).toMatchObject([
      { kind: "pods", within: [{ cidr: "192.0.0.0/16" }, { cidr: "203.0.113.0/24" }] },
      { kind: "addresses", cidr: "192.0.2.0/24" },
    ]);
  });

  // felix/calc/rule_scanner.go: the names of ports are filtered by the selector, and the selector is not asked again.
  test("a port by its name is one of a pod that the selector selects, whatever set lists its address", () => {
    const peers = (ports: string) =>
      egressOf(
        `{action: Allow, protocol: TCP, destination: {selector: trusted == 'yes', ports: [${ports}]}}`,
        labelled,
      )?.peers?.map(({ kind, ports: own }) => `${kind} ${JSON.stringify(own?.map(({ port }) => port))}`);
    expect(peers("http")).toEqual(["pods undefined", "addresses []", "addresses []"]);
    expect(peers("80")).toEqual(["pods undefined", "addresses undefined", "addresses undefined"]);
    expect(peers("http, 80")?.at(-1)).toBe('addresses [{"kind":"range","first":80,"last":80}]');
  });

  test("a host endpoint is a peer by its labels, with the addresses that it names", () => {
    const host = manifest(
      `{apiVersion: ${V3}, kind: HostEndpoint, metadata: {name: gateway, labels: {role: gateway}}, spec: {expectedIPs: [192.0.2.7]}}`,
    );
    expect(
      egressOf("{action: Allow, destination: {selector: role == 'gateway'}}", host)?.peers,
    ).toMatchObject([{ kind: "pods" }, { kind: "addresses", cidr: "192.0.2.7/32" }]);
  });

  test("notNets: the rest of the family", () => {
    expect(egressOf("{action: Allow, destination: {notNets: [10.0.0.0/8]}}")?.peers).toMatchObject([
      { kind: "addresses", cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] },
    ]);
    expect(
      egressOf("{action: Allow, destination: {nets: [10.1.0.0/16], notNets: [10.0.0.0/8]}}")?.peers,
    ).toEqual([]);
  });

  test("`selector: !has(x)` is pods without x; `notSelector: has(x)` also whatever is no pod", () => {
    const without = { kind: "pods", pods: [{ key: "x", operator: "DoesNotExist", values: [] }] };
    expect(egressOf("{action: Allow, destination: {selector: '!has(x)'}}")?.peers).toMatchObject([without]);
    expect(egressOf("{action: Allow, destination: {notSelector: has(x)}}")?.peers).toMatchObject([
      without,
      { kind: "addresses", cidr: "0.0.0.0/0", leavesCluster: true },
      { kind: "addresses", cidr: "::/0", leavesCluster: true },
    ]);
  });

  // GetEntityRuleSelector: "as soon as _any_ of the selector fields are used, including NotSelector".
  test("notSelector in a NetworkPolicy: pods of its namespace alone", () => {
    const rule = "{egress: [{action: Allow, destination: {notSelector: has(x)}}]}";
    expect(policyOf(namespaced(rule)).egress[0]?.peers).toMatchObject([
      { kind: "pods", namespaces: { kind: "named", name: "shop" } },
    ]);
  });

  test("service accounts, by name", () => {
    expect(egressOf("{action: Allow, destination: {serviceAccounts: {names: [a, b]}}}")?.peers).toMatchObject(
      [{ kind: "pods", pods: [{ key: "(service account)", operator: "In", values: ["a", "b"] }] }],
    );
  });

  test("the other end of ingress is the source, and its destination is the governed pod", () => {
    const policy = policyOf(
      global(
        "{ingress: [{action: Allow, protocol: TCP, source: {selector: a == '1'}, destination: {selector: b == '2', ports: [80]}}]}",
      ),
    );
    expect(policy.ingress[0]).toMatchObject({
      peers: [{ kind: "pods", pods: [{ key: "a", operator: "In", values: ["1"] }] }],
      subjects: [{ pods: [{ key: "b", operator: "In", values: ["2"] }] }],
      ports: [{ protocol: "TCP", port: { kind: "range", first: 80, last: 80 } }],
    });
  });

  test("the address of the governed pod is not known", () => {
    expect(openOf(global("{egress: [{action: Allow, source: {nets: [10.0.0.0/8]}}]}"))).toContain(
      "the address of the pod that it governs",
    );
    expect(egressOf("{action: Allow, source: {nets: [0.0.0.0/0]}}")).toMatchObject({
      peers: [{ cidr: "0.0.0.0/0" }],
    });
  });

  test("domains are of the commercial edition: unknown", () => {
    expect(openOf(global("{egress: [{action: Allow, destination: {domains: [example.com]}}]}"))).toContain(
      "open-policy spec.egress[0].destination.domains",
    );
    const domains = manifestOf({
      ...labelled.object,
      spec: { allowedEgressDomains: ["example.com"] },
    } as KubernetesObject);
    expect(
      openOf(global("{egress: [{action: Allow, destination: {selector: trusted == 'yes'}}]}"), domains),
    ).toContain("names domains");
  });
});

describe("services of a rule (api v3 ServiceMatch)", () => {
  const service = manifest(
    "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: x}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}, {port: 53, targetPort: 5353, protocol: UDP}]}}",
  );
  const egress = "{action: Allow, destination: {services: {name: web, namespace: x}}}";

  test("its pods at the ports behind it", () => {
    expect(egressOf(egress, service)?.peers).toMatchObject([
      {
        kind: "pods",
        namespaces: { kind: "named", name: "x" },
        pods: [{ key: "app", operator: "In", values: ["web"] }],
        ports: [
          { protocol: "TCP", port: { kind: "named", name: "http" } },
          { protocol: "UDP", port: { kind: "range", first: 5353 } },
        ],
      },
    ]);
    expect(policyOf(global(`{egress: [${egress}]}`), service).digest).toContain(service.digest);
  });

  test("of a NetworkPolicy without a namespace: in its own", () => {
    const own = manifest(
      "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: own}}}",
    );
    expect(
      policyOf(namespaced("{egress: [{action: Allow, destination: {services: {name: web}}}]}"), own).egress[0]
        ?.peers,
    ).toMatchObject([{ namespaces: { kind: "named", name: "shop" } }]);
  });

  test("as a source: at any port", () => {
    const policy = policyOf(
      global("{ingress: [{action: Allow, source: {services: {name: web, namespace: x}}}]}"),
      service,
    );
    expect(policy.ingress[0]?.peers?.map(({ ports }) => ports)).toEqual([undefined]);
  });

  test("the Service of the API server is the API server", () => {
    expect(
      egressOf("{action: Allow, destination: {services: {name: kubernetes, namespace: default}}}")?.peers,
    ).toMatchObject([{ kind: "api-server" }]);
  });

  test("one that does not stand in Git is unknown, and so are addresses that somebody else writes", () => {
    expect(openOf(global(`{egress: [${egress}]}`))).toContain("the Service x/web does not stand in Git");
    const bare = manifest("{apiVersion: v1, kind: Service, metadata: {name: web, namespace: x}, spec: {}}");
    expect(openOf(global(`{egress: [${egress}]}`), bare)).toContain(
      "the endpoints of the Service x/web do not stand in Git",
    );
  });
});

describe("protocols and ports (api/pkg/lib/numorstring)", () => {
  const ports = (rule: string) =>
    egressOf(`{action: Allow, ${rule}}`)?.ports?.map(({ protocol, port }) =>
      port.kind === "range"
        ? `${protocol} ${port.first}-${port.last}`
        : `${protocol} ${port.kind === "named" ? port.name : "all"}`,
    ) ?? null;

  test.each([
    ["protocol: TCP", ["TCP all"]],
    ["protocol: 17", ["UDP all"]],
    ["protocol: '132'", ["SCTP all"]],
    ["notProtocol: TCP", ["UDP all", "SCTP all"]],
    ["protocol: ICMP", []],
    ["notProtocol: ICMP", null],
    ["protocol: ICMP, icmp: {type: 8}", []],
    ["protocol: UDPLite", []],
    [
      "protocol: TCP, destination: {ports: [80, '8000:8100', http, '443']}",
      ["TCP 80-80", "TCP 8000-8100", "TCP http", "TCP 443-443"],
    ],
    ["destination: {ports: [http]}", ["TCP http", "UDP http", "SCTP http"]],
    ["protocol: TCP, destination: {notPorts: [80, '100:200']}", ["TCP 1-79", "TCP 81-99", "TCP 201-65535"]],
    ["protocol: TCP, destination: {ports: ['1:100'], notPorts: [80]}", ["TCP 1-79", "TCP 81-100"]],
    // The sender picks the port that it sends from.
    ["protocol: TCP, source: {ports: [5000]}", ["TCP all"]],
  ])("%s", (rule, expected) => {
    expect(ports(rule)).toEqual(expected);
  });

  test("a deny of some source ports stops nobody", () => {
    expect(
      policyOf(global("{egress: [{action: Deny, protocol: TCP, source: {ports: [5000]}}]}")).egress,
    ).toEqual([]);
  });

  test("ports that do not have a name are unknown", () => {
    expect(
      openOf(global("{egress: [{action: Allow, protocol: TCP, destination: {notPorts: [http]}}]}")),
    ).toContain("open-policy");
  });

  test("HTTP is shown, and cuts nothing below it", () => {
    const policy = policyOf(global("{ingress: [{action: Allow, http: {methods: [GET]}}]}"));
    expect(policy.ingress[0]).toMatchObject({ application: true, peers: null });
  });
});

describe("what is refused", () => {
  const rule = (text: string) => `{egress: [{action: Allow, ${text}}]}`;

  test.each([
    ["an action of another name", "{egress: [{action: Reject}]}", "spec.egress[0].action: Unsupported value"],
    ["no action", "{egress: [{}]}", "spec.egress[0].action: Required value"],
    ["a type of another name", "{types: [Both]}", "spec.types[0]: Unsupported value"],
    ["one type twice", "{types: [Egress, Egress]}", "duplicate"],
    ["an order that is no number", "{order: first}", "spec.order: cannot unmarshal"],
    ["a broken selector", "{selector: a =}", "spec.selector: Invalid value"],
    ["a long selector", `{selector: "a == '${"x".repeat(1024)}'"}`, "may not be more than 1024"],
    [
      "global() as a selector of pods",
      "{selector: global()}",
      "global() can only be used in an EntityRule namespaceSelector",
    ],
    [
      "global() beside others",
      rule("destination: {namespaceSelector: global() || has(a)}"),
      "global() cannot be combined",
    ],
    ["no block", rule("destination: {nets: [10.0.0.0]}"), "invalid CIDR"],
    ["a block with host bits", rule("destination: {nets: [10.0.0.1/8]}"), "bits beyond its mask"],
    ["everything taken away", rule("destination: {notNets: [0.0.0.0/0]}"), "catch-all CIDR in negation"],
    ["everything of IPv6 taken away", rule("destination: {notNets: ['::/0']}"), "catch-all CIDR in negation"],
    [
      "two families in one rule",
      rule("destination: {nets: [10.0.0.0/8, '2001:db8::/32']}"),
      "both IPv4 and IPv6",
    ],
    [
      "another family than the rule says",
      rule("ipVersion: 6, destination: {nets: [10.0.0.0/8]}"),
      "IP version doesn't match",
    ],
    [
      "ports without a protocol",
      rule("destination: {ports: [80]}"),
      "must set protocol to TCP or UDP or SCTP",
    ],
    [
      "ports of a protocol without any",
      rule("protocol: ICMP, destination: {ports: [http]}"),
      "must set protocol to TCP or UDP or SCTP",
    ],
    [
      "a range that runs backwards",
      rule("protocol: TCP, destination: {ports: ['90:80']}"),
      "port range invalid",
    ],
    ["port 0", rule("protocol: TCP, destination: {ports: [0]}"), "between 1 and 65535"],
    ["a protocol of another name", rule("protocol: tcp"), "protocol name invalid"],
    ["ICMP fields of TCP", rule("protocol: TCP, icmp: {type: 8}"), "ICMP fields require protocol"],
    [
      "an ICMP code without a type",
      rule("protocol: ICMP, icmp: {code: 8}"),
      "ICMP code specified without an ICMP type",
    ],
    [
      "services with ports",
      rule("protocol: TCP, destination: {ports: [80], services: {name: a, namespace: b}}"),
      "ports and notPorts cannot be specified with services",
    ],
    [
      "services with a selector",
      rule("destination: {selector: all(), services: {name: a, namespace: b}}"),
      "cannot specify Selector/NotSelector and Services",
    ],
    [
      "services with nets",
      rule("destination: {nets: [10.0.0.0/8], services: {name: a, namespace: b}}"),
      "cannot specify Nets/NotNets and Services",
    ],
    [
      "services of the sender",
      rule("source: {services: {name: a, namespace: b}}"),
      "not allowed in egress rule source",
    ],
    ["services of no namespace", rule("destination: {services: {name: a}}"), "must specify a namespace"],
    ["HTTP of an egress rule", rule("http: {methods: [GET]}"), "not allowed in egress rule"],
    [
      "a pre-DNAT policy with egress",
      "{preDNAT: true, applyOnForward: true, egress: [{action: Allow}]}",
      "preDNAT policy cannot have any egress rules",
    ],
    ["doNotTrack alone", "{doNotTrack: true}", "applyOnForward must be true"],
  ])("%s", (_, spec, reason) => {
    const unknown = unknownIn(readOf(global(spec)));
    expect(unknown).toMatchObject({ code: "invalid-policy", bound: { namespaces: null } });
    expect(unknown.detail).toContain(reason);
  });

  test("a name with two dots, which no tier explains", () => {
    const named = (name: string, kind = "GlobalNetworkPolicy") => readOf(object(kind, "{}", V3, name));
    expect(unknownIn(named("a.b.c")).detail).toContain("metadata.name");
    expect(policyIn(named("security.b")).identity.name).toBe("security.b");
    expect(policyIn(named("knp.default.a.b", "NetworkPolicy")).identity.name).toBe("knp.default.a.b");
  });

  // felix/calc/validation_filter.go: "Validation failed; treating as missing".
  test("what is stored, and Felix cannot enforce, enforces nothing", () => {
    expect(readOf(global("{selector: a =, types: [Egress]}", STORED))).toMatchObject({
      policies: [],
      unknowns: [],
      remarks: [{ code: "refused-by-enforcer", pointer: "/spec/selector" }],
    });
    expect(unknownIn(readOf(global("{egress: [{action: Reject}]}", STORED))).code).toBe("invalid-policy");
  });

  test("what only Calico's API server refuses is enforced where it is stored", () => {
    const policy = policyOf(global(rule("destination: {nets: [10.0.0.1/8, 192.0.2.1]}"), STORED));
    expect(policy.egress[0]?.peers).toMatchObject([{ cidr: "10.0.0.0/8" }, { cidr: "192.0.2.1/32" }]);
    // felix/rules/policy.go, filterNets: the rule is not rendered.
    expect(policyOf(global(rule("destination: {notNets: [0.0.0.0/0]}"), STORED)).egress).toEqual([]);
  });

  test("anything at all is read or refused, and never lost", () => {
    const fields = [
      "selector",
      "egress",
      "ingress",
      "types",
      "order",
      "tier",
      "namespaceSelector",
      "preDNAT",
      "action",
      "destination",
      "source",
      "nets",
      "ports",
      "protocol",
      "services",
      "serviceAccounts",
      "name",
    ];
    const json = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom<unknown>(
          "Allow",
          "all()",
          "TCP",
          80,
          true,
          null,
          "10.0.0.0/8",
          "Egress",
          "default",
          -1,
        ),
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...fields), tie("value"), { maxKeys: 5 }),
      ),
    })).value;
    fc.assert(
      fc.property(
        json,
        fc.constantFrom("NetworkPolicy", "GlobalNetworkPolicy"),
        fc.constantFrom(V3, STORED),
        json,
        (spec, kind, apiVersion, set) => {
          const others = ["GlobalNetworkSet", "NetworkSet", "Tier", "HostEndpoint"].map((other) =>
            manifestOf({
              apiVersion: V3,
              kind: other,
              metadata: { name: "default", labels: set },
              spec: set,
            } as unknown as KubernetesObject),
          );
          const reading = readOf(
            manifestOf({ apiVersion, kind, metadata: { name: "a" }, spec } as KubernetesObject),
            ...others,
          );
          if (reading === null) throw new Error("lost");
          return reading.policies.length + reading.unknowns.length + reading.remarks.length > 0;
        },
      ),
      { numRuns: 500 },
    );
  });
});
