import { markdownName } from "../../report/layout/escape.ts";
import { type Approval, approvalOf } from "../../rules/approval.ts";
import { carryApprovals } from "../approvals/carry-approvals.ts";
import type { RefusedRecord } from "../approvals/restore-approvals.ts";
import { writeApprovals } from "../approvals/write-approvals.ts";
import type { EvaluatedPullRequest } from "../evaluation/evaluated.ts";
import type { Comment, PullRequest } from "../github.ts";
import { isClearable } from "../governance/clearers.ts";
import { clearingPolicy } from "../governance/clearing-policy.ts";
import { mayClear, type Refusal } from "../governance/may-clear.ts";
import { type UnknownWriter, writersOf } from "../governance/writers.ts";
import { type Answer, reaction, text } from "./answer.ts";
import type { CommandContext } from "./command-context.ts";
import { noSuchHandle } from "./explain-command.ts";
import type { Command } from "./grammar.ts";

type Approve = Extract<Command, { kind: "approve" }>;

export interface ApproveResult {
  readonly answer: Answer;
  readonly outcome: "done" | "refused";
  /** For the audit log. */
  readonly why: string;
}

/** @param pullRequest as it is now */
export async function approveCommand(
  context: Pick<CommandContext, "client" | "store" | "queue" | "keys"> & {
    readonly onForged: (record: RefusedRecord) => void;
  },
  evaluated: EvaluatedPullRequest,
  { pullRequest, comment }: { readonly pullRequest: PullRequest; readonly comment: Comment },
  command: Approve,
): Promise<ApproveResult> {
  const { client, store, keys } = context;
  const head = pullRequest.head.sha;
  const { review } = evaluated;
  const findings = review.findings.filter(({ handle }) => handle.toLowerCase() === command.handle);
  if (findings.length === 0) return refused("no-such-finding", text(noSuchHandle(review, command.handle)));
  const open = findings.filter(isClearable);
  if (open.length === 0) {
    return refused(
      "nothing-to-accept",
      text(`${markdownName(command.handle)} stops nothing: there is nothing to accept.`),
    );
  }
  const writers = await writersOf(client, pullRequest);
  const policy = await clearingPolicy(evaluated.baseTree, evaluated);
  const given: Approval[] = [];
  for (const finding of open) {
    const clearance = await mayClear(client, comment.author, finding, policy, writers);
    if (clearance.kind === "no") return refusal(clearance.why);
    if (finding.approval !== null) continue;
    given.push(
      approvalOf(finding, {
        policyDigest: review.digests.policy,
        approver: comment.author.login,
        reason: command.reason,
        // When it was typed: a job that runs twice gives the same approval.
        at: comment.createdAt,
        head,
        self: clearance.self,
      }),
    );
  }
  if (given.length > 0) {
    const lastHead = await store.lastHead({ repository: client.repository, number: pullRequest.number });
    const carry = { key: keys.approval, self: policy.self, lastHead };
    const { valid, held, refused: forged } = await carryApprovals(client, pullRequest, writers, carry);
    for (const record of forged) context.onForged(record);
    const approvals = [...valid, ...held.map(({ approval }) => approval), ...given];
    const change = { pullRequest: pullRequest.number, head, approvals };
    const written = await writeApprovals(client, store, keys.approval, change);
    if (written.kind === "moved") return refused("head-moved", movedLine(command, written.head));
    if (written.kind === "too-large") {
      return refused(
        "too-large",
        text("This opening is too large to be recorded in a check run: narrow it."),
      );
    }
  }
  const expectation = { head, updatedAt: null, again: true };
  const reference = { repository: client.repository, number: pullRequest.number };
  await context.queue.add([{ job: { kind: "review", pullRequest: reference }, expectation }]);
  const self = given.some((approval) => approval.self);
  return { answer: reaction("+1"), outcome: "done", why: self ? "self-approved" : "approved" };
}

/** The commit that was typed is not the head: whoever typed it looked at something else. */
export function movedLine({ handle, sha }: Pick<Approve, "handle" | "sha">, head: string): Answer {
  const short = head.slice(0, 7);
  return text(
    `${markdownName(sha.slice(0, 12))} is not the head of this pull request, ${markdownName(short)} is: look at its review, then ${markdownName(`/egress approve ${handle} ${short} REASON`)}.`,
  );
}

/** Who is not eligible is told by a reaction; what keeps everybody from being eligible is said, because somebody can mend it. */
function refusal(why: Refusal): ApproveResult {
  switch (why.code) {
    case "writer-unknown":
      return refused(why.code, text(unknownWriterLine(why.writer)));
    case "membership-unknown":
      return refused(
        why.code,
        text(
          `Whether you are in ${markdownName(why.team)} cannot be read: the App needs the organisation permission "Members: read".`,
        ),
      );
    case "writer":
      return refused(`${why.code}: ${why.role}`, reaction("confused"));
    case "not-eligible":
      return refused(`${why.code}: ${why.requirement.kind}`, reaction("confused"));
    case "bot":
    case "no-access":
      return refused(why.code, reaction("confused"));
  }
}

function unknownWriterLine(writer: UnknownWriter): string {
  const nobody = "so nobody is known to have had no part in this change, and nobody can accept it";
  switch (writer.kind) {
    case "commit":
      return `Commit ${markdownName(writer.sha.slice(0, 7))} has ${writer.role === "author" ? "an author" : "a committer"} whose address belongs to no account, ${nobody}. Whoever it is can add the address to their account, or commit again.`;
    case "co-author":
      return `Commit ${markdownName(writer.sha.slice(0, 7))} names the co-author ${markdownName(writer.name)}, whose address belongs to no account that commits here, ${nobody}. Write the trailer with the address that GitHub gives to everybody (\`ID+LOGIN@users.noreply…\`).`;
    case "pusher":
      return `GitHub does not tell (yet) who pushed ${markdownName(writer.sha.slice(0, 7))}, ${nobody}. Try again in a minute.`;
    case "commits":
      return `This pull request has more commits than GitHub lists, ${nobody}. Squash them, or split it.`;
  }
}

function refused(why: string, answer: Answer): ApproveResult {
  return { answer, outcome: "refused", why };
}
