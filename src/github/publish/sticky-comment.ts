import type { PublicationContext } from "../../report/pull-request/publication.ts";
import { clearedComment, needsComment, stickyComment } from "../../report/pull-request/sticky-comment.ts";
import type { Review } from "../../report/report.ts";
import type { AppContext } from "../app-context.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { Comment, PullRequestReference } from "../github.ts";
import { isOurs, marker, markersIn } from "./marker.ts";

const STICKY = /^sticky:(open|cleared):([0-9a-f]{7,64})$/;

/** The one comment of the App on a pull request, with the state and the head that it last spoke of in its marker. */
export interface Sticky {
  readonly comment: Comment;
  readonly cleared: boolean;
  readonly head: string;
}

/** The oldest is the one; a second, left by an attempt that died after GitHub had taken it, goes. */
export async function findSticky(
  app: AppContext,
  client: RepositoryClient,
  pullRequest: PullRequestReference,
): Promise<Sticky | null> {
  const found = (await client.comments(pullRequest.number)).flatMap((comment): Sticky[] => {
    if (!isOurs(client, comment.author)) return [];
    const markers = markersIn(app.settings.markerKey, pullRequest, comment.body);
    const [, state, head] = markers.map((what) => STICKY.exec(what)).find((one) => one !== null) ?? [];
    return head === undefined ? [] : [{ comment, cleared: state === "cleared", head }];
  });
  const [sticky, ...others] = found;
  for (const { comment } of others) await client.deleteComment(comment.id);
  return sticky ?? null;
}

/** Brings the comment in line with a review: made, updated in place, shrunk to a line, or left alone. */
export async function publishSticky(
  app: AppContext,
  client: RepositoryClient,
  pullRequest: PullRequestReference,
  { review, context, standing }: { review: Review; context: PublicationContext; standing: Sticky | null },
): Promise<string | null> {
  const { number } = pullRequest;
  const sign = (state: "open" | "cleared", body: string) =>
    `${body}\n${marker(app.settings.markerKey, pullRequest, `sticky:${state}:${context.head}`)}`;
  if (needsComment(review, context)) {
    const body = sign("open", stickyComment(review, context));
    if (standing === null) return (await client.createComment(number, body)).url;
    if (sameText(standing.comment.body, body)) return standing.comment.url;
    return (await client.updateComment(standing.comment.id, body)).url;
  }
  if (standing === null) return null;
  // Once cleared, it names the commit that cleared it until something stands there again.
  if (standing.cleared) return standing.comment.url;
  const body = clearedComment({ previousHead: standing.head, head: context.head, review, context });
  return (await client.updateComment(standing.comment.id, sign("cleared", body))).url;
}

/** GitHub stores a body with line feeds alone and without spaces at its ends. */
function sameText(one: string, other: string): boolean {
  const plain = (text: string) => text.replaceAll("\r\n", "\n").trim();
  return plain(one) === plain(other);
}
