import type { LineRange } from "./line-range.ts";
import { isWhole, type TemplateStep, templateSteps } from "./template-lines.ts";

/** Above it a document is too long to follow: a CustomResourceDefinition of thousands of lines names no finding. */
const MAXIMUM_CELLS = 8_000_000;

/**
 * The line of a template that gave one line of a rendered document, if the template can have given it in one way only and
 * the line stands there literally. A line that comes from a value, an included template, or from one of two branches that
 * read the same, has none.
 *
 * @param rendered the document's text
 * @param line one-based in it
 * @returns one-based in the template, or null
 */
export function templateLine(template: string, rendered: string, line: number): number | null {
  const step = sourceOf(template, rendered, line);
  return step?.kind === "literal" ? step.line : null;
}

/**
 * The lines of a template that gave lines of a rendered document, where that is certain of the first, which stands there
 * literally, and of the last, which one output in the middle of a line may have filled. What stands between gave the lines
 * between, or nothing; it must be whole, so that no block opens within it and closes outside.
 */
export function templateRange(
  template: string,
  rendered: string,
  { first, last }: LineRange,
): LineRange | null {
  const start = templateLine(template, rendered, first);
  const step = first === last ? undefined : sourceOf(template, rendered, last);
  const end = first === last ? start : step?.kind === "literal" || step?.kind === "filled" ? step.line : null;
  if (start === null || end === null || end < start) return null;
  const lines = template.split("\n").slice(start - 1, end);
  return isWhole(lines.join("\n")) ? { first: start, last: end } : null;
}

function sourceOf(template: string, rendered: string, line: number): TemplateStep | undefined {
  const steps = templateSteps(template);
  const lines = linesOf(rendered);
  const cited = lines.findIndex(({ number }) => number === line);
  if (steps === null || cited < 0 || steps.length * lines.length > MAXIMUM_CELLS) return undefined;
  const texts = lines.map(({ text }) => text);
  const sources = possibleSources(steps, texts, cited);
  const [source] = sources;
  return source === undefined || sources.size > 1 ? undefined : steps[source];
}

interface RenderedLine {
  readonly number: number;
  readonly text: string;
}

/** Blank lines come from anywhere, and a mark of the document's start is no part of it. */
function linesOf(rendered: string): readonly RenderedLine[] {
  return rendered
    .split("\n")
    .map((text, index) => ({ number: index + 1, text: text.trimEnd() }))
    .filter(({ text }) => text !== "" && !/^---(\s|$)/.test(text));
}

/**
 * A state is "about to take step s" (2s) or "within the block s" (2s + 1); the last one, 2n, is the end of the template.
 * States are followed forward from every place where a document may begin and backward from every place where it may end.
 */
function possibleSources(
  steps: readonly TemplateStep[],
  lines: readonly string[],
  cited: number,
): ReadonlySet<number> {
  const machine = machineOf(steps);
  const before = forward(machine, lines, cited);
  const after = backward(machine, lines, cited + 1);
  const text = lines[cited] ?? "";
  const sources = new Set<number>();
  for (const state of before) {
    for (const next of machine.taking(state, text)) {
      if (after.has(next)) sources.add(state >> 1);
    }
  }
  return sources;
}

interface Machine {
  readonly states: number;
  /** Where a document may begin: at the start, behind a boundary, within a block that may hold boundaries. */
  readonly begins: ReadonlySet<number>;
  /** States in which a document may end. */
  readonly ends: ReadonlySet<number>;
  /** States reached without a line. */
  readonly free: readonly (readonly number[])[];
  /** The same edges backward. */
  readonly freeBack: readonly (readonly number[])[];
  /** States reached by a line. */
  taking(state: number, line: string): readonly number[];
}

function machineOf(steps: readonly TemplateStep[]): Machine {
  const end = steps.length * 2;
  const free: number[][] = Array.from({ length: end + 1 }, () => []);
  const begins = new Set([0]);
  const ends = new Set([end]);
  for (const [index, step] of steps.entries()) {
    const at = index * 2;
    const next = at + 2;
    if (step.kind === "boundary") {
      begins.add(next);
      ends.add(at);
    } else if (step.kind === "jump") {
      free[at]?.push(...step.to.map((target) => target * 2));
    } else if (step.kind === "block") {
      // It may give nothing, and where it is not indented even several documents.
      if (step.prefix === "") free[at]?.push(next);
      free[at + 1]?.push(next);
      if (step.indent === 0) for (const set of [begins, ends]) set.add(at + 1);
    }
  }
  const freeBack: number[][] = Array.from({ length: end + 1 }, () => []);
  for (const [from, targets] of free.entries()) for (const to of targets) freeBack[to]?.push(from);
  return {
    states: end + 1,
    begins: closure(begins, free),
    ends: closure(ends, freeBack),
    free,
    freeBack,
    taking: (state, line) => taking(steps, state, line),
  };
}

function taking(steps: readonly TemplateStep[], state: number, line: string): readonly number[] {
  const step = steps[state >> 1];
  const at = state & ~1;
  const within = (state & 1) === 1;
  switch (step?.kind) {
    case "literal":
      return step.text === line ? [at + 2] : [];
    case "filled":
      return line.startsWith(step.prefix) && line.endsWith(step.suffix) ? [at + 2] : [];
    case "block": {
      const begins = !within && step.prefix !== "" && line.startsWith(step.prefix);
      const continues = (within || step.prefix === "") && line.search(/\S|$/) >= step.indent;
      return begins || continues ? [at + 1] : [];
    }
    default:
      return [];
  }
}

/** States in which line `count` may be about to be given. */
function forward(machine: Machine, lines: readonly string[], count: number): ReadonlySet<number> {
  let states = machine.begins;
  for (const line of lines.slice(0, count)) {
    const next = new Set<number>();
    for (const state of states) for (const one of machine.taking(state, line)) next.add(one);
    states = closure(next, machine.free);
  }
  return states;
}

/** States from which the lines from `start` on may be given, and then the document end. */
function backward(machine: Machine, lines: readonly string[], start: number): ReadonlySet<number> {
  let states = machine.ends;
  for (const line of lines.slice(start).reverse()) {
    const previous = new Set<number>();
    for (let state = 0; state < machine.states; state++) {
      if (machine.taking(state, line).some((next) => states.has(next))) previous.add(state);
    }
    states = closure(previous, machine.freeBack);
  }
  return states;
}

function closure(states: ReadonlySet<number>, edges: readonly (readonly number[])[]): ReadonlySet<number> {
  const reached = new Set(states);
  const pending = [...states];
  for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
    for (const next of edges[state] ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      pending.push(next);
    }
  }
  return reached;
}
