import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Profile } from "../../src/config/config.ts";
import { memoryCache } from "../../src/engine/cache.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { reviewTrees } from "../review-case.ts";
import { treeOf } from "../targets/tree-of.ts";

/**
 * Spellings of "anywhere", and what comes near it and is not: a wildcard is judged on what all rules admit together, whatever
 * the dialect and however it is cut.
 */

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ cache: memoryCache() });
});
afterAll(() => engine.close());

const WILDCARDS = ["EGR-201", "EGR-202", "EGR-203"];

interface Change {
  readonly profile: Profile;
  readonly base: string;
  readonly head: string;
}

/** The rules that find something of that severity, of those that are asked for, sorted. */
async function found(
  { profile, base, head }: Change,
  severity: "block" | "warn",
  rules: readonly string[],
): Promise<readonly string[]> {
  const [before, after] = [base, head].map((text) => treeOf({ "all.yaml": `${WORKLOADS}${text}` }));
  if (before === undefined || after === undefined) throw new Error("two trees");
  const { findings, unknowns } = await reviewTrees(engine, before, after, { profile });
  expect(unknowns.map(({ reason }) => reason)).toEqual([]);
  const wanted = findings.filter((one) => one.severity === severity && rules.includes(one.rule));
  return [...new Set(wanted.map(({ rule }) => rule))].sort();
}

const WORKLOADS = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: shop}}
---
apiVersion: v1
kind: Namespace
metadata: {name: data, labels: {team: data}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example.com/web:1"}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: data}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "registry.example.com/db:1"}]}
`;

function object(
  apiVersion: string,
  kind: string,
  name: string,
  namespace: string | null,
  spec: string,
): string {
  const place = namespace === null ? "" : `, namespace: ${namespace}`;
  return `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}${place}}\nspec: ${spec}\n`;
}

const networkPolicy = (egress: string, name = "rules") =>
  object(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    name,
    "shop",
    `{podSelector: {}, policyTypes: [Egress], egress: ${egress}}`,
  );
const DENY = networkPolicy("[]", "deny");

/** A NetworkPolicy beside a default deny. */
function standard(egress: string, before: string | null = null): Change {
  const base = before === null ? DENY : DENY + networkPolicy(before);
  return { profile: "kubernetes", base, head: DENY + networkPolicy(egress) };
}

/** Two NetworkPolicies, each with a half. */
function two(one: string, other: string): Change {
  const head = DENY + networkPolicy(one, "one") + networkPolicy(other, "other");
  return { profile: "kubernetes", base: DENY, head };
}

const blocks = (cidrs: readonly string[]) =>
  `[{to: [${cidrs.map((cidr) => `{ipBlock: {cidr: "${cidr}"}}`).join(", ")}]}]`;
const block = (cidr: string, except: readonly string[]) =>
  `[{to: [{ipBlock: {cidr: "${cidr}", except: [${except.map((one) => `"${one}"`).join(", ")}]}}]}]`;
const namespaces = (selector: string, pods = "") =>
  `[{to: [{namespaceSelector: ${selector}${pods === "" ? "" : `, podSelector: ${pods}`}}], ports: [{port: 443}]}]`;
const where = (key: string, operator: string, values = "") =>
  `{matchExpressions: [{key: ${key}, operator: ${operator}${values === "" ? "" : `, values: [${values}]`}}]}`;
const NAME = "kubernetes.io/metadata.name";
const each = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const adminPolicy = (egress: string, name = "rules", priority = 10) =>
  object(
    "policy.networking.k8s.io/v1alpha1",
    "AdminNetworkPolicy",
    name,
    null,
    `{priority: ${priority}, subject: {namespaces: {}}, egress: ${egress}}`,
  );
const admin = (egress: string): Change => ({
  profile: "kubernetes",
  base: DENY,
  head: DENY + adminPolicy(egress),
});
const clusterPolicy = (egress: string): Change => ({
  profile: "kubernetes",
  base: DENY,
  head:
    DENY +
    object(
      "policy.networking.k8s.io/v1alpha2",
      "ClusterNetworkPolicy",
      "rules",
      null,
      `{tier: Admin, priority: 10, subject: {namespaces: {}}, egress: ${egress}}`,
    ),
});

const calicoObject = (kind: string, name: string, spec: string, namespace: string | null = null) =>
  object("projectcalico.org/v3", kind, name, namespace, spec);
const CALICO_DENY = calicoObject("GlobalNetworkPolicy", "deny", "{types: [Egress]}");
const calico = (rules: string, more = ""): Change => ({
  profile: "calico",
  base: CALICO_DENY + more,
  head:
    CALICO_DENY + more + calicoObject("GlobalNetworkPolicy", "rules", `{types: [Egress], egress: ${rules}}`),
});

const antreaObject = (kind: string, name: string, spec: string) =>
  object("crd.antrea.io/v1beta1", kind, name, null, spec);
const ANTREA_DENY = antreaObject(
  "ClusterNetworkPolicy",
  "deny",
  "{priority: 90, appliedTo: [{namespaceSelector: {}}], egress: [{action: Drop}]}",
);
const antrea = (rules: string): Change => ({
  profile: "antrea",
  base: ANTREA_DENY,
  head:
    ANTREA_DENY +
    antreaObject(
      "ClusterNetworkPolicy",
      "rules",
      `{priority: 5, appliedTo: [{namespaceSelector: {}}], egress: ${rules}}`,
    ),
});

const ciliumObject = (kind: string, name: string, namespace: string | null, spec: string) =>
  object("cilium.io/v2", kind, name, namespace, spec);
const CILIUM_DENY = ciliumObject(
  "CiliumClusterwideNetworkPolicy",
  "deny",
  null,
  "{endpointSelector: {}, egress: [{}]}",
);
const cilium = (rules: string, kind = "CiliumNetworkPolicy"): Change => ({
  profile: "cilium",
  base: CILIUM_DENY,
  head:
    CILIUM_DENY +
    ciliumObject(
      kind,
      "rules",
      kind === "CiliumNetworkPolicy" ? "shop" : null,
      `{endpointSelector: {}, egress: ${rules}}`,
    ),
});
const clusterwide = (rules: string) => cilium(rules, "CiliumClusterwideNetworkPolicy");
/** Without its DNS rule a rule about names never opens (Documentation/security/policy/language.rst of cilium/cilium). */
const ciliumNames = (names: string, ports = "[{ports: [{port: '443'}]}]") =>
  cilium(
    `[{toFQDNs: [${names}], toPorts: ${ports}}, {toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, k8s-app: kube-dns}}], toPorts: [{ports: [{port: '53', protocol: ANY}], rules: {dns: [{matchPattern: '*'}]}}]}]`,
  );

const firewall = (rules: string) =>
  object("k8s.ovn.org/v1", "EgressFirewall", "default", "shop", `{egress: ${rules}}`);
const CLOSED = '{type: Deny, to: {cidrSelector: "0.0.0.0/0"}}';
const throughFirewall = (rules: string): Change => ({
  profile: "ovn-kubernetes",
  base: firewall(`[${CLOSED}]`),
  head: firewall(`[${rules}, ${CLOSED}]`),
});

const ANYWHERE: readonly (readonly [spelling: string, change: Change, expected: readonly string[]])[] = [
  // NetworkPolicy: the API says that missing and empty lists of peers mean every destination.
  ["an empty rule", standard("[{}]"), ["EGR-201", "EGR-203"]],
  ["an empty list of destinations", standard("[{to: []}]"), ["EGR-201", "EGR-203"]],
  ["a port alone", standard("[{ports: [{port: 443}]}]"), ["EGR-201", "EGR-203"]],
  ["0.0.0.0/0", standard(blocks(["0.0.0.0/0"])), ["EGR-202"]],
  ["::/0", standard(blocks(["::/0"])), ["EGR-202"]],
  ["two halves in one rule", standard(blocks(["0.0.0.0/1", "128.0.0.0/1"])), ["EGR-202"]],
  ["two halves in two policies", two(blocks(["0.0.0.0/1"]), blocks(["128.0.0.0/1"])), ["EGR-202"]],
  [
    "the half that was missing",
    standard(blocks(["128.0.0.0/1", "0.0.0.0/1"]), blocks(["128.0.0.0/1"])),
    ["EGR-202"],
  ],
  ["sixteen /4", standard(blocks(each(16, (index) => `${index * 16}.0.0.0/4`))), ["EGR-202"]],
  ["every /8", standard(blocks(each(256, (index) => `${index}.0.0.0/8`))), ["EGR-202"]],
  ["everything except one address", standard(block("0.0.0.0/0", ["198.51.100.7/32"])), ["EGR-202"]],
  [
    "everything except what is private",
    standard(block("0.0.0.0/0", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"])),
    ["EGR-202"],
  ],
  [
    "each half except what the other one is not",
    two(block("0.0.0.0/0", ["0.0.0.0/1"]), block("0.0.0.0/0", ["128.0.0.0/1"])),
    ["EGR-202"],
  ],
  ["all of IPv4 through NAT64", standard(blocks(["64:ff9b::/96"])), ["EGR-202"]],
  ["all of IPv4 through 6to4", standard(blocks(["2002::/16"])), ["EGR-202"]],
  ["all of IPv4, mapped", standard(blocks(["::ffff:0:0/96"])), ["EGR-202"]],
  ["global unicast", standard(blocks(["2000::/3"])), ["EGR-202"]],
  ["wider than any /8", standard(blocks(["8.0.0.0/7"])), ["EGR-202"]],
  ["every namespace", standard(namespaces("{}")), ["EGR-203"]],
  ["every pod of every namespace", standard(namespaces("{}", "{}")), ["EGR-203"]],
  ["a namespace with any name", standard(namespaces(where(NAME, "Exists"))), ["EGR-203"]],
  ["every namespace but one", standard(namespaces(where(NAME, "NotIn", "kube-system"))), ["EGR-203"]],
  [
    "pods with a label and pods without it",
    two(namespaces("{}", where("app", "Exists")), namespaces("{}", where("app", "DoesNotExist"))),
    ["EGR-203"],
  ],
  [
    "namespaces with a label and namespaces without it",
    two(namespaces(where("team", "In", "a")), namespaces(where("team", "NotIn", "a"))),
    ["EGR-203"],
  ],
  // AdminNetworkPolicy and ClusterNetworkPolicy: asked before any NetworkPolicy.
  ["an administrator's block", admin('[{action: Allow, to: [{networks: ["0.0.0.0/0"]}]}]'), ["EGR-202"]],
  [
    "an administrator's halves",
    admin(
      '[{action: Allow, to: [{networks: ["0.0.0.0/1"]}]}, {action: Allow, to: [{networks: ["128.0.0.0/1"]}]}]',
    ),
    ["EGR-202"],
  ],
  ["an administrator's namespaces", admin("[{action: Allow, to: [{namespaces: {}}]}]"), ["EGR-203"]],
  [
    "an administrator's networks of both versions",
    clusterPolicy('[{action: Accept, to: [{networks: ["0.0.0.0/0", "::/0"]}]}]'),
    ["EGR-202"],
  ],
  // Calico: a rule without a destination, complements, sets by label.
  ["Calico, allow", calico("[{action: Allow}]"), ["EGR-201", "EGR-203"]],
  [
    "Calico, a port alone",
    calico("[{action: Allow, protocol: TCP, destination: {ports: [443]}}]"),
    ["EGR-201", "EGR-203"],
  ],
  ["Calico, nets", calico('[{action: Allow, destination: {nets: ["0.0.0.0/0"]}}]'), ["EGR-202"]],
  [
    "Calico, none of some nets",
    calico('[{action: Allow, destination: {notNets: ["10.0.0.0/8"]}}]'),
    ["EGR-202"],
  ],
  [
    "Calico, none of some ports",
    calico("[{action: Allow, protocol: TCP, destination: {notPorts: [25]}}]"),
    ["EGR-201", "EGR-203"],
  ],
  [
    "Calico, all namespaces",
    calico('[{action: Allow, destination: {namespaceSelector: "all()"}}]'),
    ["EGR-203"],
  ],
  [
    "Calico, a set of halves",
    calico(
      "[{action: Allow, destination: {selector: role == 'partner'}}]",
      '---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\nmetadata: {name: partner, labels: {role: partner}}\nspec: {nets: ["0.0.0.0/1", "128.0.0.0/1"]}\n',
    ),
    ["EGR-202"],
  ],
  // Antrea: an empty list of destinations is any; a name is an expression.
  ["Antrea, allow", antrea("[{action: Allow}]"), ["EGR-201", "EGR-203"]],
  ["Antrea, a block", antrea("[{action: Allow, to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]"), ["EGR-202"]],
  ["Antrea, every name", antrea('[{action: Allow, to: [{fqdn: "*"}]}]'), ["EGR-201"]],
  ["Antrea, all namespaces", antrea("[{action: Allow, to: [{namespaceSelector: {}}]}]"), ["EGR-203"]],
  // Cilium: entities, ports alone, every name.
  ["Cilium, all", cilium("[{toEntities: [all]}]"), ["EGR-201", "EGR-203"]],
  ["Cilium, the world", cilium("[{toEntities: [world]}]"), ["EGR-202"]],
  ["Cilium, a block", cilium("[{toCIDR: [0.0.0.0/0]}]"), ["EGR-202"]],
  ["Cilium, halves", cilium("[{toCIDRSet: [{cidr: 0.0.0.0/1}, {cidr: 128.0.0.0/1}]}]"), ["EGR-202"]],
  [
    "Cilium, everything except one address",
    cilium("[{toCIDRSet: [{cidr: 0.0.0.0/0, except: [198.51.100.7/32]}]}]"),
    ["EGR-202"],
  ],
  ["Cilium, a port alone", cilium("[{toPorts: [{ports: [{port: '443'}]}]}]"), ["EGR-201", "EGR-203"]],
  ["Cilium, the cluster", cilium("[{toEntities: [cluster]}]"), ["EGR-203"]],
  ["Cilium, every endpoint", clusterwide("[{toEndpoints: [{}]}]"), ["EGR-203"]],
  ["Cilium, every name", ciliumNames("{matchPattern: '*'}"), ["EGR-201"]],
  // An EgressFirewall: the first rule that matches decides.
  [
    "a firewall that allows first",
    throughFirewall('{type: Allow, to: {cidrSelector: "0.0.0.0/0"}}'),
    ["EGR-202"],
  ],
  [
    "a firewall that allows both halves first",
    throughFirewall(
      '{type: Allow, to: {cidrSelector: "0.0.0.0/1"}}, {type: Allow, to: {cidrSelector: "128.0.0.0/1"}}',
    ),
    ["EGR-202"],
  ],
];

const NEAR: readonly (readonly [spelling: string, change: Change])[] = [
  ["no rules at all", standard("[]")],
  ["private addresses", standard(blocks(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]))],
  ["multicast and reserved addresses", standard(blocks(["224.0.0.0/4", "240.0.0.0/4"]))],
  ["shared and this network", standard(blocks(["100.64.0.0/10", "0.0.0.0/8"]))],
  ["one public /8", standard(blocks(["8.0.0.0/8"]))],
  ["two /8 that are no /7", standard(blocks(["9.0.0.0/8", "8.0.0.0/9"]))],
  ["one address", standard(blocks(["198.51.100.7/32"]))],
  ["unique local addresses", standard(blocks(["fc00::/7"]))],
  ["link-local addresses", standard(blocks(["fe80::/10"]))],
  ["a public /12 of IPv6", standard(blocks(["2400::/12"]))],
  ["private addresses through NAT64", standard(blocks(["64:ff9b::a00:0/104"]))],
  ["private addresses through 6to4", standard(blocks(["2002:a00::/24"]))],
  ["everything except everything public", standard(block("0.0.0.0/0", ["0.0.0.0/1", "128.0.0.0/1"]))],
  ["what was open before", standard("[{}]", "[{}]")],
  ["less than before", standard(blocks(["8.0.0.0/8"]), "[{}]")],
  ["the own namespace", standard("[{to: [{podSelector: {}}]}]")],
  ["one namespace", standard(namespaces(`{matchLabels: {${NAME}: data}}`))],
  ["every namespace with a label", standard(namespaces("{matchLabels: {team: data}}"))],
  ["some pods of every namespace", standard(namespaces("{}", "{matchLabels: {app: db}}"))],
  [
    "pods with a label and some without it",
    two(namespaces("{}", where("app", "Exists")), namespaces("{}", "{matchLabels: {tier: db}}")),
  ],
  [
    "both halves, at different ports",
    two(
      namespaces("{}", where("app", "Exists")),
      namespaces("{}", where("app", "DoesNotExist")).replace("443", "80"),
    ),
  ],
  ["every pod, for names", standard(namespaces("{}").replace("443", "53"))],
  ["an administrator's denial", admin('[{action: Deny, to: [{networks: ["0.0.0.0/0"]}]}]')],
  ["an administrator passes", admin('[{action: Pass, to: [{networks: ["0.0.0.0/0"]}]}]')],
  ["an administrator's private block", admin('[{action: Allow, to: [{networks: ["10.0.0.0/8"]}]}]')],
  [
    "an administrator's one namespace",
    admin("[{action: Allow, to: [{namespaces: {matchLabels: {team: data}}}]}]"),
  ],
  ["a name", clusterPolicy('[{action: Accept, to: [{domainNames: ["api.example.com"]}]}]')],
  ["names of one domain", clusterPolicy('[{action: Accept, to: [{domainNames: ["*.example.com"]}]}]')],
  ["Calico, logged", calico("[{action: Log}]")],
  ["Calico, denied", calico("[{action: Deny}]")],
  [
    "Calico, none of the public nets",
    calico('[{action: Allow, destination: {nets: ["10.0.0.0/8"], notNets: ["10.1.0.0/16"]}}]'),
  ],
  ["Calico, some pods", calico("[{action: Allow, destination: {selector: app == 'db'}}]")],
  [
    "Calico, staged",
    {
      profile: "calico",
      base: CALICO_DENY,
      head:
        CALICO_DENY +
        calicoObject("StagedGlobalNetworkPolicy", "rules", "{types: [Egress], egress: [{action: Allow}]}"),
    },
  ],
  ["Antrea, a name", antrea('[{action: Allow, to: [{fqdn: "api.example.com"}]}]')],
  ["Antrea, names of one domain", antrea('[{action: Allow, to: [{fqdn: "*.example.com"}]}]')],
  ["Antrea, rejected", antrea("[{action: Reject}]")],
  // The same words as NetworkPolicy's that allows everything: there they deny everything.
  ["Cilium, an empty rule", cilium("[{}]")],
  ["Cilium, no endpoints", cilium("[{toEndpoints: []}]")],
  ["Cilium, endpoints of the own namespace", cilium("[{toEndpoints: [{}]}]")],
  ["Cilium, the own node", cilium("[{toEntities: [host]}]")],
  ["Cilium, the API server", cilium("[{toEntities: [kube-apiserver], toPorts: [{ports: [{port: '443'}]}]}]")],
  ["Cilium, a name", ciliumNames("{matchName: api.example.com}")],
  ["Cilium, names of one domain", ciliumNames("{matchPattern: '*.example.com'}")],
  ["Cilium, a private block", cilium("[{toCIDR: [10.0.0.0/8]}]")],
  [
    "a firewall that allows a network first",
    throughFirewall('{type: Allow, to: {cidrSelector: "198.51.100.0/24"}}'),
  ],
  ["a firewall that allows a name first", throughFirewall('{type: Allow, to: {dnsName: "api.example.com"}}')],
];

describe("anywhere", () => {
  test.each(ANYWHERE)("%s", async (_, change, expected) => {
    expect(await found(change, "block", WILDCARDS)).toEqual(expected);
  });
});

describe("nearly anywhere", () => {
  test.each(NEAR)("%s", async (_, change) => {
    expect(await found(change, "block", WILDCARDS)).toEqual([]);
  });
});

describe("names, nodes and the API server are destinations as others are", () => {
  const names = (name: string, ports = "") =>
    antrea(`[{action: Allow, to: [{fqdn: "${name}"}]${ports === "" ? "" : `, ports: ${ports}`}}]`);
  const RULES = [...WILDCARDS, "EGR-204", "EGR-301"];
  const HTTPS = "[{protocol: TCP, port: 443}]";

  test.each([
    ["a name at one port", names("api.example.com", HTTPS), []],
    ["a name at every port", names("api.example.com"), ["EGR-204"]],
    [
      "a name at ports that are every port together",
      names(
        "api.example.com",
        "[{protocol: TCP, port: 1, endPort: 40000}, {protocol: TCP, port: 40001, endPort: 65535}]",
      ),
      ["EGR-204"],
    ],
    ["the name of a metadata service", names("metadata.google.internal", HTTPS), ["EGR-301"]],
    ["names among which it is", names("*.internal", HTTPS), ["EGR-301"]],
    ["every name", names("*", HTTPS), ["EGR-201", "EGR-301"]],
    [
      "every name, beside some names at another port",
      antrea(
        `[{action: Allow, to: [{fqdn: "*a*"}], ports: ${HTTPS}}, {action: Allow, to: [{fqdn: "*"}], ports: [{protocol: TCP, port: 80}]}]`,
      ),
      ["EGR-201", "EGR-301"],
    ],
  ])("%s", async (_, change, expected) => {
    expect(await found(change, "block", RULES)).toEqual(expected);
  });

  const nodes = (...ports: readonly number[]) =>
    clusterPolicy(
      `[${ports.map((port) => `{action: Accept, to: [{nodes: {}}], protocols: [{udp: {destinationPort: {number: ${port}}}}]}`).join(", ")}]`,
    ).head;

  test("the last way to a resolver was a node", async () => {
    const lost = { profile: "kubernetes", base: nodes(53, 123), head: nodes(123) } as const;
    expect(await found(lost, "warn", ["EGR-401"])).toEqual(["EGR-401"]);
    const kept = { profile: "kubernetes", base: nodes(53, 123), head: nodes(53) } as const;
    expect(await found(kept, "warn", ["EGR-401"])).toEqual([]);
  });
});
