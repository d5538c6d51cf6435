import { derivedKey } from "../approvals/approval-key.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { PullRequestReference } from "../github.ts";
import { marker } from "../publish/marker.ts";

/** Key of the marks in answers, from the App's private key. */
export function replyKey(privateKey: string): Uint8Array {
  return derivedKey(privateKey, "reply");
}

/** Posts an answer, unless the same comment was answered before: a job may run twice. */
export async function replyOnce(
  client: RepositoryClient,
  key: Uint8Array,
  { number, comment }: { readonly number: number; readonly comment: number },
  body: string,
): Promise<void> {
  const mark = replyMark(key, { repository: client.repository, number }, comment);
  const comments = await client.comments(number);
  const answered = comments.some(({ app, body: said }) => app === client.app.id && said.includes(mark));
  if (!answered) await client.createComment(number, `${body.trimEnd()}\n\n${mark}`);
}

/** Names the comment that is answered. */
export function replyMark(key: Uint8Array, pullRequest: PullRequestReference, comment: number): string {
  return marker(key, pullRequest, `reply:${comment}`);
}
