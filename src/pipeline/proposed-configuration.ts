import { configurationDigest } from "../config/configuration-digest.ts";
import { isProblems } from "../config/configuration-of.ts";
import { CONFIGURATION_FILE, loadConfiguration } from "../config/load-configuration.ts";
import { mergeConfigurations } from "../config/merge-configurations.ts";
import { weakens } from "../config/weakens.ts";
import type { Engine } from "../engine/engine.ts";
import type { ProposedConfiguration } from "../report/report.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { judgedChange } from "./judged-change.ts";
import type { ReviewOptions } from "./options.ts";

/**
 * What the configuration would say that the change itself brings. It decides nothing: a change is reviewed under its base's
 * (threat T11). null where it says the same as base's.
 */
export async function proposedConfiguration(
  engine: Engine,
  trees: { readonly base: RepositoryTree; readonly head: RepositoryTree },
  options: ReviewOptions,
): Promise<ProposedConfiguration | null> {
  const proposed = await loadConfiguration(trees.head);
  if (isProblems(proposed)) {
    const standing = await loadConfiguration(trees.base);
    return isProblems(standing) && sameText(standing, proposed)
      ? null
      : { kind: "invalid", problems: proposed };
  }
  const loaded = await loadConfiguration(trees.base);
  const standing = isProblems(loaded) ? options.config : loaded;
  if (configurationDigest(standing) === configurationDigest(proposed)) return null;
  const organisation = options.organisation ?? null;
  const { configuration } = mergeConfigurations(organisation, proposed);
  // An environment may have another name under it.
  const { environments: _asked, onProgress: _told, ...others } = options;
  const { judgement } = await judgedChange(engine, trees, { ...others, config: configuration });
  return {
    kind: "judged",
    path: CONFIGURATION_FILE,
    verdict: judgement.verdict,
    observed: judgement.observed,
    findings: judgement.findings
      .filter(
        ({ severity, approval }) => approval === null && (severity === "block" || severity === "undecided"),
      )
      .map(({ handle }) => handle),
    weakens: weakens(mergeConfigurations(organisation, standing).configuration, configuration),
  };
}

function sameText(one: readonly object[], other: readonly object[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
