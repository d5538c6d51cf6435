import type { RegionLine } from "../surface/surface.ts";
import { isFailure } from "./cel.ts";
import {
  controlsFor,
  type Evaluations,
  failure,
  type Hit,
  isRuleFailure,
  type RuleFailure,
} from "./evaluate.ts";
import { extentOf, unitedExtent } from "./extent.ts";
import { FindingFacts } from "./facts/finding-facts.ts";
import type { Cause, Finding, FindingControl, Severity } from "./finding.ts";
import { fingerprintOf, handlesOf } from "./fingerprint.ts";
import { regionTexts } from "./region-text.ts";
import { type ControlCatalogue, controlOf, type Rule, type RuleControl } from "./rules.ts";
import { append } from "./selection.ts";
import type { Subject } from "./subjects/subject.ts";

/** A finding with what it was made of. */
export interface JudgedFinding {
  readonly finding: Finding;
  readonly subjects: readonly Subject[];
  /** Said once a review at its severity. */
  readonly once: boolean;
}

const SEVERITIES: readonly Severity[] = ["block", "undecided", "warn", "note"];

function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** Findings of hits: one for each rule, environment and cause, with every workload that the cause concerns. */
export function findingsOf(
  hits: readonly Hit[],
  controls: ControlCatalogue,
  evaluations: Evaluations,
): readonly (JudgedFinding | RuleFailure)[] {
  const grouped = new Map<string, Hit[]>();
  for (const hit of hits) append(grouped, groupKey(hit), hit);
  const ordinals = new Map<string, number>();
  return [...grouped.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => {
      const identity = identityOf(group);
      const ordinal = ordinals.get(identity) ?? 0;
      ordinals.set(identity, ordinal + 1);
      return findingOf(group, ordinal, controls, evaluations);
    });
}

function groupKey({ rule, subject }: Hit): string {
  return JSON.stringify([
    rule.id,
    subject.environment,
    subject.about,
    subject.policy,
    causeKey(subject.cause(rule.cites)),
  ]);
}

function identityOf([first]: readonly Hit[]): string {
  if (first === undefined) return "";
  const { rule, subject } = first;
  return JSON.stringify([rule.id, subject.environment, subject.about, subject.policy]);
}

/** Where a cause stands, for grouping within one review. */
export function causeKey(cause: Cause | null): string {
  if (cause === null) return "";
  const { side, manifest, pointer, place } = cause;
  const object =
    manifest === null
      ? null
      : [
          manifest.origin.target,
          manifest.object.kind,
          manifest.namespace,
          manifest.object.metadata.name ?? "",
        ];
  return JSON.stringify([side, object, pointer, place]);
}

function findingOf(
  group: readonly Hit[],
  ordinal: number,
  catalogue: ControlCatalogue,
  evaluations: Evaluations,
): JudgedFinding | RuleFailure {
  const hits = group.toSorted((a, b) => severityRank(a.severity) - severityRank(b.severity));
  const [lead] = hits;
  if (lead === undefined) throw new RangeError("a group of hits has one");
  const { rule, subject } = lead;
  const subjects = hits.map((hit) => hit.subject);
  const workloads = [...new Set(subjects.flatMap((one) => one.workloads))].sort();
  const destinations = [...new Set(subjects.flatMap((one) => one.regions.flatMap(regionTexts)))];
  const variables = {
    ...subject.variables,
    finding: new FindingFacts(workloads, destinations, subject.assumed),
  };
  const message = rule.message.render(variables);
  const remediation = rule.remediation.render(variables);
  if (isFailure(message)) return failure(rule, message.message);
  if (isFailure(remediation)) return failure(rule, remediation.message);
  const controls = findingControls(rule, subjects, catalogue, evaluations);
  if (isRuleFailure(controls)) return controls;
  const { environment, about, policy } = subject;
  const fingerprint = fingerprintOf({ rule: rule.id, environment, about, policy, ordinal });
  return {
    subjects,
    once: lead.once,
    finding: {
      rule: rule.id,
      handle: "",
      title: rule.title,
      why: rule.why,
      severity: lead.severity,
      fingerprint,
      environments: [environment],
      workloads,
      destinations,
      regions: distinctLines(subjects),
      message: oneLine(message),
      remediation: oneLine(remediation),
      cause: subject.cause(rule.cites),
      openings: [...new Set(subjects.flatMap((one) => one.openings))],
      controls,
      extent: extentOf(subjects, subject.cause(rule.cites)),
      observed: false,
      approval: null,
    },
  };
}

/** A control applies where it does for some of the subjects. */
function findingControls(
  rule: Rule,
  subjects: readonly Subject[],
  catalogue: ControlCatalogue,
  evaluations: Evaluations,
): readonly FindingControl[] | RuleFailure {
  const applying = new Set<RuleControl>();
  for (const subject of subjects) {
    if (applying.size === rule.controls.length) break;
    const controls = controlsFor(rule, subject, evaluations);
    if (isRuleFailure(controls)) return controls;
    for (const control of controls) applying.add(control);
  }
  return rule.controls
    .filter((control) => applying.has(control))
    .flatMap(({ control: reference, relation, limits }) => {
      const control = controlOf(catalogue, reference);
      if (control === null) return [];
      const { framework, id } = reference;
      return [{ framework, id, title: control.title, relation, limits: limits ?? control.limits }];
    });
}

/** What the subjects open, each line once. */
function distinctLines(subjects: readonly Subject[]): readonly RegionLine[] {
  const lines = [...new Set(subjects.flatMap(({ regions }) => regions))].flatMap((region) => region.lines());
  return [...new Map(lines.map((line) => [JSON.stringify(line), line])).values()];
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** Sorted, with handles, and with what is said once a review said once. */
export function completed(all: readonly JudgedFinding[]): readonly JudgedFinding[] {
  const judged = united(all);
  const handles = handlesOf(judged.map(({ finding }) => finding));
  const said = new Set<Severity>();
  return judged
    .toSorted(inOrder)
    .map(({ finding, subjects, once }) => {
      const repeated = once && said.has(finding.severity);
      if (once) said.add(finding.severity);
      const severity = repeated ? ("note" as const) : finding.severity;
      const handle = handles.get(finding.fingerprint) ?? "";
      return { subjects, once, finding: { ...finding, severity, handle } };
    })
    .sort(inOrder);
}

/** An environment may be judged twice, by itself and merged with another: one finding, and the worse answer counts. */
function united(all: readonly JudgedFinding[]): readonly JudgedFinding[] {
  const alike = new Map<string, JudgedFinding[]>();
  for (const one of all) append(alike, one.finding.fingerprint, one);
  return [...alike.values()].flatMap((group) => {
    const [worst] = group.toSorted(inOrder);
    if (worst === undefined || group.length === 1) return group;
    const list = (pick: (finding: Finding) => readonly string[]) => [
      ...new Set([worst, ...group].flatMap(({ finding }) => pick(finding))),
    ];
    const workloads = list((finding) => finding.workloads).sort();
    const destinations = list((finding) => finding.destinations);
    const subjects = group.flatMap((one) => one.subjects);
    const regions = distinctLines(subjects);
    const extent = unitedExtent(group.map(({ finding }) => finding.extent));
    return [{ ...worst, subjects, finding: { ...worst.finding, workloads, destinations, regions, extent } }];
  });
}

function inOrder({ finding: a }: JudgedFinding, { finding: b }: JudgedFinding): number {
  return (
    severityRank(a.severity) - severityRank(b.severity) ||
    compare(a.rule, b.rule) ||
    compare(a.environments.join(), b.environments.join()) ||
    compare(a.workloads.join(), b.workloads.join()) ||
    compare(a.fingerprint, b.fingerprint)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
