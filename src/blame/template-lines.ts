/**
 * The lines of a Helm template as steps that each rendered line may have come from: a line without actions gives itself, a
 * line with an output gives one line or more, a control line gives none and may jump.
 */
export type TemplateStep =
  /** Gives exactly this line, as it stands in the template. */
  | { readonly kind: "literal"; readonly line: number; readonly text: string }
  /** Gives one line that begins and ends so. */
  | { readonly kind: "filled"; readonly line: number; readonly prefix: string; readonly suffix: string }
  /** Gives any number of lines; the first begins with `prefix`, every other is indented by at least `indent`. */
  | { readonly kind: "block"; readonly line: number; readonly indent: number; readonly prefix: string }
  /** "---" between two documents. */
  | { readonly kind: "boundary" }
  /** Gives nothing; the next step is one of these. */
  | { readonly kind: "jump"; readonly to: readonly number[] };

/**
 * Reads a template. null = its shape cannot be followed line by line: actions that are not closed, blocks that open and
 * close in the middle of lines.
 */
export function templateSteps(template: string): readonly TemplateStep[] | null {
  const lines = logicalLines(template);
  if (lines === null) return null;
  const drafts: Draft[] = [];
  for (const line of lines) {
    const draft = draftOf(line);
    if (draft === null) return null;
    drafts.push(...draft);
  }
  return linked(drafts);
}

/** Whether whole actions and whole blocks stand in a part of a template: it can be taken out without breaking another. */
export function isWhole(part: string): boolean {
  const lines = logicalLines(part);
  if (lines === null) return false;
  const actions = lines.flatMap(({ parts }) =>
    parts.flatMap((one) => (one.kind === "action" ? one.code : [])),
  );
  return isBalanced(actions.filter(isControl));
}

// --- Lines and actions

/** A line, or several that one action spans. */
interface LogicalLine {
  readonly line: number;
  readonly parts: readonly Part[];
}

type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly code: string };

function logicalLines(template: string): readonly LogicalLine[] | null {
  const lines: { line: number; parts: Part[] }[] = [{ line: 1, parts: [] }];
  let number = 1;
  const addText = (text: string) => {
    for (const [index, piece] of text.split("\n").entries()) {
      if (index > 0) {
        number += 1;
        lines.push({ line: number, parts: [] });
      }
      if (piece !== "") lines.at(-1)?.parts.push({ kind: "text", text: piece });
    }
  };
  let end = 0;
  for (let start = template.indexOf("{{"); start >= 0; start = template.indexOf("{{", end)) {
    addText(template.slice(end, start));
    end = actionEnd(template, start);
    if (end < 0) return null;
    const action = template.slice(start, end);
    lines.at(-1)?.parts.push({ kind: "action", code: codeOf(action) });
    number += action.split("\n").length - 1;
  }
  addText(template.slice(end));
  return lines;
}

/**
 * The offset behind the "}}" of the action that begins at `start`, or -1. As Go's lexer reads it (text/template/parse):
 * comments may hold anything, strings and raw strings may hold braces.
 */
function actionEnd(template: string, start: number): number {
  const comment = /^\{\{(?:-\s+)?\/\*/.exec(template.slice(start, start + 64));
  let at = start + 2;
  if (comment !== null) {
    const close = template.indexOf("*/", start + comment[0].length);
    if (close < 0) return -1;
    at = close + 2;
  }
  while (at < template.length) {
    if (template.startsWith("}}", at)) return at + 2;
    const quote = template[at];
    const isQuote = quote === '"' || quote === "'" || quote === "`";
    at = isQuote ? quoteEnd(template, at, quote) : at + 1;
    if (at < 0) return -1;
  }
  return -1;
}

function quoteEnd(template: string, start: number, quote: string): number {
  for (let at = start + 1; at < template.length; at++) {
    if (template[at] === quote) return at + 1;
    if (template[at] === "\\" && quote !== "`") at += 1;
  }
  return -1;
}

function codeOf(action: string): string {
  return action
    .replace(/^\{\{-?/, "")
    .replace(/-?\}\}$/, "")
    .trim();
}

// --- One line

type Draft =
  | Exclude<TemplateStep, { readonly kind: "jump" }>
  | { readonly kind: "open"; readonly keyword: string }
  | { readonly kind: "else" }
  | { readonly kind: "end" };

/** The steps of a line before jumps are resolved; none for a line that gives nothing. null = not to be followed. */
function draftOf({ line, parts }: LogicalLine): readonly Draft[] | null {
  const text = parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
  const actions = parts.filter((part) => part.kind === "action").map(({ code }) => code);
  const controls = actions.filter(isControl);
  const outputs = actions.filter((code) => !isSilent(code));
  if (outputs.length === 0 && text.trim() === "") return controls.map(controlDraft);
  if (outputs.length === 0 && controls.length === 0) return plainDraft(line, text);
  return isBalanced(controls) ? [outputDraft(line, parts, outputs, controls.length > 0)] : null;
}

function plainDraft(line: number, text: string): readonly Draft[] {
  const trimmed = text.trimEnd();
  if (trimmed === "") return [];
  return [/^---(\s|$)/.test(trimmed) ? { kind: "boundary" } : { kind: "literal", line, text: trimmed }];
}

function controlDraft(code: string): Draft {
  const keyword = keywordOf(code);
  if (keyword === "else") return { kind: "else" };
  return keyword === "end" ? { kind: "end" } : { kind: "open", keyword };
}

/** Functions whose result has line breaks by design. */
const MULTI_LINE = /\b(toYaml|toYamlPretty|indent|nindent|tpl|template|block|AsConfig|AsSecrets|Files)\b/;

function outputDraft(
  line: number,
  parts: readonly Part[],
  outputs: readonly string[],
  conditional: boolean,
): Draft {
  const [first] = parts;
  const last = parts.at(-1);
  // "{{-" takes the space in front away: what is left of the prefix is there for certain.
  const prefix = first?.kind === "text" ? first.text.trimEnd() : "";
  const suffix = parts.length > 1 && last?.kind === "text" ? last.text.trim() : "";
  const alone = parts.every((part) => part.kind === "action" || part.text.trim() === "");
  const oneLine = !alone && !conditional && !outputs.some((code) => MULTI_LINE.test(code));
  if (oneLine) return { kind: "filled", line, prefix, suffix };
  return { kind: "block", line, indent: conditional ? 0 : blockIndent(outputs), prefix };
}

/** How far every line of an output is indented for certain: by its own (n)indent. */
function blockIndent(outputs: readonly string[]): number {
  return Math.min(...outputs.map((code) => Number(/\|\s*n?indent\s+(\d+)\s*$/.exec(code)?.[1] ?? 0)));
}

/** Actions that open, split or close a block. */
function isControl(code: string): boolean {
  return OPENERS.has(keywordOf(code)) || ["else", "end"].includes(keywordOf(code));
}

const OPENERS: ReadonlySet<string> = new Set(["if", "range", "with", "define", "block"]);

/** Actions that give no text: comments, assignments, loop control. */
function isSilent(code: string): boolean {
  return (
    code === "" ||
    code.startsWith("/*") ||
    /^\$\w*\s*(:?=|,)/.test(code) ||
    /^(break|continue)$/.test(code) ||
    isControl(code)
  );
}

function keywordOf(code: string): string {
  return /^[a-z]+/.exec(code)?.[0] ?? "";
}

function isBalanced(controls: readonly string[]): boolean {
  let depth = 0;
  for (const code of controls) {
    const keyword = keywordOf(code);
    if (keyword === "end") depth -= 1;
    else if (keyword !== "else") depth += 1;
    // What belongs to a block that was opened elsewhere does not stand here for itself.
    if (depth < 0 || (keyword === "else" && depth === 0)) return false;
  }
  return depth === 0;
}

// --- Jumps

interface OpenBlock {
  readonly keyword: string;
  readonly start: number;
  /** Steps that must learn where the next branch or the end is. */
  waiting: number[];
  /** Ends of branches: they go to the end. */
  readonly leaving: number[];
}

function linked(drafts: readonly Draft[]): readonly TemplateStep[] | null {
  const jumps = new Map<number, number[]>();
  const open: OpenBlock[] = [];
  for (const [index, draft] of drafts.entries()) {
    if (draft.kind === "open") {
      // What is defined is given where it is included, not here.
      jumps.set(index, draft.keyword === "define" ? [] : [index + 1]);
      open.push({ keyword: draft.keyword, start: index, waiting: [index], leaving: [] });
    } else if (draft.kind === "else") {
      const block = open.at(-1);
      if (block === undefined) return null;
      // Before it a branch ends; what waited may go on behind it, or past it if it is an "else if".
      for (const waiting of block.waiting) jumps.get(waiting)?.push(index + 1);
      jumps.set(index, []);
      block.leaving.push(index);
    } else if (draft.kind === "end") {
      const block = open.pop();
      if (block === undefined) return null;
      for (const waiting of [...block.waiting, ...block.leaving]) jumps.get(waiting)?.push(index);
      jumps.set(index, block.keyword === "range" ? [index + 1, block.start + 1] : [index + 1]);
    }
  }
  if (open.length > 0) return null;
  return drafts.map((draft, index) => {
    const to = jumps.get(index);
    return isStep(draft) ? draft : { kind: "jump", to: to ?? [index + 1] };
  });
}

function isStep(draft: Draft): draft is Exclude<Draft, { readonly kind: "open" | "else" | "end" }> {
  return draft.kind !== "open" && draft.kind !== "else" && draft.kind !== "end";
}
