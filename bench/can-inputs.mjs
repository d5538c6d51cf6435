/**
 * Writes small clusters with questions for `can --batch`: `node bench/can-inputs.mjs DIR [CLUSTERS] [QUESTIONS]`. One after
 * the other they are of each CNI, with policies of its own dialects beside NetworkPolicy. The same arguments give the same
 * bytes.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

const [folder, clusters = "500", questions = "60"] = process.argv.slice(2);
if (folder === undefined) throw new Error("node bench/can-inputs.mjs DIR [CLUSTERS] [QUESTIONS]");

/** Of each CNI policies of its own dialects beside NetworkPolicy. */
const DIALECTS = [
  ["kubernetes", adminPolicy],
  ["calico", calicoPolicy],
  ["cilium", ciliumPolicy],
  ["antrea", antreaPolicy],
  ["ovn-kubernetes", egressFirewall],
];

const lines = [];
for (let number = 0; number < Number(clusters); number++) {
  const random = mixer(number + 1);
  const cluster = clusterOf(random, number);
  const dir = join(folder, `cluster-${number}`);
  mkdirSync(join(dir, "manifests"), { recursive: true });
  writeFileSync(
    join(dir, "manifests", "all.yaml"),
    cluster.objects.map((object) => stringify(object)).join("---\n"),
  );
  const asked = Array.from({ length: Number(questions) }, (_, id) => question(random, cluster, id));
  writeFileSync(join(dir, "queries.jsonl"), asked.map((one) => `${JSON.stringify(one)}\n`).join(""));
  lines.push({ dir: join(dir, "manifests"), queries: join(dir, "queries.jsonl"), profile: cluster.profile });
}
writeFileSync(join(folder, "batch.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));

/** @param {Random} random @param {string[]} namespaces @param {number} index */
function adminPolicy(random, namespaces, index) {
  return {
    apiVersion: "policy.networking.k8s.io/v1alpha1",
    kind: "AdminNetworkPolicy",
    metadata: { name: `admin-${index}` },
    spec: {
      priority: index,
      subject: { namespaces: { matchLabels: { team: random.pick(namespaces) } } },
      egress: [
        {
          action: random.pick(["Allow", "Deny", "Pass"]),
          to: [
            random.pick([
              { namespaces: { matchLabels: { team: random.pick(namespaces) } } },
              { networks: ["10.0.0.0/15"] },
            ]),
          ],
          ports: [{ portNumber: { protocol: "TCP", port: random.pick([80, 443, 8080]) } }],
        },
      ],
    },
  };
}

function calicoPolicy(random, namespaces, index) {
  return {
    apiVersion: "projectcalico.org/v3",
    kind: "GlobalNetworkPolicy",
    metadata: { name: `global-${index}` },
    spec: {
      order: index * 300,
      selector: random.pick(["all()", "app == 'web'", "app in {'api', 'db'}"]),
      types: ["Egress"],
      egress: [
        {
          action: random.pick(["Allow", "Deny", "Pass"]),
          protocol: "TCP",
          destination: random.pick([
            { nets: ["10.0.0.0/15"], ports: [80] },
            { namespaceSelector: `team == '${random.pick(namespaces)}'` },
            { notSelector: "app == 'db'", ports: ["8000:9000"] },
          ]),
        },
      ],
    },
  };
}

function ciliumPolicy(random, namespaces, index) {
  const dns = {
    toPorts: [{ ports: [{ port: "53", protocol: "ANY" }], rules: { dns: [{ matchPattern: "*" }] } }],
  };
  return {
    apiVersion: "cilium.io/v2",
    kind: "CiliumNetworkPolicy",
    metadata: { name: `cilium-${index}`, namespace: random.pick(namespaces) },
    spec: {
      endpointSelector: random.pick([{}, { matchLabels: { app: "web" } }]),
      egress: [
        dns,
        random.pick([
          { toFQDNs: [{ matchPattern: "*.example.com" }] },
          { toEndpoints: [{ matchLabels: { app: random.pick(["web", "api"]) } }] },
          { toEntities: [random.pick(["world", "cluster", "kube-apiserver"])] },
          { toCIDR: ["198.51.100.0/24"], toPorts: [{ ports: [{ port: "443", protocol: "TCP" }] }] },
        ]),
      ],
      ...(random.chance(0.3) ? { egressDeny: [{ toCIDR: ["198.51.100.0/28"] }] } : {}),
    },
  };
}

function antreaPolicy(random, namespaces, index) {
  return {
    apiVersion: "crd.antrea.io/v1beta1",
    kind: "ClusterNetworkPolicy",
    metadata: { name: `antrea-${index}` },
    spec: {
      priority: index + 1,
      tier: random.pick(["securityops", "application"]),
      appliedTo: [{ namespaceSelector: { matchLabels: { team: random.pick(namespaces) } } }],
      egress: [
        {
          action: random.pick(["Allow", "Drop", "Pass"]),
          to: [
            random.pick([
              { ipBlock: { cidr: "10.0.0.0/15" } },
              { podSelector: { matchLabels: { app: "db" } } },
              { fqdn: "*.example.com" },
            ]),
          ],
        },
      ],
    },
  };
}

function egressFirewall(random, namespaces, index) {
  return {
    apiVersion: "k8s.ovn.org/v1",
    kind: "EgressFirewall",
    metadata: { name: "default", namespace: namespaces[index % namespaces.length] },
    spec: {
      egress: [
        {
          type: "Allow",
          to: random.pick([{ dnsName: "downloads.example.com" }, { cidrSelector: "198.51.100.0/24" }]),
        },
        { type: "Deny", to: { cidrSelector: "0.0.0.0/0" } },
      ],
    },
  };
}

/** @param {Random} random @param {number} number */
function clusterOf(random, number) {
  const [profile, own] = DIALECTS[number % DIALECTS.length];
  const namespaces = ["alpha", "beta", "gamma"];
  const pods = namespaces.flatMap((namespace, n) =>
    Array.from({ length: 4 }, (_, index) => ({
      namespace,
      name: `pod-${index}`,
      app: random.pick(["web", "api", "db"]),
      address: `10.${n}.0.${index + 1}`,
      host: random.chance(0.05),
    })),
  );
  const policies = Array.from({ length: 2 + random.below(8) }, (_, index) => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: `policy-${index}`, namespace: random.pick(namespaces) },
    spec: {
      podSelector: random.chance(0.4) ? {} : { matchLabels: { app: random.pick(["web", "api", "db"]) } },
      policyTypes: random.pick([["Egress"], ["Ingress"], ["Ingress", "Egress"]]),
      egress: Array.from({ length: random.below(3) }, () => rule(random, "to", namespaces)),
      ingress: Array.from({ length: random.below(3) }, () => rule(random, "from", namespaces)),
    },
  }));
  const more = Array.from({ length: 1 + random.below(3) }, (_, index) => own(random, namespaces, index));
  return {
    profile,
    pods,
    objects: [
      ...namespaces.map((name) => ({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name, labels: { team: name } },
      })),
      ...pods.map((pod) => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: pod.name, namespace: pod.namespace, labels: { app: pod.app } },
        spec: {
          ...(pod.host ? { hostNetwork: true } : {}),
          containers: [
            {
              name: "main",
              image: "registry.example.com/main:1",
              ports: [{ name: "http", containerPort: 8080 }],
            },
          ],
        },
        status: {
          podIP: pod.address,
          podIPs: [{ ip: pod.address }],
          hostIP: `192.0.2.${random.below(3) + 1}`,
        },
      })),
      ...policies,
      ...more,
    ],
  };
}

/** @param {Random} random @param {"to" | "from"} peers @param {string[]} namespaces */
function rule(random, peers, namespaces) {
  const peer = () =>
    random.pick([
      { podSelector: { matchLabels: { app: random.pick(["web", "api", "db"]) } } },
      { namespaceSelector: { matchLabels: { team: random.pick(namespaces) } } },
      {
        namespaceSelector: {},
        podSelector: { matchExpressions: [{ key: "app", operator: "NotIn", values: ["db"] }] },
      },
      { ipBlock: { cidr: "0.0.0.0/0", except: ["10.1.0.0/16"] } },
      { ipBlock: { cidr: "10.0.0.0/15" } },
    ]);
  const port = () =>
    random.pick([
      { port: 80 },
      { port: "http" },
      { port: 8000, endPort: 9000 },
      { protocol: "UDP", port: 53 },
    ]);
  return {
    ...(random.chance(0.2) ? {} : { [peers]: [peer(), peer()].slice(random.below(2)) }),
    ...(random.chance(0.4) ? {} : { ports: [port()] }),
  };
}

/** @param {Random} random @param {ReturnType<typeof clusterOf>} cluster @param {number} id */
function question(random, { pods }, id) {
  const name = (pod) => `${pod.namespace}/Pod/${pod.name}`;
  const to = random.pick([
    { pod: name(random.pick(pods)) },
    { pod: name(random.pick(pods)) },
    { ip: random.pick(["198.51.100.7", "10.9.9.9", random.pick(pods).address, "192.0.2.1"]) },
    { fqdn: "downloads.example.com" },
  ]);
  return {
    id: `q${id}`,
    from: name(random.pick(pods)),
    to,
    protocol: random.pick(["TCP", "TCP", "UDP"]),
    port: random.pick([53, 80, 443, 8080]),
    direction: random.pick(["egress", "both"]),
  };
}

/** @typedef {ReturnType<typeof mixer>} Random */

/** A mixing generator (splitmix32): close seeds give unlike sequences. @param {number} seed */
function mixer(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  const below = (count) => Math.floor(next() * count);
  return { below, chance: (share) => next() < share, pick: (list) => list[below(list.length)] };
}
