import type { Manifest } from "../../render/render.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import type { PolicyRemark } from "../model/policy-reading.ts";
import type { Decoder } from "../schema/decode.ts";
import type { FieldPath } from "../schema/field-error.ts";

/** What is noted while one Antrea policy is read. */
export interface AntreaReading extends Decoder {
  readonly manifest: Manifest;
  readonly inputs: PolicyInputs;
  /** Of a NetworkPolicy; null = a ClusterNetworkPolicy. */
  readonly namespace: string | null;
  /** Other objects that were read for it. */
  readonly others: Set<Manifest>;
  /** What of it nobody can tell from Git. */
  readonly open: Open[];
  readonly remarks: PolicyRemark[];
  /** Why Antrea enforces nothing of it, though the API server takes it. */
  readonly refusals: Open[];
}

export interface Open {
  readonly detail: string;
  readonly pointer: string;
}

export function antreaReading(
  manifest: Manifest,
  inputs: PolicyInputs,
  namespace: string | null,
): AntreaReading {
  return {
    errors: [],
    manifest,
    inputs,
    namespace,
    others: new Set(),
    open: [],
    remarks: [],
    refusals: [],
  };
}

export function leaveOpen(reading: AntreaReading, path: FieldPath, detail: string): void {
  reading.open.push({ detail, pointer: path.pointer });
}

/** A field that does nothing for pods. */
export function withoutEffect(reading: AntreaReading, path: FieldPath, detail: string): void {
  reading.remarks.push({
    code: "field-without-effect",
    manifest: reading.manifest,
    pointer: path.pointer,
    detail,
  });
}
