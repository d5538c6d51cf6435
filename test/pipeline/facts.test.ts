import { describe, expect, test } from "@jest/globals";
import { can, clusterOfText, namespace, pod, policy } from "./small-cluster.ts";

/** Facts of the NetworkPolicy API that people get wrong, as questions; the oracle's property covers them at random. */

const A = pod("x", "a", { labels: "{app: a}", ip: "10.0.0.1", node: "192.0.2.1" });
const B = pod("x", "b", {
  labels: "{app: b}",
  ip: "10.0.0.2",
  node: "192.0.2.2",
  ports: "[{name: http, containerPort: 8080}]",
});
const C = pod("y", "c", { labels: "{app: c}", ip: "10.1.0.3", node: "192.0.2.2" });
const pods = namespace("x") + namespace("y", "{team: blue}") + A + B + C;
const deny = policy("x", "deny", "{podSelector: {}, policyTypes: [Egress]}");

const egress = (rules: string) =>
  policy("x", "rules", `{podSelector: {}, policyTypes: [Egress], egress: ${rules}}`);

async function ask(policies: string, to: string, direction: "egress" | "both" = "egress") {
  return can(await clusterOfText(pods + policies), "x/Pod/a", to, direction);
}

describe("isolation", () => {
  test("nothing selects the pod: everything is allowed", async () => {
    expect(await ask("", "x/Pod/b:80")).toBe("allow");
    expect(await ask(policy("y", "deny", "{podSelector: {}, policyTypes: [Egress]}"), "x/Pod/b:80")).toBe(
      "allow",
    );
  });
  test("without policyTypes egress counts only where there are rules", async () => {
    expect(await ask(policy("x", "p", "{podSelector: {}, egress: []}"), "x/Pod/b:80")).toBe("allow");
    expect(
      await ask(policy("x", "p", "{podSelector: {}, egress: [{to: [{podSelector: {}}]}]}"), "y/Pod/c:80"),
    ).toBe("deny");
    expect(
      await ask(
        policy("x", "p", "{podSelector: {}, policyTypes: [Ingress], egress: [{to: [{podSelector: {}}]}]}"),
        "y/Pod/c:80",
      ),
    ).toBe("allow");
  });
  test("an empty list denies, an empty rule allows, an empty destination is any", async () => {
    expect(await ask(egress("[]"), "x/Pod/b:80")).toBe("deny");
    expect(await ask(egress("[{}]"), "198.51.100.7:80")).toBe("allow");
    expect(await ask(egress("[{to: []}]"), "198.51.100.7:80")).toBe("allow");
  });
  test("policies add up", async () => {
    expect(await ask(deny + egress("[{to: [{podSelector: {matchLabels: {app: b}}}]}]"), "x/Pod/b:80")).toBe(
      "allow",
    );
  });
});

describe("peers", () => {
  test("a podSelector alone is of the own namespace", async () => {
    const rules = egress("[{to: [{podSelector: {}}]}]");
    expect(await ask(rules, "x/Pod/b:80")).toBe("allow");
    expect(await ask(rules, "y/Pod/c:80")).toBe("deny");
  });
  test("both selectors in one peer must match, in two peers either", async () => {
    const one = egress(
      "[{to: [{namespaceSelector: {matchLabels: {team: blue}}, podSelector: {matchLabels: {app: b}}}]}]",
    );
    const two = egress(
      "[{to: [{namespaceSelector: {matchLabels: {team: blue}}}, {podSelector: {matchLabels: {app: b}}}]}]",
    );
    expect([await ask(one, "y/Pod/c:80"), await ask(one, "x/Pod/b:80")]).toEqual(["deny", "deny"]);
    expect([await ask(two, "y/Pod/c:80"), await ask(two, "x/Pod/b:80")]).toEqual(["allow", "allow"]);
  });
  test("every pod of every namespace is no address outside the cluster", async () => {
    const rules = egress("[{to: [{namespaceSelector: {}}]}]");
    expect(await ask(rules, "y/Pod/c:80")).toBe("allow");
    expect(await ask(rules, "198.51.100.7:80")).toBe("deny");
    expect(await ask(rules, "internet")).toBe("deny");
  });
  test("NotIn matches where the label is missing", async () => {
    const rules = egress(
      "[{to: [{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [db]}]}}]}]",
    );
    expect(await ask(rules, "x/Pod/b:80")).toBe("allow");
  });
  test("the name label of a namespace is there without anybody writing it", async () => {
    const rules = egress("[{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: y}}}]}]");
    expect(await ask(rules, "y/Pod/c:80")).toBe("allow");
  });
});

describe("addresses", () => {
  test("a block matches the address of a pod, in both directions, and an address that is a pod's is that pod", async () => {
    const rules = egress("[{to: [{ipBlock: {cidr: 10.1.0.0/16}}]}]");
    expect(await ask(rules, "y/Pod/c:80")).toBe("allow");
    expect(await ask(rules, "10.1.0.3:80")).toBe("allow");
    expect(await ask(rules, "x/Pod/b:80")).toBe("deny");
    const byLabel = egress("[{to: [{podSelector: {matchLabels: {app: b}}}]}]");
    expect(await ask(byLabel, "10.0.0.2:80")).toBe("allow");
    const into = (cidr: string) =>
      policy(
        "y",
        "in",
        `{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{ipBlock: {cidr: ${cidr}}}]}]}`,
      );
    expect(await ask(into("10.0.0.1/32"), "y/Pod/c:80", "both")).toBe("allow");
    expect(await ask(into("10.0.0.2/32"), "y/Pod/c:80", "both")).toBe("deny");
  });
  test("an exception takes away from its own block alone", async () => {
    const rules = "[{to: [{ipBlock: {cidr: 198.51.100.0/24, except: [198.51.100.0/28]}}]}";
    expect(await ask(egress(`${rules}]`), "198.51.100.7:80")).toBe("deny");
    expect(await ask(egress(`${rules}]`), "198.51.100.77:80")).toBe("allow");
    expect(
      await ask(egress(`${rules}, {to: [{ipBlock: {cidr: 198.51.100.7/32}}]}]`), "198.51.100.7:80"),
    ).toBe("allow");
  });
  test("a finished pod has given its address back", async () => {
    const gone = pod("y", "gone", { labels: "{app: c}", ip: "10.2.0.9", phase: "Succeeded" });
    const rules = egress("[{to: [{namespaceSelector: {}}]}]");
    expect(await ask(rules + gone, "10.2.0.9:80")).toBe("deny");
    expect(await ask(rules + gone.replace("Succeeded", "Running"), "10.2.0.9:80")).toBe("allow");
  });
  test("a pod of two families is reached by either, one of one family not by the other", async () => {
    const dual = pod("y", "dual", { ips: ["10.2.0.9", "2001:db8::9"] });
    const six = pod("y", "six", { ips: ["2001:db8::6"] });
    const rules = (cidr: string) => egress(`[{to: [{ipBlock: {cidr: "${cidr}"}}]}]`) + dual + six;
    expect(await ask(rules("10.2.0.0/16"), "y/Pod/dual:80")).toBe("allow");
    // x/a has no IPv6 address: between it and one of both families only IPv4 counts.
    expect(await ask(rules("::/0"), "y/Pod/dual:80")).toBe("deny");
    // Nothing gets there, and policies would let it.
    expect(await ask(rules("::/0"), "y/Pod/six:80")).toBe("allow");
    expect(await ask(rules("10.2.0.0/16"), "[2001:db8::9]:80")).toBe("deny");
  });
  test("where the address of a pod is not known, a block may hold it", async () => {
    const unseen = pod("y", "unseen");
    const rules = (cidr: string) => egress(`[{to: [{ipBlock: {cidr: ${cidr}}}]}]`) + unseen;
    expect(await ask(rules("10.0.0.0/8"), "y/Pod/unseen:80")).toBe("unknown");
    expect(await ask(rules("0.0.0.0/0"), "y/Pod/unseen:80")).toBe("allow");
    expect(await ask(rules("198.51.100.0/24"), "y/Pod/unseen:80")).toBe("deny");
  });
});

describe("ports", () => {
  test("no ports is all of every protocol, a protocol alone all of it, no protocol is TCP", async () => {
    const to = "to: [{podSelector: {}}]";
    expect(await ask(egress(`[{${to}}]`), "x/Pod/b:80/SCTP")).toBe("allow");
    expect(await ask(egress(`[{${to}, ports: [{protocol: UDP}]}]`), "x/Pod/b:80/UDP")).toBe("allow");
    expect(await ask(egress(`[{${to}, ports: [{protocol: UDP}]}]`), "x/Pod/b:80/TCP")).toBe("deny");
    expect(await ask(egress(`[{${to}, ports: [{port: 80}]}]`), "x/Pod/b:80/UDP")).toBe("deny");
    expect(await ask(egress(`[{${to}, ports: [{port: 80}]}]`), "x/Pod/b:80/TCP")).toBe("allow");
  });
  test("endPort is inside the range", async () => {
    const rules = egress("[{ports: [{port: 8000, endPort: 9000}]}]");
    expect(await Promise.all([7999, 8000, 9000, 9001].map((port) => ask(rules, `x/Pod/b:${port}`)))).toEqual([
      "deny",
      "allow",
      "allow",
      "deny",
    ]);
  });
  test("a name is one of the receiving pod's, and no address has any", async () => {
    const rules = egress("[{ports: [{port: http}]}]");
    expect(await ask(rules, "x/Pod/b:8080")).toBe("allow");
    expect(await ask(rules, "x/Pod/b:80")).toBe("deny");
    expect(await ask(rules, "y/Pod/c:8080")).toBe("deny");
    expect(await ask(rules, "198.51.100.7:8080")).toBe("deny");
    const into = policy(
      "x",
      "in",
      "{podSelector: {matchLabels: {app: b}}, policyTypes: [Ingress], ingress: [{ports: [{port: http}]}]}",
    );
    expect(await ask(into, "x/Pod/b:8080", "both")).toBe("allow");
    expect(await ask(into, "x/Pod/b:80", "both")).toBe("deny");
  });
});

describe("both directions", () => {
  test("ingress of the destination counts only where it is asked", async () => {
    const closed = policy("y", "closed", "{podSelector: {}, policyTypes: [Ingress]}");
    expect(await ask(closed, "y/Pod/c:80")).toBe("allow");
    expect(await ask(closed, "y/Pod/c:80", "both")).toBe("deny");
    expect(await ask(closed, "198.51.100.7:80", "both")).toBe("allow");
  });
  test("of a pod that nobody knows it is decided only where nothing there isolates", async () => {
    const empty = namespace("z");
    const closed = policy("z", "closed", "{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}");
    expect(await ask(empty, "namespace/z:80", "both")).toBe("allow");
    expect(await ask(empty + closed, "namespace/z:80", "both")).toBe("unknown");
    expect(await ask(empty + closed + deny, "namespace/z:80", "both")).toBe("deny");
  });
});

describe("what policies never stop", () => {
  test("a pod itself, by name, by address and over loopback", async () => {
    expect(await ask(deny, "x/Pod/a:80", "both")).toBe("allow");
    expect(await ask(deny, "10.0.0.1:80")).toBe("allow");
    expect(await ask(deny, "127.0.0.1:80")).toBe("allow");
    expect(await ask(deny, "::1")).toBe("allow");
  });
  test("the node that a pod runs on, and no other", async () => {
    expect(await ask(deny, "192.0.2.1:10250")).toBe("allow");
    expect(await ask(deny, "192.0.2.2:10250")).toBe("deny");
    const agents =
      pod("y", "agent-1", { ip: "192.0.2.1", hostNetwork: true }) +
      pod("y", "agent-2", { ip: "192.0.2.2", hostNetwork: true });
    expect(await ask(deny + agents, "y/Pod/agent-1:9100")).toBe("allow");
    expect(await ask(deny + agents, "y/Pod/agent-2:9100")).toBe("deny");
  });
  test("pods on the host network: no policy governs them, no selector matches them, a block their node", async () => {
    const agent = pod("x", "agent", {
      labels: "{app: b}",
      ip: "192.0.2.9",
      node: "192.0.2.9",
      hostNetwork: true,
    });
    expect(can(await clusterOfText(pods + deny + agent), "x/Pod/agent", "198.51.100.7")).toBe("allow");
    expect(
      await ask(agent + egress("[{to: [{podSelector: {matchLabels: {app: b}}}]}]"), "x/Pod/agent:80"),
    ).toBe("deny");
    expect(await ask(agent + egress("[{to: [{ipBlock: {cidr: 192.0.2.0/24}}]}]"), "x/Pod/agent:80")).toBe(
      "allow",
    );
    const into = (peer: string) =>
      policy(
        "x",
        "in",
        `{podSelector: {matchLabels: {app: a}}, policyTypes: [Ingress], ingress: [{from: [${peer}]}]}`,
      );
    const answer = async (peer: string) =>
      can(await clusterOfText(pods + agent + into(peer)), "x/Pod/agent", "x/Pod/a:80", "both");
    expect(await answer("{podSelector: {}}")).toBe("deny");
    expect(await answer("{ipBlock: {cidr: 192.0.2.9/32}}")).toBe("allow");
  });
});

describe("the internet, and names", () => {
  test("every public address, none, or a part", async () => {
    expect(
      await ask(
        egress("[{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]}}]}]"),
        "internet",
      ),
    ).toBe("allow");
    expect(
      await ask(egress("[{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 80}]}]"), "internet:443"),
    ).toBe("deny");
    expect(await ask(egress("[{to: [{ipBlock: {cidr: 198.51.100.0/24}}]}]"), "internet")).toBe("unknown");
    expect(await ask(egress("[{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]"), "internet")).toBe("deny");
  });
  test("a name may be any address: allowed where every one is", async () => {
    expect(await ask(egress("[{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]"), "api.example.com:443")).toBe("allow");
    expect(await ask(egress("[{to: [{ipBlock: {cidr: 198.51.100.0/24}}]}]"), "api.example.com:443")).toBe(
      "unknown",
    );
    expect(await ask(deny, "api.example.com:443")).toBe("deny");
  });
  test("of a cluster that has IPv6 addresses both families are asked for", async () => {
    const six = pod("x", "six", { ips: ["10.0.0.6", "2001:db8::6"] });
    const rules = egress("[{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]");
    expect(can(await clusterOfText(pods + six + rules), "x/Pod/six", "api.example.com:443")).toBe("unknown");
  });
});

describe("services", () => {
  const service = (spec: string) =>
    `---\napiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: x}\nspec: ${spec}\n`;
  const to8080 = egress("[{ports: [{port: 8080}]}]");
  test("policies see the pods behind it, at their own ports", async () => {
    const s = service(
      "{clusterIP: 10.96.0.7, selector: {app: b}, ports: [{port: 80, targetPort: 8080}, {port: 81}]}",
    );
    expect(await ask(to8080 + s, "service/x/s:80")).toBe("allow");
    expect(await ask(to8080 + s, "10.96.0.7:80")).toBe("allow");
    expect(await ask(to8080 + s, "service/x/s:81")).toBe("deny");
    expect(await ask(to8080 + s, "service/x/s")).toEqual({
      "x/Pod/b:8080/TCP": "allow",
      "x/Pod/b:81/TCP": "deny",
    });
    expect(await ask(to8080 + s, "service/x/s:82")).toBe("missing service-port");
    expect(await ask(to8080, "service/x/s:80")).toBe("missing service");
  });
  test("a named target port is looked up in each pod", async () => {
    const s = (name: string) => service(`{selector: {app: b}, ports: [{port: 80, targetPort: ${name}}]}`);
    expect(await ask(to8080 + s("http"), "service/x/s:80")).toBe("allow");
    expect(await ask(to8080 + s("grpc"), "service/x/s:80")).toBe("unknown");
  });
  test("a headless one leads to the pods, and ports stay what they are", async () => {
    const s = service("{clusterIP: None, selector: {app: b}, ports: [{port: 80, targetPort: 8080}]}");
    expect(await ask(to8080 + s, "service/x/s:80")).toBe("deny");
    expect(await ask(to8080 + s, "service/x/s:8080")).toBe("allow");
  });
  test("an external name is a name", async () => {
    const s = service("{type: ExternalName, externalName: api.example.com}");
    expect(await ask(deny + s, "service/x/s:443")).toBe("deny");
    expect(await ask(egress("[{to: [{ipBlock: {cidr: 198.51.100.0/24}}]}]") + s, "service/x/s:443")).toBe(
      "unknown",
    );
  });
  test("without a selector its addresses count, and without addresses nobody knows", async () => {
    const s = service("{ports: [{name: web, port: 80}]}");
    const slice =
      "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s-1, namespace: x, labels: {kubernetes.io/service-name: s}}\naddressType: IPv4\nendpoints: [{addresses: [198.51.100.7]}]\nports: [{name: web, port: 8080}]\n";
    expect(await ask(to8080 + s, "service/x/s:80")).toBe("unknown");
    expect(await ask(to8080 + s + slice, "service/x/s:80")).toBe("allow");
    expect(await ask(to8080 + s + slice.replace("8080", "8081"), "service/x/s:80")).toBe("deny");
  });
});

describe("the resolver", () => {
  const open =
    "[{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}], ports: [{protocol: UDP, port: 53}]}]";
  test("is asked for by its usual labels, over UDP and TCP", async () => {
    expect(await ask(deny, "dns")).toBe("deny");
    expect(await ask(egress(open), "dns")).toEqual({
      "kube-system/?k8s-app=kube-dns:53/UDP": "allow",
      "kube-system/?k8s-app=kube-dns:53/TCP": "deny",
    });
  });
  test("is the one in the manifests where there is one, at the port behind its Service", async () => {
    const dns = pod("kube-system", "coredns", { labels: "{k8s-app: kube-dns}", ip: "10.2.0.53" });
    const service =
      "---\napiVersion: v1\nkind: Service\nmetadata: {name: kube-dns, namespace: kube-system}\nspec: {selector: {k8s-app: kube-dns}, ports: [{protocol: UDP, port: 53, targetPort: 5353}, {protocol: TCP, port: 53, targetPort: 5353}]}\n";
    const block = egress("[{to: [{ipBlock: {cidr: 10.2.0.53/32}}], ports: [{protocol: UDP, port: 53}]}]");
    expect(await ask(block + dns, "dns:53/UDP")).toBe("allow");
    // A policy of the Service's port breaks silently where the pods listen on another.
    expect(await ask(block + dns + service, "dns:53/UDP")).toBe("deny");
  });
});

describe("who is meant", () => {
  const hash = pod("x", "web-6d5f-1", {
    labels: "{app: web, pod-template-hash: 6d5f}",
    ip: "10.0.0.8",
    owner: "ReplicaSet/web-6d5f",
  });
  test("replicas of one owner by the owner, and by the Deployment above it", async () => {
    const rules = egress("[{to: [{ipBlock: {cidr: 10.0.0.8/32}}]}]") + hash;
    expect(await ask(rules, "x/ReplicaSet/web-6d5f:80")).toBe("allow");
    expect(await ask(rules, "x/Deployment/web:80")).toBe("allow");
    expect(await ask(rules, "x/StatefulSet/web:80")).toBe("missing workload");
  });
  test("replicas that are not treated alike are no answer", async () => {
    const other = pod("x", "web-6d5f-2", {
      labels: "{app: web, pod-template-hash: 6d5f}",
      ip: "10.0.0.9",
      owner: "ReplicaSet/web-6d5f",
    });
    const rules = egress("[{to: [{ipBlock: {cidr: 10.0.0.8/32}}]}]");
    expect(await ask(rules + hash + other, "x/Deployment/web:80")).toEqual({
      "x/Pod/web-6d5f-1:80/TCP": "allow",
      "x/Pod/web-6d5f-2:80/TCP": "deny",
    });
  });
  test("a namespace is each of its pods, and any where Git shows none", async () => {
    const rules = egress("[{to: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: 443}]}]");
    expect(await ask(rules, "namespace/x:443")).toBe("allow");
    expect(await ask(rules, "namespace/x:80")).toEqual({
      "x/Pod/a:80/TCP": "allow",
      "x/Pod/b:80/TCP": "deny",
    });
    expect(await ask(rules, "namespace/y:443")).toBe("deny");
    expect(await ask(namespace("z") + egress("[{to: [{namespaceSelector: {}}]}]"), "namespace/z:443")).toBe(
      "allow",
    );
    expect(await ask(deny, "namespace/nowhere:443")).toBe("missing namespace");
  });
  test("a pod that Git does not show", async () => {
    const asked = await clusterOfText(
      pods + policy("x", "db", "{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress]}"),
    );
    expect(can(asked, "x?app=db", "dns")).toBe("deny");
    expect(can(asked, "x?app=web", "dns")).toBe("allow");
    expect(can(asked, "x?app", "dns")).toBe("unknown");
    expect(can(asked, "nowhere?app=db", "dns")).toBe("missing namespace");
  });
});

describe("what was not read", () => {
  const other =
    "---\napiVersion: networking.gke.io/v1alpha1\nkind: FQDNNetworkPolicy\nmetadata: {name: c, namespace: x}\nspec: {podSelector: {}}\n";
  test("a policy of another dialect makes unknown what it can touch, and nothing else", async () => {
    expect(await ask(other, "x/Pod/b:80")).toBe("unknown");
    expect(can(await clusterOfText(pods + other), "y/Pod/c", "x/Pod/b:80")).toBe("allow");
    // It may close as well as open.
    expect(can(await clusterOfText(pods + other), "y/Pod/c", "x/Pod/b:80", "both")).toBe("unknown");
  });
  test("a policy that the API server refuses enforces nobody knows what", async () => {
    expect(await ask(policy("x", "bad", "{podSelector: {}, policyTypes: [Sideways]}"), "x/Pod/b:80")).toBe(
      "unknown",
    );
  });
});
