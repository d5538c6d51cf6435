import type { Workload } from "../cluster/cluster.ts";

/** For the key of a new workload, the key of the vanished one that it is. */
export type Moves = ReadonlyMap<string, string>;

/**
 * A workload that vanished and one new one of the same kind, role, origin and images are one that moved: renamed, or put into
 * another namespace. Only where exactly one of each is alike; everything else is gone and new.
 */
export function movedWorkloads(
  base: ReadonlyMap<string, Workload>,
  head: ReadonlyMap<string, Workload>,
): Moves {
  const gone = byLikeness([...base.values()].filter(({ key }) => !head.has(key)));
  const fresh = byLikeness([...head.values()].filter(({ key }) => !base.has(key)));
  const moves = new Map<string, string>();
  for (const [likeness, [from, ...otherFrom]] of gone) {
    const [to, ...otherTo] = fresh.get(likeness) ?? [];
    if (from === undefined || to === undefined || otherFrom.length + otherTo.length > 0) continue;
    moves.set(to.key, from.key);
  }
  return moves;
}

function byLikeness(workloads: readonly Workload[]): ReadonlyMap<string, readonly Workload[]> {
  const alike = new Map<string, Workload[]>();
  for (const workload of workloads) {
    const path = workload.manifest?.origin.path ?? null;
    if (path === null || workload.images.length === 0) continue;
    const likeness = JSON.stringify([path, workload.kind, workload.role, workload.images]);
    const list = alike.get(likeness);
    if (list === undefined) alike.set(likeness, [workload]);
    else list.push(workload);
  }
  return alike;
}
