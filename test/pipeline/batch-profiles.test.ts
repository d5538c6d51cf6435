import { describe, expect, test } from "@jest/globals";
import { PROFILES, type Profile } from "../../src/config/config.ts";
import { answerQuery } from "../../src/pipeline/question/batch.ts";
import { plainCluster } from "../../src/pipeline/question/plain-cluster.ts";
import { isCilium } from "../../src/policy/model/enforcement.ts";
import { treeOf } from "../targets/tree-of.ts";
import { namespace, pod, policy } from "./small-cluster.ts";

const PODS =
  namespace("shop") +
  pod("shop", "web", { labels: "{app: web}", ip: "10.0.0.1", node: "192.168.0.1" }) +
  pod("shop", "db", { labels: "{app: db}", ip: "10.0.0.2", node: "192.168.0.2" });

async function verdict(text: string, profile: Profile, to: object): Promise<string> {
  const asked = await plainCluster(treeOf({ "all.yaml": PODS + text }), profile);
  if (asked === null) throw new Error("the manifests are no plain ones");
  const query = { id: 1, from: "shop/Pod/web", to, protocol: "TCP", port: 443, direction: "egress" };
  return answerQuery([asked], JSON.stringify(query)).verdict;
}

describe.each(PROFILES)("profile %s", (profile) => {
  const BLOCKS = policy(
    "shop",
    "blocks",
    "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}",
  );
  // Kubernetes' and Calico's suites match pods and nodes by their addresses; Cilium never does (policyCIDRMatchMode).
  const held = isCilium(profile) ? "deny" : "allow";

  test("a block and the address of a pod, of a node, of nobody", async () => {
    expect(await verdict(BLOCKS, profile, { ip: "10.0.0.2" })).toBe(held);
    expect(await verdict(BLOCKS, profile, { pod: "shop/Pod/db" })).toBe(held);
    expect(await verdict(BLOCKS, profile, { ip: "192.168.0.2" })).toBe(held);
    expect(await verdict(BLOCKS, profile, { ip: "198.51.100.7" })).toBe("allow");
  });

  test("the node that the pod runs on is reached, but under Cilium, where it is the entity `host`", async () => {
    const isCilium = /cilium|gke-v2/.test(profile);
    expect(await verdict(BLOCKS, profile, { ip: "192.168.0.1" })).toBe(isCilium ? "deny" : "allow");
  });

  test("a kind that it does not read does nothing, whatever it says", async () => {
    const cilium = `---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: names, namespace: shop}
spec:
  endpointSelector: {}
  egress:
    - toEndpoints: [{}]
      toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
    - toFQDNs: [{matchName: api.example.com}]
`;
    const reads = profile === "cilium" || profile === "aks-cilium";
    expect(await verdict(cilium, profile, { fqdn: "api.example.com" })).toBe("allow");
    expect(await verdict(cilium, profile, { fqdn: "www.example.com" })).toBe(reads ? "deny" : "allow");
  });
});
