import { actorOf } from "../caller.ts";
import type { PullRequest, Review, ReviewComment } from "../entities.ts";
import { type Hunk, headerOf, hunkAt } from "../line-changes.ts";
import { commitAnswer, commitsOf, filesOf, pullAnswer } from "../pull-requests.ts";
import { invalid, malformed, notFound, Refusal } from "../refusal.ts";
import type { RequestBody } from "../request-body.ts";
import { lineNow } from "../review-lines.ts";
import {
  type Answer,
  inRepository,
  json,
  list,
  NO_CONTENT,
  type RepositoryRequest,
  type Route,
} from "../route.ts";
import { headOf, readMergeability, visibleHead } from "../test-merge.ts";
import { type FileChange, hunksOfChange } from "../tree-changes.ts";
import { commitNamed, fileAnswer } from "./git-routes.ts";
import { addReaction } from "./reactions.ts";

const READ = ["pull_requests:read"];
const WRITE = ["pull_requests:write"];
/** As the database of GitHub counts; more is refused (mshick/add-pr-comment#93). */
const LONGEST_BODY = 65_536;
const MOST_COMMITS = 250;

export const PULL_ROUTES: readonly Route[] = [
  inRepository("GET", "/pulls", READ, listPulls),
  inRepository("GET", "/pulls/{pull_number}", READ, (request) => {
    const pull = pullOf(request);
    const { world } = request;
    return json(200, pullAnswer(world, pull, visibleHead(world, pull), readMergeability(world, pull)));
  }),
  inRepository("GET", "/pulls/{pull_number}/files", READ, (request) => {
    const { world, repository } = request;
    const pull = pullOf(request);
    const head = visibleHead(world, pull);
    return list(filesOf(pull, head), (file) => fileAnswer(world, repository, file, head), {
      most: world.limits.changedFiles,
    });
  }),
  inRepository("GET", "/pulls/{pull_number}/commits", READ, (request) => {
    const { world, repository } = request;
    const pull = pullOf(request);
    return list(
      commitsOf(pull, visibleHead(world, pull)),
      (commit) => commitAnswer(world, repository, commit),
      { most: MOST_COMMITS },
    );
  }),
  inRepository("GET", "/commits/{commit_sha}/pulls", READ, (request) => {
    const { world, repository, parameters } = request;
    const commit = commitNamed(request, parameters["commit_sha"] ?? "");
    // Not for commits that stand in a fork alone (OpenAPI, "List pull requests associated with a commit").
    const found = [...repository.pulls.values()].filter(
      (pull) => pull.headRepository === repository && commitsOf(pull).some(({ sha }) => sha === commit.sha),
    );
    return list(found, (pull) => world.answers.pull(pull, headOf(pull), pull.testMerge?.commit ?? null));
  }),
  inRepository("GET", "/pulls/{pull_number}/reviews", READ, (request) => {
    const pull = pullOf(request);
    return list(pull.reviews, (review) => request.world.answers.review(pull, review));
  }),
  inRepository("POST", "/pulls/{pull_number}/reviews", WRITE, createReview),
  inRepository("GET", "/pulls/{pull_number}/comments", READ, (request) => {
    const { world } = request;
    const shown = pullOf(request).reviewComments.filter(({ createdAt }) => world.isListed(createdAt));
    return list(shown, (comment) => reviewCommentAnswer(request, comment));
  }),
  inRepository("GET", "/pulls/comments/{comment_id}", READ, (request) =>
    json(200, reviewCommentAnswer(request, reviewCommentOf(request))),
  ),
  inRepository("PATCH", "/pulls/comments/{comment_id}", WRITE, (request) => {
    const comment = reviewCommentOf(request);
    comment.body = bodyText(request.body, "PullRequestReviewComment");
    comment.updatedAt = request.world.now();
    return json(200, reviewCommentAnswer(request, comment));
  }),
  inRepository("DELETE", "/pulls/comments/{comment_id}", WRITE, (request) => {
    const comment = reviewCommentOf(request);
    const { reviewComments } = comment.pull;
    reviewComments.splice(reviewComments.indexOf(comment), 1);
    return NO_CONTENT;
  }),
  inRepository("POST", "/pulls/{pull_number}/comments/{comment_id}/replies", WRITE, (request) => {
    const { world, caller } = request;
    const replied = reviewCommentOf(request);
    const { account, app } = actorOf(caller);
    const reply: ReviewComment = {
      ...replied,
      id: world.nextId(),
      author: account,
      app,
      body: bodyText(request.body, "PullRequestReviewComment"),
      replyTo: replied.id,
      createdAt: world.now(),
      updatedAt: world.now(),
      reactions: [],
    };
    replied.pull.reviewComments.push(reply);
    return json(201, reviewCommentAnswer(request, reply));
  }),
  inRepository("POST", "/pulls/comments/{comment_id}/reactions", WRITE, (request) =>
    addReaction(request, reviewCommentOf(request).reactions),
  ),
];

function pullOf({ repository, parameters }: RepositoryRequest): PullRequest {
  const found = repository.pulls.get(Number(parameters["pull_number"]));
  if (found === undefined) throw notFound();
  return found;
}

function listPulls({ world, repository, query }: RepositoryRequest): Answer {
  const state = query.get("state") ?? "open";
  const [base, head] = [query.get("base"), query.get("head")];
  const byUpdate = query.get("sort") === "updated";
  const ascending = query.get("direction") === "asc";
  const found = [...repository.pulls.values()]
    .filter((pull) => state === "all" || pull.state === state)
    .filter((pull) => base === null || pull.baseRef === base)
    .filter((pull) => head === null || `${pull.headRepository.owner.login}:${pull.headRef}` === head)
    .sort((one, other) => (byUpdate ? other.updatedAt - one.updatedAt : other.number - one.number));
  if (ascending) found.reverse();
  return list(found, (pull) =>
    world.answers.pull(pull, visibleHead(world, pull), pull.testMerge?.commit ?? null),
  );
}

export function bodyText(body: RequestBody, resource: string): string {
  const text = body.text("body");
  if (text.trim() === "") throw invalid(resource, "body", "Body can't be blank", "missing_field");
  refuseLong(text, resource);
  return text;
}

function refuseLong(text: string, resource: string): void {
  if ([...text].length > LONGEST_BODY) {
    throw invalid(
      resource,
      "data",
      `Body is too long (maximum is ${LONGEST_BODY} characters)`,
      "unprocessable",
    );
  }
}

function unprocessable(...errors: readonly string[]): Refusal {
  return new Refusal(422, "Unprocessable Entity", { errors });
}

const STATES = { APPROVE: "APPROVED", REQUEST_CHANGES: "CHANGES_REQUESTED", COMMENT: "COMMENTED" } as const;

/** All of it or, where one comment has no place in the diff, nothing (The-PR-Agent/pr-agent#592). */
function createReview(request: RepositoryRequest): Answer {
  const { world, repository, body, caller } = request;
  const pull = pullOf(request);
  const { account, app } = actorOf(caller);
  const event = body.oneOf("event", ["APPROVE", "REQUEST_CHANGES", "COMMENT"]);
  const text = body.optionalText("body") ?? "";
  if (text === "" && event !== "APPROVE") throw unprocessable("Review body can't be blank");
  refuseLong(text, "PullRequestReview");
  if (event !== null && event !== "COMMENT" && pull.author === account) {
    throw unprocessable(
      `Can not ${event === "APPROVE" ? "approve" : "request changes on"} your own pull request`,
    );
  }
  // GitHub takes the newest commit where none is given: a race that no App of ours may enter.
  const commit = body.text("commit_id");
  if (!commitsOf(pull).some(({ sha }) => sha === commit)) {
    throw unprocessable("commit_id is not part of the pull request");
  }
  if (event === null && pull.reviews.some(({ state, author }) => state === "PENDING" && author === account)) {
    throw unprocessable("User can only have one pending review per pull request");
  }
  const files = filesOf(pull, commit);
  const review: Review = {
    id: world.nextId(),
    author: account,
    app,
    body: text,
    state: event === null ? "PENDING" : STATES[event],
    commit,
    submittedAt: world.now(),
  };
  const comments = body.objects("comments").map(
    (comment): ReviewComment => ({
      id: world.nextId(),
      pull,
      review: review.id,
      author: account,
      app,
      commit,
      replyTo: null,
      createdAt: world.now(),
      updatedAt: world.now(),
      reactions: [],
      ...placed(repository.objects, files, comment),
    }),
  );
  pull.reviews.push(review);
  pull.reviewComments.push(...comments);
  pull.updatedAt = world.now();
  world.emit("pull_request_review", "submitted", { repository, sender: account }, () => ({
    review: world.answers.review(pull, review),
    pull_request: world.answers.pull(pull, headOf(pull), null),
  }));
  return json(200, world.answers.review(pull, review));
}

type Placed = Pick<ReviewComment, "path" | "body" | "side" | "line" | "startLine" | "startSide" | "diffHunk">;

function placed(
  objects: PullRequest["repository"]["objects"],
  files: readonly FileChange[],
  comment: RequestBody,
): Placed {
  const path = comment.text("path");
  const body = bodyText(comment, "PullRequestReviewComment");
  const file = files.find((one) => one.path === path);
  if (file === undefined) throw unprocessable("Path could not be resolved");
  if (comment.has("position")) throw malformed("position is closing down; use line and side instead.");
  const line = comment.optionalInteger("line");
  if (line === null) throw unprocessable("Line could not be resolved");
  const side = comment.oneOf("side", ["LEFT", "RIGHT"]) ?? "RIGHT";
  const startLine = comment.optionalInteger("start_line");
  const startSide = startLine === null ? null : (comment.oneOf("start_side", ["LEFT", "RIGHT"]) ?? side);
  const hunks = hunksOfChange(objects, file) ?? [];
  const at = hunkAt(hunks, side, line);
  const hunk = hunks[at];
  if (hunk === undefined) throw unprocessable("Line could not be resolved");
  if (startLine !== null && startSide !== null) {
    if (startSide === side && startLine >= line) throw unprocessable("start_line must precede the end line.");
    if (hunkAt(hunks, startSide, startLine) !== at)
      throw unprocessable("start_line must be part of the same hunk as the line.");
  }
  return { path, body, side, line, startLine, startSide, diffHunk: hunkText(hunk) };
}

function hunkText(hunk: Hunk): string {
  return [headerOf(hunk), ...hunk.lines].join("\n");
}

function reviewCommentOf({ repository, parameters }: RepositoryRequest): ReviewComment {
  const id = Number(parameters["comment_id"]);
  for (const pull of repository.pulls.values()) {
    const found = pull.reviewComments.find((comment) => comment.id === id);
    if (found !== undefined) return found;
  }
  throw notFound();
}

function reviewCommentAnswer({ world }: RepositoryRequest, comment: ReviewComment) {
  return world.answers.reviewComment(comment, lineNow(comment), headOf(comment.pull));
}
