import type { Account, App, IssueComment, Repository } from "./entities.ts";
import type { World } from "./world.ts";

/** A comment of the conversation, and its event, which names no commit. */
export function addComment(
  world: World,
  of: {
    readonly repository: Repository;
    readonly number: number;
    readonly author: Account;
    readonly app: App | null;
    readonly body: string;
  },
): IssueComment {
  const now = world.now();
  const comment: IssueComment = {
    ...of,
    id: world.nextId(),
    createdAt: now,
    updatedAt: now,
    reactions: [],
    deleted: false,
  };
  of.repository.issues.get(of.number)?.comments.push(comment);
  const pull = of.repository.pulls.get(of.number);
  if (pull !== undefined) pull.updatedAt = now;
  tellComment(world, comment, "created", of.author);
  return comment;
}

export function changeComment(world: World, comment: IssueComment, body: string, sender: Account): void {
  const from = comment.body;
  comment.body = body;
  comment.updatedAt = world.now();
  tellComment(world, comment, "edited", sender, { changes: { body: { from } } });
}

export function removeComment(world: World, comment: IssueComment, sender: Account): void {
  const comments = comment.repository.issues.get(comment.number)?.comments ?? [];
  comments.splice(comments.indexOf(comment), 1);
  comment.deleted = true;
  tellComment(world, comment, "deleted", sender);
}

function tellComment(
  world: World,
  comment: IssueComment,
  action: string,
  sender: Account,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const { repository, number } = comment;
  world.emit("issue_comment", action, { repository, sender }, () => {
    const issue = repository.pulls.get(number) ?? repository.issues.get(number);
    return {
      ...more,
      ...(issue === undefined ? {} : { issue: world.answers.issue(issue, repository) }),
      comment: world.answers.issueComment(comment),
    };
  });
}
