import { LIMITS } from "../layout/limits.ts";
import { distinct, groupBy } from "../layout/order.ts";
import { command, count, enumerate, name, type Phrase } from "../layout/phrase.ts";
import { type FindingGroup, groupFindings } from "../lines/group-findings.ts";
import { stops } from "../lines/standing.ts";
import type { Review, ReviewedUnknown } from "../report.ts";
import type { Clearers, PublicationContext } from "./publication.ts";

/** How a finding can be accepted: by whom, and the command to copy. */
export interface Acceptance {
  /** "Or accept" what blocks; decide "once" what nobody could read. */
  readonly label: "Or accept" | "Once" | "Cannot be accepted";
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
  const foreign = onlyMaintainersDecide(review);
  const alike = groupBy(handles, ({ group, clearers }) => JSON.stringify([group.severity, clearers]));
  return [...alike.values()].flatMap((those) => {
    const [first] = those;
    if (first === undefined) return [];
    const { group, clearers } = first;
    return [
      acceptance(group, clearers, distinct(those.map(({ handle }) => handle)), {
        head: context.head,
        foreign,
      }),
    ];
  });
}

function acceptance(
  { severity }: FindingGroup,
  clearers: Clearers | null,
  handles: readonly string[],
  { head, foreign }: { readonly head: string; readonly foreign: boolean },
): Acceptance {
  if (clearers === null || (clearers.kind === "nobody" && !clearers.self))
    return { label: "Cannot be accepted", lines: [nobodyText(handles, clearers)] };
  const shown = handles.slice(0, LIMITS.explained);
  const rest = handles.length - shown.length;
  const extent = severity !== "undecided" ? OPENING_EXTENT : foreign ? VERSION_EXTENT : CONTENT_EXTENT;
  return {
    label: severity === "undecided" ? "Once" : "Or accept",
    lines: [
      [...whoText(clearers), extent],
      ...shown.map((handle): Phrase => [approveCommand(handle, head)]),
      ...(rest > 0 ? [[`and ${count(rest)} more, each with its own handle`]] : []),
    ],
  };
}

const OPENING_EXTENT = ". It covers what is told here, and is void if that grows";
const VERSION_EXTENT = ". It covers this version, in every target that pins it";
const CONTENT_EXTENT = ". It covers this content, and is void if that changes";

function approveCommand(handle: string, head: string): Phrase[number] {
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
      return [...names, ` (${role}), unless they wrote or pushed this change`];
    }
    case "maintainers":
      return [
        "nobody is configured as approver, so anyone with maintain or admin who neither wrote nor pushed this change may",
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
    ? [...which, ". Narrow what the change opens."]
    : [
        ...which,
        ", because whoever could accept it wrote or pushed this change. What is left: narrow it, or ",
        name("approvals: {self: recorded}"),
        " in the base branch's ",
        name(".egress-review.yaml"),
        " where the organisation allows it; it is then shown as self-approved everywhere.",
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
