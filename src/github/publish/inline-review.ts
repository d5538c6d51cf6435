import { inlineComments, isMarkedResolved, markResolved } from "../../report/pull-request/inline-comments.ts";
import type {
  CommentableFile,
  InlineComment,
  PublicationContext,
} from "../../report/pull-request/publication.ts";
import type { Review } from "../../report/report.ts";
import type { AppContext } from "../app-context.ts";
import { GitHubError } from "../client/github-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { InlineComment as PostedComment, PullRequestReference } from "../github.ts";
import { isOurs, marker, markersIn } from "./marker.ts";

interface Posted {
  readonly comment: PostedComment;
  readonly fingerprint: string;
}

/** A blocking finding has one inline comment, ever; it is brought up to date in place, and marked when it is gone. */
export async function publishInline(
  app: AppContext,
  client: RepositoryClient,
  pullRequest: PullRequestReference,
  parts: {
    readonly review: Review;
    readonly context: PublicationContext;
    readonly files: readonly CommentableFile[];
  },
): Promise<void> {
  const { review, context, files } = parts;
  const posted = await postedComments(app, client, pullRequest);
  const { comments } = inlineComments(review, context, files);
  const signed = (comment: InlineComment) =>
    `${comment.body}\n${marker(app.settings.markerKey, pullRequest, `finding:${comment.fingerprint}`)}`;
  await postNew(
    client,
    pullRequest,
    context,
    comments.filter(({ fingerprint }) => !posted.some((one) => one.fingerprint === fingerprint)),
    signed,
  );
  const standing = new Set(
    review.findings.flatMap(({ severity, approval, fingerprint }) =>
      severity === "block" && approval === null ? [fingerprint] : [],
    ),
  );
  for (const { comment, fingerprint } of posted) {
    const resolved = isMarkedResolved(comment.body);
    const wanted = comments.find((one) => one.fingerprint === fingerprint);
    if (!standing.has(fingerprint)) {
      if (!resolved) await client.updateInlineComment(comment.id, markResolved(comment.body, context.head));
    } else if (wanted !== undefined && resolved) {
      await client.updateInlineComment(comment.id, signed(wanted));
    }
  }
}

async function postedComments(
  app: AppContext,
  client: RepositoryClient,
  pullRequest: PullRequestReference,
): Promise<readonly Posted[]> {
  return (await client.inlineComments(pullRequest.number)).flatMap((comment): Posted[] => {
    if (!isOurs(client, comment.author)) return [];
    const [what = ""] = markersIn(app.settings.markerKey, pullRequest, comment.body);
    const fingerprint = /^finding:(\w+)$/.exec(what)?.[1];
    return fingerprint === undefined ? [] : [{ comment, fingerprint }];
  });
}

async function postNew(
  client: RepositoryClient,
  { number }: PullRequestReference,
  { head, commentUrl, checkUrl }: PublicationContext,
  comments: readonly InlineComment[],
  signed: (comment: InlineComment) => string,
): Promise<void> {
  if (comments.length === 0) return;
  const whole = commentUrl ?? checkUrl;
  const body =
    whole === null ? "What blocks this change." : `What blocks this change; [the whole review](${whole}).`;
  try {
    await client.createReview(number, {
      commit: head,
      body,
      comments: comments.map((comment) => ({
        path: comment.path,
        side: comment.side,
        startLine: comment.startLine,
        endLine: comment.endLine,
        body: signed(comment),
      })),
    });
  } catch (error) {
    // One line that GitHub does not count to the diff and it refuses all; what they say stands in the comment as well.
    if (!(error instanceof GitHubError) || error.code !== "invalid") throw error;
  }
}
