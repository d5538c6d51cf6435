import { describe, expect, test } from "@jest/globals";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { diff } from "../../src/diff/environment-delta.ts";
import { policyInputs } from "../../src/policy/model/policy-inputs.ts";
import { policyOf } from "../../src/policy/policy-of.ts";
import type { KubernetesObject } from "../../src/render/render.ts";
import { clusterOfWorld, type RawWorkload } from "../oracle/world.ts";
import { manifestOf } from "../render/manifest.ts";
import { textOf } from "../surface/text.ts";

const web: RawWorkload = { namespace: "x", name: "web", labels: { app: "a" } };

function clusterOf(objects: readonly KubernetesObject[], workload: RawWorkload = web): Cluster {
  const manifests = objects.map((object) => manifestOf({ ...object }));
  const inputs = policyInputs("cilium", manifests);
  const readings = manifests.map((manifest) => policyOf(manifest, inputs));
  return {
    ...clusterOfWorld({ namespaces: { x: {} }, policies: [], workloads: [workload] }),
    profile: { name: "cilium", source: "configured", evidence: [], others: [] },
    inputs,
    policies: readings.flatMap((reading) => reading?.policies ?? []),
    unknowns: readings.flatMap((reading) => reading?.unknowns ?? []),
  } as Cluster;
}

const policy = (name: string, spec: object): KubernetesObject => ({
  apiVersion: "cilium.io/v2",
  kind: "CiliumNetworkPolicy",
  metadata: { name, namespace: "x" },
  ...spec,
});
const denying = (cidr: string, name = "p") =>
  policy(name, {
    spec: { endpointSelector: {}, egress: [{ toCIDR: ["0.0.0.0/0"] }], egressDeny: [{ toCIDR: [cidr] }] },
  });

function added(base: Cluster, head: Cluster): readonly string[] {
  const { workloads } = diff(base, head, { environment: "test" });
  return workloads
    .filter(({ subject }) => subject.kind === "known")
    .flatMap((workload) => workload.added.lines().map(textOf));
}

describe("several documents of one name, of which one stands", () => {
  test("what the deleted one denied may open", () => {
    const [first, last] = [denying("10.0.0.0/8"), denying("203.0.113.0/24")];
    expect(added(clusterOf([first, last]), clusterOf([first]))).toEqual(["203.0.113.0/24: any any"]);
  });

  test("what the first denied opens if the added one stands", () => {
    const [first, last] = [denying("10.0.0.0/8"), denying("203.0.113.0/24")];
    expect(added(clusterOf([first]), clusterOf([first, last]))).toEqual(["10.0.0.0/8: any any"]);
  });

  test("equal documents on both sides have one winner: nothing opens", () => {
    const both = [denying("10.0.0.0/8"), denying("203.0.113.0/24")];
    expect(added(clusterOf(both), clusterOf([...both].reverse()))).toEqual([]);
  });

  test("a document with one policy and one with two are one object", () => {
    const two = policy("p", {
      specs: [
        { endpointSelector: {}, egress: [{ toCIDR: ["0.0.0.0/0"] }] },
        { endpointSelector: {}, egressDeny: [{ toCIDR: ["203.0.113.0/24"] }] },
      ],
    });
    expect(added(clusterOf([denying("10.0.0.0/8")]), clusterOf([denying("10.0.0.0/8"), two]))).toEqual([
      "10.0.0.0/8: any any",
    ]);
  });
});

describe("what of a policy is not known", () => {
  const groups = (field: string, app: string) => ({
    endpointSelector: { matchLabels: { app } },
    [field]: [{ toCIDRSet: [{ cidrGroupRef: "outside" }] }],
  });
  const digests = (specs: readonly object[]) =>
    clusterOf([policy("p", { specs })]).unknowns.map(({ digest }) => digest);

  test("another selector, and a denial instead of an allowance, are other questions", () => {
    const other = (app: string) => ({ endpointSelector: { matchLabels: { app } }, egress: [{}] });
    const ofA = digests([groups("egress", "a"), other("b")]);
    expect(digests([other("a"), groups("egress", "b")])).not.toEqual(ofA);
    expect(digests([groups("egressDeny", "a"), other("b")])).not.toEqual(ofA);
    expect(digests([groups("egress", "a"), other("c")])).toEqual(ofA);
  });

  test("a pod that leaves an unknown denial may reach what it denied", () => {
    const objects = [
      policy("q", { spec: { endpointSelector: {}, egress: [{ toEntities: ["all"] }] } }),
      policy("p", { spec: groups("egressDeny", "a") }),
    ];
    const [head] = diff(clusterOf(objects), clusterOf(objects, { ...web, labels: { app: "b" } }), {
      environment: "test",
    }).workloads.filter(({ subject }) => subject.kind === "known");
    expect(head?.openings.map(({ condition }) => condition.map(({ code }) => code))).toEqual([
      ["open-policy"],
    ]);
  });
});
