import { createHmac } from "node:crypto";
import { derivedKey } from "../approvals/approval-key.ts";
import { canonicalJson } from "../approvals/canonical-json.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/** Key of the marks in answers, from the App's private key. */
export function replyKey(privateKey: string): Uint8Array {
  return derivedKey(privateKey, "reply");
}

export interface RepliedComment {
  readonly pullRequest: number;
  readonly comment: number;
}

/** Posts an answer, unless the same comment was answered before: a job may run twice. */
export async function replyOnce(
  client: RepositoryClient,
  key: Uint8Array,
  { pullRequest, comment }: RepliedComment,
  body: string,
): Promise<void> {
  const mark = replyMark(key, client.repository.id, { pullRequest, comment });
  const comments = await client.comments(pullRequest);
  const answered = comments.some(({ app, body: said }) => app === client.app.id && said.includes(mark));
  if (!answered) await client.createComment(pullRequest, `${body.trimEnd()}\n\n${mark}`);
}

/** Names the comment that is answered; signed, so that nobody plants it. */
export function replyMark(
  key: Uint8Array,
  repository: number,
  { pullRequest, comment }: RepliedComment,
): string {
  const content = canonicalJson({ repository, pullRequest, comment });
  const mac = createHmac("sha256", key).update(`egress-review:reply:${content}`).digest("hex");
  return `<!-- egress-review:reply:${comment}:${mac} -->`;
}
