import { malformed, Refusal } from "./refusal.ts";

/** The JSON body of a request; what has another type than GitHub asks for is refused as GitHub refuses it. */
export class RequestBody {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  static parse(text: string): RequestBody {
    if (text === "") return new RequestBody({});
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      throw new Refusal(400, "Problems parsing JSON");
    }
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
      throw new Refusal(400, "Body should be a JSON object");
    }
    return new RequestBody(parsed as Record<string, unknown>);
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== null;
  }

  names(): readonly string[] {
    return Object.keys(this.#values);
  }

  text(name: string, options: { readonly most?: number } = {}): string {
    const found = this.optionalText(name, options);
    if (found === null) throw malformed(`"${name}" wasn't supplied.`);
    return found;
  }

  optionalText(name: string, { most }: { readonly most?: number } = {}): string | null {
    const value = this.#values[name];
    if (value === undefined || value === null) return null;
    if (typeof value !== "string")
      throw malformed(`For 'properties/${name}', ${JSON.stringify(value)} is not a string.`);
    if (most !== undefined && value.length > most) {
      throw malformed(`Only ${most} characters are allowed; ${value.length} were supplied. (${name})`);
    }
    return value;
  }

  oneOf<Value extends string>(name: string, allowed: readonly Value[]): Value | null {
    const value = this.optionalText(name);
    if (value === null) return null;
    const found = allowed.find((one) => one === value);
    if (found === undefined)
      throw malformed(`For 'properties/${name}', ${value} is not a member of [${allowed.join(", ")}].`);
    return found;
  }

  optionalInteger(name: string): number | null {
    const value = this.#values[name];
    if (value === undefined || value === null) return null;
    if (typeof value !== "number" || !Number.isInteger(value)) {
      throw malformed(`For 'properties/${name}', ${JSON.stringify(value)} is not an integer.`);
    }
    return value;
  }

  integer(name: string): number {
    const found = this.optionalInteger(name);
    if (found === null) throw malformed(`"${name}" wasn't supplied.`);
    return found;
  }

  object(name: string): RequestBody | null {
    const value = this.#values[name];
    if (value === undefined || value === null) return null;
    if (typeof value !== "object" || Array.isArray(value))
      throw malformed(`For 'properties/${name}', this is not an object.`);
    return new RequestBody(value as Record<string, unknown>);
  }

  objects(name: string, { most }: { readonly most?: number } = {}): readonly RequestBody[] {
    return this.#array(name, most).map((value) => {
      if (typeof value !== "object" || value === null)
        throw malformed(`For 'items/${name}', this is not an object.`);
      return new RequestBody(value as Record<string, unknown>);
    });
  }

  integers(name: string, { most }: { readonly most?: number } = {}): readonly number[] | null {
    if (!this.has(name)) return null;
    return this.#array(name, most).map((value) => {
      if (typeof value !== "number") throw malformed(`For 'items/${name}', this is not an integer.`);
      return value;
    });
  }

  texts(name: string): readonly string[] | null {
    if (!this.has(name)) return null;
    return this.#array(name, undefined).map(String);
  }

  #array(name: string, most: number | undefined): readonly unknown[] {
    const value = this.#values[name] ?? [];
    if (!Array.isArray(value)) throw malformed(`For 'properties/${name}', this is not an array.`);
    if (most !== undefined && value.length > most) {
      throw malformed(
        `For 'properties/${name}', no more than ${most} items are allowed; ${value.length} were supplied.`,
      );
    }
    return value;
  }

  entries(): readonly (readonly [string, unknown])[] {
    return Object.entries(this.#values);
  }
}
