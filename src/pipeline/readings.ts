import type { Cluster } from "../cluster/cluster.ts";
import { clusterOf } from "../cluster/cluster-of.ts";
import { type ClusterProfile, isStated, profilesOf } from "../cluster/profile.ts";
import { type Configuration, PROFILES, type Profile } from "../config/config.ts";
import { isEnforced } from "../policy/model/enforcement.ts";
import type { Policy } from "../policy/model/policy.ts";
import type { ReadEnvironment } from "./environment-reader.ts";

/** Both sides of an environment, read as one CNI reads them. */
export interface SidesRead {
  readonly base: ReadEnvironment;
  readonly head: ReadEnvironment;
}

/**
 * Both sides under every profile that either may have, the likeliest first: two sides are never compared under two
 * profiles, and of several answers the worst counts. So no evidence that a change brings, removes or forges makes what stood
 * before look more open than it was (threat T16). One reading where somebody said which CNI it is.
 */
export function readingsOf(sides: SidesRead, config: Configuration): readonly [SidesRead, ...SidesRead[]] {
  const [first = sides.head.cluster.profile.name, ...others] = profilesToCompare(sides);
  const under = (name: Profile): SidesRead => ({
    base: readUnder(sides.base, name, config),
    head: readUnder(sides.head, name, config),
  });
  return [under(first), ...others.map(under)];
}

function readUnder(read: ReadEnvironment, name: Profile, config: Configuration): ReadEnvironment {
  const { environment, rendered, cluster } = read;
  if (cluster.profile.name === name) return read;
  const profile: ClusterProfile = { ...cluster.profile, name };
  return { environment, rendered, cluster: clusterOf(environment, rendered, config, [], profile) };
}

function profilesToCompare({ base, head }: SidesRead): readonly Profile[] {
  const sides = [head.cluster, base.cluster];
  const said = sides.find(({ profile }) => isStated(profile));
  if (said !== undefined) return [said.profile.name];
  // Evidence of either side is stronger than what is assumed of the other.
  const speaking = [...sides.filter(hasEvidence), ...sides.filter((side) => !hasEvidence(side))].filter(
    saysSomething,
  );
  const inferred = new Set(
    (speaking.length === 0 ? sides : speaking).flatMap(({ profile }) => profilesOf(profile)),
  );
  return [...new Set([...inferred, ...enforcing(base.cluster, head.cluster, inferred)])];
}

function hasEvidence({ profile }: Pick<Cluster, "profile">): boolean {
  return profile.evidence.length > 0;
}

/** A side without evidence and without policies reads alike under any profile. */
function saysSomething({ profile, policies, unenforced }: Cluster): boolean {
  return hasEvidence({ profile }) || policies.length + unenforced.length > 0;
}

/**
 * Profiles that enforce what the change touches and none of the inferred ones knows: evidence that was wrong before the
 * change must not hide what it takes away.
 */
function enforcing(base: Cluster, head: Cluster, inferred: ReadonlySet<Profile>): readonly Profile[] {
  const all = [base, head].map((cluster) => [...cluster.policies, ...cluster.unenforced]);
  const [before = new Set(), after = new Set()] = all.map(
    (list) => new Set(list.map(({ digest }) => digest)),
  );
  const touched = all.flat().filter(({ digest }) => !(before.has(digest) && after.has(digest)));
  const unread = touched.filter((policy) => ![...inferred].some((name) => isEnforced(name, policy)));
  return [...new Set(unread.flatMap((policy: Policy) => firstEnforcing(policy) ?? []))];
}

function firstEnforcing(policy: Policy): Profile | null {
  return PROFILES.find((name) => isEnforced(name, policy)) ?? null;
}
