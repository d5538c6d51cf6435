import { describe, expect, test } from "@jest/globals";
import { clusterOf } from "../../src/cluster/cluster-of.ts";
import { defaultConfiguration, type Profile } from "../../src/config/config.ts";
import type { ReadEnvironment } from "../../src/pipeline/environment-reader.ts";
import { readingsOf } from "../../src/pipeline/readings.ts";
import type { RenderedTarget } from "../../src/render/render.ts";
import { environment, manifestsOf, target } from "../cluster/cluster-builder.ts";

function side(text: string, profile: Profile | null = null): ReadEnvironment {
  const own = target();
  const rendered: RenderedTarget = {
    target: own,
    manifests: text === "" ? [] : manifestsOf(text),
    unknowns: [],
    remarks: [],
    digest: "",
  };
  const declared = environment([own]);
  const marked = { ...declared, marks: { ...declared.marks, profile } };
  return {
    environment: marked,
    rendered: [rendered],
    cluster: clusterOf(marked, [rendered], defaultConfiguration),
  };
}

/** The profiles that both sides are read under. */
function profiles(base: ReadEnvironment, head: ReadEnvironment): readonly Profile[] {
  return readingsOf({ base, head }, defaultConfiguration).map((read) => {
    expect(read.base.cluster.profile.name).toBe(read.head.cluster.profile.name);
    return read.head.cluster.profile.name;
  });
}

const documents = (...texts: readonly string[]) => texts.join("---\n");
const policy = (name: string) => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}, namespace: shop}
spec: {podSelector: {}, policyTypes: [Egress]}
`;
const agent = (name: string) => `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: ${name}, namespace: kube-system}
`;
const CILIUM = agent("cilium");
const CALICO = agent("calico-node");

describe("both sides are read under every profile that either may have", () => {
  test("one where they agree", () => {
    expect(profiles(side(documents(policy("a"), CILIUM)), side(documents(CILIUM)))).toEqual(["cilium"]);
    expect(profiles(side(policy("a")), side(policy("b")))).toEqual(["kubernetes"]);
  });

  test("an install that a change adds does not decide alone what stood before (threat T16)", () => {
    expect(profiles(side(policy("a")), side(documents(policy("a"), CILIUM)))).toEqual([
      "cilium",
      "kubernetes",
    ]);
    expect(profiles(side(CALICO), side(documents(CALICO, CILIUM)))).toEqual(["calico", "cilium"]);
  });

  test("nor one that it removes", () => {
    expect(profiles(side(documents(policy("a"), CILIUM)), side(policy("a")))).toEqual([
      "cilium",
      "kubernetes",
    ]);
  });

  test("a side that declares nothing has nothing to say", () => {
    expect(profiles(side(""), side(documents(policy("a"), CILIUM)))).toEqual(["cilium"]);
    expect(profiles(side(documents(policy("a"), CILIUM)), side(""))).toEqual(["cilium"]);
  });

  test("what the configuration says is the only one", () => {
    expect(profiles(side(CALICO, "antrea"), side(documents(CALICO, CILIUM), "antrea"))).toEqual(["antrea"]);
  });
});

describe("a policy that the inferred CNI does not read", () => {
  const calicoAmong = (read: ReadEnvironment, digest: string): ReadEnvironment => {
    const [first] = side(policy("theirs")).cluster.policies;
    if (first === undefined) throw new Error("a policy was expected");
    const unenforced = [{ ...first, dialect: "projectcalico.org/v3 NetworkPolicy", digest } as const];
    return { ...read, cluster: { ...read.cluster, unenforced } };
  };
  const cilium = side(CILIUM);

  test("is read as its own CNI would where the change touches it", () => {
    expect(profiles(calicoAmong(cilium, "1"), cilium)).toEqual(["cilium", "calico"]);
    expect(profiles(calicoAmong(cilium, "1"), calicoAmong(cilium, "2"))).toEqual(["cilium", "calico"]);
  });

  test("and does nothing where it only stands there", () => {
    expect(profiles(calicoAmong(cilium, "1"), calicoAmong(cilium, "1"))).toEqual(["cilium"]);
  });
});
