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
  if (current.lines.length === 0) return true;
  const space = new LineSpace(podCIDRs);
  const budget = new Budget();
  const allowed: Box[] = [];
  for (const line of accepted.lines) {
    const { plus, minus } = partsOf(space, line, accepted.declared);
    // What cannot be read accepts nothing; what was there already was not accepted.
    if (plus !== null && minus !== null) allowed.push(...subtractBoxes(space.space, plus, minus));
  }
  return current.lines.every((line) => {
    const { plus, minus } = partsOf(space, line, current.declared);
    return (
      plus?.every(
        (box) => uncovered(space.space, box, [...(minus ?? []), ...allowed], budget).kind === "covered",
      ) === true
    );
  });
}

function partsOf(
  space: LineSpace,
  line: RegionLine,
  declared: readonly string[],
): { readonly plus: readonly Box[] | null; readonly minus: readonly Box[] | null } {
  const before = (line.before ?? []).map((one) => space.boxes(one, declared));
  const readable = before.filter((boxes) => boxes !== null);
  return {
    plus: space.boxes(line, declared),
    minus: readable.length === before.length ? readable.flat() : null,
  };
}
