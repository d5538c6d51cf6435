import { child, element, entry, type FieldError, type FieldPath, wrongType } from "./field-error.ts";

/**
 * Reads fields as the API server decodes JSON into its Go types: unknown fields are ignored, null is absent, a value of
 * another type refuses the whole object (sigs.k8s.io/json, which is case-sensitive).
 */
export interface Decoder {
  readonly errors: FieldError[];
}

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Located<T> {
  readonly value: T;
  readonly path: FieldPath;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands below these keys, if each holds an object. */
export function nested(object: JsonObject, ...path: readonly string[]): JsonObject | null {
  let value: unknown = object;
  for (const name of path) {
    if (!isObject(value)) return null;
    value = ownField(value, name);
  }
  return isObject(value) ? value : null;
}

/** The elements of a list that are objects. */
export function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A field that is an object; null where absent or null. */
export function objectField(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
): Located<JsonObject> | null {
  const path = child(parent.path, name);
  const value = ownField(parent.value, name);
  if (value === undefined || value === null) return null;
  if (isObject(value)) return { value, path };
  decoder.errors.push(wrongType(path, value, "object"));
  return null;
}

/** The elements of a field that is a list of objects. A null element decodes to an empty object. */
export function objectList(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
): readonly Located<JsonObject>[] {
  const decoded: Located<JsonObject>[] = [];
  for (const { value, path } of list(decoder, parent, name, "[]object")) {
    if (value === null) decoded.push({ value: {}, path });
    else if (isObject(value)) decoded.push({ value, path });
    else decoder.errors.push(wrongType(path, value, "object"));
  }
  return decoded;
}

/** The elements of a field that is a list of strings. A null element decodes to "". */
export function stringList(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
): readonly Located<string>[] {
  const decoded: Located<string>[] = [];
  for (const { value, path } of list(decoder, parent, name, "[]string")) {
    if (value === null) decoded.push({ value: "", path });
    else if (typeof value === "string") decoded.push({ value, path });
    else decoder.errors.push(wrongType(path, value, "string"));
  }
  return decoded;
}

/** The entries of a field that is a map of strings. A null value decodes to "": Go leaves a string's zero value. */
export function stringMap(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
): readonly { readonly key: string; readonly value: string; readonly path: FieldPath }[] {
  const map = objectField(decoder, parent, name);
  if (map === null) return [];
  const entries: { key: string; value: string; path: FieldPath }[] = [];
  for (const [key, value] of Object.entries(map.value)) {
    if (typeof value === "string" || value === null) {
      entries.push({ key, value: value ?? "", path: entry(map.path, key) });
    } else {
      decoder.errors.push(wrongType(child(map.path, key), value, "string"));
    }
  }
  return entries;
}

/** A field that is a string; null where absent or null. */
export function stringField(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
): Located<string> | null {
  const path = child(parent.path, name);
  const value = ownField(parent.value, name);
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return { value, path };
  decoder.errors.push(wrongType(path, value, "string"));
  return null;
}

/** A field that is an int32; null where absent or null. */
export function integerField(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
): Located<number> | null {
  const path = child(parent.path, name);
  const value = ownField(parent.value, name);
  if (value === undefined || value === null) return null;
  if (isInt32(value)) return { value, path };
  decoder.errors.push(wrongType(path, value, "int32"));
  return null;
}

/** A field that is a number, with or without a fraction; null where absent or null. */
export function numberField(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
): Located<number> | null {
  const path = child(parent.path, name);
  const value = ownField(parent.value, name);
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && Number.isFinite(value)) return { value, path };
  decoder.errors.push(wrongType(path, value, "float64"));
  return null;
}

/** A field that is a number or a name (apimachinery/pkg/util/intstr). */
export function integerOrStringField(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
): Located<number | string> | null {
  const value = ownField(parent.value, name);
  return typeof value === "string"
    ? { value, path: child(parent.path, name) }
    : integerField(decoder, parent, name);
}

/** Never a field of Object.prototype: a document may use any key. */
export function ownField(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function list(
  decoder: Decoder,
  parent: Located<JsonObject>,
  name: string,
  expected: string,
): readonly Located<unknown>[] {
  const path = child(parent.path, name);
  const value = ownField(parent.value, name);
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) {
    return value.map((one: unknown, index) => ({ value: one, path: element(path, index) }));
  }
  decoder.errors.push(wrongType(path, value, expected));
  return [];
}

function isInt32(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && Math.abs(value) < 2 ** 31;
}
