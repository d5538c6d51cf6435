import type { Approval } from "../../rules/approval.ts";
import { LIMITS } from "../layout/limits.ts";
import { groupBy } from "../layout/order.ts";
import { capped, name, type Phrase, prose, uncapitalised } from "../layout/phrase.ts";
import type { LocatedFinding } from "../report.ts";
import { handlesText } from "./subject-text.ts";

/** Who accepted what, when and why; findings that one acceptance speaks of are one line. */
export function acceptedLines(findings: readonly LocatedFinding[]): readonly Phrase[] {
  const accepted = findings.flatMap(({ approval, handle, title }) =>
    approval === null ? [] : [{ approval, handle, title }],
  );
  const alike = groupBy(accepted, ({ approval: { approver, at, head, reason, self }, title }) =>
    JSON.stringify([title, approver, at, head, reason, self]),
  );
  const lines = [...alike.values()].flatMap((group) =>
    group.slice(0, 1).map(({ approval, title }): Phrase => {
      const handles = group.map(({ handle }) => handle);
      return [...handlesText(handles), " ", prose(uncapitalised(title)), ": ", ...approvalText(approval)];
    }),
  );
  return capped(lines, LIMITS.lines);
}

export function approvalText({ approver, at, head, reason, self }: Approval): Phrase {
  return [
    self ? "self-approved by " : "accepted by ",
    name(approver),
    ` on ${at.slice(0, 10)} at `,
    name(head.slice(0, 7)),
    ": ",
    prose(reason),
  ];
}
