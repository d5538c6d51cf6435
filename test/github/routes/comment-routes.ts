import { actorOf } from "../caller.ts";
import { addComment, changeComment, removeComment } from "../comments.ts";
import type { Issue, IssueComment } from "../entities.ts";
import { notFound, Refusal } from "../refusal.ts";
import {
  inRepository,
  json,
  list,
  type Need,
  NO_CONTENT,
  type RepositoryRequest,
  type Route,
} from "../route.ts";
import { permits } from "../world.ts";
import { bodyText } from "./pull-routes.ts";
import { addReaction } from "./reactions.ts";

/** For comments of a pull request its permission is enough (docs.github.com, "Permissions required for GitHub Apps"). */
const READ = ["issues:read", "pull_requests:read"];
const WRITE = ["issues:write", "pull_requests:write"];

export const COMMENT_ROUTES: readonly Route[] = [
  inRepository("GET", "/issues/{issue_number}/comments", READ, (request) => {
    const { world, query } = request;
    const since = Date.parse(query.get("since") ?? "1970-01-01T00:00:00Z");
    const shown = issueOf(request).comments.filter(
      ({ updatedAt, createdAt }) => updatedAt >= since && world.isListed(createdAt),
    );
    return list(shown, (comment) => world.answers.issueComment(comment));
  }),
  inRepository("POST", "/issues/{issue_number}/comments", WRITE, (request) => {
    const { world, repository, body, caller } = request;
    const { number } = issueOf(request);
    refuseIssues(request, number, "write");
    const { account, app } = actorOf(caller);
    const text = bodyText(body, "IssueComment");
    const comment = addComment(world, { repository, number, author: account, app, body: text });
    return json(201, world.answers.issueComment(comment));
  }),
  inRepository("GET", "/issues/comments/{comment_id}", READ, (request) =>
    json(200, request.world.answers.issueComment(commentOf(request))),
  ),
  inRepository("PATCH", "/issues/comments/{comment_id}", WRITE, (request) => {
    const { world, caller, body } = request;
    const comment = commentOf(request);
    refuseIssues(request, comment.number, "write");
    changeComment(world, comment, bodyText(body, "IssueComment"), actorOf(caller).account);
    return json(200, world.answers.issueComment(comment));
  }),
  inRepository("DELETE", "/issues/comments/{comment_id}", WRITE, (request) => {
    const comment = commentOf(request);
    refuseIssues(request, comment.number, "write");
    removeComment(request.world, comment, actorOf(request.caller).account);
    return NO_CONTENT;
  }),
  inRepository("POST", "/issues/comments/{comment_id}/reactions", WRITE, (request) => {
    const comment = commentOf(request);
    const { world, repository } = request;
    if (world.limits.reactionsNeedIssues || !repository.pulls.has(comment.number)) {
      refuseWithout(request, { permission: "issues", level: "write" });
    }
    return addReaction(request, comment.reactions);
  }),
  inRepository("GET", "/issues/comments/{comment_id}/reactions", READ, (request) =>
    list(commentOf(request).reactions, (reaction) => request.world.answers.reaction(reaction)),
  ),
];

function issueOf({ repository, parameters }: RepositoryRequest): Issue {
  const found = repository.issues.get(Number(parameters["issue_number"]));
  if (found === undefined) throw notFound();
  return found;
}

function commentOf({ repository, parameters }: RepositoryRequest): IssueComment {
  const id = Number(parameters["comment_id"]);
  for (const { comments } of repository.issues.values()) {
    const found = comments.find((comment) => comment.id === id);
    if (found !== undefined) return found;
  }
  throw notFound();
}

/** The permission follows what is commented on (ynab-sdk-ruby#95). */
function refuseIssues(request: RepositoryRequest, number: number, level: Need["level"]): void {
  const permission = request.repository.pulls.has(number) ? "pull_requests" : "issues";
  const { caller } = request;
  if (caller.kind === "installation" && permits(caller.token.permissions, "issues", level)) return;
  refuseWithout(request, { permission, level });
}

function refuseWithout({ caller }: RepositoryRequest, { permission, level }: Need): void {
  if (caller.kind === "installation" && !permits(caller.token.permissions, permission, level)) {
    throw new Refusal(403, "Resource not accessible by integration", {
      headers: { "x-accepted-github-permissions": `${permission}=${level}` },
    });
  }
}
