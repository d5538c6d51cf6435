import type { Cluster } from "../../src/cluster/cluster.ts";
import type { Profile } from "../../src/config/config.ts";
import { policyInputs } from "../../src/policy/model/policy-inputs.ts";
import { policyOf } from "../../src/policy/policy-of.ts";
import type { KubernetesObject, Manifest } from "../../src/render/render.ts";
import { manifestOf } from "../render/manifest.ts";
import { clusterOfWorld, type World } from "./world.ts";

/** A small cluster of objects of any dialect under one CNI. Nothing of them may be unknown. */
export function clusterOfObjects(
  world: Omit<World, "policies">,
  objects: readonly KubernetesObject[],
  profile: Profile,
): Cluster {
  const manifests = objects.map((object) => objectManifest(object));
  const inputs = policyInputs(profile, manifests);
  const readings = manifests.flatMap((manifest) => policyOf(manifest, inputs) ?? []);
  const [unknown] = readings.flatMap(({ unknowns }) => unknowns);
  if (unknown !== undefined) throw new Error(`${unknown.subject}: ${unknown.detail}`);
  return {
    ...clusterOfWorld({ ...world, policies: [] }),
    policies: readings.flatMap(({ policies }) => policies),
    profile: { name: profile, source: "configured", evidence: [] },
    inputs,
  };
}

function objectManifest(object: KubernetesObject): Manifest {
  const manifest = manifestOf(object);
  return object.metadata.namespace === undefined && object.kind === "Tier"
    ? { ...manifest, namespace: null }
    : manifest;
}
