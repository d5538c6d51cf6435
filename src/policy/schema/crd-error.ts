import type { FieldError, FieldPath } from "./field-error.ts";

/**
 * Why the schema of a custom resource refuses an object, in the words of the API server
 * (apiextensions-apiserver pkg/apiserver/validation, kube-openapi pkg/validation/errors).
 */
export function tooManyItems(path: FieldPath, count: number, most: number): FieldError {
  return error(path, `Too many: ${count}: must have at most ${most} items`);
}

export function tooFewItems(path: FieldPath, count: number, least: number): FieldError {
  return outOfBounds(path, count, `should have at least ${least} items`);
}

export function tooFewProperties(path: FieldPath, count: number, least: number): FieldError {
  return outOfBounds(path, count, `should have at least ${least} properties`);
}

export function tooLong(path: FieldPath, most: number): FieldError {
  return error(path, `Too long: may not be more than ${most} bytes`);
}

export function duplicate(path: FieldPath, value: unknown): FieldError {
  return error(path, `Duplicate value: ${JSON.stringify(value)}`);
}

export function outOfBounds(path: FieldPath, value: unknown, reason: string): FieldError {
  return error(path, `Invalid value: ${JSON.stringify(value)}: ${path.field} in body ${reason}`);
}

/** What an expression of the schema demands (x-kubernetes-validations). */
export function ruleBroken(path: FieldPath, message: string): FieldError {
  return error(path, `Invalid value: "object": ${message}`);
}

function error(path: FieldPath, text: string): FieldError {
  return { field: path.field, pointer: path.pointer, text: `${path.field}: ${text}` };
}
