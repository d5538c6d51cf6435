import { isScalar, LineCounter, parseDocument, type Scalar } from "yaml";
import type { z } from "zod";
import type { RuleProblem } from "../rules.ts";

/** One YAML file, read strictly, that can still say where each value stood. */
export interface YamlFile<Content> {
  readonly path: string;
  readonly content: Content;
  /** The line of a value, and within a scalar the line of an offset of its text. */
  line(where: readonly (string | number)[], offset?: number): number | null;
}

export function readYaml<Content>(
  path: string,
  text: string,
  schema: z.ZodType<Content>,
): YamlFile<Content> | readonly RuleProblem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return document.errors.map((error) => ({
      path,
      line: lines.linePos(error.pos[0]).line,
      message: `is not valid YAML: ${error.message}`,
    }));
  }
  const lineOf = (where: readonly (string | number)[], offset = 0): number | null => {
    for (let depth = where.length; depth >= 0; depth--) {
      const node: unknown = depth === 0 ? document.contents : document.getIn(where.slice(0, depth), true);
      const start = startOf(node);
      if (start === null) continue;
      const exact = depth === where.length && isScalar(node) ? offsetIn(text, node, offset) : start;
      return lines.linePos(exact).line;
    }
    return null;
  };
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (parsed.success) return { path, content: parsed.data, line: lineOf };
  return parsed.error.issues.map((issue) => {
    const where = issue.path.filter((step) => typeof step !== "symbol");
    const field = where.length === 0 ? "" : `${where.join(".")}: `;
    return { path, line: lineOf(where), message: `${field}${issue.message}` };
  });
}

export function isYamlFile<Content>(
  value: YamlFile<Content> | readonly RuleProblem[],
): value is YamlFile<Content> {
  return !Array.isArray(value);
}

function startOf(node: unknown): number | null {
  if (typeof node !== "object" || node === null || !("range" in node)) return null;
  const { range } = node as { readonly range?: readonly number[] | null };
  return range?.[0] ?? null;
}

/** Folding changes white space only, so the characters that are none are counted on both sides. */
function offsetIn(text: string, node: Scalar, offset: number): number {
  const start = node.range?.[0] ?? 0;
  const value = String(node.value);
  let wanted = value.slice(0, offset).replace(/\s/g, "").length;
  const isBlock = node.type === "BLOCK_FOLDED" || node.type === "BLOCK_LITERAL";
  const quoted = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE";
  let index = isBlock ? text.indexOf("\n", start) + 1 : start + (quoted ? 1 : 0);
  for (; index < text.length; index++) {
    if (/\s/.test(text.charAt(index))) continue;
    if (wanted === 0) return index;
    wanted--;
  }
  return start;
}
