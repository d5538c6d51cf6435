import { nested, objects, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import { unnamedJobLabels } from "./job-labels.ts";
import { type DeclaredWorkloads, specTemplate } from "./pod-template.ts";
import { STATEFUL_SET_LABELS } from "./stateful-set-labels.ts";
import { templatedWorkloads } from "./templated-pods.ts";

/**
 * jobset.x-k8s.io JobSet: a Job for each replica of each `spec.replicatedJobs` (kubernetes-sigs/jobset,
 * api/jobset/v1alpha2/jobset_types.go and pkg/controllers/jobset_controller.go, labelAndAnnotateObject). Its webhook makes
 * them indexed where they do not say.
 */
export function jobSet(manifest: Manifest): DeclaredWorkloads {
  const replicated = objects(nested(manifest.object, "spec")?.["replicatedJobs"]);
  const pods = replicated.map((job) => {
    const name = textOf(ownField(job, "name"));
    const spec = nested(job, "template", "spec") ?? {};
    return {
      role: name,
      template: nested(spec, "template"),
      known: {
        "jobset.sigs.k8s.io/jobset-name": manifest.object.metadata.name ?? null,
        "jobset.sigs.k8s.io/replicatedjob-name": name,
      },
      anyValue: [
        ...JOB_SET_LABELS,
        ...unnamedJobLabels({ ...spec, completionMode: ownField(spec, "completionMode") ?? "Indexed" }),
      ],
    };
  });
  return templatedWorkloads(manifest, pods);
}

const JOB_SET_LABELS: readonly string[] = [
  "global-replicas",
  "group-name",
  "group-replicas",
  "job-global-index",
  "job-group-index",
  "job-index",
  "job-key",
  "jobset-uid",
  "replicatedjob-replicas",
  "restart-attempt",
].map((name) => `jobset.sigs.k8s.io/${name}`);

/**
 * leaderworkerset.x-k8s.io LeaderWorkerSet: StatefulSets of leaders and of workers (kubernetes-sigs/lws,
 * api/leaderworkerset/v1/leaderworkerset_types.go). Leaders take the workers' template where they have none.
 */
export function leaderWorkerSet(manifest: Manifest): DeclaredWorkloads {
  const templates = nested(manifest.object, "spec", "leaderWorkerTemplate") ?? {};
  const worker = nested(templates, "workerTemplate");
  const subgroups = nested(templates, "subGroupPolicy") === null ? [] : ["subgroup-index", "subgroup-key"];
  const anyValue = [
    ...STATEFUL_SET_LABELS,
    ...["group-index", "group-key", "template-revision-hash", ...subgroups].map(leaderWorkerLabel),
  ];
  const name = manifest.object.metadata.name ?? null;
  const common = { [leaderWorkerLabel("name")]: name };
  const index = leaderWorkerLabel("worker-index");
  return templatedWorkloads(manifest, [
    {
      role: "leader",
      template: nested(templates, "leaderTemplate") ?? worker,
      known: { ...common, [index]: "0" },
      anyValue,
    },
    { role: "worker", template: worker, known: { ...common, [index]: null }, anyValue },
  ]);
}

function leaderWorkerLabel(name: string): string {
  return `leaderworkerset.sigs.k8s.io/${name}`;
}

/** keda.sh ScaledJob: Jobs of `spec.jobTargetRef` (kedacore/keda, pkg/scaling/executor/scale_jobs.go, generateJobs). */
export function scaledJob(manifest: Manifest): DeclaredWorkloads {
  const job = nested(manifest.object, "spec", "jobTargetRef") ?? {};
  return templatedWorkloads(manifest, [
    {
      role: null,
      template: specTemplate({ spec: job }),
      known: { "scaledjob.keda.sh/name": manifest.object.metadata.name ?? null },
      anyValue: unnamedJobLabels(job),
    },
  ]);
}

/** batch.volcano.sh Job: pods of `spec.tasks` (volcano-sh/volcano, pkg/controllers/job/job_controller_util.go, createJobPod). */
export function volcanoJob(manifest: Manifest): DeclaredWorkloads {
  const tasks = objects(nested(manifest.object, "spec")?.["tasks"]);
  const pods = tasks.map((task, index) => {
    // The webhook names tasks without a name "default0", "default1" (MakeDefault…).
    const name = textOf(ownField(task, "name")) ?? `default${index}`;
    return {
      role: name,
      template: nested(task, "template"),
      known: {
        "volcano.sh/job-name": manifest.object.metadata.name ?? null,
        "volcano.sh/job-namespace": manifest.namespace ?? "default",
        "volcano.sh/task-spec": name,
      },
      anyValue: ["volcano.sh/queue-name", "volcano.sh/task-index"],
    };
  });
  return templatedWorkloads(manifest, pods);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
