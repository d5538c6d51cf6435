import { locate } from "../blame/locate.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { objectName } from "../cluster/object-name.ts";
import { type ProfileEvidence, profilesOf } from "../cluster/profile.ts";
import type { Profile } from "../config/config.ts";
import type { ToldProfile } from "../report/told-profile.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import type { ChangedPair, ComparedPair, Comparison } from "./compare-environments.ts";
import type { ReadEnvironment } from "./environment-reader.ts";

/** Who enforces policies in each changed environment: as the newer side says it, else the older. */
export async function toldProfiles(
  comparison: Comparison,
  pairs: readonly ComparedPair[],
): Promise<readonly ToldProfile[]> {
  const told = pairs.map(async (one): Promise<readonly ToldProfile[]> => {
    if (!one.changed) return [];
    const side = sideThatSays(one);
    const judgedAs = one.otherwise.map(({ head }) => head.profile.name);
    return [await toldProfile(one.name, one[side].cluster, comparison[side].tree, judgedAs)];
  });
  return (await Promise.all(told)).flat();
}

function sideThatSays({ pair, base, head }: ChangedPair): "base" | "head" {
  if (pair.head === null) return "base";
  const says = ({ cluster: { profile } }: ReadEnvironment) =>
    profile.evidence.some((one) => one.profile === profile.name);
  return !says(head) && says(base) ? "base" : "head";
}

export async function toldProfile(
  environment: string,
  { profile, unenforced }: Cluster,
  tree: RepositoryTree,
  judgedAs: readonly Profile[] = [],
): Promise<ToldProfile> {
  const { name, source, evidence } = profile;
  const asked = new Set([name, ...judgedAs]);
  const own = evidence.filter((one) => one.profile === name);
  return {
    environment,
    name,
    source,
    evidence: await Promise.all(
      own.map(async (one) => ({ subject: one.subject, at: await placeText(tree, one) })),
    ),
    judgedAs,
    notAsked: source === "inferred" ? profilesOf(profile).filter((one) => !asked.has(one)) : [],
    unenforced: unenforced.map(({ manifest }) => objectName(manifest)),
  };
}

async function placeText(tree: RepositoryTree, { manifest, place }: ProfileEvidence): Promise<string | null> {
  const found = manifest === null ? place : await locate(tree, manifest, "");
  if (found === null) return null;
  return found.line === null ? found.path : `${found.path}:${found.line}`;
}
