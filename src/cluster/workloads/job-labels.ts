import { type JsonObject, nested, ownField } from "../../policy/schema/decode.ts";
import { anyValue, type RuntimeLabels } from "./pod-template.ts";

/**
 * Labels of a Job's pods (kubernetes/kubernetes, pkg/registry/batch/job/strategy.go and pkg/controller/job). A Job's name
 * labels its pods; one with a generated name, or of a CronJob, gets a name nobody knows.
 */
export function jobLabels(object: JsonObject): RuntimeLabels {
  const spec = nested(object, "spec") ?? {};
  // manualSelector: the author labels the pods alone (batch strategy, generateSelector).
  if (ownField(spec, "manualSelector") === true) return anyValue();
  const name = nested(object, "metadata")?.["name"];
  const anyKeys = ["batch.kubernetes.io/controller-uid", "controller-uid"];
  if (ownField(spec, "completionMode") === "Indexed")
    anyKeys.push("batch.kubernetes.io/job-completion-index");
  const nameKeys = ["batch.kubernetes.io/job-name", "job-name"];
  if (typeof name !== "string") return anyValue(...anyKeys, ...nameKeys);
  return { known: new Map(nameKeys.map((key) => [key, name])), anyValue: anyKeys };
}

/** Labels of the pods of Jobs that an operator makes, under names of its own. */
export function unnamedJobLabels(jobSpec: JsonObject): readonly string[] {
  return jobLabels({ spec: jobSpec }).anyValue;
}
