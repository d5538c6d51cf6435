import { type JsonObject, nested, objects, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import type { Workload } from "../cluster.ts";
import { containerPorts, imageNames, podFacts } from "./pod-facts.ts";
import { type DeclaredWorkloads, labelsOf, namespaceOf } from "./pod-template.ts";

type Role = "driver" | "executor";

/** Of Spark alone. */
export const SPARK_EXECUTOR_LABELS: readonly string[] = [
  "spark-app-selector",
  "spark-app-name",
  "spark-version",
  "spark-exec-id",
  "spark-exec-resourceprofile-id",
];

/**
 * Labels whose values only a run knows. Of Spark (KubernetesDriverConf and KubernetesExecutorConf; newer releases add
 * app name and version) and of the operator (submission.go: buildSparkSubmitArgs).
 */
const RUNTIME_LABELS: Readonly<Record<Role, readonly string[]>> = {
  driver: ["spark-app-selector", "spark-app-name", "spark-version", "sparkoperator.k8s.io/submission-id"],
  executor: [...SPARK_EXECUTOR_LABELS, "sparkoperator.k8s.io/submission-id"],
};

/**
 * SparkApplication and ScheduledSparkApplication of the Spark operator: a driver pod that starts executor pods. null for
 * other kinds of its group.
 */
export function sparkApplication(manifest: Manifest): DeclaredWorkloads | null {
  const application = applicationOf(manifest);
  if (application === null) return null;
  const bad = new Set<string>();
  const workloads = (["driver", "executor"] as const).map((role) =>
    rolePods(manifest, application, role, bad),
  );
  return { workloads, badLabels: [...bad], incomplete: false };
}

interface Application {
  readonly spec: JsonObject;
  /** null = a name that the operator makes up for each run. */
  readonly name: string | null;
  /** Labels of the application itself: the operator puts them on its pods. */
  readonly labels: ReadonlyMap<string, string>;
}

function applicationOf(manifest: Manifest): Application | null {
  const { object } = manifest;
  const labels = labelsOf(object).labels;
  if (object.kind === "SparkApplication") {
    return { spec: nested(object, "spec") ?? {}, name: object.metadata.name ?? null, labels };
  }
  if (object.kind !== "ScheduledSparkApplication") return null;
  const scheduled = new Map([["sparkoperator.k8s.io/scheduled-app-name", object.metadata.name ?? ""]]);
  return {
    spec: nested(object, "spec", "template") ?? {},
    name: null,
    labels: new Map([...scheduled, ...labels]),
  };
}

function rolePods(manifest: Manifest, application: Application, role: Role, bad: Set<string>): Workload {
  const pods = nested(application.spec, role) ?? {};
  const template = nested(pods, "template");
  const written = { ...labelsOf({ metadata: { labels: ownField(pods, "labels") } }) };
  const templateLabels = template === null ? new Map<string, string>() : labelsOf(template).labels;
  for (const key of written.bad) bad.add(key);
  const labels = new Map([
    ...templateLabels,
    ...sparkConfLabels(application.spec, role),
    ...operatorLabels(application.name, template === null),
    // spark-submit takes the last value of a setting: the operator adds these after its own.
    ...application.labels,
    ...written.labels,
    // Spark refuses to let anything set these (KubernetesConf, "Custom … labels cannot contain").
    ["spark-role", role] as const,
  ]);
  const runtime = [
    ...RUNTIME_LABELS[role],
    ...(application.name === null ? ["sparkoperator.k8s.io/app-name"] : []),
  ];
  const namespace = namespaceOf(manifest);
  const { kind, metadata } = manifest.object;
  const name = metadata.name ?? `${metadata.generateName ?? ""}*`;
  return {
    key: `${namespace}/${kind}/${name}#${role}`,
    namespace,
    kind,
    name,
    role,
    labels,
    runtimeLabels: new Set(runtime.filter((key) => !labels.has(key))),
    ...sparkPodFacts(application.spec, pods, template),
    ambient: false,
    manifest,
  };
}

function operatorLabels(name: string | null, mutated: boolean): ReadonlyMap<string, string> {
  const labels = new Map([["sparkoperator.k8s.io/launched-by-spark-operator", "true"]]);
  if (mutated) labels.set("sparkoperator.k8s.io/mutated-by-spark-operator", "true");
  if (name !== null) labels.set("sparkoperator.k8s.io/app-name", name);
  return labels;
}

/** sparkConf may label pods too: "spark.kubernetes.driver.label.NAME". */
export function sparkConfLabels(spec: JsonObject, role: Role): readonly (readonly [string, string])[] {
  const prefix = `spark.kubernetes.${role}.label.`;
  return Object.entries(nested(spec, "sparkConf") ?? {})
    .filter(([key, value]) => key.startsWith(prefix) && typeof value === "string")
    .map(([key, value]) => [key.slice(prefix.length), String(value)] as const);
}

function serviceAccountOf(written: unknown): string | null {
  return typeof written === "string" && written !== "" ? written : null;
}

function sparkPodFacts(spec: JsonObject, pods: JsonObject, template: JsonObject | null) {
  const facts = podFacts((template === null ? null : nested(template, "spec")) ?? {});
  const extra = [...objects(ownField(pods, "sidecars")), ...objects(ownField(pods, "initContainers"))];
  return {
    hostNetwork: ownField(pods, "hostNetwork") === true || facts.hostNetwork,
    // Drivers may run under an account that the operator was started with.
    serviceAccount: serviceAccountOf(ownField(pods, "serviceAccount")),
    containerPorts: [
      ...facts.containerPorts,
      ...containerPorts(ownField(pods, "ports")),
      ...objects(ownField(pods, "sidecars")).flatMap((one) => containerPorts(ownField(one, "ports"))),
    ],
    images: imageNames([
      ownField(pods, "image") ?? ownField(spec, "image"),
      ...extra.map((one) => ownField(one, "image")),
      ...facts.images,
    ]),
  };
}
