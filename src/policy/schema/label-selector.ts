import type { LabelRequirement, LabelSelector } from "../model/policy.ts";
import {
  type Decoder,
  type JsonObject,
  type Located,
  objectList,
  stringField,
  stringList,
  stringMap,
} from "./decode.ts";
import { child, forbidden, invalid, required } from "./field-error.ts";
import { labelKeyErrors, labelValueErrors } from "./names.ts";

/** metav1.LabelSelector, validated as in apimachinery/pkg/apis/meta/v1/validation, matchLabels folded in. */
export function labelSelector(decoder: Decoder, selector: Located<JsonObject>): LabelSelector {
  return canonicalSelector([...matchLabels(decoder, selector), ...matchExpressions(decoder, selector)]);
}

/** Sorted, each requirement once. An AND of the same requirements is the same selector in any order. */
export function canonicalSelector(requirements: readonly LabelRequirement[]): LabelSelector {
  const canonical = requirements.map(
    ({ key, operator, values }): LabelRequirement => ({
      key,
      operator,
      values: values.length < 2 ? values : [...new Set(values)].sort(),
    }),
  );
  if (canonical.length < 2) return canonical;
  const byText = new Map<string, LabelRequirement>();
  for (const requirement of canonical) {
    const { key, operator } = requirement;
    byText.set(JSON.stringify([key, operator, requirement.values]), requirement);
  }
  return [...byText.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, requirement]) => requirement);
}

/** Labels of an object's metadata: ValidateLabels, the same checks as matchLabels. */
export function checkLabels(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
): Map<string, string> {
  const labels = new Map<string, string>();
  for (const { key, value, path } of stringMap(decoder, parent, name)) {
    labels.set(key, value);
    for (const reason of labelKeyErrors(key)) decoder.errors.push(invalid(path, key, reason));
    for (const reason of labelValueErrors(value)) decoder.errors.push(invalid(path, value, reason));
  }
  return labels;
}

function matchLabels(decoder: Decoder, selector: Located<JsonObject>): LabelRequirement[] {
  const labels = checkLabels(decoder, selector, "matchLabels");
  return [...labels].map(([key, value]) => ({ key, operator: "In", values: [value] }));
}

function matchExpressions(decoder: Decoder, selector: Located<JsonObject>): LabelRequirement[] {
  return objectList(decoder, selector, "matchExpressions").flatMap((expression) => {
    const requirement = labelRequirement(decoder, expression);
    return requirement === null ? [] : [requirement];
  });
}

function labelRequirement(decoder: Decoder, expression: Located<JsonObject>): LabelRequirement | null {
  const keyPath = child(expression.path, "key");
  const key = stringField(decoder, expression, "key")?.value ?? "";
  const operator = stringField(decoder, expression, "operator")?.value ?? "";
  const values = stringList(decoder, expression, "values");
  for (const reason of labelKeyErrors(key)) decoder.errors.push(invalid(keyPath, key, reason));
  for (const { value, path } of values) {
    for (const reason of labelValueErrors(value)) decoder.errors.push(invalid(path, value, reason));
  }
  const valuesPath = child(expression.path, "values");
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) {
        decoder.errors.push(required(valuesPath, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) {
        decoder.errors.push(
          forbidden(valuesPath, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
      }
      break;
    default:
      decoder.errors.push(
        invalid(child(expression.path, "operator"), operator, "not a valid selector operator"),
      );
      return null;
  }
  return { key, operator, values: values.map(({ value }) => value) };
}
