import type { Engine } from "../engine/engine.ts";
import { builtInRules } from "../rules/catalogue/load-rules.ts";
import { type Judgement, judge } from "../rules/judge.ts";
import type { JudgedEnvironment } from "../rules/judged-environment.ts";
import type { DiscoveredSide } from "../targets/pair-environments.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { type ComparedPair, Comparison } from "./compare-environments.ts";
import { approvalsDigest, inputsDigest, policyDigest } from "./digests.ts";
import { discoverSide } from "./discover-side.ts";
import { judgedEnvironments } from "./judged-environments.ts";
import { isAsked, type ReviewOptions } from "./options.ts";

/** A change that was discovered, compared and judged; nothing of it is located or told yet. */
export interface JudgedChange {
  readonly before: DiscoveredSide;
  readonly after: DiscoveredSide;
  readonly comparison: Comparison;
  /** Those that were asked for. */
  readonly pairs: readonly ComparedPair[];
  readonly environments: readonly JudgedEnvironment[];
  readonly judgement: Judgement;
  readonly digests: {
    readonly inputs: string;
    readonly policy: string;
    readonly engine: string;
    readonly approvals: string;
  };
}

/** Both sides under one configuration: `options.config`, whoever it was merged with before. */
export async function judgedChange(
  engine: Engine,
  { base, head }: { readonly base: RepositoryTree; readonly head: RepositoryTree },
  options: ReviewOptions,
): Promise<JudgedChange> {
  const progress = (stage: "discovering" | "comparing" | "judging") =>
    options.onProgress?.({ stage, done: 0, total: 0 });

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
  const inputs = inputsDigest(pairs);
  const policy = policyDigest(config, rules, options.profile);
  const judgement = await judge({
    environments,
    rules,
    internalRanges: [...config.internalRanges, ...config.podCIDRs],
    unrendered: config.unrendered,
    acceptance: { approvals: options.approvals ?? [], policyDigest: policy, podCIDRs: config.podCIDRs },
    inputs,
  });
  const approvals = approvalsDigest(judgement.findings);
  return {
    before,
    after,
    comparison,
    pairs,
    environments,
    judgement,
    digests: { inputs, policy, engine: engine.digest, approvals },
  };
}
