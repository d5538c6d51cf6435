import { LIMITS } from "../layout/limits.ts";
import { enumerate, name, type Phrase, place, plural } from "../layout/phrase.ts";
import type { Fix, LocatedFinding } from "../report.ts";

/** The edits that were tried for these findings, each once. */
export function fixesOf(findings: readonly LocatedFinding[]): readonly Fix[] {
  const fixes = findings.flatMap(({ fix }) => fix ?? []);
  return [...new Map(fixes.map((fix) => [JSON.stringify(fix), fix])).values()];
}

/** "delete N:999–1000. Checked: this review then passes." */
export function fixText(fix: Fix): Phrase {
  const location = { side: "head", path: fix.path, line: fix.first } as const;
  return ["delete ", place(location, fix.last), ". Checked: this review ", ...outcomeText(fix)];
}

function outcomeText({ verdict, left }: Fix): Phrase {
  const handles = enumerate(
    left.map((handle): Phrase => [name(handle)]),
    LIMITS.places,
  );
  switch (verdict) {
    case "pass":
      return left.length === 0
        ? ["then passes."]
        : [`then passes, with ${plural(left.length, "warning")} left (`, ...handles, ")."];
    case "undecided":
      return ["is then undecided, no longer blocked (left: ", ...handles, ")."];
    case "block":
      return ["is then still blocked, by less (left: ", ...handles, ")."];
  }
}
