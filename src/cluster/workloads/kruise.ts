import { nested } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import { unnamedJobLabels } from "./job-labels.ts";
import { type DeclaredWorkloads, specTemplate } from "./pod-template.ts";
import { STATEFUL_SET_LABELS } from "./stateful-set-labels.ts";
import { templatedWorkloads } from "./templated-pods.ts";

/**
 * apps.kruise.io (openkruise/kruise, apis/apps and pkg/controller): kinds of Kubernetes with more ways to update them.
 * The state label belongs to life-cycle hooks (apis/apps/pub/lifecycle.go).
 */
const LIFECYCLE = "lifecycle.apps.kruise.io/state";

/** pkg/controller/cloneset/utils/cloneset_utils.go, WriteRevisionHash; cloneset_sync_utils: the instance's id. */
export function cloneSet(manifest: Manifest): DeclaredWorkloads {
  return oneTemplate(manifest, [
    "apps.kruise.io/cloneset-instance-id",
    "controller-revision-hash",
    "pod-template-hash",
    LIFECYCLE,
  ]);
}

export function kruiseStatefulSet(manifest: Manifest): DeclaredWorkloads {
  return oneTemplate(manifest, [...STATEFUL_SET_LABELS, LIFECYCLE]);
}

export function kruiseDaemonSet(manifest: Manifest): DeclaredWorkloads {
  return oneTemplate(manifest, ["controller-revision-hash", "pod-template-generation", LIFECYCLE]);
}

/** pkg/controller/broadcastjob/broadcastjob_controller.go: JobNameLabelKey, ControllerUIDLabelKey. */
export function broadcastJob(manifest: Manifest): DeclaredWorkloads {
  return templatedWorkloads(manifest, [
    {
      role: null,
      template: specTemplate(manifest.object),
      known: { "broadcastjob-name": manifest.object.metadata.name ?? null },
      anyValue: ["broadcastjob-controller-uid"],
    },
  ]);
}

/** A schedule of Jobs or of BroadcastJobs (apis/apps/v1alpha1/advancedcronjob_types.go, CronJobTemplate). */
export function advancedCronJob(manifest: Manifest): DeclaredWorkloads {
  const templates = nested(manifest.object, "spec", "template") ?? {};
  const job = nested(templates, "jobTemplate", "spec");
  if (job !== null) {
    return templatedWorkloads(manifest, [
      { role: null, template: nested(job, "template"), anyValue: unnamedJobLabels(job) },
    ]);
  }
  return templatedWorkloads(manifest, [
    {
      role: null,
      template: nested(templates, "broadcastJobTemplate", "spec", "template"),
      anyValue: ["broadcastjob-name", "broadcastjob-controller-uid"],
    },
  ]);
}

function oneTemplate(manifest: Manifest, anyValue: readonly string[]): DeclaredWorkloads {
  return templatedWorkloads(manifest, [{ role: null, template: specTemplate(manifest.object), anyValue }]);
}
