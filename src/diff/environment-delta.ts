import type { Cluster, Workload } from "../cluster/cluster.ts";
import { mayHoldUnseenPods } from "../cluster/open-namespaces.ts";
import { Budget, type BudgetLimits, DEFAULT_BUDGET } from "../sets/budget.ts";
import type { Box } from "../sets/space.ts";
import type { Reading } from "../surface/contests.ts";
import type { Layer } from "../surface/layers.ts";
import { OTHER_NAMESPACES } from "../surface/other-namespaces.ts";
import type { PodSubject } from "../surface/pod-subject.ts";
import { subjectBox, subjectKeys } from "../surface/subject-layers.ts";
import { type Surface, surfacesOf } from "../surface/surface-of.ts";
import type { Unknown } from "../targets/unknown.ts";
import type { Comparison, SubjectPair } from "./comparison.ts";
import type { EnvironmentDelta, WorkloadDelta } from "./diff.ts";
import { withoutImplied } from "./implied-potentials.ts";
import { type Moves, movedWorkloads } from "./moved.ts";
import { labelsText, potentialSubjects } from "./potential.ts";
import { potentialSubject } from "./potential-labels.ts";
import { type SubjectDelta, subjectDelta } from "./subject-delta.ts";
import { differingKeys, mayAskFor, unchangedUnknowns } from "./unchanged-unknowns.ts";

export interface DiffOptions {
  readonly environment: string;
  readonly budget?: BudgetLimits;
}

/**
 * What one environment's egress controls let each workload reach that they did not before, and the reverse.
 *
 * The work follows the change: policies are compiled once for both sides where nothing differs; a namespace is searched only
 * where its compiled lists differ; workloads are evaluated by class, a class being the labels that some selector of the
 * namespace mentions on either side. Classes never replace identity: a new workload's base is empty, however familiar its
 * labels.
 */
export function diff(base: Cluster, head: Cluster, options: DiffOptions): EnvironmentDelta {
  const budget = new Budget(options.budget ?? DEFAULT_BUDGET);
  const surfaces = surfacesOf(base, head);
  const comparison: Comparison = { ...surfaces, budget };
  const changed = new Changes(comparison);
  const unknowns: Unknown[] = [];
  const known = knownDeltas(comparison, changed, unknowns, options);
  const potential = potentialDeltas(comparison, changed, unknowns, options, known);
  return {
    environment: options.environment,
    base,
    head,
    workloads: [...known, ...potential].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)),
    unknowns,
  };
}

/** Which namespaces' lists differ. */
class Changes {
  readonly #comparison: Comparison;
  readonly #keys = new Map<readonly Layer[], string>();
  readonly #changed = new Map<string, boolean>();

  constructor(comparison: Comparison) {
    this.#comparison = comparison;
  }

  isChanged(namespace: string): boolean {
    let changed = this.#changed.get(namespace);
    if (changed === undefined) {
      changed = !this.#hasEqualInputs(namespace) && this.#hasOtherLists(namespace);
      this.#changed.set(namespace, changed);
    }
    return changed;
  }

  #hasEqualInputs(namespace: string): boolean {
    const { base, head } = this.#comparison;
    if (!base.sharesNamespacesWith(head)) return false;
    const inputs = base.inputsOf(namespace);
    return inputs !== null && inputs === head.inputsOf(namespace);
  }

  /** Candidates of one identity that differ between the sides are read in two ways: what is gained, and what is lost. */
  #hasOtherLists(namespace: string): boolean {
    const { base, head } = this.#comparison;
    const differ = (atBase: Reading, atHead: Reading) =>
      this.keyOf(base.layersOf(namespace, atBase)) !== this.keyOf(head.layersOf(namespace, atHead));
    return differ("least", "most") || differ("most", "least");
  }

  /** Equal for lists that decide every point alike by construction: same boxes in the same runs, whoever wrote them. */
  keyOf(layers: readonly Layer[]): string {
    let key = this.#keys.get(layers);
    if (key === undefined) {
      key = layers.map(runsOf).join("|");
      this.#keys.set(layers, key);
    }
    return key;
  }
}

function runsOf({ items }: Layer): string {
  const runs: { readonly action: string; readonly boxes: Set<number> }[] = [];
  for (const { action, box, source } of items) {
    if (source.kind === "unknown") continue;
    const last = runs.at(-1);
    if (last?.action === action) last.boxes.add(box.id);
    else runs.push({ action, boxes: new Set([box.id]) });
  }
  return runs.map(({ action, boxes }) => `${action}${[...boxes].sort((a, b) => a - b).join()}`).join(";");
}

function knownDeltas(
  comparison: Comparison,
  changed: Changes,
  unknowns: Unknown[],
  options: DiffOptions,
): readonly WorkloadDelta[] {
  const { base, head } = comparison;
  const moves = movedWorkloads(base.cluster.workloads, head.cluster.workloads);
  const classes = new Map<string, SubjectDelta>();
  const deltas: WorkloadDelta[] = [];
  for (const pair of workloadPairs(base.cluster.workloads, head.cluster.workloads, moves)) {
    const subject = pair.head ?? pair.base;
    if (subject === null || !mayDiffer(comparison, changed, pair)) continue;
    const key = classKey(comparison, pair);
    let delta = classes.get(key);
    if (delta === undefined) {
      delta = subjectDelta(comparison, pair);
      classes.set(key, delta);
    }
    if (delta.overBudget) unknowns.push(overBudget(subject.key, subject.namespace, options));
    if (pair.presence === "both" && !differs(delta)) continue;
    deltas.push({
      key: subject.key,
      namespace: subject.namespace,
      subject: { kind: "known", base: pair.base, head: pair.head },
      presence: pair.presence,
      decides: true,
      ...withoutBudget(delta),
    });
  }
  return deltas;
}

interface WorkloadPair extends SubjectPair {
  readonly base: Workload | null;
  readonly head: Workload | null;
  readonly presence: WorkloadDelta["presence"];
}

function workloadPairs(
  base: ReadonlyMap<string, Workload>,
  head: ReadonlyMap<string, Workload>,
  moves: Moves,
): readonly WorkloadPair[] {
  const left = new Set(moves.values());
  return [
    ...[...head.values()].map((workload): WorkloadPair => {
      const from = base.get(workload.key);
      if (from !== undefined) return { base: from, head: workload, presence: "both" };
      const moved = base.get(moves.get(workload.key) ?? "");
      return moved === undefined
        ? { base: null, head: workload, presence: "head-only" }
        : { base: moved, head: workload, presence: "moved" };
    }),
    ...[...base.values()]
      .filter(({ key }) => !head.has(key) && !left.has(key))
      .map((workload): WorkloadPair => ({ base: workload, head: null, presence: "base-only" })),
  ];
}

/** Whether anything that decides this workload's egress differs; false skips it, and must never hide a delta. */
function mayDiffer(
  comparison: Comparison,
  changed: Changes,
  { base, head, presence }: WorkloadPair,
): boolean {
  if (base === null || head === null || presence !== "both") return true;
  if (changed.isChanged(head.namespace) || base.hostNetwork !== head.hostNetwork) return true;
  if (sameLabels(base, head) && base.serviceAccount === head.serviceAccount) return false;
  return (
    sideBox(comparison, base) !== sideBox(comparison, head) || toldApart(comparison, base, head).length > 0
  );
}

function sameLabels(base: Workload, head: Workload): boolean {
  return (
    differingKeys(base.labels, head.labels).length === 0 &&
    base.runtimeLabels.size === head.runtimeLabels.size &&
    [...base.runtimeLabels].every((key) => head.runtimeLabels.has(key))
  );
}

/** The labels of a subject that some selector of its namespace mentions on either side. */
function sideBox(comparison: Comparison, subject: PodSubject): Box {
  return subjectBox(comparison.head.universe, subject, keysOfBoth(comparison, subject.namespace));
}

function keysOfBoth(comparison: Comparison, namespace: string): ReadonlySet<string> {
  const known = keysByNamespace.get(comparison) ?? new Map<string, ReadonlySet<string>>();
  keysByNamespace.set(comparison, known);
  let keys = known.get(namespace);
  if (keys === undefined) {
    const sides = [comparison.base, comparison.head];
    keys = new Set(
      sides.flatMap((surface) =>
        (["least", "most"] as const).flatMap((reading) => [...keysIn(surface, namespace, reading)]),
      ),
    );
    known.set(namespace, keys);
  }
  return keys;
}

const keysByNamespace = new WeakMap<Comparison, Map<string, ReadonlySet<string>>>();

function keysIn(surface: Surface, namespace: string, reading: "least" | "most"): ReadonlySet<string> {
  return subjectKeys(surface.universe, surface.layersOf(namespace, reading));
}

/** Unchanged unknowns that may tell the two sides of a workload apart. */
function toldApart(comparison: Comparison, base: PodSubject, head: PodSubject): readonly Unknown[] {
  const keys = differingKeys(base.labels, head.labels);
  if (keys.length === 0) return [];
  return unchangedUnknowns(comparison.base, comparison.head, head.namespace).filter((unknown) =>
    mayAskFor(unknown, keys),
  );
}

/** Workloads with equal keys have equal deltas: only what a selector or an unknown may ask for is in it. */
function classKey(comparison: Comparison, { base, head }: WorkloadPair): string {
  const side = (subject: Workload | null) =>
    subject === null ? null : [subject.namespace, subject.hostNetwork, sideBox(comparison, subject).id];
  const namespace = (head ?? base)?.namespace ?? "";
  const unknowns = unchangedUnknowns(comparison.base, comparison.head, namespace);
  // An unknown may ask for any label: with one, only equal labels are one class.
  const labels = unknowns.length === 0 ? null : [base, head].map((one) => [...(one?.labels ?? [])].sort());
  return JSON.stringify([side(base), side(head), labels]);
}

function differs({ added, removed, openings, before, after }: SubjectDelta): boolean {
  return (
    !added.isEmpty ||
    !removed.isEmpty ||
    openings.length > 0 ||
    before?.governed !== after?.governed ||
    (before?.isolating.length === 0) !== (after?.isolating.length === 0)
  );
}

function withoutBudget({
  overBudget: _overBudget,
  ...delta
}: SubjectDelta): Omit<SubjectDelta, "overBudget"> {
  return delta;
}

/**
 * Pods that Git does not show. They decide only where such pods may be; elsewhere they are a note, and only where no known
 * workload shows the same opening.
 */
function potentialDeltas(
  comparison: Comparison,
  changed: Changes,
  unknowns: Unknown[],
  options: DiffOptions,
  known: readonly WorkloadDelta[],
): readonly WorkloadDelta[] {
  const { base, head } = comparison;
  const openings = causesByNamespace(known);
  return [...[...head.universe.declared].sort(), OTHER_NAMESPACES].flatMap((namespace) => {
    if (!changed.isChanged(namespace)) return [];
    const decides = mayHoldUnseenPods(base.cluster, head.cluster, namespace);
    const { labels, overBudget: ended } = potentialSubjects(comparison, namespace);
    if (ended) unknowns.push(overBudget(`${namespace}/?`, namespace, options));
    const deltas = labels.flatMap((own): readonly WorkloadDelta[] => {
      const key = `${namespace}/?${labelsText(own)}`;
      const subject = potentialSubject(namespace, own);
      const delta = subjectDelta(comparison, { base: subject, head: subject });
      if (delta.overBudget) unknowns.push(overBudget(key, namespace, options));
      if (!decides && !showsMore(delta, openings.get(namespace) ?? new Set())) return [];
      const isNew = namespace !== OTHER_NAMESPACES && !base.cluster.namespaces.has(namespace);
      if (isNew && delta.openings.length === 0) return [];
      return [
        {
          key,
          namespace,
          subject: { kind: "potential", labels: own },
          presence: "both",
          decides,
          ...withoutBudget(delta),
        },
      ];
    });
    return withoutImplied(deltas);
  });
}

function causesByNamespace(known: readonly WorkloadDelta[]): ReadonlyMap<string, ReadonlySet<unknown>> {
  const causes = new Map<string, Set<unknown>>();
  for (const { namespace, openings } of known) {
    const own = causes.get(namespace) ?? new Set();
    causes.set(namespace, own);
    for (const { cause } of openings) own.add(cause.kind === "rule" ? cause.rule : cause.kind);
  }
  return causes;
}

function showsMore({ openings }: SubjectDelta, shown: ReadonlySet<unknown>): boolean {
  return openings.some(({ cause }) => !shown.has(cause.kind === "rule" ? cause.rule : cause.kind));
}

/** EGR-000: nobody knows what this subject gains. */
function overBudget(subject: string, namespace: string, { environment, budget }: DiffOptions): Unknown {
  const limits = budget ?? DEFAULT_BUDGET;
  return {
    code: "resource-limit",
    id: `resource-limit:${environment}:${subject}`,
    target: null,
    subject,
    detail: `the search for what it may reach took more than ${limits.problem} steps, or all searches more than ${limits.review}`,
    bound: { namespaces: [namespace], kinds: null },
    selectorKeys: null,
    digest: `${environment}:${subject}`,
    content: "tree",
    place: null,
  };
}
