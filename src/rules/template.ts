import {
  type Compiler,
  type EvaluationFailure,
  type Expression,
  type ExpressionProblem,
  isExpressionProblem,
  isFailure,
} from "./cel.ts";

/** Text with CEL expressions in braces: "{finding.who} can reach {finding.where}". `{{` and `}}` are literal braces. */
export interface Template {
  readonly source: string;
  render(variables: Readonly<Record<string, unknown>>): string | EvaluationFailure;
}

type Part = string | Expression<string | bigint | readonly string[]>;

export function compileTemplate(compiler: Compiler, source: string): Template | ExpressionProblem {
  const parts: Part[] = [];
  for (const piece of split(source)) {
    if (piece.kind === "problem")
      return { kind: "expression-problem", message: piece.message, offset: piece.offset };
    if (piece.kind === "text") {
      parts.push(piece.text);
      continue;
    }
    const compiled = compiler.compile(piece.text, "text");
    if (isExpressionProblem(compiled)) return { ...compiled, offset: compiled.offset + piece.offset };
    parts.push(compiled);
  }
  return { source, render: (variables) => rendered(parts, variables) };
}

function rendered(
  parts: readonly Part[],
  variables: Readonly<Record<string, unknown>>,
): string | EvaluationFailure {
  let text = "";
  for (const part of parts) {
    const value = typeof part === "string" ? part : part.evaluate(variables);
    if (isFailure(value)) return value;
    text += Array.isArray(value) ? value.join(", ") : String(value);
  }
  return text;
}

type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "expression"; readonly text: string; readonly offset: number }
  | { readonly kind: "problem"; readonly message: string; readonly offset: number };

/** An expression ends at the first `}` outside its string literals. */
function split(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let text = "";
  let index = 0;
  while (index < source.length) {
    const two = source.slice(index, index + 2);
    if (two === "{{" || two === "}}") {
      text += two.charAt(0);
      index += 2;
    } else if (source.charAt(index) === "}") {
      return [{ kind: "problem", message: "a closing brace without an opening one", offset: index }];
    } else if (source.charAt(index) === "{") {
      const end = closingBrace(source, index + 1);
      if (end < 0) return [{ kind: "problem", message: "an opening brace is not closed", offset: index }];
      pieces.push(
        { kind: "text", text },
        { kind: "expression", text: source.slice(index + 1, end), offset: index + 1 },
      );
      text = "";
      index = end + 1;
    } else {
      text += source.charAt(index);
      index++;
    }
  }
  return [...pieces, { kind: "text", text }];
}

function closingBrace(source: string, from: number): number {
  let quote = "";
  for (let index = from; index < source.length; index++) {
    const character = source.charAt(index);
    if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === "}") return index;
  }
  return -1;
}
