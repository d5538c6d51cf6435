import type { RegionLine } from "../../surface/surface.ts";
import { LIMITS } from "../layout/limits.ts";
import { distinct, groupBy, sorted } from "../layout/order.ts";
import type { ReviewedDelta, ReviewedEnvironment } from "../report.ts";

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
  const exact = groupedUpTo(limit, changes);
  if (exact !== null) return { groups: exact.map(withReach), rest: { widened: [], narrowed: [] } };
  const alike = inOrder(groupBy(changes, ({ delta }) => JSON.stringify([delta.added, delta.removed])));
  const rest = alike.slice(limit);
  return {
    groups: alike.slice(0, limit).map(withReach),
    rest: {
      widened: distinct(rest.filter(widens).flatMap(({ workloads }) => workloads)),
      narrowed: distinct(rest.filter((group) => !widens(group)).flatMap(({ workloads }) => workloads)),
    },
  };
}

export function changesReach({ added, removed }: ReviewedDelta): boolean {
  return added.length > 0 || removed.length > 0;
}

/** By all they reach; null where these are more groups. What workloads reach is only made where it is asked for. */
function groupedUpTo(limit: number, changes: readonly Change[]): readonly ChangeGroup[] | null {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const { before, after, added, removed } = change.delta;
    const key = JSON.stringify([before, after, added, removed]);
    const group = groups.get(key);
    if (group !== undefined) group.push(change);
    else if (groups.size < limit) groups.set(key, [change]);
    else return null;
  }
  return inOrder(groups);
}

interface ChangeGroup extends Omit<DeltaGroup, "before" | "after"> {
  readonly changes: readonly Change[];
}

function inOrder(groups: ReadonlyMap<string, readonly Change[]>): readonly ChangeGroup[] {
  return sorted(
    [...groups.values()].map(groupOf),
    (group) => (widens(group) ? 0 : 1),
    ({ workloads }) => -workloads.length,
    ({ workloads }) => workloads[0] ?? "",
    ({ environments }) => environments[0] ?? "",
  );
}

function groupOf(changes: readonly Change[]): ChangeGroup {
  return {
    changes,
    workloads: distinct(changes.map(({ delta }) => delta.workload)),
    environments: distinct(changes.map(({ environment }) => environment)),
    added: changes[0]?.delta.added ?? [],
    removed: changes[0]?.delta.removed ?? [],
  };
}

function withReach({ changes, ...group }: ChangeGroup): DeltaGroup {
  return {
    ...group,
    before: same(changes, ({ before }) => before),
    after: same(changes, ({ after }) => after),
  };
}

function same(changes: readonly Change[], side: (delta: ReviewedDelta) => ReviewedDelta["before"]): Reach {
  const [one] = changes;
  const first = one === undefined ? null : side(one.delta);
  const text = JSON.stringify(first);
  const isSame = (lines: ReviewedDelta["before"]) => lines === first || JSON.stringify(lines) === text;
  return changes.every(({ delta }) => isSame(side(delta))) ? first : "differs";
}

function widens({ added }: Pick<DeltaGroup, "added">): boolean {
  return added.length > 0;
}
