import { describe, expect, test } from "@jest/globals";
import type { Workload } from "../../src/cluster/cluster.ts";
import { imageName } from "../../src/cluster/workloads/pod-facts.ts";
import { cluster } from "./cluster-builder.ts";

function workloads(text: string): readonly Workload[] {
  return [...cluster(text).workloads.values()];
}

function only(text: string): Workload {
  const [first, ...rest] = workloads(text);
  if (first === undefined || rest.length > 0)
    throw new Error(`expected one workload, not ${rest.length + 1}`);
  return first;
}

const template = (indent: string) =>
  `template:\n  metadata: {labels: {app: web}}\n  spec: {containers: [{name: c, image: "example.com/web:1"}]}`.replaceAll(
    /^/gm,
    indent,
  );

describe("built-in kinds read the labels of the pod template, and what controllers add", () => {
  test.each([
    ["apps/v1", "Deployment", ["pod-template-hash"]],
    ["apps/v1", "ReplicaSet", []],
    ["v1", "ReplicationController", []],
    [
      "apps/v1",
      "StatefulSet",
      ["apps.kubernetes.io/pod-index", "controller-revision-hash", "statefulset.kubernetes.io/pod-name"],
    ],
    ["apps/v1", "DaemonSet", ["controller-revision-hash", "pod-template-generation"]],
    ["argoproj.io/v1alpha1", "Rollout", ["rollouts-pod-template-hash"]],
  ])("%s %s", (apiVersion, kind, runtime) => {
    const workload = only(
      `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: web, labels: {not: this}}\nspec:\n  replicas: 0\n${template("  ")}\n`,
    );
    expect(workload).toMatchObject({
      key: `shop/${kind}/web`,
      hostNetwork: false,
      images: ["example.com/web"],
    });
    expect(Object.fromEntries(workload.labels)).toEqual({ app: "web" });
    expect([...workload.runtimeLabels].sort()).toEqual(runtime);
  });

  test("a Pod is its own template", () => {
    const workload = only(
      "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {hostNetwork: true}\n",
    );
    expect(workload).toMatchObject({ key: "shop/Pod/web", hostNetwork: true });
    expect([...workload.labels]).toEqual([["app", "web"]]);
  });

  test("a Job's pods carry its name; those of a CronJob a name nobody knows", () => {
    const job = only(
      `apiVersion: batch/v1\nkind: Job\nmetadata: {name: load}\nspec:\n  completionMode: Indexed\n${template("  ")}\n`,
    );
    expect(Object.fromEntries(job.labels)).toEqual({
      app: "web",
      "job-name": "load",
      "batch.kubernetes.io/job-name": "load",
    });
    expect([...job.runtimeLabels].sort()).toEqual([
      "batch.kubernetes.io/controller-uid",
      "batch.kubernetes.io/job-completion-index",
      "controller-uid",
    ]);
    const cron = only(
      `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: load}\nspec:\n  jobTemplate:\n    spec:\n${template("      ")}\n`,
    );
    expect(Object.fromEntries(cron.labels)).toEqual({ app: "web" });
    expect([...cron.runtimeLabels].sort()).toEqual([
      "batch.kubernetes.io/controller-uid",
      "batch.kubernetes.io/job-name",
      "controller-uid",
      "job-name",
    ]);
  });

  test("manualSelector leaves a Job's pods alone", () => {
    const job = only(
      `apiVersion: batch/v1\nkind: Job\nmetadata: {name: load}\nspec:\n  manualSelector: true\n${template("  ")}\n`,
    );
    expect(job.labels.size).toBe(1);
    expect(job.runtimeLabels.size).toBe(0);
  });

  test("objects with generated names are workloads of their own", () => {
    const job = `apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: hook-}\nspec:\n${template("  ")}\n`;
    expect(workloads(`${job}---\n${job}`).map(({ key }) => key)).toEqual([
      "shop/Job/hook-*",
      "shop/Job/hook-*2",
    ]);
  });

  test("container ports: those of containers and restarting init containers", () => {
    const workload = only(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{image: a, ports: [{name: http, containerPort: 8080}, {containerPort: 53, protocol: UDP}]}]
  initContainers:
  - {image: b, restartPolicy: Always, ports: [{name: mesh, containerPort: 15001}]}
  - {image: c, ports: [{name: never, containerPort: 1}]}
`);
    expect(workload.containerPorts).toEqual([
      { name: "http", port: 8080, protocol: "TCP" },
      { name: null, port: 53, protocol: "UDP" },
      { name: "mesh", port: 15001, protocol: "TCP" },
    ]);
    expect(workload.images).toEqual(["a", "b", "c"]);
  });

  test.each([
    ["example.com:5000/team/app:1.2@sha256:00", "example.com:5000/team/app"],
    ["example.com:5000/team/app", "example.com:5000/team/app"],
    ["app:latest", "app"],
  ])("image %s is %s", (reference, name) => {
    expect(imageName(reference)).toBe(name);
  });
});

describe("Argo Rollouts", () => {
  test("a referenced Deployment lends its template", () => {
    const rollout =
      "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec: {workloadRef: {apiVersion: apps/v1, kind: Deployment, name: old}}\n";
    const deployment = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: old}\nspec:\n${template("  ")}\n`;
    const found = workloads(`${rollout}---\n${deployment}`).find(({ kind }) => kind === "Rollout");
    expect(found?.labels.get("app")).toBe("web");
    const alone = cluster(rollout);
    expect(alone.workloads.size).toBe(0);
    expect(alone.openNamespaces.get("shop")).toBe("pod-making-resource");
  });

  test("labels of the strategy make two kinds of pods", () => {
    const rollout = `apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec:\n  strategy: {canary: {canaryMetadata: {labels: {role: canary}}}}\n${template("  ")}\n`;
    expect(workloads(rollout).map(({ key, labels }) => [key, labels.get("role")])).toEqual([
      ["shop/Rollout/web#canary", "canary"],
      ["shop/Rollout/web#stable", undefined],
    ]);
  });
});

describe("Spark applications", () => {
  const application = `
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: {name: etl, labels: {team: data, shared: app}}
spec:
  image: example.com/spark:3
  sparkConf: {spark.kubernetes.driver.label.conf: "yes", spark.kubernetes.executor.label.shared: conf}
  driver: {labels: {app: etl, shared: driver, spark-role: fake}, hostNetwork: true}
  executor: {labels: {app: etl}, image: example.com/executor:3}
`;

  test("driver and executor carry what Spark and the operator add", () => {
    const [driver, executor] = workloads(application);
    expect(driver).toMatchObject({
      key: "shop/SparkApplication/etl#driver",
      hostNetwork: true,
      images: ["example.com/spark"],
    });
    expect(Object.fromEntries(driver?.labels ?? [])).toEqual({
      app: "etl",
      conf: "yes",
      shared: "driver",
      team: "data",
      "spark-role": "driver",
      "sparkoperator.k8s.io/app-name": "etl",
      "sparkoperator.k8s.io/launched-by-spark-operator": "true",
      "sparkoperator.k8s.io/mutated-by-spark-operator": "true",
    });
    expect(executor).toMatchObject({
      key: "shop/SparkApplication/etl#executor",
      hostNetwork: false,
      images: ["example.com/executor"],
    });
    expect(executor?.labels.get("spark-role")).toBe("executor");
    // The application's own labels come after sparkConf on spark-submit's command line: the last one counts.
    expect(executor?.labels.get("shared")).toBe("app");
    expect([...(executor?.runtimeLabels ?? [])].sort()).toEqual([
      "spark-app-name",
      "spark-app-selector",
      "spark-exec-id",
      "spark-exec-resourceprofile-id",
      "spark-version",
      "sparkoperator.k8s.io/submission-id",
    ]);
  });

  test("a pod template adds labels and is not mutated", () => {
    const [driver] = workloads(
      "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: {name: etl}\nspec: {driver: {template: {metadata: {labels: {from: template}}, spec: {hostNetwork: true}}}, executor: {}}\n",
    );
    expect(driver?.labels.get("from")).toBe("template");
    expect(driver?.labels.has("sparkoperator.k8s.io/mutated-by-spark-operator")).toBe(false);
    expect(driver?.hostNetwork).toBe(true);
  });

  test("a scheduled application's runs have names nobody knows", () => {
    const [driver] = workloads(
      "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: ScheduledSparkApplication\nmetadata: {name: nightly}\nspec: {schedule: '@daily', template: {driver: {labels: {app: etl}}, executor: {}}}\n",
    );
    expect(driver?.key).toBe("shop/ScheduledSparkApplication/nightly#driver");
    expect(driver?.labels.get("sparkoperator.k8s.io/scheduled-app-name")).toBe("nightly");
    expect(driver?.labels.get("app")).toBe("etl");
    expect(driver?.runtimeLabels.has("sparkoperator.k8s.io/app-name")).toBe(true);
  });
});

test("a label that is no string makes the workload unknown, not absent", () => {
  const result = cluster(
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web, version: 1.0}}\nspec: {}\n",
  );
  expect(result.unknowns).toMatchObject([
    {
      code: "invalid-document",
      detail: expect.stringContaining("version"),
      bound: { namespaces: ["shop"], kinds: ["Pod"] },
    },
  ]);
  expect([...(result.workloads.get("shop/Pod/web")?.labels ?? [])]).toEqual([["app", "web"]]);
});
