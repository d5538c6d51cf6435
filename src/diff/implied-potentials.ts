import type { Opening, WorkloadDelta } from "./diff.ts";

/**
 * Pods with more labels than others that gain and lose the same for the same causes say nothing more: a policy for one label
 * is found once for each other policy that isolates, with the label of that one. Those with the fewest labels are kept.
 */
export function withoutImplied(deltas: readonly WorkloadDelta[]): readonly WorkloadDelta[] {
  return deltas.filter(
    (delta) =>
      !deltas.some((fewer) => isPart(fewer.subject, delta.subject) && saysOf(fewer) === saysOf(delta)),
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

const SAID = new WeakMap<WorkloadDelta, string>();

function saysOf(delta: WorkloadDelta): string {
  let said = SAID.get(delta);
  if (said === undefined) {
    said = JSON.stringify([
      delta.added.lines(),
      delta.removed.lines(),
      delta.openings.map(({ cause, region, condition }) => [
        causeText(cause),
        region.lines(),
        condition.map(({ id }) => id),
      ]),
    ]);
    SAID.set(delta, said);
  }
  return said;
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
