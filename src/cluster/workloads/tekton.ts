import { type JsonObject, nested, objects, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import type { ObjectLookup } from "../object-lookup.ts";
import { type PodFacts, podFacts } from "./pod-facts.ts";
import { type DeclaredWorkloads, labelsOf } from "./pod-template.ts";
import { type TemplatedPods, templatedWorkloads } from "./templated-pods.ts";

/**
 * tekton.dev TaskRun: one pod with the labels of the run and of its Task (tektoncd/pipeline, pkg/pod/pod.go, makeLabels;
 * pkg/reconciler/taskrun: the Task's labels are merged into the run's; docs/labels.md). `podTemplate` carries no labels.
 */
export function taskRun(manifest: Manifest, find: ObjectLookup): DeclaredWorkloads {
  const spec = nested(manifest.object, "spec") ?? {};
  const task = taskOf(manifest, spec, find);
  if (task === null) return { workloads: [], badLabels: [], incomplete: true };
  return templatedWorkloads(manifest, [
    {
      role: null,
      template: { metadata: { labels: { ...task.labels, ...manifest.object.metadata.labels } } },
      defaults: MANAGED_BY,
      known: { "tekton.dev/taskRun": manifest.object.metadata.name ?? null, ...taskLabel(task) },
      anyValue: ["tekton.dev/taskRunUID"],
      facts: factsOf(task.spec, nested(spec, "podTemplate") ?? {}, ownField(spec, "serviceAccountName")),
    },
  ]);
}

/**
 * tekton.dev PipelineRun: a TaskRun, and so a pod, for each task of its pipeline (pkg/reconciler/pipelinerun,
 * getTaskrunLabels and combineTaskRunAndTaskSpecLabels). Runs that share a volume are kept together by a pod of Tekton's
 * own (affinity assistant).
 */
export function pipelineRun(manifest: Manifest, find: ObjectLookup): DeclaredWorkloads {
  const { metadata } = manifest.object;
  const spec = nested(manifest.object, "spec") ?? {};
  const pipeline = pipelineOf(manifest, spec, find);
  if (pipeline === null) return { workloads: [], badLabels: [], incomplete: true };
  const tasks = (["tasks", "finally"] as const).flatMap((list) =>
    objects(ownField(pipeline.spec, list)).map((task) => ({ task, list })),
  );
  const pods = tasks.map(({ task, list }): TemplatedPods => {
    const name = textOf(ownField(task, "name"));
    const found = taskOf(manifest, task, find);
    if (found === null) return { role: name, template: null };
    const own = objects(ownField(spec, "taskRunSpecs")).find(
      (one) => ownField(one, "pipelineTaskName") === name,
    );
    const run = nested(spec, "taskRunTemplate") ?? {};
    return {
      role: name,
      template: {
        metadata: {
          labels: {
            ...found.labels,
            ...pipeline.labels,
            ...metadata.labels,
            ...nested(own ?? {}, "metadata", "labels"),
          },
        },
      },
      defaults: MANAGED_BY,
      known: {
        "tekton.dev/pipelineRun": metadata.name ?? null,
        "tekton.dev/pipeline": pipeline.name ?? metadata.name ?? null,
        "tekton.dev/pipelineTask": name,
        "tekton.dev/memberOf": list,
        ...taskLabel(found),
      },
      anyValue: ["tekton.dev/pipelineRunUID", "tekton.dev/taskRun", "tekton.dev/taskRunUID"],
      facts: factsOf(
        found.spec,
        { ...nested(run, "podTemplate"), ...nested(own ?? {}, "podTemplate") },
        ownField(own ?? {}, "serviceAccountName") ?? ownField(run, "serviceAccountName"),
      ),
    };
  });
  return templatedWorkloads(manifest, pods, sharesVolumes(spec));
}

const MANAGED_BY = { "app.kubernetes.io/managed-by": "tekton-pipelines" };

interface Task {
  readonly spec: JsonObject;
  readonly labels: Readonly<Record<string, unknown>>;
  /** null = written where it runs. */
  readonly name: string | null;
}

/** The Task of a run or of a step of a pipeline; null = it stands somewhere else (a resolver, a bundle, another kind). */
function taskOf(manifest: Manifest, holder: JsonObject, find: ObjectLookup): Task | null {
  const inline = nested(holder, "taskSpec");
  // A taskSpec with a kind is a custom task.
  if (inline !== null && ownField(inline, "kind") === undefined) {
    return { spec: inline, labels: Object.fromEntries(labelsOf(inline).labels), name: null };
  }
  const named = referred(manifest, nested(holder, "taskRef"), "Task", find);
  return named === null ? null : { ...named, name: named.name };
}

function pipelineOf(manifest: Manifest, spec: JsonObject, find: ObjectLookup): Task | null {
  const inline = nested(spec, "pipelineSpec");
  if (inline !== null) return { spec: inline, labels: {}, name: null };
  return referred(manifest, nested(spec, "pipelineRef"), "Pipeline", find);
}

function referred(
  manifest: Manifest,
  reference: JsonObject | null,
  kind: "Task" | "Pipeline",
  find: ObjectLookup,
): Task | null {
  const name = reference === null ? null : textOf(ownField(reference, "name"));
  const other =
    reference === null ? undefined : (ownField(reference, "kind") ?? ownField(reference, "bundle"));
  if (name === null || (other !== undefined && other !== kind)) return null;
  const found = find(manifest.namespace ?? "default", kind, name);
  return found === null
    ? null
    : { spec: nested(found, "spec") ?? {}, labels: found.metadata.labels ?? {}, name };
}

function taskLabel({ name }: Task): Readonly<Record<string, string>> {
  return name === null ? {} : { "tekton.dev/task": name };
}

function sharesVolumes(spec: JsonObject): boolean {
  return objects(ownField(spec, "workspaces")).some(
    (one) => nested(one, "persistentVolumeClaim") !== null || nested(one, "volumeClaimTemplate") !== null,
  );
}

/** An account that is not written is one that the installation chose ("default" unless configured). */
function factsOf(task: JsonObject, template: JsonObject, account: unknown): PodFacts {
  const written = textOf(account);
  return {
    ...podFacts({
      containers: [...objects(ownField(task, "steps")), ...objects(ownField(task, "sidecars"))],
      hostNetwork: ownField(template, "hostNetwork"),
    }),
    serviceAccount: written,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
