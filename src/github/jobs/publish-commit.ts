import { annotationsOf } from "../../report/pull-request/annotations.ts";
import { checkOutput } from "../../report/pull-request/check-output.ts";
import { failureOutput } from "../../report/pull-request/failure-output.ts";
import {
  type CheckAction,
  type CheckOutput,
  type Clearers,
  type CommentableFile,
  type Conclusion,
  conclusionOf,
  type PublicationContext,
} from "../../report/pull-request/publication.ts";
import { needsComment } from "../../report/pull-request/sticky-comment.ts";
import type { Review } from "../../report/report.ts";
import type { AppContext } from "../app-context.ts";
import { withApprovals } from "../approvals/approval-section.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { EvaluatedBase } from "../evaluation/evaluate-pull-request.ts";
import type { CheckRun } from "../github.ts";
import { commentableFiles } from "../publish/commentable-files.ts";
import { concludeRun } from "../publish/conclude-run.ts";
import { publishInline } from "../publish/inline-review.ts";
import { documentationUrl, publicationContext } from "../publish/publication-context.ts";
import { heldAgainst, printIdentity, type RunIdentity, type RunState } from "../publish/run-identity.ts";
import { openRun } from "../publish/standing-run.ts";
import { findSticky, publishSticky } from "../publish/sticky-comment.ts";
import type { CommitReview, ReviewedPullRequest } from "./commit-review.ts";

export interface CommitPublication extends CommitReview {
  readonly run: CheckRun;
  /** What the run answers, as it was opened. */
  readonly opened: RunIdentity;
  readonly reviewed: readonly ReviewedPullRequest[];
}

/** The one that the run speaks of, with the lines of it that can be spoken of. */
interface LeadingPullRequest extends ReviewedPullRequest {
  readonly files: readonly CommentableFile[];
}

/**
 * Writes what was found: first the run, whose conclusion people wait for, then the comment and the review of the asked pull
 * request, then the note in the run that all of it stands.
 */
export async function publishCommit(app: AppContext, publication: CommitPublication): Promise<void> {
  const { client, reference, pullRequest, reviewed, opened } = publication;
  const own = reviewed.find((one) => one.pullRequest.number === pullRequest.number);
  if (own === undefined) throw new RangeError("the asked pull request is among those of its commit");
  const leading = worstFirst(reviewed)[0] ?? own;
  const sticky = await findSticky(app, client, reference);
  const commentUrl = sticky?.comment.url ?? null;
  const leadingContext = await contextOf(app, leading, publication, commentUrl);
  const context = leading === own ? leadingContext : await contextOf(app, own, publication, commentUrl);
  const pages =
    own.result.kind === "evaluated" && (sticky !== null || needsPages(own.result.evaluated.review, context));
  const bases = reviewed.map(({ result }) => baseOf(result));
  const identity = { ...opened, ...heldAgainst(bases, app.evaluator.engineDigest) };
  const state = stateOf(leading, pages);
  const files = await filesOf(app, client, leading);
  const run = await conclude(app, publication, { ...leading, files }, leadingContext, { ...identity, state });
  app.meter.verdict(leading.result.kind === "failed" ? "failed" : leading.result.evaluated.review.verdict);
  if (!pages) return;
  const page = { review: own.result.evaluated.review, context: { ...context, checkUrl: run.url } };
  // Only the job of a pull request writes its pages, and the queue runs one at a time.
  const posted = await publishSticky(app, client, reference, { ...page, standing: sticky });
  await publishInline(app, client, reference, {
    ...page,
    context: { ...page.context, commentUrl: posted },
    files: own === leading ? files : await filesOf(app, client, own),
  });
  if (leading.result.kind === "failed") return;
  await client.updateCheckRun(run.id, {
    externalId: printIdentity({ ...identity, state: "published" }),
    ...(posted === null ? {} : { detailsUrl: posted }),
  });
}

/** A failure is worse than any verdict: nobody knows what it hides. */
function worstFirst(reviewed: readonly ReviewedPullRequest[]): readonly ReviewedPullRequest[] {
  const rank = ({ result }: ReviewedPullRequest) =>
    result.kind === "failed" ? 0 : RANKS.indexOf(conclusionOf(result.evaluated.review));
  return reviewed.toSorted((a, b) => rank(a) - rank(b));
}

const RANKS: readonly Conclusion[] = ["cancelled", "failure", "action_required", "neutral", "success"];

function needsPages(review: Review, context: PublicationContext): boolean {
  return needsComment(review, context) || review.verdict === "block";
}

/** What could not be compared answers for no base: the next look at GitHub asks again whether it can. */
function baseOf({ base }: ReviewedPullRequest["result"]): EvaluatedBase {
  return base ?? { commit: "none", policy: "" };
}

function stateOf({ result }: ReviewedPullRequest, pages: boolean): RunState {
  if (result.kind === "failed") return mayPass(result) ? "open" : "failed";
  return pages ? "judged" : "published";
}

/** A failure that may be gone by itself: the next look at GitHub tries again. */
function mayPass({ base, failure }: Extract<ReviewedPullRequest["result"], { kind: "failed" }>): boolean {
  return base === null || failure.code === "crash" || failure.code === "deadline";
}

async function conclude(
  app: AppContext,
  { client, run, opened }: CommitPublication,
  leading: LeadingPullRequest,
  context: PublicationContext,
  identity: RunIdentity,
): Promise<CheckRun> {
  const { result } = leading;
  const conclusion = result.kind === "failed" ? "failure" : conclusionOf(result.evaluated.review);
  if (run.status === "completed" && run.conclusion === conclusion) return run;
  const open = run.status === "completed" ? await openRun(client, run.headSha, [], opened) : run;
  const { actions, ...output } = outputOf(app, client, leading, context);
  const detailsUrl = context.commentUrl ?? documentationUrl(app, client, "verdicts.md");
  return concludeRun(client, open, { conclusion, identity, output, actions, detailsUrl });
}

function outputOf(
  app: AppContext,
  client: RepositoryClient,
  { result, files }: LeadingPullRequest,
  context: PublicationContext,
): CheckOutput & { readonly actions: readonly CheckAction[] } {
  if (result.kind === "failed") return failureOutput(result.failure, context);
  const { evaluated, acceptance } = result;
  const output = checkOutput(evaluated.review, context);
  const annotations = annotationsOf(evaluated.review, files);
  if (acceptance === null) return { ...output, annotations };
  const place = { key: app.settings.approvalKey, repository: client.repository.id, head: context.head };
  const text = withApprovals(output.text ?? "", acceptance.approvals, place);
  // What cannot be recorded does not carry to the next head: it is asked for again there.
  if (text === null) app.log.warn({ head: context.head }, "approvals are more than a check run holds");
  return { ...output, annotations, ...(text === null ? {} : { text }) };
}

/** Lines of the pull request that can be spoken of; asked for only where something is to be said at one. */
async function filesOf(
  app: AppContext,
  client: RepositoryClient,
  { result }: ReviewedPullRequest,
): Promise<readonly CommentableFile[]> {
  if (result.kind === "failed") return [];
  const { findings } = result.evaluated.review;
  if (findings.every(({ severity }) => severity === "note")) return [];
  return commentableFiles(app, client, result.evaluated);
}

async function contextOf(
  app: AppContext,
  one: ReviewedPullRequest,
  { client, run, reviewed }: CommitPublication,
  commentUrl: string | null,
): Promise<PublicationContext> {
  const { checks } = await client.branchRules(one.pullRequest.base.ref);
  return publicationContext(app, client, {
    pullRequest: one.pullRequest,
    base: baseOf(one.result).commit,
    checkUrl: run.url,
    commentUrl,
    clearers: clearersIn(one.result),
    requiredChecks: checks,
    sameCommit: reviewed.flatMap((other) =>
      other === one || other.result.kind === "failed"
        ? []
        : [{ pullRequest: other.pullRequest, verdict: other.result.evaluated.review.verdict }],
    ),
  });
}

function clearersIn(result: ReviewedPullRequest["result"]): ReadonlyMap<string, Clearers> {
  return result.kind === "failed" ? new Map() : (result.acceptance?.clearers ?? new Map());
}
