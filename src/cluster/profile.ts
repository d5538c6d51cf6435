import type { Profile } from "../config/config.ts";
import { groupOf } from "../policy/model/api-group.ts";
import type { Manifest } from "../render/render.ts";
import type { Environment } from "../targets/targets.ts";
import type { Place } from "../tree/place.ts";
import { declaredInstalls, renderedInstall } from "./install-evidence.ts";
import { objectName } from "./object-name.ts";

/** Who enforces policies in one cluster, and how that is known. */
export interface ClusterProfile {
  readonly name: Profile;
  readonly source: /** `--profile`. */
    | "option"
    /** `environments.<name>.profile` of the configuration. */
    | "configured"
    /** From what is declared. */
    | "inferred"
    /** Nothing says so: the letter of the API. */
    | "assumed";
  /** What it was inferred from, the strongest first, each kind of evidence once a profile; empty where it was not. */
  readonly evidence: readonly ProfileEvidence[];
}

export interface ProfileEvidence {
  readonly profile: Profile;
  readonly kind: /** What runs the CNI is declared. */
    | "install"
    /** Objects that nobody applies where the CNI does not serve their kind. */
    | "policy-kind";
  /** "DaemonSet kube-system/cilium", "HelmRelease kube-system/cilium (chart cilium)". */
  readonly subject: string;
  /** The object; null where an entry point says it. */
  readonly manifest: Manifest | null;
  /** Of an entry point. */
  readonly place: Place | null;
}

/** What somebody said, else what an install says, else the kinds of policies in use, else the letter of the API. */
export function clusterProfile(
  stated: ClusterProfile | null,
  environment: Environment,
  manifests: readonly Manifest[],
): ClusterProfile {
  if (stated !== null) return stated;
  const { profile } = environment.marks;
  if (profile !== null) return { name: profile, source: "configured", evidence: [] };
  const evidence = evidenceIn(environment, manifests);
  const [first] = evidence;
  return first === undefined
    ? { name: "kubernetes", source: "assumed", evidence }
    : { name: first.profile, source: "inferred", evidence };
}

/** Every profile that the strongest evidence speaks for: more than one where two CNIs are declared. */
export function profilesOf({ name, source, evidence }: ClusterProfile): readonly Profile[] {
  const [first] = evidence;
  if (first === undefined) return [source === "assumed" ? "kubernetes" : name];
  return [...new Set(evidence.flatMap(({ kind, profile }) => (kind === first.kind ? [profile] : [])))];
}

/** Whether somebody said which CNI it is. */
export function isStated({ source }: ClusterProfile): boolean {
  return source === "option" || source === "configured";
}

function evidenceIn(environment: Environment, manifests: readonly Manifest[]): readonly ProfileEvidence[] {
  const found = new Map<string, ProfileEvidence>();
  const keep = (one: ProfileEvidence) => {
    const key = `${one.kind} ${one.profile}`;
    if (!found.has(key)) found.set(key, one);
  };
  for (const manifest of manifests) {
    const install = renderedInstall(manifest);
    if (install !== null) keep(ofObject(install, "install", manifest));
    const served = servedBy(manifest);
    if (served !== null) keep(ofObject(served, "policy-kind", manifest));
  }
  for (const { profile, subject, place } of declaredInstalls(environment)) {
    keep({ profile, kind: "install", subject, manifest: null, place });
  }
  const installs = [...found.values()].filter(({ kind }) => kind === "install");
  const kinds = [...found.values()].filter(({ kind }) => kind === "policy-kind");
  // Cilium and Calico may run above the VPC CNI and enforce instead of it (Cilium: installation/cni-chaining-aws-cni;
  // Calico: "policy only" on EKS).
  const others = installs.filter(({ profile }) => profile !== "aws-vpc-cni");
  return [...(others.length > 0 ? others : installs), ...kinds];
}

function ofObject(profile: Profile, kind: ProfileEvidence["kind"], manifest: Manifest): ProfileEvidence {
  return { profile, kind, subject: objectName(manifest), manifest, place: null };
}

/** API groups that only one CNI serves. */
const BY_GROUP: Readonly<Record<string, Profile>> = {
  "cilium.io": "cilium",
  "projectcalico.org": "calico",
  "crd.projectcalico.org": "calico",
  "crd.antrea.io": "antrea",
  "k8s.ovn.org": "ovn-kubernetes",
  "network.openshift.io": "ovn-kubernetes",
  "networking.k8s.aws": "aws-vpc-cni",
};

function servedBy({ object }: Manifest): Profile | null {
  // Of Google's group one kind is a policy, of dataplane V2 alone (docs/how-to/fqdn-network-policies).
  if (object.kind === "FQDNNetworkPolicy" && groupOf(object) === "networking.gke.io") return "gke-v2";
  const group = groupOf(object);
  return Object.hasOwn(BY_GROUP, group) ? (BY_GROUP[group] ?? null) : null;
}
