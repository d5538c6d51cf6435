import { type Decoder, type JsonObject, type Located, ownField, stringField } from "./decode.ts";
import { child, type FieldPath, invalid, notSupported, required } from "./field-error.ts";

/** What the schema of a custom resource demands of a field, in the words of the API server (kube-openapi validate). */

/** A string that must be there. null = it is not; said. */
export function requiredString(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
): Located<string> | null {
  const field = stringField(decoder, parent, name);
  if (field === null) requireField(decoder, parent, name);
  return field;
}

/** Says that a field is missing, if it is. */
export function requireField(decoder: Decoder, parent: Located<JsonObject>, name: string): void {
  const value = ownField(parent.value, name);
  if (value === undefined || value === null) decoder.errors.push(required(child(parent.path, name), ""));
}

/** A string of a list of strings. null = it is another one; said. */
export function oneOf<T extends string>(
  decoder: Decoder,
  { value, path }: Located<string>,
  allowed: readonly T[],
): T | null {
  const found = allowed.find((one) => one === value);
  if (found === undefined) decoder.errors.push(notSupported(path, value, allowed));
  return found ?? null;
}

/** Patterns are searched for: what is not anchored may stand anywhere in the value. */
export function matches(decoder: Decoder, { value, path }: Located<string>, pattern: string): boolean {
  const good = new RegExp(pattern).test(value);
  if (!good) decoder.errors.push(invalid(path, value, `${path.field} in body should match '${pattern}'`));
  return good;
}

export function withinBounds(
  decoder: Decoder,
  path: FieldPath,
  value: number,
  [least, most]: readonly [number, number],
): boolean {
  if (value < least) {
    decoder.errors.push(
      invalid(path, value, `${path.field} in body should be greater than or equal to ${least}`),
    );
  }
  if (value > most) {
    decoder.errors.push(
      invalid(path, value, `${path.field} in body should be less than or equal to ${most}`),
    );
  }
  return value >= least && value <= most;
}
