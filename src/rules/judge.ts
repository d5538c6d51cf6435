import type { Policy } from "../policy/model/policy.ts";
import type { Unknown } from "../targets/unknown.ts";
import { type Acceptance, acceptancesOf, NOBODY_ACCEPTED } from "./acceptance.ts";
import { AddressSpace } from "./address-space.ts";
import type { VoidApproval } from "./approval.ts";
import { controlEffects } from "./control-effects.ts";
import { Evaluations, evaluate, type Hit, isRuleFailure, type RuleFailure } from "./evaluate.ts";
import { conditionOf } from "./facts/opening-facts.ts";
import type { ControlEffect, Finding } from "./finding.ts";
import { completed, findingsOf, type JudgedFinding } from "./findings-of.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { JudgedEnvironment } from "./judged-environment.ts";
import { type FindingRow, rowsOf } from "./rows.ts";
import type { Rule, RuleSet } from "./rules.ts";
import { isChanged, Scope, type UnknownPair } from "./scope.ts";
import { enforcementSubjects } from "./subjects/enforcement-subjects.ts";
import {
  createdNamespaceSubjects,
  deletionSubjects,
  documentSubjects,
  lossSubjects,
  peerSubjects,
  policySubjects,
  ruleTextSubjects,
} from "./subjects/object-subjects.ts";
import { openingSubjects, ungovernedSubjects } from "./subjects/opening-subjects.ts";
import { remarkSubjects } from "./subjects/remark-subjects.ts";
import type { Subject } from "./subjects/subject.ts";
import { carriedBy, unknownSubjects } from "./subjects/unknown-subjects.ts";

export interface JudgeInput {
  /**
   * The changed environments. One that may share its cluster with others is here once for each of them under its own name,
   * merged, beside by itself unless another one took it over; of equal findings the worse counts.
   */
  readonly environments: readonly JudgedEnvironment[];
  readonly rules: RuleSet;
  /** From the configuration: CIDRs that count as inside. Pod CIDRs belong here too. */
  readonly internalRanges: readonly string[];
  /** From the configuration: what a changed target that nobody can render means where it cannot matter. */
  readonly unrendered: "coverage" | "undecided";
  /** What people accepted; none by default. */
  readonly acceptance?: Acceptance;
  /** Digest of all that was read. */
  readonly inputs?: string;
  /** Expressions that may be evaluated; over it rules are undecided. */
  readonly evaluations?: number;
}

export interface Judgement {
  /** "block" > "undecided" > "pass", of what is enforced and nobody accepted. */
  readonly verdict: Verdict;
  /** The verdict if environments that only observe counted, where it is worse; else null. */
  readonly observed: Verdict | null;
  /** Strongest first. */
  readonly findings: readonly Finding[];
  /** Which findings speak of one region. */
  readonly rows: readonly FindingRow[];
  readonly unknowns: readonly JudgedUnknown[];
  readonly controls: readonly ControlEffect[];
  /** Approvals of findings that are still there and speak of more, or are judged by another policy. */
  readonly voidApprovals: readonly VoidApproval[];
}

type Verdict = "pass" | "block" | "undecided";

interface JudgedUnknown {
  /** That of its finding where it has one. */
  readonly handle: string;
  readonly environment: string;
  readonly unknown: Unknown;
  readonly side: "base" | "head";
  readonly changed: boolean;
  /** Whether the verdict rests on it, unless its finding is accepted or only observed; others stand in the coverage. */
  readonly decides: boolean;
}

/** A change with 5,000 workloads takes some 300,000. */
const DEFAULT_EVALUATIONS = 5_000_000;

/**
 * Judges a change: every rule on everything it can speak of, then what the unknowns decide, then what it all means for the
 * controls. Asynchronous because rules of others will be evaluated in a worker.
 */
export async function judge(input: JudgeInput): Promise<Judgement> {
  const evaluations = new Evaluations(input.evaluations ?? DEFAULT_EVALUATIONS);
  const space = new AddressSpace(input.internalRanges);
  const judged = input.environments.map((environment) =>
    judgeEnvironment(environment, input, space, evaluations),
  );
  const observing = new Set(input.environments.map(({ name }) => name));
  for (const { name, observes } of input.environments) if (!observes) observing.delete(name);
  const found = completed(judged.flatMap((one) => one.findings)).map(({ finding }) => finding);
  const accepted = acceptancesOf(found, input.acceptance ?? NOBODY_ACCEPTED);
  const list = found.map((finding) => ({
    ...finding,
    observed: finding.environments.every((name) => observing.has(name)),
    approval: accepted.get(finding)?.approval ?? null,
  }));
  const handles = new Map(list.map(({ fingerprint, handle }) => [fingerprint, handle]));
  const unknowns = worstOfEach(judged.flatMap((one) => one.unknowns(handles)));
  const open = openUnknowns(unknowns, list);
  const verdict = verdictOf(
    list.filter(({ observed }) => !observed),
    open.filter(({ environment }) => !observing.has(environment)),
  );
  const all = verdictOf(list, open);
  return {
    verdict,
    observed: all === verdict ? null : all,
    findings: list,
    rows: rowsOf(list),
    unknowns,
    controls: controlEffects(firstOfEach(judged.map(({ scope }) => scope)), list, input.rules.controls),
    voidApprovals: [...accepted.values()].flatMap(({ voided }) => voided),
  };
}

/** Unknowns that decide, without those whose finding somebody accepted. */
function openUnknowns(
  unknowns: readonly JudgedUnknown[],
  findings: readonly Finding[],
): readonly JudgedUnknown[] {
  const accepted = new Set(
    findings.flatMap(({ approval, handle, environments }) =>
      approval === null ? [] : environments.map((name) => JSON.stringify([handle, name])),
    ),
  );
  return unknowns.filter(
    ({ decides, handle, environment }) => decides && !accepted.has(JSON.stringify([handle, environment])),
  );
}

/** Facts are counted once an environment: what it declares by itself comes first. */
function firstOfEach(scopes: readonly Scope[]): readonly Scope[] {
  return [...new Map(scopes.toReversed().map((scope) => [scope.environment.name, scope])).values()].reverse();
}

function worstOfEach(unknowns: readonly JudgedUnknown[]): readonly JudgedUnknown[] {
  const worst = new Map<string, JudgedUnknown>();
  for (const one of unknowns) {
    const key = JSON.stringify([one.environment, one.unknown.id]);
    const other = worst.get(key);
    if (other === undefined || (one.decides && !other.decides)) worst.set(key, one);
  }
  return [...worst.values()];
}

function verdictOf(findings: readonly Finding[], deciding: readonly JudgedUnknown[]): Verdict {
  const open = findings.filter(({ approval }) => approval === null);
  if (open.some(({ severity }) => severity === "block")) return "block";
  return deciding.length > 0 || open.some(({ severity }) => severity === "undecided") ? "undecided" : "pass";
}

interface EnvironmentJudgement {
  readonly scope: Scope;
  readonly findings: readonly JudgedFinding[];
  readonly unknowns: (handles: ReadonlyMap<string, string>) => readonly JudgedUnknown[];
}

function judgeEnvironment(
  environment: JudgedEnvironment,
  input: JudgeInput,
  space: AddressSpace,
  evaluations: Evaluations,
): EnvironmentJudgement {
  const bench = new Bench(input.rules, evaluations);
  const scope = new Scope(environment, environment.delta, space);
  const promises = environment.otherwise === true ? [] : judgeTexts(bench, scope);
  judgeOpenings(bench, scope, promises);
  if (environment.asIfIsolated !== null) {
    const assumed = new Scope(environment, environment.asIfIsolated, space);
    bench.judge(openingSubjects(assumed, []).map(({ subject }) => subject));
  }
  bench.judge(ungovernedSubjects(scope));
  bench.judge(createdNamespaceSubjects(scope));
  bench.judge(documentSubjects(scope, bench.widened));
  if (environment.otherwise !== true) {
    bench.judge(lossSubjects(scope, promises));
    bench.judge(policySubjects(scope));
    bench.judge(peerSubjects(scope));
    bench.judge(deletionSubjects(scope));
    bench.judge(remarkSubjects(scope));
    bench.judge(enforcementSubjects(scope, bench.widened));
  }
  const unknowns = judgeUnknowns(bench, scope, input);
  const findings = bench.findings();
  return {
    scope,
    findings: environment.otherwise === true ? findings.map((one) => underReading(one, scope)) : findings,
    unknowns,
  };
}

/** What is so only as another CNI reads both sides says so; what is so either way was found before. */
function underReading(judged: JudgedFinding, { delta }: Scope): JudgedFinding {
  const condition = `So it is if policies are read as profile ${delta.head.profile.name} reads them, which nothing here rules out; "profile" in .egress-review.yaml of the base says which it is.`;
  return { ...judged, finding: { ...judged.finding, message: `${judged.finding.message} ${condition}` } };
}

/** Policies whose text promises what their rules do not do. */
function judgeTexts(bench: Bench, scope: Scope): readonly Policy[] {
  const texts = ruleTextSubjects(scope);
  bench.judge(texts.map(({ subject }) => subject));
  return texts.filter(({ subject }) => bench.speaksOf(subject)).map(({ policy }) => policy);
}

function judgeOpenings(bench: Bench, scope: Scope, promises: readonly Policy[]): void {
  const subjects = openingSubjects(scope, promises);
  bench.judge(subjects.map(({ subject }) => subject));
  // What no rule decides of a widening that rests on an unknown is the unknown's to decide, unless it is a note anyway.
  bench.carried = subjects.flatMap(({ subject, workload, opening }) => {
    const condition = conditionOf(scope, workload, opening);
    if (condition === "none" || condition === "elsewhere" || !workload.decides) return [];
    return bench.speaksOf(subject) ? [] : [{ subject, condition: opening.condition }];
  });
}

function judgeUnknowns(bench: Bench, scope: Scope, input: JudgeInput): EnvironmentJudgement["unknowns"] {
  const strict = input.unrendered === "undecided";
  const carried = carriedBy(bench.carried);
  const inputs = input.inputs ?? "";
  const known = unknownSubjects(scope, { carried, strict, failures: [], inputs });
  bench.judge(known.map(({ subject }) => subject));
  const failures = bench.failures.map((failure) => undecidedRule(failure));
  const failed =
    failures.length === 0 ? [] : unknownSubjects(scope, { carried: new Map(), strict, failures, inputs });
  const own = failed.filter(({ pairs }) =>
    pairs.some(({ head }) => head !== null && failures.includes(head)),
  );
  bench.judge(own.map(({ subject }) => subject));
  return (handles) =>
    [...known, ...own].flatMap(({ subject, pairs }) => {
      const finding = bench.findingOf(subject);
      const fingerprint = finding?.fingerprint ?? unknownFingerprint(subject);
      const handle = handles.get(fingerprint) ?? `000-${fingerprint.slice(0, 4)}`;
      return pairs.map((pair) => judgedUnknown(pair, subject, handle, finding !== null || isFailure(pair)));
    });
}

function judgedUnknown(pair: UnknownPair, subject: Subject, handle: string, decides: boolean): JudgedUnknown {
  const side = pair.head === null ? "base" : "head";
  const unknown = pair.head ?? pair.base;
  if (unknown === null) throw new RangeError("a pair of unknowns has one");
  return { handle, environment: subject.environment, unknown, side, changed: isChanged(pair), decides };
}

/** A failed rule decides even where the rule about unknowns is the one that failed. */
function isFailure({ head }: UnknownPair): boolean {
  return head?.code === "rule-undecided";
}

function unknownFingerprint({ environment, about, policy }: Subject): string {
  return fingerprintOf({ rule: "EGR-000", environment, about, policy, ordinal: 0 });
}

function undecidedRule({ rule, message }: RuleFailure): Unknown {
  return {
    code: "rule-undecided",
    id: `rule-undecided::${rule.id}`,
    target: null,
    subject: `rule ${rule.id}`,
    detail: message,
    bound: { namespaces: null, kinds: null },
    selectorKeys: null,
    digest: rule.id,
    content: "tree",
    place: null,
  };
}

/** Where subjects of one environment meet the rules. */
class Bench {
  readonly #rules: RuleSet;
  readonly #evaluations: Evaluations;
  readonly #hits: Hit[] = [];
  readonly #spoken = new Map<Subject, Hit[]>();
  readonly #failures = new Map<string, RuleFailure>();
  #findings: readonly JudgedFinding[] | null = null;
  carried: readonly { readonly subject: Subject; readonly condition: readonly Unknown[] }[] = [];

  constructor(rules: RuleSet, evaluations: Evaluations) {
    this.#rules = rules;
    this.#evaluations = evaluations;
  }

  judge(subjects: readonly Subject[]): void {
    this.#findings = null;
    for (const subject of subjects) {
      for (const rule of this.#rulesFor(subject)) {
        const result = evaluate(rule, subject, this.#evaluations);
        if (result === null) continue;
        if (isRuleFailure(result)) this.#failures.set(rule.id, result);
        else this.#keep(result);
      }
    }
  }

  #rulesFor({ judged, assumed }: Subject): readonly Rule[] {
    return this.#rules.rules.filter((rule) => rule.judges === judged && (!assumed || rule.asIfIsolated));
  }

  #keep(hit: Hit): void {
    this.#hits.push(hit);
    const spoken = this.#spoken.get(hit.subject) ?? [];
    spoken.push(hit);
    this.#spoken.set(hit.subject, spoken);
  }

  /** Whether some rule has spoken of a subject. */
  speaksOf(subject: Subject): boolean {
    return this.#spoken.has(subject);
  }

  /** Identities of policies that a blocking opening rests on. */
  get widened(): ReadonlySet<string> {
    return new Set(
      this.#hits
        .filter(({ severity }) => severity === "block")
        .flatMap(({ subject }) => [subject.policy, ...subject.closers]),
    );
  }

  get failures(): readonly RuleFailure[] {
    this.findings();
    return [...this.#failures.values()];
  }

  findings(): readonly JudgedFinding[] {
    this.#findings ??= findingsOf(this.#hits, this.#rules.controls, this.#evaluations).flatMap((result) => {
      if (!isRuleFailure(result)) return [result];
      this.#failures.set(result.rule.id, result);
      return [];
    });
    return this.#findings;
  }

  findingOf(subject: Subject): Finding | null {
    return this.findings().find(({ subjects }) => subjects.includes(subject))?.finding ?? null;
  }
}
