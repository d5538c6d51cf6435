import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";

/** One request and its answer, as GitHub's OpenAPI description speaks of them. */
export interface Exchange {
  readonly method: string;
  /** As GitHub documents it: "/repos/{owner}/{repo}/check-runs". */
  readonly route: string;
  readonly requestBody: string;
  readonly status: number;
  readonly answer: unknown;
}

type Schema = Readonly<Record<string, unknown>>;

interface Extract {
  readonly operations: Readonly<
    Record<string, { readonly request?: Schema; readonly responses: Readonly<Record<string, Schema>> }>
  >;
  readonly schemas: Readonly<Record<string, Schema>>;
}

const EXTRACT = new URL("../../third_party/github-openapi/schemas.json", import.meta.url);

/**
 * Where the description is narrower than what GitHub sends: a deleted fork leaves null, an outdated comment has no line,
 * and a run that never completed is "stale" (docs.github.com, "Using the REST API to interact with checks").
 */
const WIDENED: readonly (readonly [string, readonly string[]])[] = [
  ["pull-request", ["head", "repo"]],
  ["pull-request-simple", ["head", "repo"]],
  ["pull-request-review-comment", ["line"]],
  ["pull-request-review-comment", ["position"]],
];

/** There an account is described as a user and an enterprise at once, which nothing can be. */
const CORRECTED: Readonly<Record<string, Schema>> = {
  "GET /app/installations": { type: "array", items: { $ref: "#/components/schemas/installation" } },
};

class Validator {
  readonly #ajv = new Ajv({ strict: false, allErrors: true });
  readonly #extract: Extract;
  readonly #compiled = new Map<string, ValidateFunction | null>();

  constructor() {
    this.#extract = JSON.parse(readFileSync(EXTRACT, "utf8")) as Extract;
    addFormats.default(this.#ajv);
    for (const format of ["int64", "int32"]) this.#ajv.addFormat(format, true);
    const schemas = { ...this.#extract.schemas };
    for (const [name, path] of WIDENED) schemas[name] = widened(schemas[name] ?? {}, path);
    schemas["check-run"] = withStale(schemas["check-run"] ?? {});
    this.#ajv.addSchema({ $id: "github", components: { schemas: converted(schemas) } });
  }

  /** What is wrong; empty = nothing. */
  problems({ method, route, requestBody, status, answer }: Exchange): readonly string[] {
    if (status >= 300 || method === "DELETE") return [];
    const operation = `${method} ${route}`;
    const described = this.#extract.operations[operation];
    if (described === undefined)
      return [`${operation} is not in the extract (scripts/extract-github-schema.mjs)`];
    const response = CORRECTED[operation] ?? described.responses[String(status)];
    return [
      ...(response === undefined ? [] : this.#check(`${operation} ${status}`, response, answer)),
      ...this.#request(operation, described.request, requestBody),
    ];
  }

  #request(operation: string, schema: Schema | undefined, text: string): readonly string[] {
    if (schema === undefined || text === "") return [];
    const body = JSON.parse(text) as Record<string, unknown>;
    const known = schema["properties"];
    const unknown =
      typeof known === "object" && known !== null ? Object.keys(body).filter((name) => !(name in known)) : [];
    return [
      ...unknown.map((name) => `${operation}: the request names "${name}", which GitHub does not know`),
      ...this.#check(`${operation} request`, schema, body),
    ];
  }

  #check(what: string, schema: Schema, value: unknown): readonly string[] {
    const known = this.#compiled.get(what);
    const validate = known ?? this.#ajv.compile(converted(schema) as Schema);
    this.#compiled.set(what, validate);
    if (validate(value)) return [];
    return (validate.errors ?? [])
      .slice(0, 5)
      .map(({ instancePath, message }) => `${what}${instancePath} ${message}`);
  }
}

let shared: Validator | null = null;

/** Compares with GitHub's description. Compiling it takes a while: once in a process. */
export function problemsOf(exchange: Exchange): readonly string[] {
  shared ??= new Validator();
  return shared.problems(exchange);
}

/** From OpenAPI 3.0 to JSON Schema: `nullable` becomes a type, and null a member of enumerations. */
function converted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(converted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) =>
    key === "$ref" ? [key, `github${String(item)}`] : [key, converted(item)],
  );
  const { nullable, ...schema } = Object.fromEntries(entries) as Record<string, unknown>;
  return nullable === true ? { anyOf: [{ type: "null" }, schema] } : schema;
}

function widened(schema: Schema, path: readonly string[]): Schema {
  const [name, ...rest] = path;
  const properties = schema["properties"] as Record<string, Schema>;
  if (name === undefined) return schema;
  const property = properties[name] ?? {};
  const next = rest.length === 0 ? { nullable: true, allOf: [property] } : widened(property, rest);
  return { ...schema, properties: { ...properties, [name]: next } };
}

function withStale(schema: Schema): Schema {
  const properties = schema["properties"] as Record<string, Schema>;
  const conclusion = properties["conclusion"] ?? {};
  const values = [...(conclusion["enum"] as readonly unknown[]), "stale"];
  return { ...schema, properties: { ...properties, conclusion: { ...conclusion, enum: values } } };
}
