import type { Manifest } from "../render/render.ts";
import { adminNetworkPolicy, baselineAdminNetworkPolicy } from "./admin/admin-network-policy.ts";
import { clusterNetworkPolicy } from "./admin/cluster-network-policy.ts";
import {
  antreaClusterNetworkPolicy,
  antreaGroupObject,
  antreaNetworkPolicy,
  antreaTierObject,
} from "./antrea/network-policy.ts";
import { calicoInput, calicoPolicy } from "./calico/network-policy.ts";
import {
  ciliumCidrGroup,
  ciliumClusterwideNetworkPolicy,
  ciliumNetworkPolicy,
} from "./cilium/network-policy.ts";
import { egressFirewall } from "./firewall/egress-firewall.ts";
import { egressNetworkPolicy } from "./firewall/egress-network-policy.ts";
import { generator } from "./generators/generator.ts";
import { generatorSwitch } from "./generators/generator-switch.ts";
import { networkPolicy } from "./kubernetes/network-policy.ts";
import { undeclaredDirections } from "./kubernetes/undeclared-direction.ts";
import { groupOf } from "./model/api-group.ts";
import { isCilium } from "./model/enforcement.ts";
import type { ObjectUnknown } from "./model/object-unknown.ts";
import type { Policy } from "./model/policy.ts";
import type { PolicyInputs } from "./model/policy-inputs.ts";
import type { PolicyReading } from "./model/policy-reading.ts";
import type { FieldError } from "./schema/field-error.ts";
import { refused, refusedByApi } from "./schema/refused-policy.ts";
import { annotatedIsolation } from "./unmodelled/annotated-isolation.ts";
import { policyKind } from "./unmodelled/policy-kinds.ts";
import { unmodelledPolicy } from "./unmodelled/unmodelled-policy.ts";

/**
 * What a rendered object means as a policy. A policy the API server refuses, one that no dialect models, and what writes
 * policies at run time are unknowns. null where it is no policy.
 */
export function policyOf(manifest: Manifest, inputs: PolicyInputs): PolicyReading | null {
  const { apiVersion, kind } = manifest.object;
  if (kind === "NetworkPolicy" && apiVersion === "networking.k8s.io/v1")
    return standardPolicy(manifest, inputs);
  const group = groupOf(manifest.object);
  if (kind === "NetworkPolicy" && SERVED_BY_KUBERNETES.has(group)) {
    return unknownAlone(
      refused(manifest, `no matches for kind "NetworkPolicy" in version "${apiVersion}"`, "/apiVersion"),
    );
  }
  const read = dialectOf(group, kind);
  if (read !== null) return read(manifest, inputs);
  const unknown =
    unmodelledPolicy(manifest, group) ??
    annotatedIsolation(manifest) ??
    generator(manifest, group) ??
    generatorSwitch(manifest, group, inputs);
  return unknown === null ? null : unknownAlone(unknown);
}

/** One dialect: objects of a kind, as policies. */
export type ReadPolicy = (manifest: Manifest, inputs: PolicyInputs) => PolicyReading | null;

/** Dialects beside NetworkPolicy, by "group/Kind". */
const DIALECTS: Readonly<Record<string, ReadPolicy>> = {
  "policy.networking.k8s.io/AdminNetworkPolicy": adminNetworkPolicy,
  "policy.networking.k8s.io/BaselineAdminNetworkPolicy": baselineAdminNetworkPolicy,
  "policy.networking.k8s.io/ClusterNetworkPolicy": clusterNetworkPolicy,
  "crd.antrea.io/ClusterGroup": antreaGroupObject,
  "crd.antrea.io/ClusterNetworkPolicy": antreaClusterNetworkPolicy,
  "crd.antrea.io/Group": antreaGroupObject,
  "crd.antrea.io/NetworkPolicy": antreaNetworkPolicy,
  "crd.antrea.io/Tier": antreaTierObject,
  "k8s.ovn.org/EgressFirewall": egressFirewall,
  "network.openshift.io/EgressNetworkPolicy": egressNetworkPolicy,
  "projectcalico.org/GlobalNetworkPolicy": calicoPolicy,
  "projectcalico.org/GlobalNetworkSet": calicoInput,
  "projectcalico.org/NetworkPolicy": calicoPolicy,
  "projectcalico.org/NetworkSet": calicoInput,
  "projectcalico.org/Profile": calicoInput,
  "projectcalico.org/Tier": calicoInput,
  "crd.projectcalico.org/GlobalNetworkPolicy": calicoPolicy,
  "crd.projectcalico.org/GlobalNetworkSet": calicoInput,
  "crd.projectcalico.org/NetworkPolicy": calicoPolicy,
  "crd.projectcalico.org/NetworkSet": calicoInput,
  "crd.projectcalico.org/Profile": calicoInput,
  "crd.projectcalico.org/Tier": calicoInput,
  "cilium.io/CiliumNetworkPolicy": ciliumNetworkPolicy,
  "cilium.io/CiliumClusterwideNetworkPolicy": ciliumClusterwideNetworkPolicy,
  "cilium.io/CiliumCIDRGroup": ciliumCidrGroup,
};

function dialectOf(group: string, kind: string): ReadPolicy | null {
  const name = `${group}/${kind}`;
  return Object.hasOwn(DIALECTS, name) ? (DIALECTS[name] ?? null) : null;
}

/** Whether objects of this kind mean something for traffic, whatever they say. */
export function isPolicyKind(manifest: Manifest): boolean {
  const { object, namespace } = manifest;
  const group = groupOf(object);
  return (
    (object.kind === "NetworkPolicy" && SERVED_BY_KUBERNETES.has(group)) ||
    policyKind(group, object.kind, namespace !== null) !== null ||
    generator(manifest, group) !== null
  );
}

/** Groups of Kubernetes itself: another version than v1 was removed (extensions/v1beta1 with 1.16) or never was. */
const SERVED_BY_KUBERNETES: ReadonlySet<string> = new Set(["", "extensions", "networking.k8s.io", "apps"]);

/** Read once for both sides of a comparison, which share the manifests of what did not change. */
function standardPolicy(manifest: Manifest, { profile }: PolicyInputs): PolicyReading {
  const readings = isCilium(profile) ? READ_BY_CILIUM : READ_BY_THE_LETTER;
  let reading = readings.get(manifest);
  if (reading === undefined) {
    const result = networkPolicy(manifest, profile);
    reading = isErrors(result)
      ? refusedByApi(manifest, result)
      : {
          policies: [result],
          unknowns: [],
          remarks: isCilium(profile) ? undeclaredDirections(manifest) : [],
        };
    readings.set(manifest, reading);
  }
  return reading;
}

const READ_BY_CILIUM = new WeakMap<Manifest, PolicyReading>();
const READ_BY_THE_LETTER = new WeakMap<Manifest, PolicyReading>();

function unknownAlone(unknown: ObjectUnknown): PolicyReading {
  return { policies: [], unknowns: [unknown], remarks: [] };
}

function isErrors(value: Policy | readonly FieldError[]): value is readonly FieldError[] {
  return Array.isArray(value);
}
