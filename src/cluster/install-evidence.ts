import type { Profile } from "../config/config.ts";
import { groupOf } from "../policy/model/api-group.ts";
import { nested, objects, ownField } from "../policy/schema/decode.ts";
import type { Manifest } from "../render/render.ts";
import type { Environment, Target, UnreadTarget } from "../targets/targets.ts";
import { nameOf } from "../tree/paths.ts";
import type { Place } from "../tree/place.ts";

/** The CNI that a rendered object installs or configures; null = none. */
export function renderedInstall(manifest: Manifest): Profile | null {
  const { object } = manifest;
  switch (object.kind) {
    case "DaemonSet":
      return ofDaemonSet(manifest);
    case "ConfigMap":
      return lookUp(CONFIG_MAPS, object.metadata.name ?? "");
    case "Installation":
      return groupOf(object) === "operator.tigera.io" ? "calico" : null;
    case "Network":
      return ofOpenShift(manifest);
    case "HelmChart":
    case "HelmChartConfig":
      // k3s and RKE2 install charts from these (docs.k3s.io/helm); a configuration has the name of the chart's object.
      return groupOf(object) === "helm.cattle.io" ? ofChart(chartOfHelmChart(manifest)) : null;
    default:
      return null;
  }
}

export interface DeclaredInstall {
  readonly profile: Profile;
  readonly subject: string;
  readonly place: Place;
}

/** Entry points that name the chart of a CNI, whether or not it could be rendered. */
export function declaredInstalls({ targets, unread }: Environment): readonly DeclaredInstall[] {
  return [...targets, ...unread].flatMap((target): readonly DeclaredInstall[] => {
    const { declaredBy } = target;
    const chart = chartNamed(target);
    const profile = chart === null ? null : ofChart(chart);
    if (declaredBy === null || profile === null) return [];
    const { kind, name, namespace, place } = declaredBy;
    const subject = `${kind} ${namespace === null ? name : `${namespace}/${name}`} (chart ${chart})`;
    return [{ profile, subject, place }];
  });
}

/** The name of the chart that a target deploys: written, or the directory of one in this tree. */
export function chartNamed(target: Target | UnreadTarget): string | null {
  if ("source" in target) return target.source.kind === "helm" ? nameOf(target.source.request.chart) : null;
  return target.chart?.name ?? null;
}

/** The profile that a chart of this name installs. */
export function ofChart(chart: string): Profile | null {
  return lookUp(CHARTS, nameOf(chart));
}

function chartOfHelmChart({ object }: Manifest): string {
  const chart = ownField(nested(object, "spec") ?? {}, "chart");
  return typeof chart === "string" && chart !== "" ? chart : (object.metadata.name ?? "");
}

/** Charts as their projects publish them, and as RKE2 names them. */
const CHARTS: Readonly<Record<string, Profile>> = {
  cilium: "cilium",
  "rke2-cilium": "cilium",
  calico: "calico",
  "tigera-operator": "calico",
  "rke2-calico": "calico",
  "rke2-canal": "calico",
  canal: "calico",
  antrea: "antrea",
  "ovn-kubernetes": "ovn-kubernetes",
  "aws-vpc-cni": "aws-vpc-cni",
};

/** Configuration of agents under the names of the projects' own manifests. */
const CONFIG_MAPS: Readonly<Record<string, Profile>> = {
  "cilium-config": "cilium",
  "calico-config": "calico",
  "canal-config": "calico",
  "antrea-config": "antrea",
  "amazon-vpc-cni": "aws-vpc-cni",
};

const DAEMON_SETS: Readonly<Record<string, Profile>> = {
  cilium: "cilium",
  "calico-node": "calico",
  canal: "calico",
  "rke2-canal": "calico",
  "antrea-agent": "antrea",
  "ovnkube-node": "ovn-kubernetes",
  "aws-node": "aws-vpc-cni",
  "azure-npm": "aks-azure",
  // The agent of dataplane V2 is Cilium under another name.
  anetd: "gke-v2",
};

/** The last two steps of an image's repository. */
const IMAGES: Readonly<Record<string, Profile>> = {
  "cilium/cilium": "cilium",
  "calico/node": "calico",
  "tigera/cnx-node": "calico",
  "antrea/antrea-ubuntu": "antrea",
  "antrea/antrea-agent-ubuntu": "antrea",
  "antrea/antrea-agent-ubi": "antrea",
  "ovn-kubernetes/ovn-kube-ubuntu": "ovn-kubernetes",
  "ovn-kubernetes/ovn-kube-fedora": "ovn-kubernetes",
  "amazon-k8s-cni": "aws-vpc-cni",
  "amazon/aws-network-policy-agent": "aws-vpc-cni",
  "containernetworking/azure-npm": "aks-azure",
};

function ofDaemonSet({ object }: Manifest): Profile | null {
  const named = lookUp(DAEMON_SETS, object.metadata.name ?? "");
  if (named !== null) return named;
  const spec = nested(object, "spec", "template", "spec") ?? {};
  const images = objects(ownField(spec, "containers")).map((container) => ownField(container, "image"));
  return (
    images.flatMap((image) => (typeof image === "string" ? (ofImage(image) ?? []) : [])).find(Boolean) ?? null
  );
}

function ofImage(image: string): Profile | null {
  const repository = image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  const steps = repository.split("/");
  return lookUp(IMAGES, steps.slice(-2).join("/")) ?? lookUp(IMAGES, steps.at(-1) ?? "");
}

/** `networkType` of config.openshift.io, `defaultNetwork.type` of operator.openshift.io. */
const OPENSHIFT: Readonly<Record<string, Profile>> = {
  OVNKubernetes: "ovn-kubernetes",
  OpenShiftSDN: "ovn-kubernetes",
  Calico: "calico",
  Cilium: "cilium",
};

function ofOpenShift({ object }: Manifest): Profile | null {
  const spec = nested(object, "spec") ?? {};
  const group = groupOf(object);
  const type =
    group === "config.openshift.io"
      ? ownField(spec, "networkType")
      : group === "operator.openshift.io"
        ? ownField(nested(spec, "defaultNetwork") ?? {}, "type")
        : null;
  return typeof type === "string" ? lookUp(OPENSHIFT, type) : null;
}

function lookUp(table: Readonly<Record<string, Profile>>, key: string): Profile | null {
  return Object.hasOwn(table, key) ? (table[key] ?? null) : null;
}
