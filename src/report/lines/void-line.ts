import type { VoidApproval } from "../../rules/approval.ts";
import { LIMITS } from "../layout/limits.ts";
import { capped, name, type Phrase } from "../layout/phrase.ts";
import type { LocatedFinding } from "../report.ts";
import { approvalText } from "./accepted-line.ts";

/** Why an approval does not count any more. */
const WHY: Readonly<Record<VoidApproval["why"], string>> = {
  grew: "the finding speaks of more than was accepted",
  "policy-changed": "configuration or rules are others than those under which it was given",
};

/** Approvals that no longer accept the finding that they were given for. */
export function voidLines(
  voids: readonly VoidApproval[],
  findings: readonly LocatedFinding[],
): readonly Phrase[] {
  const lines = voids.map(({ approval, why }): Phrase => {
    const handle = findings.find(({ fingerprint }) => fingerprint === approval.fingerprint)?.handle;
    return [
      ...(handle === undefined ? [] : [name(handle), " "]),
      `void, as ${WHY[why]}: `,
      ...approvalText(approval),
    ];
  });
  return capped(lines, LIMITS.lines);
}
