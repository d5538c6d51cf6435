import { type Decoder, type JsonObject, type Located, ownField } from "../schema/decode.ts";
import { child, type FieldPath } from "../schema/field-error.ts";

/**
 * Cilium's policies are checked twice: the API server asks the schema of the custom resource (errors), and what passes there
 * the agent may refuse all the same (pkg/policy/api/rule_validation.go): then nothing of the object is enforced.
 */
export interface CiliumDecoder extends Decoder {
  readonly refusals: AgentRefusal[];
}

export interface AgentRefusal {
  readonly pointer: string;
  /** In the words of the agent. */
  readonly text: string;
}

export function refuse({ refusals }: CiliumDecoder, { pointer }: FieldPath, text: string): void {
  refusals.push({ pointer, text });
}

/** Whether a list was written at all: an empty one selects nothing, a missing one asks for nothing. */
export function isWritten({ value }: Located<JsonObject>, name: string): boolean {
  const field = ownField(value, name);
  return field !== undefined && field !== null;
}

export function place(parent: Located<JsonObject>, name: string): FieldPath {
  return child(parent.path, name);
}
