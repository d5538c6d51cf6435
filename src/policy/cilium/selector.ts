import type { LabelRequirement } from "../model/policy.ts";
import {
  type JsonObject,
  type Located,
  objectField,
  objectList,
  stringField,
  stringList,
} from "../schema/decode.ts";
import { child, entry, invalid, notSupported, required, wrongType } from "../schema/field-error.ts";
import { labelKeyErrors, labelValueErrors } from "../schema/names.ts";
import { type CiliumDecoder, refuse } from "./decoder.ts";

/** What a selector asks of one label: "k8s:app" is the label app that comes from Kubernetes, "app" comes from anywhere. */
export interface CiliumRequirement extends LabelRequirement {
  readonly source: string;
  /** Of matchLabels; the agent overwrites those of the namespace and leaves expressions alone. */
  readonly isMatchLabel: boolean;
}

/** A requirement on each label; none = everything. */
export type CiliumSelector = readonly CiliumRequirement[];

const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

/** A key without a source holds for labels of every source. */
export const ANY_SOURCE = "any";

/** An EndpointSelector of pkg/policy/api/selector.go: a label selector whose keys may begin with the source of the label. */
export function ciliumSelector(decoder: CiliumDecoder, selector: Located<JsonObject>): CiliumSelector {
  return [...matchLabels(decoder, selector), ...matchExpressions(decoder, selector)];
}

function matchLabels(decoder: CiliumDecoder, selector: Located<JsonObject>): readonly CiliumRequirement[] {
  const map = objectField(decoder, selector, "matchLabels");
  return Object.entries(map?.value ?? {}).flatMap(([key, value]) => {
    const path = entry(child(selector.path, "matchLabels"), key);
    if (typeof value !== "string") {
      decoder.errors.push(wrongType(path, value, "string"));
      return [];
    }
    for (const reason of labelValueErrors(value)) decoder.errors.push(invalid(path, value, reason));
    const name = sourceAndKey(decoder, key, path.pointer);
    return [{ ...name, operator: "In" as const, values: [value], isMatchLabel: true }];
  });
}

function matchExpressions(
  decoder: CiliumDecoder,
  selector: Located<JsonObject>,
): readonly CiliumRequirement[] {
  return objectList(decoder, selector, "matchExpressions").flatMap((expression) => {
    const written = stringField(decoder, expression, "key");
    const operator = stringField(decoder, expression, "operator");
    const values = stringList(decoder, expression, "values");
    if (written === null) decoder.errors.push(required(child(expression.path, "key"), ""));
    if (operator === null) decoder.errors.push(required(child(expression.path, "operator"), ""));
    if (written === null || operator === null) return [];
    const known = OPERATORS.find((one) => one === operator.value);
    if (known === undefined) {
      decoder.errors.push(notSupported(operator.path, operator.value, OPERATORS));
      return [];
    }
    const asksForValues = known === "In" || known === "NotIn";
    if (asksForValues !== values.length > 0) {
      const what = asksForValues ? "must be specified" : "may not be specified";
      refuse(
        decoder,
        child(expression.path, "values"),
        `invalid label selector: values ${what} when operator is ${known}`,
      );
    }
    for (const { value, path } of values) {
      for (const reason of labelValueErrors(value)) {
        refuse(decoder, path, `invalid label selector: ${JSON.stringify(value)}: ${reason}`);
      }
    }
    return [
      {
        ...sourceAndKey(decoder, written.value, written.path.pointer),
        operator: known,
        values: [...new Set(values.map(({ value }) => value))].sort(),
        isMatchLabel: false,
      },
    ];
  });
}

/** Inside the agent "k8s:app" is "k8s.app", and has to be a good label key (labels.GetExtendedKeyFrom). */
function sourceAndKey(
  decoder: CiliumDecoder,
  written: string,
  pointer: string,
): { readonly source: string; readonly key: string } {
  const colon = written.indexOf(":");
  const source = colon < 0 ? ANY_SOURCE : written.slice(0, colon);
  const key = written.slice(colon + 1);
  for (const reason of labelKeyErrors(`${source}.${key}`)) {
    refuse(
      decoder,
      { field: "", pointer },
      `invalid label selector: key ${JSON.stringify(written)}: ${reason}`,
    );
  }
  return { source, key };
}
