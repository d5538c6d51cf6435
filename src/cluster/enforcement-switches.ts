import { nested, objects, ownField } from "../policy/schema/decode.ts";
import type { Manifest } from "../render/render.ts";
import { parsedValues } from "../targets/declarations/named-chart.ts";
import { type Fields, fieldsAt, textAt } from "../targets/files/fields.ts";
import type { Environment, Target, UnreadChart } from "../targets/targets.ts";
import type { Unknown } from "../targets/unknown.ts";
import { nameOf } from "../tree/paths.ts";
import type { Place } from "../tree/place.ts";
import type { Cluster } from "./cluster.ts";
import { chartNamed, ofChart } from "./install-evidence.ts";
import { objectName } from "./object-name.ts";

/** A setting of who enforces policies that says whether, and which of them, are enforced at all (threat T16). */
export interface EnforcementSwitch {
  /** What it is called where it stands, the same on both sides: "enable-policy of ConfigMap kube-system/cilium-config". */
  readonly name: string;
  readonly value: string;
  /** The more, the more is enforced; null = nobody knows what this value does. */
  readonly level: number | null;
  /** The level where nothing sets it; null = nobody knows. */
  readonly unset: number | null;
  readonly manifest: Manifest | null;
  /** JSON pointer in the manifest. */
  readonly pointer: string;
  /** Where an entry point sets it. */
  readonly place: Place | null;
}

/** Every switch that an environment's objects, or values of charts that nobody read, set. */
export function enforcementSwitches(
  environment: Environment | null,
  { inputs, unknowns }: Pick<Cluster, "inputs" | "unknowns">,
): readonly EnforcementSwitch[] {
  return [
    ...(environment?.targets ?? []).flatMap((target) => ofUnreadParts(target, unknowns)),
    ...inputs.objects("", "ConfigMap").flatMap(ofConfigMap),
    ...inputs.objects("apps", "DaemonSet").flatMap(ofDaemonSet),
    ...["HelmChart", "HelmChartConfig"]
      .flatMap((kind) => inputs.objects("helm.cattle.io", kind))
      .flatMap(ofHelmChart),
    ...(environment?.unread ?? []).flatMap(({ chart, declaredBy }) => {
      if (chart === undefined) return [];
      const { kind, name, namespace, place } = declaredBy;
      const subject = `${kind} ${namespace === null ? name : `${namespace}/${name}`}`;
      return ofValues(chart, subject, { manifest: null, pointer: "", place });
    }),
  ];
}

/** A chart of this tree that is called after a CNI, and that nobody could read as a whole: its own chart is elsewhere. */
function ofUnreadParts(target: Target, unknowns: readonly Unknown[]): readonly EnforcementSwitch[] {
  const chart = chartNamed(target);
  const own = unknowns.filter((unknown) => unknown.target === target.id);
  if (chart === null || ofChart(chart) === null || own.length === 0) return [];
  return [
    {
      name: `what target ${target.id} (chart ${chart}) renders to`,
      value: own
        .map(({ digest }) => digest)
        .sort()
        .join(),
      level: null,
      unset: null,
      manifest: null,
      pointer: "",
      place: target.declaredBy?.place ?? null,
    },
  ];
}

interface Setting {
  /** Levels by value; a value that is not here is one that nobody knows. */
  readonly levels: Readonly<Record<string, number>>;
  /** The value where nothing sets it. */
  readonly unset: string;
}

const ON: Setting = { levels: { false: 0, true: 1 }, unset: "true" };
const OFF: Setting = { levels: { false: 0, true: 1 }, unset: "false" };
/** Where "true" lets everything pass. */
const BYPASS: Setting = { levels: { true: 0, false: 1 }, unset: "false" };

/** Options of the agent (docs.cilium.io: policy enforcement modes, policy audit mode; cmdref/cilium-agent). */
const CILIUM: Readonly<Record<string, Setting>> = {
  "enable-policy": { levels: { never: 0, default: 1, always: 2 }, unset: "default" },
  "policy-audit-mode": BYPASS,
  // With "nodes", a block admits nodes too.
  "policy-cidr-match-mode": { levels: { nodes: 0, "": 1 }, unset: "" },
  "enable-k8s-networkpolicy": ON,
  "enable-k8s-cluster-network-policy": OFF,
  "enable-cilium-network-policy": ON,
  "enable-cilium-clusterwide-network-policy": ON,
};

/** The same as values of the chart. */
const CILIUM_VALUES: Readonly<Record<string, string>> = {
  policyEnforcementMode: "enable-policy",
  policyAuditMode: "policy-audit-mode",
  policyCIDRMatchMode: "policy-cidr-match-mode",
  "k8sNetworkPolicy.enabled": "enable-k8s-networkpolicy",
};

/** Of EKS: the controller (docs.aws.amazon.com: auto-net-pol), the node agent, and what holds until its rules are there. */
const AWS: Readonly<Record<string, Setting>> = {
  "enable-network-policy-controller": OFF,
  "--enable-network-policy": OFF,
  ENABLE_NETWORK_POLICY: OFF,
  NETWORK_POLICY_ENFORCING_MODE: { levels: { standard: 0, strict: 1 }, unset: "standard" },
};

const AWS_VALUES: Readonly<Record<string, string>> = {
  enableNetworkPolicy: "--enable-network-policy",
  "nodeAgent.enableNetworkPolicy": "--enable-network-policy",
  "env.ENABLE_NETWORK_POLICY": "ENABLE_NETWORK_POLICY",
  "env.NETWORK_POLICY_ENFORCING_MODE": "NETWORK_POLICY_ENFORCING_MODE",
};

function ofConfigMap(manifest: Manifest): readonly EnforcementSwitch[] {
  const name = manifest.object.metadata.name ?? "";
  const data = nested(manifest.object, "data") ?? {};
  if (name === "cilium-config") return ofData(manifest, data, CILIUM);
  if (name === "amazon-vpc-cni") return ofData(manifest, data, AWS);
  return name === "antrea-config" ? ofAntrea(manifest, data) : [];
}

function ofData(
  manifest: Manifest,
  data: Fields,
  settings: Readonly<Record<string, Setting>>,
): readonly EnforcementSwitch[] {
  return Object.entries(settings).flatMap(([key, setting]) => {
    const value = ownField(data, key);
    if (value === undefined) return [];
    const place = { manifest, pointer: `/data/${key}`, place: null };
    return [switchOf(`${key} of ${objectName(manifest)}`, setting, value, place)];
  });
}

/** Gates of features in the configuration of agent and controller (antrea.io/docs, feature-gates). */
function ofAntrea(manifest: Manifest, data: Fields): readonly EnforcementSwitch[] {
  return ["antrea-agent.conf", "antrea-controller.conf"].flatMap((file) => {
    const gates = fieldsAt(parsedValues(textAt(data, file) ?? ""), "featureGates") ?? {};
    const value = ownField(gates, "AntreaPolicy");
    if (value === undefined) return [];
    const place = { manifest, pointer: `/data/${file}`, place: null };
    return [switchOf(`AntreaPolicy in ${file} of ${objectName(manifest)}`, ON, value, place)];
  });
}

const VARIABLES = ["ENABLE_NETWORK_POLICY", "NETWORK_POLICY_ENFORCING_MODE"] as const;

/** The agent of EKS takes its switch as an argument, and the mode from the environment. */
function ofDaemonSet(manifest: Manifest): readonly EnforcementSwitch[] {
  if (manifest.object.metadata.name !== "aws-node") return [];
  const pod = nested(manifest.object, "spec", "template", "spec") ?? {};
  return objects(ownField(pod, "containers")).flatMap((container, index) => {
    const at = `/spec/template/spec/containers/${index}`;
    const flag = "--enable-network-policy";
    const written = ownField(container, "args");
    const args: readonly unknown[] = Array.isArray(written) ? written : [];
    const found = args.flatMap((argument, position) => {
      const [name, value = "true"] = typeof argument === "string" ? argument.split("=") : [];
      if (name !== flag) return [];
      const place = { manifest, pointer: `${at}/args/${position}`, place: null };
      return [switchOf(`${flag} of ${objectName(manifest)}`, AWS[flag] ?? OFF, value, place)];
    });
    const variables = objects(ownField(container, "env")).flatMap((variable, position) => {
      const name = VARIABLES.find((one) => one === ownField(variable, "name"));
      if (name === undefined) return [];
      const place = { manifest, pointer: `${at}/env/${position}`, place: null };
      return [
        switchOf(`${name} of ${objectName(manifest)}`, AWS[name] ?? OFF, ownField(variable, "value"), place),
      ];
    });
    return [...found, ...variables];
  });
}

function ofHelmChart(manifest: Manifest): readonly EnforcementSwitch[] {
  const spec = nested(manifest.object, "spec") ?? {};
  const chart: UnreadChart = {
    name: textAt(spec, "chart") ?? manifest.object.metadata.name ?? "",
    values: parsedValues(textAt(spec, "valuesContent") ?? ""),
    others: null,
  };
  return ofValues(chart, objectName(manifest), { manifest, pointer: "/spec/valuesContent", place: null });
}

type Stands = Pick<EnforcementSwitch, "manifest" | "pointer" | "place">;

/** Values that stand in an entry point; of those that stand elsewhere it is only known whether they are the same. */
function ofValues(
  { name, values, others }: UnreadChart,
  subject: string,
  stands: Stands,
): readonly EnforcementSwitch[] {
  const profile = ofChart(name);
  const [keys, settings] =
    profile === "cilium" ? [CILIUM_VALUES, CILIUM] : profile === "aws-vpc-cni" ? [AWS_VALUES, AWS] : [{}, {}];
  const written = Object.entries(keys).flatMap(([path, key]) => {
    const setting = settings[key];
    const value = valueAt(values, path);
    if (setting === undefined || value === undefined) return [];
    return [switchOf(`${path} of ${subject} (chart ${nameOf(name)})`, setting, value, stands)];
  });
  if (profile === null || others === null) return written;
  const unread = { name: `values of ${subject} (chart ${nameOf(name)}) from other files`, value: others };
  return [...written, { ...unread, level: null, unset: null, ...stands }];
}

function valueAt(values: Fields, path: string): unknown {
  const steps = path.split(".");
  const last = steps.at(-1) ?? "";
  const parent = steps.length === 1 ? values : fieldsAt(values, ...steps.slice(0, -1));
  return parent === null ? undefined : ownField(parent, last);
}

function switchOf(
  name: string,
  { levels, unset }: Setting,
  value: unknown,
  stands: Stands,
): EnforcementSwitch {
  const text = Array.isArray(value) ? value.join(",") : value === null ? unset : String(value);
  const level = (of: string) => (Object.hasOwn(levels, of) ? (levels[of] ?? null) : null);
  return { name, value: text, level: level(text), unset: level(unset), ...stands };
}
