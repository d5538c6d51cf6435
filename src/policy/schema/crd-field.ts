import { outOfBounds, tooFewItems, tooFewProperties, tooManyItems } from "./crd-error.ts";
import {
  type Decoder,
  integerField,
  type JsonObject,
  type Located,
  objectField,
  objectList,
  ownField,
  stringField,
} from "./decode.ts";
import { child, notSupported, required } from "./field-error.ts";

/** Fields as the schema of a custom resource demands them; a null is pruned before, and so is absent. */

export function requiredObject(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
): Located<JsonObject> | null {
  requireField(decoder, parent, name);
  return objectField(decoder, parent, name);
}

/** A number between two others, both included. */
export function requiredInteger(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
  [least, most]: readonly [number, number],
): number | null {
  requireField(decoder, parent, name);
  const field = integerField(decoder, parent, name);
  if (field === null) return null;
  withinBounds(decoder, field, [least, most]);
  return field.value;
}

export function withinBounds(
  decoder: Decoder,
  { value, path }: Located<number>,
  [least, most]: readonly [number, number],
): boolean {
  if (value < least) {
    decoder.errors.push(outOfBounds(path, value, `should be greater than or equal to ${least}`));
  }
  if (value > most) decoder.errors.push(outOfBounds(path, value, `should be less than or equal to ${most}`));
  return value >= least && value <= most;
}

export function requiredString(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
): Located<string> | null {
  requireField(decoder, parent, name);
  return stringField(decoder, parent, name);
}

/** Patterns are searched for: what is not anchored may stand anywhere in the value. */
export function checkPattern(decoder: Decoder, { value, path }: Located<string>, pattern: string): void {
  if (!new RegExp(pattern).test(value)) {
    decoder.errors.push(outOfBounds(path, value, `should match '${pattern}'`));
  }
}

export function requiredEnum<T extends string>(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
  values: readonly T[],
): T | null {
  requireField(decoder, parent, name);
  const field = stringField(decoder, parent, name);
  return field === null ? null : oneOf(decoder, field, values);
}

/** null = none of the values; said. */
export function oneOf<T extends string>(
  decoder: Decoder,
  field: Located<string>,
  values: readonly T[],
): T | null {
  const value = values.find((one) => one === field.value);
  if (value === undefined) decoder.errors.push(notSupported(field.path, field.value, values));
  return value ?? null;
}

/** A list of objects whose length the schema bounds; absent = empty, whatever the least length. */
export function boundedObjects(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
  [least, most]: readonly [number, number],
): readonly Located<JsonObject>[] {
  const items = objectList(decoder, parent, name);
  checkLength(decoder, parent, name, [least, most]);
  return items;
}

export function checkLength(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
  [least, most]: readonly [number, number],
): void {
  const value = ownField(parent.value, name);
  if (!Array.isArray(value)) return;
  const path = child(parent.path, name);
  if (value.length < least) decoder.errors.push(tooFewItems(path, value.length, least));
  if (value.length > most) decoder.errors.push(tooManyItems(path, value.length, most));
}

/**
 * The one property of a union (minProperties and maxProperties 1). "newer" = none that is known here, and some that is not:
 * a schema of this version prunes it and refuses what is left, a later one may know it.
 */
export function onlyProperty<T extends string>(
  decoder: Decoder,
  union: Located<JsonObject>,
  names: readonly T[],
): T | "newer" | null {
  const set = names.filter((name) => !isAbsent(union, name));
  const [only, second] = set;
  if (second !== undefined) decoder.errors.push(tooManyItems(union.path, set.length, 1));
  if (only !== undefined) return second === undefined ? only : null;
  if (Object.keys(union.value).some((name) => !isAbsent(union, name))) return "newer";
  decoder.errors.push(tooFewProperties(union.path, 0, 1));
  return null;
}

/** Says that a field is missing, if it is. */
export function requireField(decoder: Decoder, parent: Located<JsonObject>, name: string): void {
  if (isAbsent(parent, name)) decoder.errors.push(required(child(parent.path, name), ""));
}

export function isAbsent({ value }: Located<JsonObject>, name: string): boolean {
  const field = ownField(value, name);
  return field === undefined || field === null;
}
