import { type JsonObject, nested } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import type { Workload } from "../cluster.ts";
import { type PodFacts, podFacts } from "./pod-facts.ts";

/** Workloads of one object, and what about it cannot be said. */
export interface DeclaredWorkloads {
  readonly workloads: readonly Workload[];
  /** Labels that are no strings: the API server refuses the object. JSON pointers. */
  readonly badLabels: readonly string[];
  /** It makes pods of a template that does not stand here. */
  readonly incomplete: boolean;
}

export interface RuntimeLabels {
  readonly known: ReadonlyMap<string, string>;
  readonly anyValue: readonly string[];
}

export function workload(
  manifest: Manifest,
  role: string | null,
  template: JsonObject,
  labels: ReadonlyMap<string, string>,
  runtime: RuntimeLabels,
): Workload {
  return workloadOfFacts(manifest, role, labels, runtime, podFacts(nested(template, "spec") ?? {}));
}

/** For pods whose specification does not stand in the object as one. */
export function workloadOfFacts(
  manifest: Manifest,
  role: string | null,
  labels: ReadonlyMap<string, string>,
  runtime: RuntimeLabels,
  facts: PodFacts,
): Workload {
  const namespace = namespaceOf(manifest);
  const { kind, metadata } = manifest.object;
  const name = metadata.name ?? `${metadata.generateName ?? ""}*`;
  const all = new Map([...labels, ...runtime.known]);
  return {
    key: `${namespace}/${kind}/${name}${role === null ? "" : `#${role}`}`,
    namespace,
    kind,
    name,
    role,
    labels: all,
    runtimeLabels: new Set(runtime.anyValue.filter((key) => !all.has(key))),
    ...facts,
    ambient: false,
    manifest,
  };
}

/** Labels of a pod template; a value that is no string makes the API server refuse the object. null decodes to "". */
export function labelsOf(template: JsonObject): {
  readonly labels: Map<string, string>;
  readonly bad: readonly string[];
} {
  const labels = new Map<string, string>();
  const bad: string[] = [];
  for (const [key, value] of Object.entries(nested(template, "metadata", "labels") ?? {})) {
    if (typeof value === "string" || value === null) labels.set(key, value ?? "");
    else bad.push(key);
  }
  return { labels, bad };
}

export function anyValue(...keys: readonly string[]): RuntimeLabels {
  return { known: new Map(), anyValue: keys };
}

export function specTemplate(object: JsonObject): JsonObject | null {
  return nested(object, "spec", "template");
}

export function namespaceOf(manifest: Manifest): string {
  return manifest.namespace ?? "default";
}
