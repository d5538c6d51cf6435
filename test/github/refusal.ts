/** An answer that refuses, with GitHub's own message. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly unknown[] | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    more: { readonly errors?: readonly unknown[]; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.errors = more.errors ?? null;
    this.headers = more.headers ?? {};
  }
}

export const notFound = () => new Refusal(404, "Not Found");

/** 422, as the validations of GitHub's models answer. */
export function invalid(resource: string, field: string, message: string, code = "custom"): Refusal {
  return new Refusal(422, "Validation Failed", { errors: [{ resource, code, field, message }] });
}

/** 422, as the checks of a request's shape answer. */
export function malformed(problem: string): Refusal {
  return new Refusal(422, `Invalid request.\n\n${problem}`);
}
