import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Peer, Policy } from "../../src/policy/model/policy.ts";
import type { PolicyReading } from "../../src/policy/model/policy-reading.ts";
import { manifest, manifestOf } from "../render/manifest.ts";
import { policyIn, read, unknownIn } from "./read-policy.ts";

/** A policy of namespace shop that governs pods app=web, under Cilium, beside other objects. */
function cnp(spec: string, ...others: readonly string[]): PolicyReading {
  return readingOf(
    `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
${indented(spec)}
`,
    ...others,
  );
}

function ccnp(spec: string, ...others: readonly string[]): PolicyReading {
  return readingOf(
    `apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: everywhere}
spec:
${indented(spec)}
`,
    ...others,
  );
}

function readingOf(text: string, ...others: readonly string[]): PolicyReading {
  const reading = read(
    manifest(text),
    "cilium",
    others.map((other) => manifest(other)),
  );
  if (reading === null) throw new Error("no policy");
  return reading;
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}

/** What its first egress rule names, without the places where it stands. */
function egressPeers(policy: Policy, rule = 0): readonly unknown[] | null {
  const peers = policy.egress[rule]?.peers;
  return peers === undefined ? null : (peers?.map(withoutPointer) ?? null);
}

function withoutPointer({ pointer: _, ...peer }: Peer): unknown {
  return peer;
}

function ports(policy: Policy, rule = 0): readonly string[] | null {
  const list = policy.egress[rule]?.ports;
  return (
    list?.map(({ protocol, port }) =>
      port.kind === "range"
        ? `${protocol} ${port.first}-${port.last}`
        : `${protocol} ${port.kind === "named" ? port.name : "all"}`,
    ) ?? null
  );
}

/** Nothing is enforced, and the agent's words say why. */
function refusal(reading: PolicyReading): string {
  expect(reading.policies).toEqual([]);
  expect(reading.unknowns).toEqual([]);
  expect(reading.remarks.map(({ code }) => code)).toEqual(reading.remarks.map(() => "refused-by-enforcer"));
  return reading.remarks.map(({ pointer, detail }) => `${pointer}: ${detail}`).join("\n");
}

const DNS = `apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: dns}
spec:
  endpointSelector: {}
  egress:
  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, k8s-app: kube-dns}}]
    toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
`;

describe("isolation (Documentation/security/policy/intro.rst, enableDefaultDeny in pkg/policy/api/rule.go)", () => {
  test.each([
    ["egress: [{}]", { egress: true, ingress: false }],
    ["egressDeny: [{toEntities: [world]}]", { egress: true, ingress: false }],
    ["ingress: [{}]", { egress: false, ingress: true }],
    ["egress: [{toEntities: [world]}]\ningress: []", { egress: true, ingress: false }],
    ["egress: [{}]\nenableDefaultDeny: {egress: false}", { egress: false, ingress: false }],
    ["egress: [{}]\ningress: [{}]\nenableDefaultDeny: {egress: false}", { egress: false, ingress: true }],
  ])("%s isolates a direction that has rules, unless enableDefaultDeny says otherwise", (spec, isolates) => {
    expect(policyIn(cnp(spec)).isolates).toEqual(isolates);
  });

  test("an egressDeny alone isolates for everything else, too", () => {
    const policy = policyIn(cnp("egressDeny: [{toCIDR: [10.0.0.0/8]}]"));
    expect(policy.isolates.egress).toBe(true);
    expect(policy.egress.map(({ action }) => action)).toEqual(["deny"]);
  });

  test.each(["egress: []", "egress: []\nenableDefaultDeny: {egress: true}", "ingress: []\negress: []"])(
    "%s is refused by the agent and enforces nothing (measured on 1.20.2)",
    (spec) => {
      expect(refusal(cnp(spec))).toContain(
        "rule must have at least one of Ingress, IngressDeny, Egress, EgressDeny",
      );
    },
  );

  test("without any list of rules the API server refuses it", () => {
    expect(unknownIn(cnp("description: none")).code).toBe("invalid-policy");
  });

  test("enableDefaultDeny without a rule of the direction: releases differ, so it is not known", () => {
    const { policies, unknowns } = cnp("ingress: [{}]\nenableDefaultDeny: {egress: true}");
    expect(policies[0]?.isolates).toEqual({ egress: false, ingress: true });
    expect(unknowns.map(({ code, bound }) => [code, bound.namespaces])).toEqual([["open-policy", ["shop"]]]);
  });

  test("rules of NetworkPolicy are enforced though policyTypes leaves their direction out (measured on 1.20.2)", () => {
    const text = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress], egress: [{to: [{podSelector: {}}]}]}
`;
    const reading = readingOf(text);
    expect(policyIn(reading).isolates).toEqual({ egress: true, ingress: true });
    expect(policyIn(reading).egress).toHaveLength(1);
    expect(reading.remarks.map(({ code, pointer }) => [code, pointer])).toEqual([
      ["field-without-effect", "/spec/policyTypes"],
    ]);
    const byTheLetter = read(manifest(text), "kubernetes");
    expect(byTheLetter?.policies[0]?.isolates).toEqual({ egress: false, ingress: true });
    expect(byTheLetter?.remarks).toEqual([]);
  });
});

describe("rules without peers (pkg/policy/utils/parserules.go)", () => {
  test("egress: [{}] admits nothing, where a NetworkPolicy would admit everything", () => {
    const policy = policyIn(cnp("egress: [{}]"));
    expect(policy.egress.map(({ peers, ports: where }) => [peers, where])).toEqual([[[], null]]);
  });

  test.each(["toEndpoints: []", "toCIDR: []", "toCIDRSet: []", "toEntities: []", "toNodes: []"])(
    "%s selects nothing, with ports too",
    (peers) => {
      for (const spec of [
        `egress: [{${peers}}]`,
        `egress: [{${peers}, toPorts: [{ports: [{port: "80"}]}]}]`,
      ]) {
        expect(egressPeers(policyIn(cnp(spec)))).toEqual([]);
      }
    },
  );

  test.each(["", "toServices: [], ", "toFQDNs: [], ", "toGroups: [], "])(
    "%s toPorts alone is any destination, nodes too",
    (peers) => {
      const policy = policyIn(cnp(`egress: [{${peers}toPorts: [{ports: [{port: "443", protocol: TCP}]}]}]`));
      expect([egressPeers(policy), ports(policy)]).toEqual([null, ["TCP 443-443"]]);
    },
  );

  test("rules about ICMP hold no port", () => {
    const policy = policyIn(
      cnp("egress: [{toEntities: [world], icmps: [{fields: [{type: 8}]}]}, {icmps: [{}]}]"),
    );
    expect(policy.egress.map(({ ports: where }) => where)).toEqual([[], []]);
  });
});

describe("endpoints (pkg/k8s/apis/cilium.io/utils/utils.go)", () => {
  const peersOf = (selector: string) => egressPeers(policyIn(cnp(`egress: [{toEndpoints: [${selector}]}]`)));
  const named = (name: string, pods: unknown = []) => ({
    kind: "pods",
    namespaces: { kind: "named", name },
    pods,
  });

  test("are those of the policy's namespace", () => {
    expect(peersOf("{}")).toEqual([named("shop")]);
    expect(peersOf("{matchLabels: {app: db}}")).toEqual([
      named("shop", [{ key: "app", operator: "In", values: ["db"] }]),
    ]);
  });

  test.each([
    "io.kubernetes.pod.namespace",
    "k8s:io.kubernetes.pod.namespace",
    "any:io.kubernetes.pod.namespace",
  ])("the key %s lifts the own namespace", (key) => {
    expect(peersOf(`{matchLabels: {"${key}": data}}`)).toEqual([named("data")]);
    expect(peersOf(`{matchExpressions: [{key: "${key}", operator: Exists}]}`)).toEqual([
      { kind: "pods", namespaces: { kind: "selected", selector: [] }, pods: [] },
    ]);
  });

  test("labels of the namespace lift it as well", () => {
    expect(peersOf('{matchLabels: {"k8s:io.cilium.k8s.namespace.labels.team": a, app: db}}')).toEqual([
      {
        kind: "pods",
        namespaces: { kind: "selected", selector: [{ key: "team", operator: "In", values: ["a"] }] },
        pods: [{ key: "app", operator: "In", values: ["db"] }],
      },
    ]);
  });

  test("a requirement on the namespace that holds without one holds nodes and the world, too", () => {
    expect(
      peersOf(
        "{matchExpressions: [{key: io.kubernetes.pod.namespace, operator: NotIn, values: [kube-system]}]}",
      ),
    ).toEqual([
      {
        kind: "pods",
        namespaces: {
          kind: "selected",
          selector: [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["kube-system"] }],
        },
        pods: [],
      },
      { kind: "nodes", which: "own", nodes: [] },
      { kind: "nodes", which: "other", nodes: [] },
      { kind: "addresses", cidr: "0.0.0.0/0", except: [] },
      { kind: "addresses", cidr: "::/0", except: [] },
    ]);
  });

  test("of a clusterwide policy are pods of every namespace, neither the world nor nodes (measured on 1.20.2)", () => {
    const policy = policyIn(ccnp("endpointSelector: {}\negress: [{toEndpoints: [{}]}]"));
    expect(policy.subjects).toEqual([{ namespaces: { kind: "selected", selector: [] }, pods: [] }]);
    expect(egressPeers(policy)).toEqual([
      { kind: "pods", namespaces: { kind: "selected", selector: [] }, pods: [] },
    ]);
  });

  test("may be reserved ones", () => {
    expect(peersOf('{matchLabels: {"reserved:host": ""}}')).toEqual([
      { kind: "nodes", which: "own", nodes: [] },
    ]);
    expect(peersOf('{matchLabels: {"reserved:kube-apiserver": ""}}')).toEqual([{ kind: "api-server" }]);
    expect(peersOf('{matchLabels: {"reserved:world": ""}}')).toEqual([
      { kind: "addresses", cidr: "0.0.0.0/0", except: [] },
      { kind: "addresses", cidr: "::/0", except: [] },
    ]);
    expect(peersOf('{matchLabels: {"reserved:health": ""}}')).toEqual([]);
  });

  test("a service account is a label", () => {
    expect(peersOf("{matchLabels: {io.cilium.k8s.policy.serviceaccount: robot}}")).toEqual([
      named("shop", [{ key: "(service account)", operator: "In", values: ["robot"] }]),
    ]);
  });

  test.each([
    "{matchLabels: {io.cilium.k8s.policy.cluster: other}}",
    '{matchExpressions: [{key: "reserved:kube-apiserver", operator: DoesNotExist}]}',
    '{matchLabels: {"reserved:kube-apiserver": "", "reserved:remote-node": ""}}',
  ])("%s cannot be said, and is not known", (selector) => {
    const { policies, unknowns } = cnp(`egress: [{toEndpoints: [${selector}]}]`);
    expect(policies[0]?.isolates.egress).toBe(true);
    expect(unknowns.map(({ code, selectorKeys }) => [code, selectorKeys])).toEqual([
      ["open-policy", ["app"]],
    ]);
  });
});

describe("whom a policy governs", () => {
  const subject = (selector: string) =>
    ccnp(`endpointSelector: ${selector}\negress: [{}]`).policies.flatMap(({ subjects }) => subjects);

  test("pods of its namespace: matchLabels of the namespace are overwritten, expressions are not", () => {
    const own = (selector: string) =>
      readingOf(
        `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec: {endpointSelector: ${selector}, egress: [{}]}
`,
      ).policies.flatMap(({ subjects }) => subjects);
    expect(own('{matchLabels: {"k8s:io.kubernetes.pod.namespace": other}}')).toEqual([
      { namespaces: { kind: "named", name: "shop" }, pods: [] },
    ]);
    expect(
      own('{matchExpressions: [{key: "k8s:io.kubernetes.pod.namespace", operator: In, values: [other]}]}'),
    ).toEqual([]);
    expect(own("{matchLabels: {io.kubernetes.pod.namespace: other}}")).toEqual([]);
  });

  test("of a clusterwide one by namespace, its labels, labels of every spelling", () => {
    expect(
      subject('{matchLabels: {"k8s:io.kubernetes.pod.namespace": data, "any:app": web, "k8s:tier": front}}'),
    ).toEqual([
      {
        namespaces: { kind: "named", name: "data" },
        pods: [
          { key: "app", operator: "In", values: ["web"] },
          { key: "tier", operator: "In", values: ["front"] },
        ],
      },
    ]);
    expect(subject('{matchLabels: {"io.cilium.k8s.namespace.labels.team": a}}')).toEqual([
      {
        namespaces: { kind: "selected", selector: [{ key: "team", operator: "In", values: ["a"] }] },
        pods: [],
      },
    ]);
  });

  test("pods that have no reserved label", () => {
    expect(subject('{matchLabels: {"reserved:health": ""}}')).toEqual([]);
    expect(subject('{matchExpressions: [{key: "reserved:host", operator: DoesNotExist}]}')).toHaveLength(1);
  });

  test("nodes, by a nodeSelector: no pod is governed, and of a namespaced policy the agent refuses it", () => {
    expect(ccnp("nodeSelector: {}\negress: [{}]")).toEqual({ policies: [], unknowns: [], remarks: [] });
    expect(
      refusal(
        readingOf(
          `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec: {nodeSelector: {}, egress: [{}]}
`,
        ),
      ),
    ).toContain("rule cannot have NodeSelector");
  });

  test("each specification is a policy of its own, spec beside specs", () => {
    const reading = readingOf(`apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec: {endpointSelector: {}, egress: [{}]}
specs:
- {endpointSelector: {matchLabels: {app: a}}, ingress: [{}]}
- {endpointSelector: {matchLabels: {app: b}}, egress: [{toEntities: [world]}]}
`);
    expect(reading.policies.map(({ identity: { part } }) => part)).toEqual([0, 1, 2]);
    expect(reading.policies[2]?.egress[0]?.pointer).toBe("/specs/1/egress/0");
    expect(new Set(reading.policies.map(({ digest }) => digest)).size).toBe(3);
  });
});

describe("entities (pkg/policy/api/entity.go)", () => {
  const peersOf = (entity: string) => egressPeers(policyIn(cnp(`egress: [{toEntities: [${entity}]}]`)));

  test.each<[string, readonly unknown[] | null]>([
    ["all", null],
    [
      "world",
      [
        { kind: "addresses", cidr: "0.0.0.0/0", except: [] },
        { kind: "addresses", cidr: "::/0", except: [] },
      ],
    ],
    ["host", [{ kind: "nodes", which: "own", nodes: [] }]],
    ["remote-node", [{ kind: "nodes", which: "other", nodes: [] }]],
    ["kube-apiserver", [{ kind: "api-server" }]],
    [
      "cluster",
      [
        { kind: "pods", namespaces: { kind: "selected", selector: [] }, pods: [] },
        { kind: "nodes", which: "any", nodes: [] },
        { kind: "api-server" },
      ],
    ],
    ["init", []],
    ["ingress", []],
    ["health", []],
    ["unmanaged", []],
    ["none", []],
  ])("%s", (entity, peers) => {
    expect(peersOf(entity)).toEqual(peers);
  });

  test("another one is refused by the API server", () => {
    expect(unknownIn(cnp("egress: [{toEntities: [everybody]}]")).detail).toContain(
      "spec.egress[0].toEntities[0]",
    );
  });
});

describe("blocks (pkg/policy/api/cidr.go)", () => {
  const group = (name: string, labels = "{}") => `apiVersion: cilium.io/v2
kind: CiliumCIDRGroup
metadata: {name: ${name}, labels: ${labels}}
spec: {externalCIDRs: [192.0.2.0/24, "2001:db8::/32"]}
`;
  const block = (cidr: string, except: readonly string[] = []) => ({ kind: "addresses", cidr, except });

  test("with exceptions, which neither deny nor admit", () => {
    const policy = policyIn(
      cnp(
        "egressDeny: [{toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]}]\negress: [{toCIDR: [10.0.0.0/8]}]",
      ),
    );
    expect(policy.egress.map(({ action, peers }) => [action, peers?.map(withoutPointer)])).toEqual([
      ["allow", [block("10.0.0.0/8")]],
      ["deny", [block("10.0.0.0/8", ["10.1.0.0/16"])]],
    ]);
  });

  test("of groups by name and by label, of those in Git", () => {
    const byName = cnp(
      "egress: [{toCIDRSet: [{cidrGroupRef: office, except: [192.0.2.0/25]}]}]",
      group("office"),
    );
    expect(egressPeers(policyIn(byName))).toEqual([
      block("192.0.2.0/24", ["192.0.2.0/25"]),
      block("2001:db8::/32", ["192.0.2.0/25"]),
    ]);
    const byLabel = cnp(
      "egress: [{toCIDRSet: [{cidrGroupSelector: {matchLabels: {kind: cloud}}}]}]",
      group("a", "{kind: cloud}"),
      group("b"),
    );
    expect(egressPeers(policyIn(byLabel))).toHaveLength(2);
  });

  test("of a group that nobody declares: nothing is admitted, and nobody knows whether it stands in the cluster", () => {
    const { policies, unknowns } = cnp("egress: [{toCIDRSet: [{cidrGroupRef: office}]}]", group("other"));
    expect(policies.map((policy) => [policy.isolates.egress, egressPeers(policy)])).toEqual([[true, []]]);
    expect(unknowns.map(({ code, detail }) => [code, detail])).toEqual([
      ["open-policy", "CiliumCIDRGroup office does not stand in Git"],
    ]);
  });

  test("the policy changes when its group does", () => {
    const digest = (...others: readonly string[]) =>
      cnp("egress: [{toCIDRSet: [{cidrGroupRef: office}]}]", ...others).policies[0]?.digest;
    expect(digest(group("office"))).not.toBe(digest());
    expect(digest(group("office"))).not.toBe(digest(group("office").replace("192.0.2.0/24", "192.0.3.0/24")));
    expect(digest(group("office"))).toBe(digest(group("office"), group("other")));
  });

  test.each([
    ["toCIDR: [10.0.0.1]", "toCIDR[0]"],
    ["toCIDR: [everywhere]", "toCIDR[0]"],
    ["toCIDRSet: [{cidr: 10.0.0.0/33}]", "toCIDRSet[0].cidr"],
    ["toCIDRSet: [{cidr: 10.0.0.0/8, cidrGroupRef: office}]", "toCIDRSet[0]"],
    ["toCIDRSet: [{}]", "toCIDRSet[0]"],
  ])("%s is refused by the API server", (peers, field) => {
    expect(unknownIn(cnp(`egress: [{${peers}}]`)).detail).toContain(`spec.egress[0].${field}`);
  });

  test("an exception outside its block is refused by the agent", () => {
    expect(refusal(cnp("egress: [{toCIDRSet: [{cidr: 10.0.0.0/8, except: [11.0.0.0/16]}]}]"))).toContain(
      "/spec/egress/0/toCIDRSet/0/except/0: allow CIDR prefix 10.0.0.0/8 does not contain exclude CIDR prefix 11.0.0.0/16",
    );
  });
});

describe("names (Documentation/security/policy/language.rst, DNS based; pkg/fqdn/matchpattern)", () => {
  const spec = 'egress: [{toFQDNs: [{matchName: API.Example.com.}], toPorts: [{ports: [{port: "443"}]}]}]';

  test("open nothing where no rule with rules.dns lets the pods look them up", () => {
    const reading = cnp(spec);
    expect(egressPeers(policyIn(reading))).toEqual([]);
    expect(policyIn(reading).isolates.egress).toBe(true);
    expect(reading.remarks.map(({ code, pointer }) => [code, pointer])).toEqual([
      ["field-without-effect", "/spec/egress/0/toFQDNs/0"],
    ]);
  });

  test("open where a rule of another policy does: names are literal, in lower case", () => {
    const reading = cnp(spec, DNS);
    expect(egressPeers(policyIn(reading))).toEqual([
      { kind: "names", pattern: { text: "api.example.com", parts: ["api.example.com"] } },
    ]);
    expect(reading.remarks).toEqual([]);
  });

  test("not where that rule is for other pods, for other names, or in a policy that the agent refuses", () => {
    const others = [
      DNS.replace(
        "endpointSelector: {}",
        "endpointSelector: {matchLabels: {app: db, tier: x}, matchExpressions: [{key: app, operator: NotIn, values: [web]}]}",
      ),
      DNS.replace('matchPattern: "*"', "matchName: example.com"),
      DNS.replace("  egress:", "  ingress: [{fromCIDR: [10.0.0.0/8], fromEntities: [host]}]\n  egress:"),
      DNS.replace(
        "kind: CiliumClusterwideNetworkPolicy\nmetadata: {name: dns}",
        "kind: CiliumNetworkPolicy\nmetadata: {name: dns, namespace: other}",
      ),
    ];
    for (const other of others) expect(egressPeers(policyIn(cnp(spec, other)))).toEqual([]);
  });

  test("a rule that looks up some names opens those; beside one that does not look at names, all", () => {
    const some = DNS.replace('matchPattern: "*"', 'matchPattern: "a*.example.com"');
    expect(
      egressPeers(policyIn(cnp('egress: [{toFQDNs: [{matchPattern: "*.example.com"}]}]', some))),
    ).toEqual([
      {
        kind: "names",
        pattern: { text: "*.example.com", parts: [{ any: "within-label" }, ".example.com"] },
        lookedUp: [{ text: "a*.example.com", parts: ["a", { any: "within-label" }, ".example.com"] }],
      },
    ]);
    const plain = 'egress: [{toFQDNs: [{matchPattern: "*.example.com"}]}, {toEntities: [cluster]}]';
    expect(egressPeers(policyIn(cnp(plain, some)))).toEqual([
      { kind: "names", pattern: { text: "*.example.com", parts: [{ any: "within-label" }, ".example.com"] } },
    ]);
  });

  test("a rule for some of the pods opens the name to those", () => {
    const some = DNS.replace("endpointSelector: {}", "endpointSelector: {matchLabels: {dns: allow}}");
    const rule = policyIn(cnp(spec, some)).egress[0];
    expect(rule?.subjects).toEqual([
      {
        namespaces: { kind: "selected", selector: [] },
        pods: [{ key: "dns", operator: "In", values: ["allow"] }],
      },
    ]);
  });

  test.each([
    ["*.x", ["within-label", ".x"]],
    ["**.x", ["anything", ".x"]],
    ["****.x", ["anything", ".x"]],
    ["*", ["anything"]],
    ["**", ["anything"]],
    ["*x.y", ["within-label", "x.y"]],
    ["a**b.x.", ["a", "within-label", "b.x"]],
  ])(
    "%s: a star stays within a label, **. is labels, stars alone are every name (measured on 1.20.2)",
    (pattern, parts) => {
      const policy = policyIn(cnp(`egress: [{toFQDNs: [{matchPattern: "${pattern}"}]}]`, DNS));
      const [peer] = policy.egress[0]?.peers ?? [];
      if (peer?.kind !== "names") throw new Error("no name");
      expect(peer.pattern.parts.map((part) => (typeof part === "string" ? part : part.any))).toEqual(parts);
    },
  );

  test.each([
    "{matchName: a.x, matchPattern: a.x}",
    "{}",
    '{matchName: "*.x"}',
    '{matchPattern: "a..x"}',
    `{matchName: ${"a".repeat(256)}}`,
  ])("%s is refused by the API server", (name) => {
    expect(unknownIn(cnp(`egress: [{toFQDNs: [${name}]}]`)).code).toBe("invalid-policy");
  });

  test("what denies knows no names: the API server drops the field, and ports are left", () => {
    const policy = policyIn(
      cnp('egressDeny: [{toFQDNs: [{matchName: a.x}], toPorts: [{ports: [{port: "80"}]}]}]'),
    );
    expect([egressPeers(policy), policy.egress[0]?.action]).toEqual([null, "deny"]);
  });

  test("a hostile name takes no time", () => {
    expect(unknownIn(cnp(`egress: [{toFQDNs: [{matchName: "${"a".repeat(200)}!"}]}]`)).code).toBe(
      "invalid-policy",
    );
  });
});

describe("services (pkg/policy/k8s/service.go)", () => {
  const service = (spec: string) => `apiVersion: v1
kind: Service
metadata: {name: api, namespace: data, labels: {team: a}}
spec: ${spec}
`;
  const pods = [
    {
      kind: "pods",
      namespaces: { kind: "named", name: "data" },
      pods: [{ key: "app", operator: "In", values: ["api"] }],
    },
  ];

  test.each([
    "{k8sService: {serviceName: api, namespace: data}}",
    "{k8sService: {serviceName: api}}",
    "{k8sServiceSelector: {selector: {matchLabels: {team: a}}, namespace: data}}",
    '{k8sServiceSelector: {selector: {matchLabels: {"k8s:team": a}}}}',
  ])("%s: the pods behind one with a selector, in its namespace (measured on 1.20.2)", (written) => {
    const reading = cnp(`egress: [{toServices: [${written}]}]`, service("{selector: {app: api}}"));
    expect(egressPeers(policyIn(reading))).toEqual(pods);
  });

  test("with toPorts: on those ports of the pods; older releases refuse that, so it is not known", () => {
    const { policies, unknowns } = cnp(
      'egress: [{toServices: [{k8sService: {serviceName: api, namespace: data}}], toPorts: [{ports: [{port: "8080", protocol: TCP}]}]}]',
      service("{selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}"),
    );
    expect(policies.map((policy) => [egressPeers(policy), ports(policy)])).toEqual([
      [pods, ["TCP 8080-8080"]],
    ]);
    expect(unknowns.map(({ code }) => code)).toEqual(["open-policy"]);
  });

  test("the addresses of one without a selector, as somebody writes them", () => {
    const slice = `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: api-1, namespace: data, labels: {kubernetes.io/service-name: api}}
endpoints: [{addresses: [192.0.2.7]}]
ports: [{port: 443}]
`;
    const rule = "egress: [{toServices: [{k8sService: {serviceName: api, namespace: data}}]}]";
    expect(egressPeers(policyIn(cnp(rule, service("{}"), slice)))).toEqual([
      { kind: "addresses", cidr: "192.0.2.7/32", except: [] },
    ]);
    expect(cnp(rule, service("{}")).unknowns[0]?.detail).toBe(
      "the addresses of Service data/api do not stand in Git",
    );
  });

  test("of none in Git nothing is admitted, and nobody knows whether there is one", () => {
    const { policies, unknowns } = cnp(
      "egress: [{toServices: [{k8sService: {serviceName: api, namespace: data}}]}]",
    );
    expect(policies.map((policy) => [egressPeers(policy), policy.isolates.egress])).toEqual([[[], true]]);
    expect(unknowns.map(({ detail }) => detail)).toEqual(["Service data/api does not stand in Git"]);
  });
});

describe("nodes, groups and requirements", () => {
  const nodes = "egress: [{toNodes: [{matchLabels: {role: edge}}]}]";
  const setting = (value: string) => `apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-config, namespace: kube-system}
data: {enable-node-selector-labels: "${value}"}
`;

  test("toNodes: other nodes by label, where Cilium is set to; else the agent refuses the policy", () => {
    const set = cnp(nodes, setting("true"));
    expect(egressPeers(policyIn(set))).toEqual([
      { kind: "nodes", which: "other", nodes: [{ key: "role", operator: "In", values: ["edge"] }] },
    ]);
    for (const reading of [cnp(nodes), cnp(nodes, setting("false"))]) {
      expect(reading.policies).toHaveLength(1);
      expect(reading.unknowns.map(({ code }) => code)).toEqual(["open-policy"]);
    }
  });

  test("toGroups: isolates, and what it admits is asked of a cloud at run time", () => {
    const { policies, unknowns } = cnp("egress: [{toGroups: [{aws: {securityGroupsIds: [sg-1]}}]}]");
    expect(policies.map((policy) => [egressPeers(policy), policy.isolates.egress])).toEqual([[[], true]]);
    expect(unknowns.map(({ code, bound, selectorKeys }) => [code, bound.namespaces, selectorKeys])).toEqual([
      ["open-policy", ["shop"], ["app"]],
    ]);
  });

  test("an unknown of a clusterwide policy is bounded by the namespaces that it names", () => {
    const bound = (selector: string) =>
      ccnp(`endpointSelector: ${selector}\negress: [{toGroups: [{}]}]`).unknowns.map(
        ({ bound: { namespaces } }) => namespaces,
      );
    expect(bound("{matchLabels: {io.kubernetes.pod.namespace: data}}")).toEqual([["data"]]);
    expect(bound("{}")).toEqual([null]);
  });

  test("an unknown is the same on both sides where what is open is, whatever else changes", () => {
    const digest = (rules: string) => cnp(`egress: [${rules}]`).unknowns[0]?.digest;
    const group = "{toGroups: [{aws: {securityGroupsIds: [sg-1]}}]}";
    expect(digest(`${group}, {toEntities: [world]}`)).toBe(digest(group));
    expect(digest(group.replace("sg-1", "sg-2"))).not.toBe(digest(group));
  });

  test("toRequires adds to endpoints and grants nothing; releases from 1.19 do not know it", () => {
    const { policies, unknowns } = cnp(
      "egress: [{toEndpoints: [{matchLabels: {app: db}}], toRequires: [{matchLabels: {env: prod}}]}, {toRequires: [{matchLabels: {env: prod}}]}]",
    );
    const [policy] = policies;
    if (policy === undefined) throw new Error("no policy");
    expect(egressPeers(policy)).toEqual([
      {
        kind: "pods",
        namespaces: { kind: "named", name: "shop" },
        pods: [
          { key: "app", operator: "In", values: ["db"] },
          { key: "env", operator: "In", values: ["prod"] },
        ],
      },
    ]);
    expect(egressPeers(policy, 1)).toEqual([]);
    expect(unknowns.map(({ code }) => code)).toEqual(["open-policy"]);
  });
});

describe("ports (pkg/policy/api/l4.go)", () => {
  const portsOf = (written: string) =>
    ports(policyIn(cnp(`egress: [{toEntities: [world], toPorts: [{ports: [${written}]}]}]`)));

  test.each<[string, readonly string[]]>([
    ['{port: "80"}', ["TCP 80-80", "UDP 80-80", "SCTP 80-80"]],
    ['{port: "80", protocol: ANY}', ["TCP 80-80", "UDP 80-80", "SCTP 80-80"]],
    ['{port: "80", protocol: UDP}', ["UDP 80-80"]],
    ['{port: "0", protocol: TCP}', ["TCP all"]],
    ['{port: "80", endPort: 90, protocol: TCP}', ["TCP 80-90"]],
    ['{port: "80", endPort: 70, protocol: TCP}', ["TCP 80-80"]],
    ["{port: HTTP, protocol: TCP}", ["TCP http"]],
    ['{port: "0", protocol: ICMP}', []],
    ['{port: "010", protocol: TCP}', ["TCP 8-8"]],
  ])("%s: a missing protocol is any, 0 is every port, names have no case", (written, expected) => {
    expect(portsOf(written)).toEqual(expected);
  });

  test("what asks for more than ports is a rule of its own", () => {
    const policy = policyIn(
      cnp(
        'egress: [{toEntities: [world], toPorts: [{ports: [{port: "443", protocol: TCP}]}, {ports: [{port: "80", protocol: TCP}], rules: {http: [{path: /a}]}}]}]',
      ),
    );
    expect(policy.egress.map(({ application, pointer }) => [application, pointer])).toEqual([
      [undefined, "/spec/egress/0/toPorts/0"],
      [true, "/spec/egress/0/toPorts/1"],
    ]);
    expect([ports(policy), ports(policy, 1)]).toEqual([["TCP 443-443"], ["TCP 80-80"]]);
  });

  test.each([
    "{port: 80}",
    "{protocol: TCP}",
    '{port: "80", protocol: tcp}',
    '{port: "80", endPort: 70000}',
    '{port: "!"}',
  ])("%s is refused by the API server", (written) => {
    expect(unknownIn(cnp(`egress: [{toPorts: [{ports: [${written}]}]}]`)).code).toBe("invalid-policy");
  });

  test.each([
    ['ports: [{port: "65536"}]', "unable to parse port"],
    ['ports: [{port: "80"}], rules: {http: [{}]}', "L7 rules can only apply to TCP"],
    ['ports: [{port: "0", protocol: TCP}], rules: {http: [{}]}', "L7 rules can not be used when a port is 0"],
    ["rules: {dns: [{matchName: a.x}]}", "port 53 must be specified for DNS rules"],
    [
      'ports: [{port: "53", endPort: 54}], rules: {dns: [{matchName: a.x}]}',
      "DNS rules do not support port ranges",
    ],
    [
      'ports: [{port: "80", protocol: TCP}], rules: {http: [{}], dns: [{matchName: a.x}]}',
      "multiple L7 protocol rule types specified in single rule",
    ],
    ['ports: [{port: "443", protocol: TCP}], serverNames: [""]', "empty server name is not allowed"],
    [
      'ports: [{port: "443", protocol: TCP}], serverNames: [a.x], rules: {http: [{}]}',
      "ServerNames are not allowed with L7 rules without TLS termination",
    ],
  ])("%s is refused by the agent", (written, text) => {
    expect(refusal(cnp(`egress: [{toPorts: [{${written}}]}]`))).toContain(text);
  });

  test("DNS rules of ingress, and ICMP beside ports", () => {
    expect(
      refusal(cnp('ingress: [{toPorts: [{ports: [{port: "53"}], rules: {dns: [{matchName: a.x}]}}]}]')),
    ).toContain("DNS rules are not allowed on ingress");
    expect(refusal(cnp('egress: [{icmps: [{}], toPorts: [{ports: [{port: "53"}]}]}]'))).toContain(
      "the ICMPs block may only be present without ToPorts",
    );
  });
});

describe("what is refused (pkg/policy/api/rule_validation.go)", () => {
  test.each([
    ["toCIDR: [10.0.0.0/8], toEndpoints: [{}]", "combining ToCIDR and ToEndpoints"],
    ["toCIDR: [10.0.0.0/8], toEntities: [host]", "combining ToCIDR and ToEntities"],
    ["toCIDR: [10.0.0.0/8], toCIDRSet: [{cidr: 10.0.0.0/8}]", "combining ToCIDR and ToCIDRSet"],
    ["toFQDNs: [{matchName: a.x}], toEndpoints: [{}]", "combining ToEndpoints and ToFQDNs"],
    ["toServices: [{}], toEndpoints: [{}]", "combining ToEndpoints and ToServices"],
  ])("two kinds of peers in one rule: %s", (peers, text) => {
    expect(refusal(cnp(`egress: [{${peers}}, {toEntities: [world]}]`))).toContain(
      `${text} is not supported yet`,
    );
  });

  test("one bad specification is enough: none of the object is enforced", () => {
    expect(
      refusal(
        readingOf(`apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
specs:
- {endpointSelector: {}, egress: [{}]}
- {endpointSelector: {}, ingress: [{fromCIDR: [10.0.0.0/8], fromEntities: [world]}]}
`),
      ),
    ).toContain("/specs/1/ingress/0/fromEntities: ");
  });

  test.each([
    ["{matchExpressions: [{key: app, operator: In}]}", "values must be specified when operator is In"],
    ["{matchExpressions: [{key: app, operator: Exists, values: [a]}]}", "values may not be specified"],
    ['{matchLabels: {"k8s:-": a}}', "invalid label selector"],
  ])("selectors by the agent: %s", (selector, text) => {
    expect(refusal(cnp(`egress: [{toEndpoints: [${selector}]}]`))).toContain(text);
  });

  test.each([
    "{matchLabels: {app: true}}",
    "{matchLabels: {app: }}",
    "{matchExpressions: [{key: app, operator: Equals}]}",
    "{matchExpressions: [{operator: Exists}]}",
    "[]",
  ])("selectors by the API server: %s", (selector) => {
    expect(unknownIn(cnp(`egress: [{toEndpoints: [${selector}]}]`)).code).toBe("invalid-policy");
  });

  test("both selectors, none, or another version", () => {
    expect(unknownIn(ccnp("endpointSelector: {}\nnodeSelector: {}\negress: [{}]")).detail).toContain(
      "endpointSelector",
    );
    expect(unknownIn(ccnp("egress: [{}]")).bound.namespaces).toBeNull();
    const old =
      "apiVersion: cilium.io/v1\nkind: CiliumNetworkPolicy\nmetadata: {name: a, namespace: shop}\nspec: {}\n";
    expect(unknownIn(readingOf(old)).detail).toContain("no matches for kind");
  });

  test("nothing makes it throw", () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    const lists = ["egress", "egressDeny", "ingress", "ingressDeny"];
    const peers = [
      "toEndpoints",
      "toCIDRSet",
      "toFQDNs",
      "toServices",
      "toPorts",
      "toEntities",
      "fromNodes",
      "icmps",
    ];
    const spec = fc.record(
      {
        endpointSelector: fc.oneof(fc.constant({}), json),
        ...Object.fromEntries(
          lists.map((name) => [
            name,
            fc.oneof(
              json,
              fc.array(fc.dictionary(fc.constantFrom(...peers), fc.oneof(json, fc.array(json)))),
            ),
          ]),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(json, spec), fc.oneof(json, fc.array(spec)), (one, several) => {
        const object = {
          apiVersion: "cilium.io/v2",
          kind: "CiliumNetworkPolicy",
          metadata: { name: "a", namespace: "shop" },
          spec: one,
          specs: several,
        };
        expect(read(manifestOf(object), "cilium", [manifest(DNS)])).not.toBeNull();
      }),
      { numRuns: 300 },
    );
  });
});
