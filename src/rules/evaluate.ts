import { isFailure } from "./cel.ts";
import type { Severity } from "./finding.ts";
import type { Rule, RuleControl } from "./rules.ts";
import type { Subject } from "./subjects/subject.ts";

/** A rule that speaks of a subject. */
export interface Hit {
  readonly rule: Rule;
  readonly subject: Subject;
  readonly severity: Severity;
  /** Said once a review at this severity. */
  readonly once: boolean;
}

/** A rule that could not be decided, with the words of whoever gave up. */
export interface RuleFailure {
  readonly kind: "rule-failure";
  readonly rule: Rule;
  readonly message: string;
}

/**
 * How many expressions a review may evaluate. A count, not a time, so that a verdict repeats; over it a rule is undecided,
 * never silent.
 */
export class Evaluations {
  readonly #limit: number;
  #spent = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** false = none is left. */
  take(): boolean {
    this.#spent++;
    return this.#spent <= this.#limit;
  }
}

/** Evaluates in this process: the rules are our own. Rules of others will be evaluated behind the same signature elsewhere. */
export function evaluate(rule: Rule, subject: Subject, evaluations: Evaluations): Hit | RuleFailure | null {
  const speaks = holds(rule, rule.when, subject, evaluations);
  if (typeof speaks !== "boolean") return speaks;
  if (!speaks) return null;
  for (const { when, is, once } of rule.severity) {
    const applies = when === null ? true : holds(rule, when, subject, evaluations);
    if (typeof applies !== "boolean") return applies;
    if (applies) return { rule, subject, severity: is, once };
  }
  return null;
}

/** Controls of a rule that apply to a subject. */
export function controlsFor(
  rule: Rule,
  subject: Subject,
  evaluations: Evaluations,
): readonly RuleControl[] | RuleFailure {
  const applying: RuleControl[] = [];
  for (const control of rule.controls) {
    const applies = control.when === null ? true : holds(rule, control.when, subject, evaluations);
    if (typeof applies !== "boolean") return applies;
    if (applies) applying.push(control);
  }
  return applying;
}

export function isRuleFailure(value: unknown): value is RuleFailure {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "rule-failure";
}

function holds(
  rule: Rule,
  expression: NonNullable<RuleControl["when"]>,
  { variables }: Subject,
  evaluations: Evaluations,
): boolean | RuleFailure {
  if (!evaluations.take()) {
    return failure(rule, `more than ${evaluations.limit} expressions had to be evaluated`);
  }
  const value = expression.evaluate(variables);
  return isFailure(value) ? failure(rule, value.message) : value;
}

export function failure(rule: Rule, message: string): RuleFailure {
  return { kind: "rule-failure", rule, message };
}
