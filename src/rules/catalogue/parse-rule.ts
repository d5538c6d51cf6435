import { z } from "zod";
import { type Compiler, type ExpressionProblem, isExpressionProblem } from "../cel.ts";
import { messageCompiler, predicateCompiler } from "../facts/facts.ts";
import {
  CITES,
  type ControlReference,
  JUDGED,
  type Rule,
  type RuleControl,
  type RuleProblem,
  type SeverityCase,
} from "../rules.ts";
import { compileTemplate } from "../template.ts";
import { isYamlFile, readYaml, type YamlFile } from "./yaml-file.ts";

const text = z.string().trim().min(1);

const severityCase = z.strictObject({
  when: text.optional(),
  is: z.enum(["block", "undecided", "warn", "note"]),
  once: z.boolean().default(false),
});

const ruleControl = z.strictObject({
  control: z.string().regex(/^(nist-800-53|cis-kubernetes|pci-dss)\/.+$/, "must be FRAMEWORK/ID"),
  relation: z.enum(["evidences", "supports", "context"]),
  limits: z.array(z.string().regex(/^X[0-9]+$/, "must be a limit such as X1")).optional(),
  when: text.optional(),
});

/** The shape of `rule.yaml`. */
const ruleSchema = z.strictObject({
  id: z.string().regex(/^[A-Z]{2,5}-[0-9]{3}$/, "must look like EGR-201"),
  title: text,
  why: text,
  judges: z.enum(JUDGED),
  when: text,
  severity: z.array(severityCase).min(1),
  message: text,
  remediation: text,
  cites: z.enum(CITES).default("rule"),
  asIfIsolated: z.boolean().default(false),
  controls: z.array(ruleControl),
});

type WrittenRule = z.infer<typeof ruleSchema>;

/** One rule file. Expressions are checked against the facts of what the rule judges; a problem names its line. */
export function parseRule(path: string, content: string): Rule | readonly RuleProblem[] {
  const file = readYaml(path, content, ruleSchema);
  if (!isYamlFile(file)) return file;
  const problems: RuleProblem[] = [];
  const rule = compiled(file, problems);
  return problems.length > 0 || rule === null ? problems : rule;
}

export function isRule(value: Rule | readonly RuleProblem[]): value is Rule {
  return !Array.isArray(value);
}

function compiled(file: YamlFile<WrittenRule>, problems: RuleProblem[]): Rule | null {
  const written = file.content;
  const predicates = predicateCompiler(written.judges);
  const messages = messageCompiler(written.judges);
  const parts = new Parts(file, predicates, messages, problems);
  const when = parts.predicate(written.when, ["when"]);
  const message = parts.template(written.message, ["message"]);
  const remediation = parts.template(written.remediation, ["remediation"]);
  const severity = written.severity.map(({ when: condition, is, once }, index): SeverityCase => {
    const compiledWhen =
      condition === undefined ? null : parts.predicate(condition, ["severity", index, "when"]);
    return { when: compiledWhen, is, once };
  });
  const controls = written.controls.map((one, index): RuleControl => {
    const condition = one.when === undefined ? null : parts.predicate(one.when, ["controls", index, "when"]);
    return {
      control: reference(one.control),
      relation: one.relation,
      limits: one.limits ?? null,
      when: condition,
    };
  });
  if (when === null || message === null || remediation === null) return null;
  const { id, title, why, judges, cites, asIfIsolated } = written;
  const place = { path: file.path, line: file.line([]) };
  return {
    id,
    title,
    why,
    judges,
    when,
    severity,
    message,
    remediation,
    controls,
    cites,
    asIfIsolated,
    place,
  };
}

class Parts {
  readonly #file: YamlFile<WrittenRule>;
  readonly #predicates: Compiler;
  readonly #messages: Compiler;
  readonly #problems: RuleProblem[];

  constructor(
    file: YamlFile<WrittenRule>,
    predicates: Compiler,
    messages: Compiler,
    problems: RuleProblem[],
  ) {
    this.#file = file;
    this.#predicates = predicates;
    this.#messages = messages;
    this.#problems = problems;
  }

  predicate(source: string, where: readonly (string | number)[]) {
    return this.#kept(this.#predicates.compile(source, "bool"), where);
  }

  template(source: string, where: readonly (string | number)[]) {
    return this.#kept(compileTemplate(this.#messages, source), where);
  }

  #kept<Value>(value: Value | ExpressionProblem, where: readonly (string | number)[]): Value | null {
    if (!isExpressionProblem(value)) return value as Value;
    this.#problems.push({
      path: this.#file.path,
      line: this.#file.line(where, value.offset),
      message: `${where.join(".")}: ${value.message}`,
    });
    return null;
  }
}

function reference(written: string): ControlReference {
  const slash = written.indexOf("/");
  return {
    framework: written.slice(0, slash) as ControlReference["framework"],
    id: written.slice(slash + 1),
  };
}
