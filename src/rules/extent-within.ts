import { Budget } from "../sets/budget.ts";
import type { Box } from "../sets/space.ts";
import { subtractBoxes } from "../sets/subtract-box.ts";
import { uncovered } from "../sets/uncovered.ts";
import type { RegionLine } from "../surface/surface.ts";
import type { Extent, WorkloadRegions } from "./approval.ts";
import { LineSpace } from "./line-space.ts";

/**
 * Whether what a finding speaks of is contained in what was accepted, exactly; where nobody can tell, it is not. What counts
 * of a line is the line without its `before` (threat T12).
 */
export function extentWithin(current: Extent, accepted: Extent, podCIDRs: readonly string[]): boolean {
  switch (current.kind) {
    case "fact":
      return accepted.kind === "fact" && accepted.digest === current.digest;
    case "unknown":
      return (
        accepted.kind === "unknown" &&
        Object.entries(current.sources).every(([id, digest]) => ownValue(accepted.sources, id) === digest) &&
        regionsWithin(current, accepted, podCIDRs)
      );
    case "regions":
      return accepted.kind === "regions" && regionsWithin(current, accepted, podCIDRs);
  }
}

function regionsWithin(
  current: WorkloadRegions,
  accepted: WorkloadRegions,
  podCIDRs: readonly string[],
): boolean {
  const known = new Map<string, boolean>();
  return Object.entries(current.workloads).every(([workload, lines]) => {
    const former = ownValue(accepted.workloads, workload) ?? [];
    // Of hundreds of workloads most have the same lines.
    const key = JSON.stringify([lines, former]);
    const answer =
      known.get(key) ??
      linesWithin(
        { lines, declared: current.declared },
        { lines: former, declared: accepted.declared },
        podCIDRs,
      );
    known.set(key, answer);
    return answer;
  });
}

/** Records come from outside: "constructor" is a name like any other. */
function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

interface Lines {
  readonly lines: readonly RegionLine[];
  readonly declared: readonly string[];
}

function linesWithin(current: Lines, accepted: Lines, podCIDRs: readonly string[]): boolean {
  const sameNamespaces = JSON.stringify(current.declared) === JSON.stringify(accepted.declared);
  const texts = new Set(sameNamespaces ? accepted.lines.map((line) => JSON.stringify(line)) : []);
  const others = current.lines.filter((line) => !texts.has(JSON.stringify(line)));
  if (others.length === 0) return true;
  const lines = new LineSpace(podCIDRs);
  const allowed = acceptedBoxes(lines, accepted);
  const budget = new Budget();
  return others.every((line) => {
    const { plus, minus } = partsOf(lines, line, current.declared);
    return (
      plus?.every(
        (box) => uncovered(lines.space, box, [...(minus ?? []), ...allowed], budget).kind === "covered",
      ) === true
    );
  });
}

/** What was accepted: what cannot be read accepts nothing, and what was there already was not accepted. */
function acceptedBoxes(lines: LineSpace, accepted: Lines): readonly Box[] {
  return accepted.lines.flatMap((line) => {
    const { plus, minus } = partsOf(lines, line, accepted.declared);
    return plus === null || minus === null ? [] : boxesWithout(lines, plus, minus);
  });
}

/** Only constructed input comes near it. */
const MOST_BOXES = 10_000;

function boxesWithout({ space }: LineSpace, boxes: readonly Box[], cuts: readonly Box[]): readonly Box[] {
  let left = boxes;
  for (const cut of cuts) {
    left = subtractBoxes(space, left, [cut]);
    if (left.length > MOST_BOXES) return [];
  }
  return left;
}

function partsOf(
  lines: LineSpace,
  line: RegionLine,
  declared: readonly string[],
): { readonly plus: readonly Box[] | null; readonly minus: readonly Box[] | null } {
  const before = (line.before ?? []).map((one) => lines.boxes(one, declared));
  const readable = before.filter((boxes) => boxes !== null);
  return {
    plus: lines.boxes(line, declared),
    minus: readable.length === before.length ? readable.flat() : null,
  };
}
