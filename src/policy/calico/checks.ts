import type { Decoder } from "../schema/decode.ts";
import type { FieldError } from "../schema/field-error.ts";

/**
 * Who refuses what of a Calico policy. The schema of its custom resources refuses most (api/config/crd: types, enumerations,
 * expressions), under either API group. Felix takes a policy that it cannot enforce as missing (felix/calc
 * validation_filter.go). Calico's own API server refuses a few things more (libcalico-go lib/validator/v3), which pass where
 * the resources of crd.projectcalico.org are written directly.
 */
export interface CalicoChecks {
  readonly schema: Decoder;
  readonly felix: Decoder;
  readonly server: Decoder;
}

export function calicoChecks(): CalicoChecks {
  return { schema: { errors: [] }, felix: { errors: [] }, server: { errors: [] } };
}

export function errorsOf({ schema, felix, server }: CalicoChecks): readonly FieldError[] {
  return [...schema.errors, ...felix.errors, ...server.errors];
}
