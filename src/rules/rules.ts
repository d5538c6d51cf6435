import type { Expression } from "./cel.ts";
import type { Framework, Severity } from "./finding.ts";
import type { Template } from "./template.ts";

/** A rule as data: what it judges, when it speaks, how loud, in which words, and what it means for which control. */
export interface Rule {
  /** "EGR-203"; never used again for another meaning. */
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly judges: Judged;
  readonly when: Expression<boolean>;
  /** The first case whose condition holds; a rule without a case that holds says nothing. */
  readonly severity: readonly SeverityCase[];
  readonly message: Template;
  readonly remediation: Template;
  readonly controls: readonly RuleControl[];
  /**
   * Whether it also judges an environment that does not isolate a namespace as if it did, where another environment's
   * policies do (design section 5).
   */
  readonly asIfIsolated: boolean;
  readonly cites: Cites;
  readonly place: { readonly path: string; readonly line: number | null };
}

/** What a predicate sees: each has its own facts. */
export const JUDGED = [
  "opening",
  "ungoverned-workload",
  "loss",
  "created-namespace",
  "policy",
  "peer",
  "rule-text",
  "document",
  "unknown",
  "deletion",
  "remark",
  "enforcement",
] as const;

export type Judged = (typeof JUDGED)[number];

/** Which part of a policy rule a finding points at: a peer of this kind, else the whole rule. */
export const CITES = ["rule", "pods", "addresses"] as const;

export type Cites = (typeof CITES)[number];

export interface SeverityCase {
  /** null = always. */
  readonly when: Expression<boolean> | null;
  readonly is: Severity;
  /** Said once a review at this severity; what follows is a note. */
  readonly once: boolean;
}

type Relation = "evidences" | "supports" | "context";

export interface RuleControl {
  readonly control: ControlReference;
  readonly relation: Relation;
  /** Replaces the control's own limits; null = those. */
  readonly limits: readonly string[] | null;
  /** null = always. */
  readonly when: Expression<boolean> | null;
}

export interface ControlReference {
  readonly framework: Framework;
  readonly id: string;
}

export interface RuleSet {
  /** Sorted by id. */
  readonly rules: readonly Rule[];
  readonly controls: ControlCatalogue;
  /** SHA-256 (hex) over every file it was read from. */
  readonly digest: string;
}

export interface ControlCatalogue {
  readonly frameworks: readonly ControlFramework[];
  /** What the evidence of a review cannot show: "X1" to its sentence. */
  readonly limits: ReadonlyMap<string, string>;
}

export interface ControlFramework {
  readonly framework: Framework;
  readonly name: string;
  readonly version: string;
  /** Where ids and titles come from. */
  readonly source: string;
  readonly controls: readonly Control[];
}

export interface Control {
  readonly id: string;
  readonly title: string;
  /** The requirement in our words. */
  readonly asks: string;
  readonly limits: readonly string[];
}

/** A rule or control file that cannot be used. One is enough to refuse the whole set: a missing rule is a silent pass. */
export interface RuleProblem {
  readonly path: string;
  /** One-based; null where the problem has no line. */
  readonly line: number | null;
  readonly message: string;
}

export function controlOf(catalogue: ControlCatalogue, { framework, id }: ControlReference): Control | null {
  const found = catalogue.frameworks.find((one) => one.framework === framework);
  return found?.controls.find((control) => control.id === id) ?? null;
}
