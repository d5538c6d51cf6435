import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { defaultConfiguration, type Profile } from "../../src/config/config.ts";
import { memoryCache } from "../../src/engine/cache.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { ask } from "../../src/pipeline/question/ask.ts";
import { isQuestionProblem, parseDestination, parseFrom } from "../../src/pipeline/question/question.ts";
import { answerText } from "../../src/report/answer/text.ts";
import { treeOf } from "../targets/tree-of.ts";
import { namespace, pod, policy } from "./small-cluster.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ cache: memoryCache() });
});
afterAll(() => engine.close());

/** What a terminal shows of one question about `shop/web`. */
async function told(
  text: string,
  to: string,
  profile: Profile,
  direction: "egress" | "both" = "egress",
): Promise<string> {
  const from = parseFrom("shop/Pod/web");
  const destination = parseDestination(to);
  if (isQuestionProblem(from) || isQuestionProblem(destination)) throw new Error(to);
  const answer = await ask(
    { tree: treeOf({ "all.yaml": PODS + text }) },
    { from, ...destination, direction },
    { config: defaultConfiguration, profile, engine },
  );
  if (isQuestionProblem(answer)) throw new Error(answer.sentence);
  return answerText(answer, { columns: 200 });
}

/** Without what was assumed, without lines of files, blanks as one: the sentence, the rows, the nearest rule. */
async function walk(...asked: Parameters<typeof told>): Promise<readonly string[]> {
  const text = await told(...asked);
  const end = text.search(/\n\n?(Opens|Assumed)/);
  const lines = text.slice(0, end).split("\n").slice(2);
  return lines
    .filter((line) => !line.startsWith("Policy "))
    .map((line) =>
      line
        .replace(/( at)? (A|all\.yaml):\d+/g, "")
        .replace(/ +/g, " ")
        .trim(),
    );
}

const PODS =
  namespace("shop") +
  namespace("data") +
  pod("shop", "web", { labels: "{app: web}", ip: "10.0.0.1", node: "192.168.0.1" }) +
  pod("data", "db", { labels: "{app: db}", ip: "10.0.0.2", node: "192.168.0.2" });

const object = (apiVersion: string, kind: string, name: string, spec: string, within = "") => `---
apiVersion: ${apiVersion}
kind: ${kind}
metadata: {name: ${name}${within === "" ? "" : `, namespace: ${within}`}}
spec: ${spec}
`;

describe("tier after tier (network-policy-api: Admin before NetworkPolicy, first match, Pass leaves the tier)", () => {
  const SHOP = "{namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}";
  const DATA = "[{namespaces: {matchLabels: {kubernetes.io/metadata.name: data}}}]";
  const text =
    object(
      "policy.networking.k8s.io/v1alpha1",
      "AdminNetworkPolicy",
      "inside",
      `{priority: 10, subject: ${SHOP}, egress: [
        {action: Pass, to: ${DATA}, ports: [{portNumber: {protocol: TCP, port: 5432}}]},
        {action: Deny, to: ${DATA}},
        {action: Allow, to: [{domainNames: ["*.example.com"]}]},
      ]}`,
    ) +
    policy(
      "shop",
      "pods",
      "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}",
    );

  test("a rule that leaves it to the next tier", async () => {
    expect(await walk(text, "data/db:5432", "kubernetes")).toEqual([
      "allow",
      "Egress: 2 policies select it for egress; pods admits it.",
      "admin 10 · inside passes on every pod of data: TCP 5432 yes, left to the next tier",
      "same, denies every pod of data, every port yes, but is not asked any more",
      "same, *.example.com, every port port yes, peer no",
      "network-policy · pods 10.0.0.0/8, every port yes, admits it",
    ]);
  });

  test("a rule that denies, and what comes too late", async () => {
    expect(await walk(text, "data/db:80", "kubernetes")).toEqual([
      "deny",
      "Egress: 2 policies select it for egress; inside denies it.",
      "admin 10 · inside passes on every pod of data: TCP 5432 port no, peer yes",
      "same, denies every pod of data, every port yes, denies it",
      "same, *.example.com, every port port yes, peer no",
      "network-policy · pods 10.0.0.0/8, every port yes, but is not asked any more",
    ]);
  });

  test("a name", async () => {
    expect(await walk(text, "api.example.com:443", "kubernetes")).toEqual([
      "allow",
      "Egress: 2 policies select it for egress; inside admits it.",
      "admin 10 · inside passes on every pod of data: TCP 5432 no: port, peer",
      "same, denies every pod of data, every port port yes, peer no",
      "same, *.example.com, every port yes, admits it",
      "network-policy · pods 10.0.0.0/8, every port port yes, peer no",
    ]);
  });

  test("of what nothing admits the nearest rule", async () => {
    expect(await walk(text, "192.168.0.2:443", "kubernetes")).toEqual([
      "deny",
      "Egress: 2 policies select it for egress; no rule matches.",
      "admin 10 · inside passes on every pod of data: TCP 5432 no: port, peer",
      "same, denies every pod of data, every port port yes, peer no",
      "same, *.example.com, every port port yes, peer no",
      "network-policy · pods 10.0.0.0/8, every port port yes, peer no",
      "Nearest: inside. It admits addresses that were looked up as *.example.com; no name was asked for.",
    ]);
  });

  test("where the CNI does not read a kind, it does nothing, and the answer says so", async () => {
    expect(await walk(text, "data/db:80", "aws-vpc-cni")).toEqual([
      "allow",
      "Egress: 1 policy selects it for egress; pods admits it.",
      "pods 10.0.0.0/8, every port yes, admits it",
    ]);
    expect(await told(text, "data/db:80", "aws-vpc-cni")).toContain(
      "profile aws-vpc-cni does not read AdminNetworkPolicy inside: they protect nothing",
    );
  });
});

describe("Cilium", () => {
  const BLOCKS = policy(
    "shop",
    "blocks",
    "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}",
  );

  test("a block never matches a pod, nor a node (docs.cilium.io: policyCIDRMatchMode)", async () => {
    expect(await walk(BLOCKS, "10.0.0.2:443", "cilium")).toEqual([
      "deny",
      "Egress: 1 policy selects it for egress; no rule matches.",
      "blocks every IPv4 address, every port port yes, peer no",
      "Nearest: blocks. Who enforces policies here never matches a pod by its address: 0.0.0.0/0 is for addresses",
      "outside the cluster.",
    ]);
    expect(await walk(BLOCKS, "192.168.0.2:443", "cilium")).toEqual([
      "deny",
      "Egress: 1 policy selects it for egress; no rule matches.",
      "blocks every IPv4 address, every port port yes, peer no",
      "Nearest: blocks. Who enforces policies here never matches a node by its address: 0.0.0.0/0 is for addresses",
      "outside the cluster.",
    ]);
    expect(await walk(BLOCKS, "198.51.100.7:443", "cilium")).toEqual([
      "allow",
      "Egress: 1 policy selects it for egress; blocks admits it.",
      "blocks every IPv4 address, every port yes, admits it",
    ]);
  });

  const NAMES = object(
    "cilium.io/v2",
    "CiliumNetworkPolicy",
    "names",
    `{endpointSelector: {}, egress: [
      {toEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: kube-system}}], toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]},
      {toFQDNs: [{matchName: api.example.com}], toPorts: [{ports: [{port: "443", protocol: TCP}]}]},
      {toEntities: [kube-apiserver]},
    ], egressDeny: [{toEntities: [host]}]}`,
    "shop",
  );

  test("names", async () => {
    expect(await walk(NAMES, "api.example.com:443", "cilium")).toEqual([
      "allow",
      "Egress: 1 policy selects it for egress; names admits it.",
      "names every pod of kube-system: DNS (53) (with conditions on HTTP or DNS) no: port, peer",
      "same, api.example.com: TCP 443 yes, admits it",
      "same, the API server, every port port yes, peer no",
      "same, denies its own node, every port port yes, peer no",
    ]);
    expect(await walk(NAMES, "www.example.com:443", "cilium")).toEqual([
      "deny",
      "Egress: 1 policy selects it for egress; no rule matches.",
      "names every pod of kube-system: DNS (53) (with conditions on HTTP or DNS) no: port, peer",
      "same, api.example.com: TCP 443 port yes, peer no",
      "same, the API server, every port port yes, peer no",
      "same, denies its own node, every port port yes, peer no",
      "Nearest: names. It is about api.example.com, and www.example.com is no such name.",
    ]);
    expect(await walk(NAMES, "198.51.100.7:443", "cilium")).toEqual([
      "unknown",
      "Egress: 1 policy selects it for egress; whether the address is the API server's or a node's does not stand in Git.",
      "names every pod of kube-system: DNS (53) (with conditions on HTTP or DNS) no: port, peer",
      "same, api.example.com: TCP 443 port yes, peer no",
      "same, the API server, every port port yes, peer no",
      "same, denies its own node, every port port yes, peer no",
    ]);
  });
});

describe("an address that nothing in Git has may be the API server's or a node's", () => {
  const egress = (rules: string) =>
    object("cilium.io/v2", "CiliumNetworkPolicy", "out", `{endpointSelector: {}, ${rules}}`, "shop");
  const nodes = (action: string) =>
    object(
      "policy.networking.k8s.io/v1alpha1",
      "AdminNetworkPolicy",
      "nodes",
      `{priority: 1, subject: {namespaces: {}}, egress: [{action: ${action}, to: [{nodes: {}}]}]}`,
    ) + policy("shop", "deny", "{podSelector: {}, policyTypes: [Egress]}");
  const node = (labels: string) => `---
apiVersion: v1
kind: Node
metadata: {name: one, labels: ${labels}}
status: {addresses: [{type: InternalIP, address: 192.168.0.9}]}
`;
  const kubernetes = `---
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{port: 443, targetPort: 6443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv4
ports: [{port: 6443, protocol: TCP}]
endpoints: [{addresses: [192.168.0.9]}]
`;
  const server = egress("egress: [{toEntities: [kube-apiserver]}]");
  const block = egress("egress: [{toCIDR: [10.0.0.0/8]}]");
  test.each<readonly [what: string, text: string, to: string, profile: Profile, verdict: string]>([
    ["the API server is admitted", server, "10.96.0.1:443", "cilium", "unknown"],
    [
      "and its port is not",
      egress(`egress: [{toEntities: [kube-apiserver], toPorts: [{ports: [{port: "6443"}]}]}]`),
      "10.96.0.1:443",
      "cilium",
      "deny",
    ],
    ["it is the API server's", server + kubernetes, "10.96.0.1:443", "cilium", "allow"],
    ["it is the API server's node", server + kubernetes + node("{}"), "192.168.0.9:6443", "cilium", "allow"],
    ["it is a node, and nothing says which", server, "192.168.0.2:6443", "cilium", "unknown"],
    [
      "it is a node of the control plane",
      server + node('{node-role.kubernetes.io/control-plane: ""}'),
      "192.168.0.9:6443",
      "cilium",
      "unknown",
    ],
    ["it is another node", server + node("{}"), "192.168.0.9:6443", "cilium", "deny"],
    [
      "nodes are admitted",
      egress("egress: [{toEntities: [remote-node]}]"),
      "192.168.0.9:443",
      "cilium",
      "unknown",
    ],
    [
      "nodes are denied",
      egress("egress: [{toEntities: [all]}], egressDeny: [{toEntities: [remote-node]}]"),
      "192.168.0.9:443",
      "cilium",
      "unknown",
    ],
    // Whoever asks for a number that a block holds asks for that block.
    ["a block admits it", block, "10.1.2.3:443", "cilium", "allow"],
    ["no rule is about it", block, "192.0.2.1:443", "cilium", "deny"],
    ["the administrators admit nodes", nodes("Allow"), "192.168.0.9:443", "kubernetes", "unknown"],
    ["the administrators deny nodes", nodes("Deny"), "192.168.0.9:443", "kubernetes", "deny"],
  ])("%s", async (_, text, to, profile, verdict) => {
    expect((await walk(text, to, profile))[0]).toBe(verdict);
  });
});

describe("Calico: tiers by order, and an end of the tier that denies", () => {
  const text =
    object("projectcalico.org/v3", "Tier", "security", "{order: 100}") +
    object(
      "projectcalico.org/v3",
      "GlobalNetworkPolicy",
      "security.no-data",
      `{tier: security, order: 10, selector: "app == 'web'", types: [Egress], egress: [
        {action: Deny, destination: {namespaceSelector: "projectcalico.org/name == 'data'"}},
        {action: Pass},
      ]}`,
    ) +
    policy("shop", "deny", "{podSelector: {}, policyTypes: [Egress]}");

  test("the walk", async () => {
    expect(await walk(text, "data/db:80", "calico")).toEqual([
      "deny",
      "Egress: 2 policies select it for egress; security.no-data denies it.",
      "security 10 · security.no-data denies every pod of data, every port yes, denies it",
      "same, passes on every destination, every port yes, but is not asked any more",
      "default 1000 · deny nothing isolates",
    ]);
    expect(await walk(text, "198.51.100.7:443", "calico")).toEqual([
      "deny",
      "Egress: 2 policies select it for egress; no rule matches.",
      "security 10 · security.no-data denies every pod of data, every port port yes, peer no",
      "same, passes on every destination, every port yes, left to the next tier",
      "default 1000 · deny nothing isolates",
    ]);
  });
});

describe("OVN-Kubernetes: a firewall for what leaves the cluster", () => {
  const text = object(
    "k8s.ovn.org/v1",
    "EgressFirewall",
    "default",
    `{egress: [{type: Allow, to: {dnsName: api.example.com}}, {type: Deny, to: {cidrSelector: 0.0.0.0/0}}]}`,
    "shop",
  );

  test("the walk", async () => {
    expect(await walk(text, "api.example.com:443", "ovn-kubernetes")).toEqual([
      "allow",
      "Egress: 1 policy selects it for egress; default admits it.",
      "egress-firewall · default api.example.com, every port yes, admits it",
      "same, denies every IPv4 address, every port yes, but is not asked any more",
    ]);
    expect(await walk(text, "198.51.100.7:443", "ovn-kubernetes")).toEqual([
      "deny",
      "Egress: 1 policy selects it for egress; default denies it.",
      "egress-firewall · default api.example.com, every port port yes, peer no",
      "same, denies every IPv4 address, every port yes, denies it",
    ]);
    expect(await walk(text, "data/db:80", "ovn-kubernetes")).toEqual([
      "allow",
      "Egress: 1 policy selects it for egress; no rule decides it, and none of them denies what no rule admits; Kubernetes then",
      "allows it.",
      "egress-firewall · default api.example.com, every port port yes, peer no",
      "same, denies every IPv4 address, every port port yes, peer no",
    ]);
  });
});

test("both directions are told one after the other", async () => {
  const text = policy("data", "closed", "{podSelector: {}, policyTypes: [Ingress]}");
  expect(await walk(text, "data/db:80", "cilium", "both")).toEqual([
    "deny",
    "Egress: No policy selects this pod for egress; Kubernetes then allows everything.",
    "Ingress: 1 policy selects data/Pod/db for ingress; no rule matches.",
    "closed nothing isolates",
  ]);
});
