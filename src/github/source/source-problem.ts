/** Why a commit's tree is none that can be reviewed, now or later. */
export interface SourceProblem {
  readonly kind: "source-problem";
  readonly code: SourceProblemCode;
  /** One sentence for a person. */
  readonly message: string;
}

export type SourceProblemCode =
  /** More files, or more directories to ask for, than the limits allow. */
  | "too-large"
  /** A listing that git itself would not make: a name twice, "..", an unknown mode. */
  | "malformed";

export function isSourceProblem(value: unknown): value is SourceProblem {
  return (
    typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "source-problem"
  );
}

export function sourceProblem(code: SourceProblemCode, message: string): SourceProblem {
  return { kind: "source-problem", code, message };
}
