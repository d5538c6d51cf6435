import type { Cluster, Workload } from "../cluster/cluster.ts";
import { meaning } from "../policy/meaning.ts";
import { identityKey } from "../policy/model/identity-key.ts";
import type { Policy } from "../policy/model/policy.ts";
import { Budget } from "../sets/budget.ts";
import type { PodSubject } from "../surface/pod-subject.ts";
import { isolates, selects } from "../surface/selects.ts";
import { surfacesOf } from "../surface/surface-of.ts";
import type { EnvironmentDelta, Opening, WorkloadDelta } from "./diff.ts";
import { type Edit, edited } from "./edit.ts";
import { potentialSubject } from "./potential-labels.ts";
import { type SubjectDelta, subjectDelta } from "./subject-delta.ts";

/** Why a region is open that was not: what admits it, what became of what stopped it, and what would close it again. */
export interface Explanation {
  readonly admits: Opening["cause"];
  readonly stopped: readonly Stopped[];
  /** The smallest edit that was found to close it, open nothing and keep everything that base allowed; null = none was. */
  readonly edit: Edit | null;
}

/** A base policy that denied the region. */
export interface Stopped {
  readonly policy: Policy;
  readonly fate: Fate;
}

export type Fate =
  | "removed"
  /** It stands there, and the CNI of head does not know its kind. */
  | "not-enforced"
  /** Its selector changed. */
  | "no-longer-selects"
  /** The labels of the pod changed. */
  | "no-longer-selected"
  /** The pod went to the host network, where nothing governs it. */
  | "host-network"
  /** It selects the pod, and does not deny this any more. */
  | "no-longer-denies"
  /** It is asked in another place of the order. */
  | "reordered"
  /** Nothing of it changed: what admits this is asked before it, or adds up with it. */
  | "stands";

/** An opening of one workload in its environment. */
export interface ExplainedOpening {
  readonly workload: WorkloadDelta;
  readonly opening: Opening;
}

/**
 * The explanation of one cause in all workloads that it opens something for. Each edit is evaluated on the compiled cluster of
 * head before it is given: of all openings of these workloads exactly those of this cause are gone then, and no new one came.
 *
 * @param openings of one cause, at least one
 */
export function explain(delta: EnvironmentDelta, openings: readonly ExplainedOpening[]): Explanation {
  const [first] = openings;
  if (first === undefined) throw new RangeError("nothing to explain");
  const closers = [...new Set(openings.flatMap(({ opening }) => opening.closers))];
  const stopped = closers.map((policy) => ({ policy, fate: fateOf(delta, first.workload, policy) }));
  const checked = openings.slice(0, MOST_CHECKED);
  const edit = candidates(first, stopped, baseOf(delta, first.opening))
    .slice(0, MOST_TRIED)
    .find((one) => closes(delta, checked, one));
  return { admits: first.opening.cause, stopped, edit: edit ?? null };
}

/** Workloads of one cause that an edit is held against; the others are treated alike by it. */
const MOST_CHECKED = 5;
/** Edits that are evaluated for one cause. */
const MOST_TRIED = 16;

function fateOf(delta: EnvironmentDelta, workload: WorkloadDelta, policy: Policy): Fate {
  const key = identityKey(policy.identity);
  const same = (one: Policy) => identityKey(one.identity) === key;
  const after = delta.head.policies.find(same);
  if (after === undefined) return delta.head.unenforced.some(same) ? "not-enforced" : "removed";
  const subject = subjectOf(workload, "head");
  if (subject?.hostNetwork === true) return "host-network";
  if (subject !== null && !selects(after, subject, delta.head.namespaces)) {
    return selectsAlike(policy, after) ? "no-longer-selected" : "no-longer-selects";
  }
  if (after.order !== policy.order || JSON.stringify(after.tier) !== JSON.stringify(policy.tier))
    return "reordered";
  if (isolates(policy) && !isolates(after)) return "no-longer-denies";
  return meaning(after) === meaning(policy) ? "stands" : "no-longer-denies";
}

function baseOf({ base }: EnvironmentDelta, { cause }: Opening): Policy | null {
  if (cause.kind !== "rule") return null;
  const key = identityKey(cause.policy.identity);
  return base.policies.find(({ identity }) => identityKey(identity) === key) ?? null;
}

function selectsAlike(a: Policy, b: Policy): boolean {
  return JSON.stringify(a.subjects) === JSON.stringify(b.subjects);
}

function subjectOf({ subject, namespace }: WorkloadDelta, side: "base" | "head"): PodSubject | null {
  if (subject.kind === "known") return subject[side];
  return potentialSubject(namespace, subject.labels);
}

/** Edits that may help, small ones first. */
function candidates(
  { workload, opening }: ExplainedOpening,
  stopped: readonly Stopped[],
  before: Policy | null,
): readonly Edit[] {
  const { cause } = opening;
  switch (cause.kind) {
    case "rule":
      return [...ruleEdits(cause, before), ...protectionEdits(workload, stopped)];
    case "not-isolated":
      return [...protectionEdits(workload, stopped), ...isolationEdits(workload)];
    case "not-governed":
      return governanceEdits(workload);
    case "unknown":
      return [];
  }
}

/** @param before the policy as base has it: what base allowed is to stay */
function ruleEdits(
  { policy, rule }: Opening["cause"] & { readonly kind: "rule" },
  before: Policy | null,
): readonly Edit[] {
  const remove = (pointer: string): Edit => ({ kind: "remove", manifest: policy.manifest, pointer });
  const parts = (list: readonly { readonly pointer: string }[] | null) => {
    const pointers = [...new Set((list ?? []).map(({ pointer }) => pointer))];
    return pointers.length > 1 ? pointers.map(remove) : [];
  };
  const restore: readonly Edit[] = before === null ? [] : [{ kind: "restore", manifest: before.manifest }];
  return [...parts(rule.peers), ...parts(rule.ports), remove(rule.pointer), ...restore, remove("")];
}

/** What stopped it, put back. */
function protectionEdits(workload: WorkloadDelta, stopped: readonly Stopped[]): readonly Edit[] {
  return stopped.flatMap((one) => protectionEdit(workload, one));
}

function protectionEdit(workload: WorkloadDelta, { policy, fate }: Stopped): readonly Edit[] {
  switch (fate) {
    case "removed":
    case "no-longer-selects":
    case "no-longer-denies":
    case "reordered":
      return [{ kind: "restore", manifest: policy.manifest }];
    case "no-longer-selected":
      return labelEdits(workload, policy);
    case "host-network":
    case "not-enforced":
    case "stands":
      return [];
  }
}

/** The labels that the policy asks for, as they were. */
function labelEdits({ subject }: WorkloadDelta, policy: Policy): readonly Edit[] {
  if (subject.kind !== "known" || subject.base === null || subject.head === null) return [];
  const { base, head } = subject;
  const keys = new Set(policy.subjects.flatMap(({ pods }) => pods.map(({ key }) => key)));
  const changed = [...keys].filter((key) => base.labels.get(key) !== head.labels.get(key));
  if (changed.length === 0) return [];
  return [
    {
      kind: "set-labels",
      workload: head,
      labels: new Map(changed.map((key) => [key, base.labels.get(key) ?? null])),
    },
  ];
}

function governanceEdits(workload: WorkloadDelta): readonly Edit[] {
  const own = known(workload);
  return own === null ? [] : [{ kind: "leave-host-network", workload: own }];
}

/** A default deny of the workload's own: every CNI reads it. */
function isolationEdits(workload: WorkloadDelta): readonly Edit[] {
  const own = known(workload);
  if (own === null) return [];
  return [
    {
      kind: "add",
      object: {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: `${own.name.replaceAll("*", "")}-deny-egress`, namespace: own.namespace },
        spec: {
          podSelector: { matchLabels: Object.fromEntries(own.labels) },
          policyTypes: ["Egress"],
          egress: [],
        },
      },
    },
  ];
}

function known({ subject }: WorkloadDelta): Workload | null {
  return subject.kind === "known" ? subject.head : null;
}

/** Whether the openings of this cause are gone with the edit, and nothing else is open that was not. */
function closes(delta: EnvironmentDelta, openings: readonly ExplainedOpening[], edit: Edit): boolean {
  const head = edited(delta.head, edit);
  if (head === null) return false;
  const surfaces = surfacesOf(delta.base, head);
  return openings.every(({ workload, opening }) => {
    const subject = headSubject(head, workload);
    const pair = { base: subjectOf(workload, "base"), head: subject };
    const after = subjectDelta({ ...surfaces, budget: new Budget() }, pair);
    if (after.overBudget || loses(workload, after)) return false;
    // Two rules of one policy may open the same: each is counted.
    const left = workload.openings.filter((one) => one !== opening).map(openingKey);
    return after.openings.map(openingKey).every((key) => {
      const at = left.indexOf(key);
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    });
  });
}

/** It takes away what base allowed and head does. */
function loses({ removed }: WorkloadDelta, after: SubjectDelta): boolean {
  return removed.isEmpty && !after.removed.isEmpty;
}

function headSubject(head: Cluster, workload: WorkloadDelta): PodSubject | null {
  const own = known(workload);
  return own === null ? subjectOf(workload, "head") : (head.workloads.get(own.key) ?? own);
}

/** What is opened by whom; positions in an object move when a part before them goes. */
function openingKey({ cause, region, condition }: Opening): string {
  const who =
    cause.kind === "rule"
      ? identityKey(cause.policy.identity)
      : cause.kind === "unknown"
        ? cause.unknown.id
        : cause.kind;
  return JSON.stringify([who, region.lines(), condition.map(({ id }) => id)]);
}
