import { blame } from "./blame/blame.ts";
import { locateUnknown } from "./blame/locate-unknown.ts";
import { mergeConfigurations } from "./config/merge-configurations.ts";
import { composedEnvironments } from "./pipeline/composed-environments.ts";
import { configurationRemarks } from "./pipeline/configuration-remarks.ts";
import { Explanations } from "./pipeline/explanations.ts";
import { evaluatedFixes } from "./pipeline/fixes.ts";
import { judgedChange } from "./pipeline/judged-change.ts";
import type { ReviewOptions } from "./pipeline/options.ts";
import { proposedConfiguration } from "./pipeline/proposed-configuration.ts";
import { RenderedObjects } from "./pipeline/rendered-objects.ts";
import { toldProfiles } from "./pipeline/told-profiles.ts";
import { withEngine } from "./pipeline/with-engine.ts";
import { composeReview } from "./report/compose-review.ts";
import type { Review } from "./report/report.ts";
import type { RepositoryTree } from "./tree/indexed-tree.ts";

export type { Configuration } from "./config/config.ts";
export { configurationOf } from "./config/configuration-of.ts";
export { loadConfiguration } from "./config/load-configuration.ts";
export { mergeConfigurations } from "./config/merge-configurations.ts";
export { ArtefactError } from "./engine/artefact.ts";
export { affects } from "./pipeline/affects.ts";
export { firstMap } from "./pipeline/first-map.ts";
export type { Progress, ReadLimits, ReadOptions, ReviewOptions } from "./pipeline/options.ts";
export { ask } from "./pipeline/question/ask.ts";
export { surface } from "./pipeline/surface.ts";
export type { Answer } from "./report/answer/answer.ts";
export type * from "./report/report.ts";
export { openCommit } from "./tree/commit-tree.ts";
export { openDirectory } from "./tree/directory-tree.ts";
export { overlay } from "./tree/overlay.ts";
export type { Tree } from "./tree/tree.ts";
export { openWorkingTree } from "./tree/working-tree.ts";

/**
 * What a change lets each workload reach that it did not before, judged. The two trees are compared as given.
 *
 * @throws {ArtefactError} the engine of this installation is damaged; nothing that a tree holds makes it throw
 */
export function review(base: RepositoryTree, head: RepositoryTree, options: ReviewOptions): Promise<Review> {
  return withEngine(options, async (engine) => {
    const trees = { base, head };
    const { configuration, ignored } = mergeConfigurations(options.organisation ?? null, options.config);
    const merged = { ...options, config: configuration };
    const change = await judgedChange(engine, trees, merged);
    const { comparison, pairs, environments, judgement, digests } = change;
    const proposed = await proposedConfiguration(engine, trees, options);
    const located = await Promise.all(
      judgement.findings.map(async (finding) => ({ finding, blamed: await blame(finding.cause, trees) })),
    );
    const fixes = await evaluatedFixes(engine, trees, { ...judgement, findings: located }, merged);
    const objects = new RenderedObjects(pairs);
    const explanations = new Explanations(trees, environments);
    const unknowns = judgement.unknowns.map(async (one) => ({
      ...one,
      place: await locateUnknown(trees[one.side], one.unknown),
    }));
    return composeReview({
      base: base.name,
      head: head.name,
      evaluatedAt: options.clock(),
      digests,
      environments: composedEnvironments(comparison, pairs, environments),
      discovery: change.after.discovery,
      profiles: await toldProfiles(comparison, pairs),
      configuration,
      proposed,
      remarks: configurationRemarks(change, configuration, ignored),
      ...judgement,
      findings: await Promise.all(
        located.map(async ({ finding, blamed }) => ({
          ...finding,
          blamed,
          rendered: objects.of(finding),
          fix: fixes.get(finding.fingerprint) ?? null,
          explanation: await explanations.of(finding),
        })),
      ),
      unknowns: await Promise.all(unknowns),
    });
  });
}
