/**
 * Why the API server refuses an object, in its own form (apimachinery/pkg/util/validation/field): a path such as
 * "spec.egress[0].to[1].ipBlock.cidr", a kind of error and a reason.
 */
export interface FieldError {
  /** As the API server prints it: "spec.podSelector.matchLabels". */
  readonly field: string;
  /** JSON pointer of the same place in the object: "/spec/podSelector/matchLabels/app". */
  readonly pointer: string;
  readonly text: string;
}

/** A place in an object under two spellings. A map's key has no part in the printed path of a validation error. */
export interface FieldPath {
  readonly field: string;
  readonly pointer: string;
}

export const ROOT: FieldPath = { field: "", pointer: "" };

/** Written out when somebody asks: most places are never cited. */
class Step implements FieldPath {
  readonly #parent: FieldPath;
  readonly #field: string;
  readonly #step: string | number;

  constructor(parent: FieldPath, field: string, step: string | number) {
    this.#parent = parent;
    this.#field = field;
    this.#step = step;
  }

  get field(): string {
    const { field } = this.#parent;
    return field === "" && this.#field.startsWith(".") ? this.#field.slice(1) : `${field}${this.#field}`;
  }

  get pointer(): string {
    const step = this.#step;
    return `${this.#parent.pointer}/${typeof step === "number" ? step : escapePointer(step)}`;
  }
}

export function child(path: FieldPath, name: string): FieldPath {
  return new Step(path, `.${name}`, name);
}

export function element(path: FieldPath, index: number): FieldPath {
  return new Step(path, `[${index}]`, index);
}

/** The value under a map's key: validation errors print the map's path, positions need the key. */
export function entry(path: FieldPath, key: string): FieldPath {
  return new Step(path, "", key);
}

function escapePointer(name: string): string {
  return /[~/]/.test(name) ? name.replaceAll("~", "~0").replaceAll("/", "~1") : name;
}

export function invalid(path: FieldPath, value: unknown, reason: string): FieldError {
  return error(path, `Invalid value: ${JSON.stringify(value)}: ${reason}`);
}

export function required(path: FieldPath, reason: string): FieldError {
  return error(path, reason === "" ? "Required value" : `Required value: ${reason}`);
}

export function forbidden(path: FieldPath, reason: string): FieldError {
  return error(path, `Forbidden: ${reason}`);
}

export function notSupported(path: FieldPath, value: unknown, supported: readonly string[]): FieldError {
  const values = supported.map((one) => JSON.stringify(one)).join(", ");
  return error(path, `Unsupported value: ${JSON.stringify(value)}: supported values: ${values}`);
}

/** The object does not even decode: a number where a string belongs. */
export function wrongType(path: FieldPath, value: unknown, expected: string): FieldError {
  return error(path, `cannot unmarshal ${jsonType(value)} into a field of type ${expected}`);
}

function error(path: FieldPath, text: string): FieldError {
  return { field: path.field, pointer: path.pointer, text: `${path.field}: ${text}` };
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return value === null ? "null" : typeof value;
}
