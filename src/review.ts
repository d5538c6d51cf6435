import { blame } from "./blame/blame.ts";
import { locateUnknown } from "./blame/locate-unknown.ts";
import { Comparison } from "./pipeline/compare-environments.ts";
import { composedEnvironments } from "./pipeline/composed-environments.ts";
import { inputsDigest, policyDigest } from "./pipeline/digests.ts";
import { discoverSide } from "./pipeline/discover-side.ts";
import { judgedEnvironments } from "./pipeline/judged-environments.ts";
import { isAsked, type ReviewOptions } from "./pipeline/options.ts";
import { withEngine } from "./pipeline/with-engine.ts";
import { composeReview } from "./report/compose-review.ts";
import type { Review } from "./report/report.ts";
import { judge } from "./rules/judge.ts";
import { builtInRules } from "./rules/load-rules.ts";
import type { RepositoryTree } from "./tree/indexed-tree.ts";

export type { Configuration } from "./config/config.ts";
export { loadConfiguration } from "./config/load-configuration.ts";
export { ArtefactError } from "./engine/artefact.ts";
export type { Progress, ReadLimits, ReadOptions, ReviewOptions } from "./pipeline/options.ts";
export { surface } from "./pipeline/surface.ts";
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
  const progress = (stage: "discovering" | "comparing" | "judging") =>
    options.onProgress?.({ stage, done: 0, total: 0 });
  return withEngine(options, async (engine) => {
    progress("discovering");
    const before = await discoverSide(engine, base, options);
    const after = await discoverSide(engine, head, options, before.discovery);

    progress("comparing");
    const comparison = new Comparison(engine, before, after, options);
    const all = await comparison.pairs();
    const pairs = all.filter(({ name }) => isAsked(name, options));
    const environments = await judgedEnvironments(comparison, all, options);

    progress("judging");
    const { config } = options;
    const rules = await builtInRules();
    const judgement = await judge({
      environments,
      rules,
      internalRanges: [...config.internalRanges, ...config.podCIDRs],
      unrendered: config.unrendered,
    });
    const findings = judgement.findings.map(async (finding) => ({
      ...finding,
      blamed: await blame(finding.cause, { base, head }),
    }));
    const unknowns = judgement.unknowns.map(async (one) => ({
      ...one,
      place: await locateUnknown({ base, head }[one.side], one.unknown),
    }));
    return composeReview({
      base: base.name,
      head: head.name,
      evaluatedAt: options.clock(),
      digests: {
        inputs: inputsDigest(pairs),
        policy: policyDigest(config, rules),
        engine: engine.digest,
        approvals: "",
      },
      environments: composedEnvironments(comparison, pairs, environments),
      discovery: after.discovery,
      configuration: config,
      ...judgement,
      findings: await Promise.all(findings),
      unknowns: await Promise.all(unknowns),
    });
  });
}
