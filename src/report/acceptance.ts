import { type FindingGroup, groupFindings } from "./group-findings.ts";
import { LIMITS } from "./limits.ts";
import { distinct, groupBy } from "./order.ts";
import { command, count, enumerate, name, type Phrase } from "./phrase.ts";
import type { Clearers, PublicationContext } from "./publication.ts";
import type { Review, ReviewedUnknown } from "./report.ts";
import { stops } from "./standing.ts";

/** How a finding can be accepted: by whom, and the command to copy. */
export interface Acceptance {
  /** "Or accept" what blocks; decide "once" what nobody could read. */
  readonly label: "Or accept" | "Once" | "Only a change clears it";
  readonly lines: readonly Phrase[];
}

/** What each finding that stops this change takes to be accepted; those that take the same are one. */
export function acceptances(
  review: Review,
  context: Pick<PublicationContext, "clearers" | "head">,
): readonly Acceptance[] {
  const groups = groupFindings(
    review.findings.filter((finding) => stops(finding) && !finding.observed),
    review.environments,
  );
  const handles = groups.flatMap((group) =>
    group.handles.map((handle) => ({ handle, group, clearers: context.clearers.get(handle) ?? null })),
  );
  const alike = groupBy(handles, ({ group, clearers }) => JSON.stringify([group.severity, clearers]));
  return [...alike.values()].flatMap((those) => {
    const [first] = those;
    if (first === undefined) return [];
    const { group, clearers } = first;
    return [acceptance(group, clearers, distinct(those.map(({ handle }) => handle)), context.head)];
  });
}

function acceptance(
  { severity }: FindingGroup,
  clearers: Clearers | null,
  handles: readonly string[],
  head: string,
): Acceptance {
  if (clearers === null || (clearers.kind === "nobody" && !clearers.self))
    return { label: "Only a change clears it", lines: [nobodyText(handles, clearers)] };
  const shown = handles.slice(0, LIMITS.explained);
  const rest = handles.length - shown.length;
  return {
    label: severity === "undecided" ? "Once" : "Or accept",
    lines: [
      [...whoText(clearers), severity === "undecided" ? UNKNOWN_EXTENT : OPENING_EXTENT],
      ...shown.map((handle): Phrase => [approveCommand(handle, head)]),
      ...(rest > 0 ? [[`and ${count(rest)} more, each with its own handle`]] : []),
    ],
  };
}

const OPENING_EXTENT = " (what is told here only; void if it grows)";
const UNKNOWN_EXTENT = " (this version, in every target that pins it)";

export function approveCommand(handle: string, head: string): Phrase[number] {
  return command(`/egress approve ${handle} ${head.slice(0, 7)} REASON`);
}

function whoText(clearers: Exclude<Clearers, { kind: "nobody"; self: false }>): Phrase {
  switch (clearers.kind) {
    case "people": {
      const names = enumerate(
        clearers.names.map((text): Phrase => [name(text)]),
        LIMITS.names,
      );
      const role =
        clearers.source === "configuration" ? "approvers of the environment" : "owners of the file";
      return [...names, ` (${role}), whoever of them neither wrote nor pushed this change`];
    }
    case "maintainers":
      return [
        "nobody is configured as approver, so anyone with maintain or admin who neither wrote nor pushed this change",
      ];
    case "nobody":
      return ["nobody but an author is eligible, and may; it is shown as self-approved everywhere"];
  }
}

function nobodyText(handles: readonly string[], clearers: Clearers | null): Phrase {
  const which = enumerate(
    handles.map((handle): Phrase => [name(handle)]),
    LIMITS.places,
  );
  return clearers === null
    ? [...which, " cannot be accepted: narrow what the change opens."]
    : [
        ...which,
        ": whoever could accept wrote or pushed this change. What is left: narrow it, or ",
        name("approvals: {self: recorded}"),
        " in the base branch's ",
        name(".egress-review.yaml"),
        ", which is then shown as self-approved everywhere.",
      ];
}

/** Whether the author of a change can do nothing about what is undecided: it lies outside this repository. */
export function onlyMaintainersDecide({ verdict, unknowns }: Review): boolean {
  const deciding = unknowns.filter(({ decides }) => decides);
  return verdict === "undecided" && deciding.length > 0 && deciding.every(({ code }) => isForeign(code));
}

function isForeign(code: ReviewedUnknown["code"]): boolean {
  return code === "unread";
}
