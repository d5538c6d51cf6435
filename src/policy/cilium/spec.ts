import type { Manifest } from "../../render/render.ts";
import { type JsonObject, type Located, objectField, objectList, ownField } from "../schema/decode.ts";
import { child, type FieldError, ROOT, required, wrongType } from "../schema/field-error.ts";
import { checkMetadata } from "../schema/metadata.ts";
import { type AgentRefusal, type CiliumDecoder, isWritten, place, refuse } from "./decoder.ts";
import { type CiliumRule, ciliumRule } from "./rule.ts";
import { type CiliumSelector, ciliumSelector } from "./selector.ts";

/** One specification of a policy: `spec`, or one of `specs`. */
export interface CiliumSpec {
  /** Whom it governs; null = nodes, which are no pods. */
  readonly subject: CiliumSelector | null;
  readonly egress: CiliumDirection;
  readonly ingress: CiliumDirection;
  readonly pointer: string;
}

export interface CiliumDirection {
  readonly allow: readonly CiliumRule[];
  readonly deny: readonly CiliumRule[];
  /** As written; null = it is not. */
  readonly enableDefaultDeny: boolean | null;
}

export interface CiliumObject {
  readonly specs: readonly CiliumSpec[];
  readonly errors: readonly FieldError[];
  readonly refusals: readonly AgentRefusal[];
}

const READ = new WeakMap<Manifest, CiliumObject>();

/** Once for each object: other policies ask it which names it lets pods look up. */
export function ciliumObject(manifest: Manifest): CiliumObject {
  let read = READ.get(manifest);
  if (read === undefined) {
    read = readObject(manifest);
    READ.set(manifest, read);
  }
  return read;
}

function readObject(manifest: Manifest): CiliumObject {
  const decoder: CiliumDecoder = { errors: [], refusals: [] };
  const object: Located<JsonObject> = { value: manifest.object, path: ROOT };
  checkMetadata(decoder, object);
  const spec = objectField(decoder, object, "spec");
  const specs = objectList(decoder, object, "specs");
  if (spec === null && !isWritten(object, "specs"))
    decoder.errors.push(required(child(ROOT, "spec"), "spec or specs must be provided"));
  const clusterwide = manifest.object.kind === "CiliumClusterwideNetworkPolicy";
  const read = [...(spec === null ? [] : [spec]), ...specs].map((one) =>
    specification(decoder, one, clusterwide),
  );
  return { specs: read, errors: decoder.errors, refusals: decoder.refusals };
}

const RULES = ["ingress", "ingressDeny", "egress", "egressDeny"] as const;

function specification(decoder: CiliumDecoder, spec: Located<JsonObject>, clusterwide: boolean): CiliumSpec {
  if (!RULES.some((name) => isWritten(spec, name))) {
    decoder.errors.push(required(spec.path, `one of ${RULES.join(", ")}`));
  }
  const endpoints = objectField(decoder, spec, "endpointSelector");
  const nodes = objectField(decoder, spec, "nodeSelector");
  if ((endpoints === null) === (nodes === null)) {
    decoder.errors.push(required(spec.path, "exactly one of endpointSelector and nodeSelector"));
  }
  if (nodes !== null) {
    ciliumSelector(decoder, nodes);
    if (!clusterwide) refuse(decoder, nodes.path, "rule cannot have NodeSelector");
  }
  const read = {
    subject: endpoints === null ? null : ciliumSelector(decoder, endpoints),
    egress: direction(decoder, spec, "egress"),
    ingress: direction(decoder, spec, "ingress"),
    pointer: spec.path.pointer,
  };
  const rules = [read.egress, read.ingress].flatMap(({ allow, deny }) => [...allow, ...deny]);
  if (rules.length === 0) {
    refuse(decoder, spec.path, "rule must have at least one of Ingress, IngressDeny, Egress, EgressDeny");
  }
  return read;
}

function direction(
  decoder: CiliumDecoder,
  spec: Located<JsonObject>,
  name: "egress" | "ingress",
): CiliumDirection {
  const ingress = name === "ingress";
  const rules = (field: string, deny: boolean) =>
    objectList(decoder, spec, field).map((one) => ciliumRule(decoder, one, { ingress, deny }));
  const defaults = objectField(decoder, spec, "enableDefaultDeny");
  return {
    allow: rules(name, false),
    deny: rules(`${name}Deny`, true),
    enableDefaultDeny: defaults === null ? null : flag(decoder, defaults, name),
  };
}

function flag(decoder: CiliumDecoder, parent: Located<JsonObject>, name: string): boolean | null {
  const value = ownField(parent.value, name);
  if (typeof value === "boolean") return value;
  if (value !== undefined && value !== null)
    decoder.errors.push(wrongType(place(parent, name), value, "bool"));
  return null;
}
