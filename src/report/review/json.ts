import type { MeshFact } from "../../cluster/mesh/mesh.ts";
import type { MeshDifference } from "../../diff/mesh-difference.ts";
import type { Approval } from "../../rules/approval.ts";
import type { FindingControl } from "../../rules/finding.ts";
import type { Destination, NamespaceText, RegionLine } from "../../surface/surface.ts";
import type { Place } from "../../tree/place.ts";
import { distinct, sorted } from "../layout/order.ts";
import { controlsInOrder } from "../lines/controls-text.ts";
import { inOrder } from "../lines/group-findings.ts";
import type {
  Coverage,
  Fix,
  LocatedEdit,
  LocatedExplanation,
  LocatedFinding,
  Location,
  NamedObject,
  Review,
  ReviewedDelta,
  ReviewedEnvironment,
  ReviewedUnknown,
} from "../report.ts";
import { type RegionDocument, type ReviewDocument, SCHEMA_VERSION, type ToolDocument } from "./schema.ts";

/** A review for programs: keys and elements in a fixed order, so that equal reviews are equal bytes. */
export function json(review: Review, tool: ToolDocument): string {
  return print(reviewDocument(review, tool));
}

/** One way to print every document: readable in a diff, and ended by a line feed. */
export function print(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

export function reviewDocument(review: Review, tool: ToolDocument): ReviewDocument {
  const { verdict, observed, base, head, evaluatedAt, digests } = review;
  return {
    schemaVersion: SCHEMA_VERSION,
    verdict,
    observed,
    base,
    head,
    evaluatedAt,
    digests: {
      inputs: digests.inputs,
      policy: digests.policy,
      engine: digests.engine,
      approvals: digests.approvals,
    },
    environments: sorted(review.environments, ({ name }) => name).map(environmentDocument),
    findings: inOrder(review.findings).map(findingDocument),
    controls: controlsInOrder(review.controls).map((control) => ({
      framework: control.framework,
      id: control.id,
      title: control.title,
      effect: control.effect,
      reason: control.reason,
      findings: [...distinct(control.findings)],
      limits: [...control.limits],
    })),
    unknowns: unknownsInOrder(review.unknowns).map(unknownDocument),
    assumptions: assumptionsInOrder(review.assumptions),
    coverage: coverageDocument(review.coverage),
    proposed: proposedDocument(review.proposed),
    voidApprovals: sorted(
      review.voidApprovals,
      ({ approval }) => approval.fingerprint,
      ({ approval }) => approval.at,
      ({ approval }) => approval.approver,
    ).map(({ approval, why }) => ({
      fingerprint: approval.fingerprint,
      ...approvalDocument(approval),
      why,
    })),
    tool,
  };
}

function environmentDocument(environment: ReviewedEnvironment): ReviewDocument["environments"][number] {
  const { name, changed, targets, rendered, workloadNames, deltas, mesh = [] } = environment;
  return {
    name,
    changed,
    targets,
    rendered,
    workloadNames: [...distinct(workloadNames)],
    deltas: sorted(deltas, ({ workload }) => workload).map(deltaDocument),
    ...(mesh.length === 0 ? {} : { mesh: mesh.map(meshDocument) }),
  };
}

function meshDocument({ kind, about, before, after }: MeshDifference) {
  return {
    kind,
    about,
    before: before === null ? null : before.facts.map(meshFactDocument),
    after: after === null ? null : after.facts.map(meshFactDocument),
  };
}

export function meshFactDocument({ field, values, note }: MeshFact) {
  return { field, values: [...values], note };
}

function deltaDocument({ workload, added, removed, takesEffect }: ReviewedDelta) {
  return {
    workload,
    added: added.map(regionDocument),
    removed: removed.map(regionDocument),
    takesEffect: { when: takesEffect.when, by: [...distinct(takesEffect.by)] },
  };
}

export function regionDocument(line: RegionLine): RegionDocument {
  return line.before === undefined
    ? wholeDocument(line)
    : { ...wholeDocument(line), before: line.before.map(wholeDocument) };
}

function wholeDocument({ destination, protocol, ports }: RegionLine) {
  return { destination: destinationDocument(destination), protocol, ports };
}

function destinationDocument(destination: Destination): RegionDocument["destination"] {
  switch (destination.kind) {
    case "any":
    case "api-server":
      return { kind: destination.kind };
    case "nodes":
      return { kind: "nodes", which: destination.which, labels: [...destination.labels] };
    case "ip":
      return { kind: "ip", cidrs: [...destination.cidrs] };
    case "name":
      return { kind: "name", name: destination.name };
    case "pods":
      return {
        kind: "pods",
        namespaces: namespacesDocument(destination.namespaces),
        labels: [...destination.labels],
      };
  }
}

type NamespacesDocument = Extract<RegionDocument["destination"], { kind: "pods" }>["namespaces"];

function namespacesDocument(namespaces: NamespaceText): NamespacesDocument {
  switch (namespaces.kind) {
    case "every":
      return { kind: "every" };
    case "named":
    case "every-except":
      return { kind: namespaces.kind, names: [...namespaces.names] };
    case "undeclared":
      return { kind: "undeclared", labels: [...namespaces.labels] };
  }
}

function findingDocument(finding: LocatedFinding): ReviewDocument["findings"][number] {
  const { document } = finding;
  return {
    rule: finding.rule,
    handle: finding.handle,
    title: finding.title,
    why: finding.why,
    severity: finding.severity,
    fingerprint: finding.fingerprint,
    environments: [...distinct(finding.environments)],
    workloads: [...distinct(finding.workloads)],
    destinations: [...finding.destinations],
    message: finding.message,
    remediation: finding.remediation,
    location: locationDocument(finding.location),
    lines: finding.lines === null ? null : { first: finding.lines.first, last: finding.lines.last },
    document:
      document === null ? null : { kind: document.kind, namespace: document.namespace, name: document.name },
    controls: controlsInOrder(finding.controls).map(findingControlDocument),
    observed: finding.observed,
    approval: finding.approval === null ? null : approvalDocument(finding.approval),
    rendered: finding.rendered === null ? null : { base: finding.rendered.base, head: finding.rendered.head },
    fix: finding.fix === null ? null : fixDocument(finding.fix),
    explanation: finding.explanation === null ? null : explanationDocument(finding.explanation),
  };
}

function approvalDocument({ approver, reason, at, head, self }: Approval) {
  return { approver, reason, at, head, self };
}

function explanationDocument({ admits, stopped, edit }: LocatedExplanation) {
  return {
    admits: {
      kind: admits.kind,
      policy: admits.policy === null ? null : objectDocument(admits.policy),
      location: locationDocument(admits.location),
    },
    stopped: stopped.map(({ policy, fate, location }) => ({
      policy: objectDocument(policy),
      fate,
      location: locationDocument(location),
    })),
    edit: edit === null ? null : editDocument(edit),
  };
}

function editDocument(edit: LocatedEdit): EditDocument {
  switch (edit.kind) {
    case "remove":
      return {
        kind: edit.kind,
        object: objectDocument(edit.object),
        pointer: edit.pointer,
        location: locationDocument(edit.location),
      };
    case "restore":
      return {
        kind: edit.kind,
        object: objectDocument(edit.object),
        location: locationDocument(edit.location),
        documentUnchanged: edit.documentUnchanged,
      };
    case "set-labels":
      return { kind: edit.kind, workload: edit.workload, labels: { ...edit.labels } };
    case "leave-host-network":
      return { kind: edit.kind, workload: edit.workload };
    case "add":
      return { kind: edit.kind, object: objectDocument(edit.object), yaml: edit.yaml };
  }
}

type EditDocument = NonNullable<NonNullable<ReviewDocument["findings"][number]["explanation"]>["edit"]>;

function objectDocument({ kind, namespace, name }: NamedObject) {
  return { kind, namespace, name };
}

function fixDocument({ kind, path, first, last, verdict, left }: Fix) {
  return { kind, path, first, last, verdict, left: [...distinct(left)] };
}

function proposedDocument(proposed: Review["proposed"]): ReviewDocument["proposed"] {
  if (proposed === null) return null;
  if (proposed.kind === "invalid") {
    const problems = proposed.problems.map(({ code, path, line, message }) => ({
      code,
      path,
      line,
      message,
    }));
    return { kind: "invalid", problems };
  }
  const { kind, path, verdict, observed, findings, weakens } = proposed;
  return { kind, path, verdict, observed, findings: [...distinct(findings)], weakens: [...weakens] };
}

function findingControlDocument({ framework, id, title, relation, limits }: FindingControl) {
  return { framework, id, title, relation, limits: [...limits] };
}

export function locationDocument(location: Location | null) {
  return location === null ? null : { side: location.side, ...placeDocument(location) };
}

export function placeDocument({ path, line }: Place) {
  return { path, line };
}

export function unknownsInOrder(unknowns: readonly ReviewedUnknown[]): readonly ReviewedUnknown[] {
  return sorted(
    unknowns,
    ({ environment }) => environment,
    ({ target }) => target ?? "",
    ({ code }) => code,
    ({ handle }) => handle,
    ({ reason }) => reason,
  );
}

export function unknownDocument(unknown: ReviewedUnknown): ReviewDocument["unknowns"][number] {
  const { handle, environment, target, code, reason, changed } = unknown;
  return { handle, environment, target, code, reason, changed, location: locationDocument(unknown.location) };
}

export function assumptionsInOrder(assumptions: Review["assumptions"]) {
  return sorted(
    assumptions,
    ({ code }) => code,
    ({ text }) => text,
  ).map(({ code, text }) => ({ code, text }));
}

function coverageDocument(coverage: Coverage): ReviewDocument["coverage"] {
  const { environments, targets } = coverage;
  return {
    environments: { changed: environments.changed, unchanged: environments.unchanged },
    targets: { decided: targets.decided, partlyRead: targets.partlyRead, notRead: targets.notRead },
    workloads: coverage.workloads,
    policies: coverage.policies,
    listed: [...distinct(coverage.listed)],
    unmodelledKinds: Object.fromEntries(sorted(Object.entries(coverage.unmodelledKinds), ([kind]) => kind)),
    remarks: coverage.remarks.map(({ target, text }) => (target === null ? text : `${target}: ${text}`)),
  };
}
