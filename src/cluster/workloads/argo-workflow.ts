import { type JsonObject, nested, objects, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import type { ObjectLookup } from "../object-lookup.ts";
import { type PodFacts, podFacts } from "./pod-facts.ts";
import { type DeclaredWorkloads, labelsOf } from "./pod-template.ts";
import { type TemplatedPods, templatedWorkloads } from "./templated-pods.ts";

/**
 * argoproj.io Workflow, CronWorkflow and WorkflowTemplate: a pod for each template that runs a container
 * (argoproj/argo-workflows, workflow/controller/workflowpod.go: createWorkflowPod, addMetadata). The labels of the workflow
 * itself are not those of its pods. People submit workflows of a WorkflowTemplate, with labels of their own.
 */
export function argoWorkflow(manifest: Manifest, find: ObjectLookup): DeclaredWorkloads {
  const { kind, metadata } = manifest.object;
  const spec = nested(manifest.object, "spec", ...(kind === "CronWorkflow" ? ["workflowSpec"] : []));
  if (spec === null) return { workloads: [], badLabels: [], incomplete: true };
  const referred = referredSpec(manifest, spec, find);
  const whole = referred === null ? spec : { ...referred, ...spec };
  const templates = templatesOf(whole);
  const hidden = nested(spec, "workflowTemplateRef") !== null && referred === null;
  return templatedWorkloads(
    manifest,
    templates.flatMap((template, index) => {
      const pods = podsOf(whole, template, index);
      const workflow = kind === "Workflow" ? (metadata.name ?? null) : null;
      return pods === null ? [] : [{ ...pods, known: { ...pods.known, [WORKFLOW]: workflow } }];
    }),
    hidden || kind === "WorkflowTemplate" || templates.some(runsOthers) || collectsGarbage(whole),
  );
}

const WORKFLOW = "workflows.argoproj.io/workflow";

/** A workflow's own fields win over those of the template that it refers to (util/merge.go, MergeTo). */
function referredSpec(manifest: Manifest, spec: JsonObject, find: ObjectLookup): JsonObject | null {
  const reference = nested(spec, "workflowTemplateRef");
  const name = reference === null ? undefined : ownField(reference, "name");
  if (reference === null || typeof name !== "string" || ownField(reference, "clusterScope") === true)
    return null;
  const found = find(manifest.namespace ?? "default", "WorkflowTemplate", name);
  return found === null ? null : nested(found, "spec");
}

/** Named templates, and those that stand inside the steps of another. */
function templatesOf(spec: JsonObject): readonly JsonObject[] {
  const named = objects(ownField(spec, "templates"));
  return [...named, ...named.flatMap((one) => inlineTemplates(one))].map((one) => withDefaults(spec, one));
}

function inlineTemplates(template: JsonObject): readonly JsonObject[] {
  const inline = objects(stepsOf(template).map((step) => ownField(step, "inline")));
  return [...inline, ...inline.flatMap((one) => inlineTemplates(one))];
}

/** Steps are lists of lists; tasks stand in a graph. */
function stepsOf(template: JsonObject): readonly JsonObject[] {
  const steps = ownField(template, "steps");
  const groups: readonly unknown[] = Array.isArray(steps) ? steps : [];
  return [...groups.flatMap(objects), ...objects(nested(template, "dag")?.["tasks"])];
}

/** templateDefaults fill in what a template leaves out (workflow/controller/operator.go, mergedTemplateDefaultsInto). */
function withDefaults(spec: JsonObject, template: JsonObject): JsonObject {
  const defaults = nested(spec, "templateDefaults");
  if (defaults === null) return template;
  const labels = { ...nested(defaults, "metadata", "labels"), ...nested(template, "metadata", "labels") };
  return { ...defaults, ...template, metadata: { labels } };
}

/** A template of another object, or one whose name is made up at run time. */
function runsOthers(template: JsonObject): boolean {
  return stepsOf(template).some((step) => nested(step, "templateRef") !== null);
}

/** Pods that remove artifacts (workflow/controller/artifact_gc.go). */
function collectsGarbage(spec: JsonObject): boolean {
  return JSON.stringify(spec).includes('"artifactGC"');
}

/** null = the template runs no pod: steps, a graph, a pause. HTTP and plugin templates run in one agent pod. */
function podsOf(spec: JsonObject, template: JsonObject, index: number): TemplatedPods | null {
  const runs = ["container", "script", "containerSet", "resource", "data"].some(
    (kind) => nested(template, kind) !== null,
  );
  const agent = !runs && ["http", "plugin"].some((kind) => nested(template, kind) !== null);
  if (!(runs || agent)) return null;
  const name = ownField(template, "name");
  const ofWorkflow = nested(spec, "podMetadata", "labels") ?? {};
  const labels = agent ? ofWorkflow : { ...ofWorkflow, ...labelsObject(template) };
  return {
    role: typeof name === "string" && name !== "" ? name : `inline-${index}`,
    template: { metadata: { labels } },
    known: agent ? { "workflows.argoproj.io/component": "agent" } : {},
    anyValue: ["workflows.argoproj.io/completed"],
    facts: factsOf(spec, template),
  };
}

function labelsObject(template: JsonObject): JsonObject {
  const { labels, bad } = labelsOf(template);
  const wrong = bad.map((key) => [key, false] as const);
  return Object.fromEntries<unknown>([...labels, ...wrong]);
}

function factsOf(spec: JsonObject, template: JsonObject): PodFacts {
  const main = [nested(template, "container"), nested(template, "script")].filter((one) => one !== null);
  const account = ownField(template, "serviceAccountName") ?? ownField(spec, "serviceAccountName");
  const facts = podFacts({
    containers: [
      ...main,
      ...objects(nested(template, "containerSet")?.["containers"]),
      ...objects(ownField(template, "sidecars")),
    ],
    initContainers: ownField(template, "initContainers"),
    serviceAccountName: account,
    hostNetwork: ownField(spec, "hostNetwork"),
  });
  const patches = [ownField(spec, "podSpecPatch"), ownField(template, "podSpecPatch")];
  const onHost = patches.some(
    (patch) => typeof patch === "string" && /hostNetwork["']?\s*:\s*true/.test(patch),
  );
  return {
    ...facts,
    hostNetwork: facts.hostNetwork || onHost,
    serviceAccount: facts.serviceAccount?.includes("{{") === true ? null : facts.serviceAccount,
  };
}
