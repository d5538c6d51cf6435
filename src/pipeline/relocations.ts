import type { Cluster } from "../cluster/cluster.ts";
import type { Configuration } from "../config/config.ts";
import { identityKey } from "../policy/model/identity-key.ts";
import { inputsOfEnvironment, seedsOf } from "../targets/inputs.ts";
import type { Environment } from "../targets/targets.ts";
import { isWithin } from "../tree/paths.ts";
import type { ChangedPair, Comparison } from "./compare-environments.ts";
import { areDifferentClusters } from "./joined-environments.ts";

/** What one environment held at base and another one holds at head. */
export interface Relocation {
  readonly from: ChangedPair;
  readonly to: ChangedPair;
  /**
   * Nothing is left to say of `from` by itself: nobody deployed it, no workload is left in it, and what it held is now
   * deployed, or stands in an environment that is new.
   */
  readonly absorbed: boolean;
}

/**
 * Workloads and policies that change the environment in the same change. Looked at one by one, the old environment loses its
 * workloads and the new one gets workloads that had nothing before: whatever opens on the way would be nobody's widening
 * (threat T4). Claiming what nobody claimed, a moved entry point and a directory that becomes an overlay all do it.
 */
export async function relocations(
  comparison: Comparison,
  changed: readonly ChangedPair[],
  config: Configuration,
): Promise<readonly Relocation[]> {
  const found: Relocation[] = [];
  for (const from of changed) {
    for (const to of changed) {
      if (from === to || from.pair.base === null || to.pair.head === null) continue;
      if (areDifferentClusters(from.pair.base, to.pair.head, config)) continue;
      if (!movedObjects(from, to) && !(await claimsLostPaths(comparison, from, to))) continue;
      found.push({ from, to, absorbed: isAbsorbed(from, to) });
    }
  }
  return found;
}

/** An object of the same identity left the one and came into the other. */
function movedObjects(from: ChangedPair, to: ChangedPair): boolean {
  const kept = objectsOf(from.head.cluster);
  const before = objectsOf(to.base.cluster);
  const after = objectsOf(to.head.cluster);
  return [...objectsOf(from.base.cluster)].some(
    (key) => !kept.has(key) && after.has(key) && !before.has(key),
  );
}

function objectsOf({ workloads, policies }: Cluster): ReadonlySet<string> {
  const known = [...workloads.values()].filter(({ ambient }) => !ambient);
  return new Set([...known.map(({ key }) => key), ...policies.map(({ identity }) => identityKey(identity))]);
}

/** An entry point took over files that nobody claimed, or that did not survive the change. */
async function claimsLostPaths(comparison: Comparison, from: ChangedPair, to: ChangedPair): Promise<boolean> {
  const { base, head } = to.pair;
  if (from.pair.base === null || head === null || isDeclared(from.pair.base) || !isDeclared(head))
    return false;
  const kept = new Set(seedsOfAll(from.pair.head));
  const lost = seedsOfAll(from.pair.base).filter((path) => !kept.has(path));
  if (lost.length === 0) return false;
  const after = await coverage(head, comparison, "head");
  const before = base === null ? () => false : await coverage(base, comparison, "base");
  return lost.some((path) => after(path) && !before(path));
}

async function coverage(
  environment: Environment,
  comparison: Comparison,
  side: "base" | "head",
): Promise<(path: string) => boolean> {
  const inputs = await inputsOfEnvironment(environment, comparison[side].tree);
  // A file that is gone is in no list of files: its directory is claimed all the same.
  const directories = environment.targets.flatMap(({ source }) =>
    source.kind === "directory" && source.path !== "." ? [source.path] : [],
  );
  return (path) => inputs.touches(path) || directories.some((directory) => isWithin(path, directory));
}

function seedsOfAll(environment: Environment | null): readonly string[] {
  return environment?.targets.flatMap(seedsOf) ?? [];
}

/** Whether some entry point says that it is deployed. */
function isDeclared({ targets, unread }: Environment): boolean {
  return unread.length > 0 || targets.some(({ declaredBy }) => declaredBy !== null);
}

function isAbsorbed({ pair, head }: ChangedPair, to: ChangedPair): boolean {
  if (pair.base === null || to.pair.head === null || isDeclared(pair.base)) return false;
  if ([...head.cluster.workloads.values()].some(({ ambient }) => !ambient)) return false;
  return to.pair.base === null || isDeclared(to.pair.head);
}
