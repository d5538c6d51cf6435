import { createHmac } from "node:crypto";
import { markdownName, markdownProse } from "../../report/layout/escape.ts";
import type { Approval } from "../../rules/approval.ts";
import { canonicalJson } from "../../targets/files/digest.ts";
import { type ApprovalPlace, sealApproval } from "./approval-record.ts";

/** GitHub takes no longer text of a check run (OpenAPI, "output.text"). */
const MAXIMUM_CHARACTERS = 65_535;
const SECTION_END = "<!-- egress-review:approvals:end -->\n\n";
const CUT = "\n\n(The rest did not fit here.)";

export interface SignedPlace extends ApprovalPlace {
  readonly key: Uint8Array;
}

/**
 * The text of a check run with its approvals in front: a list for people, records for the App. It stands there without
 * any, too: that this head was looked at ends the search for approvals of earlier ones.
 *
 * @param text what the run says otherwise; an older section in it is replaced
 * @returns null where the approvals alone are more than a check run holds
 */
export function withApprovals(
  text: string,
  approvals: readonly Approval[],
  place: SignedPlace,
): string | null {
  const section = sectionOf(approvals, place);
  if (section.length > MAXIMUM_CHARACTERS - CUT.length) return null;
  const rest = withoutApprovals(text, place);
  const room = MAXIMUM_CHARACTERS - section.length;
  return section + (rest.length <= room ? rest : cut(rest, room));
}

/** Whether approvals of this head were written, or that there are none. Nobody else can write the mark. */
export function hasApprovals(text: string, place: SignedPlace): boolean {
  return text.startsWith(sectionStart(place));
}

function withoutApprovals(text: string, place: SignedPlace): string {
  const end = hasApprovals(text, place) ? text.indexOf(SECTION_END) : -1;
  return end === -1 ? text : text.slice(end + SECTION_END.length);
}

function sectionStart({ key, repository, head }: SignedPlace): string {
  const mark = createHmac("sha256", key).update(canonicalJson({ approvals: { repository, head } }));
  return `<!-- egress-review:approvals:${mark.digest("hex")} -->\n`;
}

function sectionOf(approvals: readonly Approval[], place: SignedPlace): string {
  const head = approvals.length === 0 ? [] : ["### Accepted findings", ""];
  const lines = approvals.map((approval) => `${approvalLine(approval)}\n`);
  const records = approvals.map((approval) => sealApproval(place.key, place, approval));
  const body = [...head, ...lines, ...records].map((line) => `${line}\n`).join("");
  return `${sectionStart(place)}${body}${SECTION_END}`;
}

function approvalLine({ fingerprint, approver, reason, at, head, self }: Approval): string {
  const who = `${markdownName(approver)}${self ? " (self-approved)" : ""}`;
  const what = markdownName(fingerprint.slice(0, 12));
  return `- Finding ${what} accepted by ${who} on ${markdownName(at)} at ${markdownName(head.slice(0, 7))}: ${markdownProse(reason)}`;
}

/** At the end of a paragraph; what was open there would swallow what follows, and nothing does. */
function cut(text: string, room: number): string {
  const whole = text.slice(0, room - CUT.length);
  const paragraph = whole.lastIndexOf("\n\n");
  return (paragraph > 0 ? whole.slice(0, paragraph) : whole) + CUT;
}
