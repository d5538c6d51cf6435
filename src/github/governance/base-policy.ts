import type { Configuration, ConfigurationProblem } from "../../config/config.ts";
import { isProblems } from "../../config/configuration-of.ts";
import { loadConfiguration } from "../../config/load-configuration.ts";
import { type IgnoredSetting, mergeConfigurations } from "../../config/merge-configurations.ts";
import { policyDigest } from "../../pipeline/digests.ts";
import type { ConfigurationTrouble } from "../../report/pull-request/publication.ts";
import { builtInRules } from "../../rules/catalogue/load-rules.ts";
import type { Tree } from "../../tree/tree.ts";

export type BasePolicy =
  | {
      readonly kind: "policy";
      /** What counts: the repository's under the organisation's. */
      readonly configuration: Configuration;
      /** The organisation's alone; null where none is configured. */
      readonly organisation: Configuration | null;
      /** What the repository says in vain, because it would loosen. */
      readonly ignored: readonly IgnoredSetting[];
      /** The same as `digests.policy` of a review under it. */
      readonly digest: string;
    }
  /** At least one file does not count as it stands; no older one takes its place: the check is red and names the line. */
  | { readonly kind: "invalid"; readonly problems: readonly ConfigurationTrouble[] };

/**
 * The policy of a pull request: of the tip of its base branch, never of the change, and of the default branch of the
 * organisation's policy repository.
 */
export async function readPolicy({
  baseTree,
  organisationTree,
}: {
  readonly baseTree: Tree;
  readonly organisationTree: Tree | null;
}): Promise<BasePolicy> {
  const organisation = organisationTree === null ? null : await loadConfiguration(organisationTree);
  const repository = await loadConfiguration(baseTree);
  const problems = [...troubles("organisation", organisation ?? []), ...troubles("repository", repository)];
  if (isProblems(repository) || (organisation !== null && isProblems(organisation))) {
    return { kind: "invalid", problems };
  }
  const { configuration, ignored } = mergeConfigurations(organisation, repository);
  const digest = policyDigest(configuration, await builtInRules());
  return { kind: "policy", configuration, organisation, ignored, digest };
}

function troubles(
  source: ConfigurationTrouble["source"],
  read: Configuration | readonly ConfigurationProblem[],
): readonly ConfigurationTrouble[] {
  return isProblems(read) ? read.map(({ path, line, message }) => ({ source, path, line, message })) : [];
}
