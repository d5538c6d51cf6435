import { type JsonObject, type Located, ownField } from "../schema/decode.ts";
import { child, forbidden } from "../schema/field-error.ts";
import type { AntreaReading } from "./reading.ts";

/** Not null, and no empty text: what Antrea counts as given. */
export function isSet(object: JsonObject, name: string): boolean {
  const value = ownField(object, name);
  return value !== undefined && value !== null && value !== "";
}

/**
 * Fields that the schema does not have are dropped, or refused by whoever applies it strictly. Without the field the object
 * means something else: nobody would know what the cluster holds.
 */
export function onlyFields(
  { errors }: AntreaReading,
  { value, path }: Located<JsonObject>,
  known: readonly string[],
): void {
  for (const name of Object.keys(value)) {
    if (!known.includes(name) && isSet(value, name))
      errors.push(forbidden(child(path, name), "unknown field"));
  }
}

/** Each of these stands alone. */
export function standAlone(
  { errors }: AntreaReading,
  { value, path }: Located<JsonObject>,
  { alone, where }: { readonly alone: readonly string[]; readonly where: string },
): void {
  const given = Object.keys(value).filter((name) => isSet(value, name));
  const first = alone.find((name) => given.includes(name));
  if (first !== undefined && given.length > 1) {
    errors.push(forbidden(path, `${first} cannot be set with other peers in ${where}`));
  }
}
