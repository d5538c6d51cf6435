import type { Profile } from "../config/config.ts";
import { groupOf } from "../policy/api-group.ts";
import type { Manifest } from "../render/render.ts";

/** Who enforces policies in one cluster, and how that is known. */
export interface ClusterProfile {
  readonly name: Profile;
  readonly source: /** By `.egress-review.yaml` or `--profile`. */
    | "configured"
    /** From what is rendered. */
    | "inferred"
    /** Nothing says so: the letter of the API. */
    | "assumed";
  /** What it was inferred from, the strongest first; empty where it was not. */
  readonly evidence: readonly ProfileEvidence[];
}

export interface ProfileEvidence {
  readonly profile: Profile;
  readonly kind: "install" | "policy-kind";
  readonly manifest: Manifest;
}

export function clusterProfile(configured: Profile | null, manifests: readonly Manifest[]): ClusterProfile {
  if (configured !== null) return { name: configured, source: "configured", evidence: [] };
  const evidence = manifests.flatMap((manifest) => evidenceOf(manifest) ?? []);
  const [first] = evidence;
  return first === undefined
    ? { name: "kubernetes", source: "assumed", evidence }
    : { name: first.profile, source: "inferred", evidence };
}

const BY_GROUP: Readonly<Record<string, Profile>> = {
  "cilium.io": "cilium",
  "projectcalico.org": "calico",
  "crd.projectcalico.org": "calico",
  "crd.antrea.io": "antrea",
  "k8s.ovn.org": "ovn-kubernetes",
  "network.openshift.io": "ovn-kubernetes",
};

function evidenceOf(manifest: Manifest): ProfileEvidence | null {
  const group = groupOf(manifest.object);
  const profile = Object.hasOwn(BY_GROUP, group) ? BY_GROUP[group] : undefined;
  return profile === undefined ? null : { profile, kind: "policy-kind", manifest };
}
