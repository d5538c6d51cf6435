import { z } from "zod";
import { CHECK_NAME, RECHECK_ACTION } from "../check-name.ts";
import type { PullRequestReference, RepositoryReference } from "../github.ts";
import type { Work } from "../queue/queue.ts";

/**
 * The work that an event asks for. Ids come from here, that is from a signed payload, and from nowhere else. A payload of a
 * shape that nobody knows is not dropped: what it may have meant is found by looking at GitHub itself.
 */
export function workOf(event: string, payload: unknown): readonly Work[] {
  const read = READERS.get(event);
  if (read === undefined) return [];
  const work = read(payload);
  return work === null ? [{ job: { kind: "reconcile", scope: "recent" } }] : work;
}

/** null = the payload has not the shape that GitHub documents. */
type Reader = (payload: unknown) => readonly Work[] | null;

const NOTHING: readonly Work[] = [];

const sha = z.string().regex(/^[0-9a-f]{40,64}$/);

const repositoryEvent = z.object({
  action: z.string().optional(),
  installation: z.object({ id: z.number() }),
  repository: z.object({
    id: z.number(),
    name: z.string(),
    owner: z.object({ login: z.string() }),
    default_branch: z.string().optional(),
  }),
});

function repositoryOf({ installation, repository }: z.infer<typeof repositoryEvent>): RepositoryReference {
  return {
    installation: installation.id,
    id: repository.id,
    owner: repository.owner.login,
    name: repository.name,
  };
}

/** A reader of one shape; what does not have it is null. */
function reader<Shape extends z.ZodType>(
  shape: Shape,
  read: (payload: z.infer<Shape>) => readonly Work[],
): Reader {
  return (payload) => {
    const parsed = shape.safeParse(payload);
    return parsed.success ? read(parsed.data) : null;
  };
}

const REVIEWED_ACTIONS: ReadonlySet<string> = new Set([
  "opened",
  "synchronize",
  "reopened",
  "ready_for_review",
  "converted_to_draft",
  "closed",
]);

const pullRequest = reader(
  repositoryEvent.extend({
    action: z.string(),
    pull_request: z.object({
      number: z.number(),
      updated_at: z.string(),
      head: z.object({ sha }),
    }),
    changes: z.object({ base: z.unknown().optional() }).optional(),
  }),
  (payload) => {
    // "edited" only where the base changed: a title is not ours to judge.
    const retargeted = payload.action === "edited" && payload.changes?.base !== undefined;
    if (!REVIEWED_ACTIONS.has(payload.action) && !retargeted) return NOTHING;
    const { number, head, updated_at: updatedAt } = payload.pull_request;
    return [
      {
        job: { kind: "review", pullRequest: { repository: repositoryOf(payload), number } },
        expectation: { head: head.sha, updatedAt, again: false },
      },
    ];
  },
);

const BRANCH = /^refs\/heads\/(.+)$/;

const push = reader(
  repositoryEvent.extend({ ref: z.string(), deleted: z.boolean().optional() }),
  (payload) => {
    const branch = BRANCH.exec(payload.ref)?.[1];
    if (branch === undefined || payload.deleted === true) return NOTHING;
    const repository = repositoryOf(payload);
    const moved: Work = { job: { kind: "branch", repository, branch } };
    return payload.repository.default_branch === branch
      ? [moved, { job: { kind: "first-map", repository } }]
      : [moved];
  },
);

const mergeGroup = reader(
  repositoryEvent.extend({
    action: z.string(),
    merge_group: z.object({ base_sha: sha, head_sha: sha, head_ref: z.string() }),
  }),
  (payload) => {
    // "destroyed": nobody waits for the answer any more, and the commit is gone with its branch.
    if (payload.action !== "checks_requested") return NOTHING;
    const { base_sha: base, head_sha: head, head_ref: ref } = payload.merge_group;
    return [{ job: { kind: "merge-group", repository: repositoryOf(payload), base, head, ref } }];
  },
);

/** `pull_requests` of the payload is empty for forks (Checks API): pull requests are found by their head. */
const checkRun = reader(
  repositoryEvent.extend({
    action: z.string(),
    check_run: z.object({ name: z.string(), head_sha: sha }),
    requested_action: z.object({ identifier: z.string() }).optional(),
  }),
  (payload) => {
    const { name, head_sha: head } = payload.check_run;
    const asked =
      payload.action === "rerequested" ||
      (payload.action === "requested_action" && payload.requested_action?.identifier === RECHECK_ACTION);
    if (!asked || name !== CHECK_NAME) return NOTHING;
    return [{ job: { kind: "commit", repository: repositoryOf(payload), head } }];
  },
);

const checkSuite = reader(
  repositoryEvent.extend({ action: z.string(), check_suite: z.object({ head_sha: sha }) }),
  (payload) =>
    payload.action === "rerequested"
      ? [{ job: { kind: "commit", repository: repositoryOf(payload), head: payload.check_suite.head_sha } }]
      : NOTHING,
);

/** Only what may be a command becomes work; `commands/` reads the comment again before it believes it. */
const MAY_BE_COMMAND = /^ {0,3}\/egress\b/;

const issueComment = reader(
  repositoryEvent.extend({
    action: z.string(),
    issue: z.object({ number: z.number(), pull_request: z.object({}).nullish() }),
    comment: z.object({ id: z.number(), body: z.string().nullable() }),
    sender: z.object({ type: z.string() }),
  }),
  (payload) => {
    const { action, issue, comment, sender } = payload;
    // An edited comment is never a command: what stood there when people read it would change under them.
    if (action !== "created" || issue.pull_request == null || sender.type !== "User") return NOTHING;
    if (!MAY_BE_COMMAND.test(comment.body ?? "")) return NOTHING;
    const pullRequest: PullRequestReference = { repository: repositoryOf(payload), number: issue.number };
    return [{ job: { kind: "command", pullRequest, comment: comment.id } }];
  },
);

const INSTALLED: ReadonlySet<string> = new Set(["created", "unsuspend", "new_permissions_accepted", "added"]);

const installation = reader(
  z.object({ action: z.string(), installation: z.object({ id: z.number() }) }),
  ({ action, installation: { id } }) =>
    INSTALLED.has(action) ? [{ job: { kind: "installation", installation: id } }] : NOTHING,
);

/** A rename needs nothing: the id decides. A repository that comes back or moves here is looked at as if it were new. */
const repository = reader(repositoryEvent, (payload) =>
  payload.action === "transferred" || payload.action === "unarchived"
    ? [{ job: { kind: "installation", installation: payload.installation.id } }]
    : NOTHING,
);

const READERS: ReadonlyMap<string, Reader> = new Map([
  ["pull_request", pullRequest],
  ["push", push],
  ["merge_group", mergeGroup],
  ["check_run", checkRun],
  ["check_suite", checkSuite],
  ["issue_comment", issueComment],
  ["installation", installation],
  ["installation_repositories", installation],
  ["repository", repository],
]);

/** Events that the App listens to; all others are acknowledged and dropped. */
export const EVENTS: ReadonlySet<string> = new Set(READERS.keys());
