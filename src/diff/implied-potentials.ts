import type { Opening, WorkloadDelta } from "./diff.ts";

/**
 * Pods with more labels than others that gain and lose the same for the same causes say nothing more: a policy for one label
 * is found once for each other policy that isolates, with the label of that one. Those with the fewest labels are kept.
 */
export function withoutImplied(deltas: readonly WorkloadDelta[]): readonly WorkloadDelta[] {
  return deltas.filter(
    (delta) => !deltas.some((fewer) => isPart(fewer.subject, delta.subject) && saysTheSame(fewer, delta)),
  );
}

type Subject = WorkloadDelta["subject"];

/** The first has some of the second's labels, and no others. */
function isPart(fewer: Subject, more: Subject): boolean {
  return (
    fewer.kind === "potential" &&
    more.kind === "potential" &&
    fewer.labels.size < more.labels.size &&
    [...fewer.labels].every(([key, value]) => more.labels.get(key) === value)
  );
}

/** Causes first: they are at hand, and texts of regions are not. */
function saysTheSame(a: WorkloadDelta, b: WorkloadDelta): boolean {
  return (
    a.openings.length === b.openings.length &&
    a.added.isEmpty === b.added.isEmpty &&
    a.removed.isEmpty === b.removed.isEmpty &&
    causesOf(a) === causesOf(b) &&
    regionsOf(a) === regionsOf(b)
  );
}

const CAUSES = new WeakMap<WorkloadDelta, string>();
const REGIONS = new WeakMap<WorkloadDelta, string>();

function causesOf(delta: WorkloadDelta): string {
  return remembered(CAUSES, delta, () =>
    delta.openings.map(({ cause, condition }) => [causeText(cause), condition.map(({ id }) => id)]),
  );
}

function regionsOf(delta: WorkloadDelta): string {
  return remembered(REGIONS, delta, () => [
    delta.added.lines(),
    delta.removed.lines(),
    delta.openings.map(({ region }) => region.lines()),
  ]);
}

function remembered(
  texts: WeakMap<WorkloadDelta, string>,
  delta: WorkloadDelta,
  make: () => readonly unknown[],
): string {
  const known = texts.get(delta);
  if (known !== undefined) return known;
  const text = JSON.stringify(make());
  texts.set(delta, text);
  return text;
}

function causeText(cause: Opening["cause"]): readonly unknown[] {
  switch (cause.kind) {
    case "rule":
      return [cause.policy.identity, cause.rule.pointer];
    case "unknown":
      return [cause.unknown.id];
    case "not-isolated":
    case "not-governed":
      return [cause.kind];
  }
}
