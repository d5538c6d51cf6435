import { LIMITS } from "../layout/limits.ts";
import { groupBy, sorted } from "../layout/order.ts";
import { capped, count, enumerate, name, type Phrase, plural, prose } from "../layout/phrase.ts";
import type { Assumption, Coverage, Remark, ReviewedEnvironment } from "../report.ts";
import { namesText } from "./subject-text.ts";

/** Which environments were looked at, and which were not because nothing they read differs. */
export function scopeLines(environments: readonly ReviewedEnvironment[]): readonly Phrase[] {
  const ordered = sorted(environments, (environment) => environment.name);
  const changed = ordered.filter((environment) => environment.changed);
  const unchanged = ordered.filter((environment) => !environment.changed);
  const lines = capped(changed.map(changedLine));
  if (unchanged.length === 0) return lines;
  const names = unchanged.map((environment) => environment.name);
  return [...lines, ["unchanged: ", ...namesText(names, LIMITS.listed)]];
}

function changedLine({ name: environment, targets, rendered, workloadNames }: ReviewedEnvironment): Phrase {
  const counts = `${count(rendered)} of ${plural(targets, "target")} rendered, ${plural(workloadNames.length, "workload")}`;
  return [name(environment), ` changed: ${counts}`];
}

export function assumptionLines(assumptions: readonly Assumption[]): readonly Phrase[] {
  const ordered = sorted(
    assumptions,
    ({ code }) => code,
    ({ text }) => text,
  );
  return capped(ordered.map(({ text }) => [prose(text)]));
}

/** What was read and how far, with all that decides nothing and still has to be said. */
export function coverageLines(coverage: Coverage): readonly Phrase[] {
  const { decided, partlyRead, notRead } = coverage.targets;
  const targets = `${plural(decided, "target")} decided, ${count(partlyRead)} partly read, ${count(notRead)} not read`;
  const objects = `${plural(coverage.workloads, "workload")}, ${plural(coverage.policies, "policy", "policies")}`;
  return [
    [coverage.environments.changed === 0 ? NOTHING_RENDERED : `${targets}; ${objects}`],
    ...capped(remarkLines(coverage.remarks), LIMITS.remarks),
    ...(coverage.listed.length === 0 ? [] : [listedLine(coverage.listed)]),
    ...unmodelledLines(coverage.unmodelledKinds),
  ];
}

const NOTHING_RENDERED = "no environment has an input that differs, so nothing was rendered";

/** What a renderer has to say of a target repeats itself: one line a target. */
function remarkLines(remarks: readonly Remark[]): readonly Phrase[] {
  const targets = groupBy(remarks, ({ target, text }) => (target === null ? `\0${text}` : target));
  return [...targets.values()].map(([first, ...others]): Phrase => {
    if (first === undefined) return [];
    const of: Phrase = first.target === null ? [] : [name(first.target), ": "];
    return [
      ...of,
      prose(first.text),
      ...(others.length === 0 ? [] : [`, and ${count(others.length)} more of it`]),
    ];
  });
}

function listedLine(paths: readonly string[]): Phrase {
  return ["listed, not judged: ", ...namesText(paths, LIMITS.listed)];
}

function unmodelledLines(kinds: Coverage["unmodelledKinds"]): readonly Phrase[] {
  const counted = sorted(Object.entries(kinds), ([kind]) => kind).map(
    ([kind, amount]): Phrase => [name(kind), ` (${count(amount)})`],
  );
  return counted.length === 0 ? [] : [["kinds outside the model: ", ...enumerate(counted, LIMITS.listed)]];
}
