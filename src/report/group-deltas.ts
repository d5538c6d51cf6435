import type { RegionLine } from "../surface/surface.ts";
import { LIMITS } from "./limits.ts";
import { distinct, groupBy, sorted } from "./order.ts";
import type { ReviewedDelta, ReviewedEnvironment } from "./report.ts";

/** Workloads whose egress changes in the same way. */
export interface DeltaGroup {
  readonly workloads: readonly string[];
  readonly environments: readonly string[];
  readonly added: readonly RegionLine[];
  readonly removed: readonly RegionLine[];
  /** What they reached before, and after; "differs" where it is not the same for all; null = not there on that side. */
  readonly before: Reach;
  readonly after: Reach;
}

export type Reach = readonly RegionLine[] | "differs" | null;

export interface DeltaGroups {
  readonly groups: readonly DeltaGroup[];
  /** Workloads that no group shows, because each would be a row of its own. */
  readonly rest: { readonly widened: readonly string[]; readonly narrowed: readonly string[] };
}

interface Change {
  readonly environment: string;
  readonly delta: ReviewedDelta;
}

/** Five thousand changed workloads are a handful of rows: first by all they reach, then by what they gain and lose. */
export function groupDeltas(
  environments: readonly ReviewedEnvironment[],
  limit: number = LIMITS.reachRows,
): DeltaGroups {
  const changes = environments.flatMap(({ name, deltas }) =>
    deltas.filter(changesReach).map((delta): Change => ({ environment: name, delta })),
  );
  const exact = grouped(changes, ({ delta }) =>
    JSON.stringify([delta.before, delta.after, delta.added, delta.removed]),
  );
  if (exact.length <= limit) return { groups: exact, rest: { widened: [], narrowed: [] } };
  const alike = grouped(changes, ({ delta }) => JSON.stringify([delta.added, delta.removed]));
  const rest = alike.slice(limit);
  return {
    groups: alike.slice(0, limit),
    rest: {
      widened: distinct(rest.filter(widens).flatMap(({ workloads }) => workloads)),
      narrowed: distinct(rest.filter((group) => !widens(group)).flatMap(({ workloads }) => workloads)),
    },
  };
}

export function changesReach({ added, removed }: ReviewedDelta): boolean {
  return added.length > 0 || removed.length > 0;
}

function grouped(changes: readonly Change[], key: (change: Change) => string): readonly DeltaGroup[] {
  const groups = [...groupBy(changes, key).values()].map(groupOf);
  return sorted(
    groups,
    (group) => (widens(group) ? 0 : 1),
    ({ workloads }) => -workloads.length,
    ({ workloads }) => workloads[0] ?? "",
    ({ environments }) => environments[0] ?? "",
  );
}

function groupOf(changes: readonly Change[]): DeltaGroup {
  return {
    workloads: distinct(changes.map(({ delta }) => delta.workload)),
    environments: distinct(changes.map(({ environment }) => environment)),
    added: changes[0]?.delta.added ?? [],
    removed: changes[0]?.delta.removed ?? [],
    before: same(changes.map(({ delta }) => delta.before)),
    after: same(changes.map(({ delta }) => delta.after)),
  };
}

function same(reaches: readonly (readonly RegionLine[] | null)[]): Reach {
  const [first = null] = reaches;
  const text = JSON.stringify(first);
  return reaches.every((reach) => JSON.stringify(reach) === text) ? first : "differs";
}

function widens({ added }: DeltaGroup): boolean {
  return added.length > 0;
}
