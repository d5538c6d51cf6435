import { describe, expect, test } from "@jest/globals";
import { type DeniedFlow, flowOpening } from "../../src/diff/flow-opening.ts";
import type { Policy } from "../../src/policy/model/policy.ts";
import { addressSetOfCidrs, NO_ADDRESSES } from "../../src/sets/ip.ts";
import type { OtherEnd } from "../../src/surface/other-end.ts";
import { OUTSIDE } from "../../src/surface/surface.ts";
import { clusterOfWorld, policy, type RawWorkload } from "../oracle/world.ts";
import { manifestOf } from "../render/manifest.ts";
import { textOf } from "../surface/text.ts";

const deny = policy("x", "deny", { podSelector: {}, policyTypes: ["Egress"] });
const web: RawWorkload = { namespace: "x", name: "web", labels: { app: "web" } };
const cluster = clusterOfWorld({ namespaces: { x: {}, y: {} }, policies: [deny], workloads: [web] });
const subject = cluster.workloads.get("x/Deployment/web");

function flow(other: OtherEnd): DeniedFlow {
  if (subject === undefined) throw new Error("no web");
  return { subject, other };
}

const place = { protocol: "TCP", port: 443 } as const;
const addresses = (...cidrs: readonly string[]) => addressSetOfCidrs(cidrs) ?? NO_ADDRESSES;
const outside = (...cidrs: readonly string[]): OtherEnd => ({
  kind: "addresses",
  addresses: addresses(...cidrs),
  place: OUTSIDE,
  containerPorts: null,
  ...place,
});
const pod = (namespace: string): OtherEnd => ({
  kind: "pod",
  pod: {
    namespace,
    labels: new Map([["app", "db"]]),
    containerPorts: [],
    addresses: addresses("10.0.0.9/32"),
  },
  ...place,
});

describe("the smallest addition that opens one flow", () => {
  test.each([
    [
      "an address",
      outside("192.0.2.1/32"),
      [{ ipBlock: { cidr: "192.0.2.1/32" } }],
      ["192.0.2.1/32: TCP 443"],
    ],
    [
      "a pod of its namespace",
      pod("x"),
      [{ podSelector: { matchLabels: { app: "db" } } }],
      ["pods [app=db] of x: TCP 443"],
    ],
    [
      "a pod of another namespace",
      pod("y"),
      [
        {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "y" } },
          podSelector: { matchLabels: { app: "db" } },
        },
      ],
      ["pods [app=db] of y: TCP 443"],
    ],
  ])("to %s", (_, other, to, opens) => {
    const opening = flowOpening(cluster, flow(other));
    expect(opening?.object["spec"]).toMatchObject({
      podSelector: { matchLabels: { app: "web" } },
      policyTypes: ["Egress"],
      egress: [{ to, ports: [{ protocol: "TCP", port: 443 }] }],
    });
    expect(opening?.opens.map(textOf)).toEqual(opens);
    expect(opening?.also).toEqual([]);
  });

  test("others with the same labels are named", () => {
    const twin = { ...web, name: "web-2" };
    const both = clusterOfWorld({ namespaces: { x: {} }, policies: [deny], workloads: [web, twin] });
    const own = both.workloads.get("x/Deployment/web");
    const opening =
      own === undefined ? null : flowOpening(both, { subject: own, other: outside("192.0.2.1/32") });
    expect(opening?.also).toEqual(["x/Deployment/web-2"]);
  });

  test.each([
    ["several addresses", outside("192.0.2.0/24")],
    ["a name", { ...outside("0.0.0.0/0"), place: { kind: "outside", name: "a.example.com" } } as OtherEnd],
  ])("NetworkPolicy has no words for %s", (_, other) => {
    expect(flowOpening(cluster, flow(other))).toBeNull();
  });

  test("nothing is offered that a denial of the admin tier would stop", () => {
    const identity = { apiVersion: "example.com/v1", kind: "Made", namespace: null, name: "no" };
    const manifest = manifestOf({ ...identity, metadata: { name: "no" } });
    const admin: Policy = {
      dialect: "policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy",
      identity,
      manifest,
      digest: manifest.digest,
      tier: "admin",
      order: 1,
      subjects: [{ namespaces: { kind: "selected", selector: [] }, pods: [] }],
      isolates: { egress: false, ingress: false },
      egress: [{ action: "deny", peers: null, ports: null, pointer: "/spec/egress/0" }],
      ingress: [],
    };
    const strict = { ...cluster, policies: [...cluster.policies, admin] };
    expect(flowOpening(strict, flow(outside("192.0.2.1/32")))).toBeNull();
  });
});
