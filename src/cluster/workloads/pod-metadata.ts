import { type JsonObject, nested } from "../../policy/schema/decode.ts";
import type { Workload } from "../cluster.ts";

const TEMPLATES: readonly (readonly string[])[] = [
  ["spec", "template"],
  ["spec", "jobTemplate", "spec", "template"],
  ["spec", "jobTargetRef", "template"],
];

/** Metadata of a workload's pods where they stand in its object as one template; null = somewhere else. */
export function podMetadata({ manifest, role }: Workload): JsonObject | null {
  if (manifest === null || role !== null) return null;
  const { object } = manifest;
  const found =
    object.kind === "Pod"
      ? object
      : TEMPLATES.map((path) => nested(object, ...path)).find((one) => one !== null);
  return found === undefined || found === null ? null : (nested(found, "metadata") ?? {});
}
