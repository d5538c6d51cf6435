import type { Blamed } from "../blame/blame.ts";
import type { Configuration } from "../config/config.ts";
import type { EnvironmentDelta, WorkloadDelta } from "../diff/diff.ts";
import { meshDifferences } from "../diff/mesh-difference.ts";
import type { TakesEffect } from "../diff/takes-effect.ts";
import type { RenderedTarget } from "../render/render.ts";
import type { ControlEffect, Finding } from "../rules/finding.ts";
import type { Discovery, DiscoveryProblem, Environment } from "../targets/targets.ts";
import { assumptionsOf } from "./assumptions.ts";
import { problemText } from "./discovery-problem-text.ts";
import { distinct, sorted } from "./layout/order.ts";
import type {
  Coverage,
  LocatedFinding,
  Remark,
  Review,
  ReviewedDelta,
  ReviewedEnvironment,
  Verdict,
} from "./report.ts";
import { type LocatedUnknown, reviewedUnknown } from "./reviewed-unknown.ts";
import type { ToldProfile } from "./told-profile.ts";

/** One environment after the comparison; null parts = nothing of it changed, nothing was rendered. */
export interface ComparedEnvironment {
  readonly name: string;
  /** The newer side, or the older one where it is gone. */
  readonly environment: Environment;
  readonly compared: {
    readonly rendered: readonly RenderedTarget[];
    readonly delta: EnvironmentDelta;
    readonly takesEffect: (workload: WorkloadDelta) => TakesEffect;
  } | null;
}

export interface ReviewParts {
  readonly base: string;
  readonly head: string;
  readonly evaluatedAt: Date;
  readonly digests: Review["digests"];
  readonly environments: readonly ComparedEnvironment[];
  readonly discovery: Discovery;
  readonly verdict: Verdict;
  readonly findings: readonly (Finding &
    Pick<LocatedFinding, "rendered" | "fix" | "explanation"> & { readonly blamed: Blamed })[];
  readonly unknowns: readonly LocatedUnknown[];
  readonly controls: readonly ControlEffect[];
  readonly configuration: Configuration;
  /** Who enforces policies in each environment that was evaluated. */
  readonly profiles: readonly ToldProfile[];
  readonly observed: Verdict | null;
  readonly proposed: Review["proposed"];
  readonly voidApprovals: Review["voidApprovals"];
  /** What is to be said of the configuration. */
  readonly remarks: readonly Remark[];
}

/** The review as a value, from what every stage found. */
export function composeReview(parts: ReviewParts): Review {
  const environments = parts.environments.map(reviewedEnvironment);
  return {
    verdict: parts.verdict,
    base: parts.base,
    head: parts.head,
    evaluatedAt: parts.evaluatedAt.toISOString(),
    digests: parts.digests,
    environments,
    findings: parts.findings.map(({ cause: _cause, openings: _openings, blamed, ...finding }) => ({
      ...finding,
      ...blamed,
    })),
    controls: parts.controls,
    unknowns: parts.unknowns.map(reviewedUnknown),
    assumptions: assumptionsOf({
      environments: parts.environments.map(({ environment }) => environment),
      evaluated: parts.environments.flatMap(({ environment, compared }) =>
        compared === null ? [] : [environment],
      ),
      profiles: parts.profiles,
      configuration: parts.configuration,
      repository: parts.discovery.repository,
      lines: environments.flatMap(({ deltas }) =>
        deltas.flatMap(({ added, removed }) => [...added, ...removed]),
      ),
    }),
    coverage: coverageOf(parts),
    internalRanges: parts.configuration.internalRanges,
    contact: parts.configuration.contact,
    observed: parts.observed,
    proposed: parts.proposed,
    voidApprovals: parts.voidApprovals,
  };
}

function reviewedEnvironment({ name, environment, compared }: ComparedEnvironment): ReviewedEnvironment {
  const targets = environment.targets.length + environment.unread.length;
  if (compared === null) return { name, changed: false, targets, rendered: 0, workloadNames: [], deltas: [] };
  const { rendered, delta, takesEffect } = compared;
  return {
    name,
    changed: true,
    targets,
    rendered: rendered.filter((target) => !failed(target)).length,
    workloadNames: distinct([...delta.base.workloads.keys(), ...delta.head.workloads.keys()]),
    deltas: delta.workloads.filter(isShown).map((workload) => reviewedDelta(workload, takesEffect(workload))),
    mesh: meshDifferences(delta),
  };
}

/** Pods that nobody has and that decide nothing are a note at most (design section 8). */
function isShown({ subject, decides, added, removed }: WorkloadDelta): boolean {
  return (subject.kind === "known" || decides) && !(added.isEmpty && removed.isEmpty);
}

function reviewedDelta(delta: WorkloadDelta, takesEffect: TakesEffect): ReviewedDelta {
  return {
    workload: delta.key,
    added: delta.added.lines(),
    removed: delta.removed.lines(),
    takesEffect,
    // Of a thousand workloads with a thousand rules each these are millions of lines, of which a page shows a few.
    get before() {
      return delta.before === null ? null : delta.before.reach().lines();
    },
    get after() {
      return delta.after === null ? null : delta.after.reach().lines();
    },
  };
}

function coverageOf({ environments, discovery, remarks }: ReviewParts): Coverage {
  const compared = environments.flatMap((one) =>
    one.compared === null ? [] : [{ ...one, ...one.compared }],
  );
  const targets = compared.flatMap(({ rendered }) => rendered);
  const unread = compared.flatMap(({ environment }) => environment.unread);
  const partly = targets.filter((target) => !failed(target) && target.unknowns.length > 0).length;
  const notRead = targets.filter(failed).length;
  return {
    environments: { changed: compared.length, unchanged: environments.length - compared.length },
    targets: {
      decided: targets.length - partly - notRead,
      partlyRead: partly,
      notRead: notRead + unread.length,
    },
    workloads: sum(compared.map(({ delta }) => delta.head.workloads.size)),
    policies: sum(compared.map(({ delta }) => delta.head.policies.length)),
    listed: discovery.listed.map(({ path }) => path),
    unmodelledKinds: countedKinds(compared.map(({ delta }) => delta.head.unmodelledKinds)),
    remarks: distinctRemarks([
      ...remarks,
      ...discovery.problems
        .filter((problem) => concerns(problem, new Set(compared.map(({ name }) => name))))
        .map((problem): Remark => ({ target: null, text: problemSentence(problem) })),
      ...targets.flatMap(({ target, remarks }) =>
        remarks.map(({ code, subject }): Remark => ({ target: target.id, text: remarkText(code, subject) })),
      ),
    ]),
  };
}

function distinctRemarks(remarks: readonly Remark[]): readonly Remark[] {
  const unique = [...new Map(remarks.map((remark) => [JSON.stringify(remark), remark])).values()];
  return sorted(
    unique,
    ({ target }) => target ?? "",
    ({ text }) => text,
  );
}

function problemSentence(problem: DiscoveryProblem): string {
  const { place } = problem;
  const where = place === null ? "" : `${place.path}${place.line === null ? "" : `:${place.line}`}: `;
  return `${where}${problemText(problem)}`;
}

/** What a target misses in an environment that nobody touched is standing state: `egress-review targets` shows it. */
function concerns({ environment }: DiscoveryProblem, changed: ReadonlySet<string>): boolean {
  return environment === null || changed.has(environment);
}

function remarkText(code: RenderedTarget["remarks"][number]["code"], subject: string): string {
  return code === "reads-outside-its-root"
    ? `reads ${subject} outside its root, as a controller without load restrictions does`
    : subject;
}

/** Nothing came out of it, and something says why. */
function failed({ manifests, unknowns }: RenderedTarget): boolean {
  return manifests.length === 0 && unknowns.length > 0;
}

function countedKinds(counts: readonly ReadonlyMap<string, number>[]): Readonly<Record<string, number>> {
  const total = new Map<string, number>();
  for (const one of counts) for (const [kind, count] of one) total.set(kind, (total.get(kind) ?? 0) + count);
  return Object.fromEntries([...total].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
