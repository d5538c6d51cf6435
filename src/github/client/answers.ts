import { z } from "zod";
import type {
  Account,
  ChangedFile,
  CheckRun,
  Comment,
  Commit,
  InlineComment,
  PullRequest,
} from "../github.ts";
import type { GitTree } from "./repository-client.ts";

/** What is read of GitHub's answers (docs.github.com/rest), as the model says it. All else of an answer is dropped. */

/** Whom GitHub shows in the place of an account that was deleted. */
const GHOST: Account = { id: 10137, login: "ghost", kind: "user" };

const account = z
  .object({ id: z.number(), login: z.string(), type: z.string() })
  .transform(({ id, login, type }): Account => ({ id, login, kind: kindOf(type) }));

function kindOf(type: string): Account["kind"] {
  if (type === "Bot") return "bot";
  return type === "Organization" ? "organisation" : "user";
}

const author = account.nullish().transform((found) => found ?? GHOST);

const state = z.enum(["open", "closed"]);

export const pullRequest = z
  .object({
    number: z.number(),
    state,
    draft: z.boolean().optional(),
    title: z.string(),
    user: author,
    head: z.object({ sha: z.string(), ref: z.string(), repo: z.object({ id: z.number() }).nullish() }),
    base: z.object({ sha: z.string(), ref: z.string(), repo: z.object({ id: z.number() }) }),
    mergeable: z.boolean().nullish(),
    merge_commit_sha: z.string().nullish(),
    updated_at: z.string(),
    html_url: z.string(),
  })
  .transform((read): { readonly repository: number; readonly pullRequest: PullRequest } => ({
    repository: read.base.repo.id,
    pullRequest: {
      number: read.number,
      state: read.state,
      draft: read.draft ?? false,
      title: read.title,
      author: read.user,
      // A fork that was deleted leaves null.
      head: { sha: read.head.sha, ref: read.head.ref, fork: read.head.repo?.id !== read.base.repo.id },
      base: { sha: read.base.sha, ref: read.base.ref },
      mergeable: read.mergeable ?? null,
      mergeCommit: read.merge_commit_sha ?? null,
      updatedAt: read.updated_at,
      url: read.html_url,
    },
  }));

/** An address that no account has gave `null`, or an object without fields. */
const knownAccount = z.union([account, z.unknown().transform(() => null)]);

export const commit = z
  .object({
    sha: z.string(),
    commit: z.object({ message: z.string(), tree: z.object({ sha: z.string() }) }),
    parents: z.array(z.object({ sha: z.string() })),
    author: knownAccount,
    committer: knownAccount,
  })
  .transform(
    (read): Commit => ({
      sha: read.sha,
      tree: read.commit.tree.sha,
      parents: read.parents.map(({ sha }) => sha),
      message: read.commit.message,
      author: read.author,
      committer: read.committer,
    }),
  );

/** Who stands behind an address. */
export const authoredCommit = z
  .object({
    commit: z.object({ author: z.object({ email: z.string().optional() }).nullable() }),
    author: knownAccount,
  })
  .transform((read): { readonly address: string; readonly author: Account | null } => ({
    address: read.commit.author?.email ?? "",
    author: read.author,
  }));

export const comparison = z.object({ commits: z.array(commit) });

export const changedFile = z
  .object({
    filename: z.string(),
    status: z.enum(["added", "removed", "modified", "renamed", "copied", "changed", "unchanged"]),
    patch: z.string().optional(),
  })
  .transform(
    (read): ChangedFile => ({
      path: read.filename,
      status: read.status,
      patch: read.patch ?? null,
    }),
  );

export const gitTree = z
  .object({
    sha: z.string(),
    truncated: z.boolean(),
    tree: z.array(
      z.object({ path: z.string(), mode: z.string(), sha: z.string(), size: z.number().optional() }),
    ),
  })
  .transform(
    (read): GitTree => ({
      id: read.sha,
      truncated: read.truncated,
      entries: read.tree.map(({ path, mode, sha, size }) => ({ path, mode, id: sha, size: size ?? null })),
    }),
  );

export const blob = z
  .object({ content: z.string(), encoding: z.enum(["base64", "utf-8"]) })
  .transform(
    ({ content, encoding }): Uint8Array => Buffer.from(content, encoding === "base64" ? "base64" : "utf8"),
  );

export const reference = z
  .object({ object: z.object({ sha: z.string() }) })
  .transform(({ object }) => object.sha);

export const namedReference = z.object({ ref: z.string(), object: z.object({ sha: z.string() }) });

export const checkRun = z
  .object({
    id: z.number(),
    head_sha: z.string(),
    // "waiting", "requested" and "pending" are of GitHub's own Actions.
    status: z.string(),
    conclusion: z
      .enum([
        "success",
        "failure",
        "neutral",
        "cancelled",
        "skipped",
        "timed_out",
        "action_required",
        "stale",
      ])
      .nullable(),
    external_id: z.string().nullish(),
    output: z.object({
      title: z.string().nullish(),
      summary: z.string().nullish(),
      text: z.string().nullish(),
      annotations_count: z.number(),
    }),
    started_at: z.string().nullish(),
    html_url: z.string().nullish(),
  })
  .transform(
    (read): CheckRun => ({
      id: read.id,
      headSha: read.head_sha,
      status: read.status === "completed" || read.status === "in_progress" ? read.status : "queued",
      conclusion: read.conclusion,
      externalId: read.external_id ?? "",
      title: read.output.title ?? "",
      summary: read.output.summary ?? "",
      text: read.output.text ?? "",
      annotations: read.output.annotations_count,
      startedAt: read.started_at ?? "",
      url: read.html_url ?? "",
    }),
  );

export const checkRuns = z.object({ check_runs: z.array(checkRun) });

export const comment = z
  .object({
    id: z.number(),
    body: z.string().nullish(),
    user: author,
    performed_via_github_app: z.object({ id: z.number() }).nullish(),
    created_at: z.string(),
    updated_at: z.string(),
    html_url: z.string(),
  })
  .transform(
    (read): Comment => ({
      id: read.id,
      body: read.body ?? "",
      author: read.user,
      app: read.performed_via_github_app?.id ?? null,
      createdAt: read.created_at,
      updatedAt: read.updated_at,
      url: read.html_url,
    }),
  );

export const inlineComment = z
  .object({
    id: z.number(),
    body: z.string(),
    user: author,
    path: z.string(),
    line: z.number().nullish(),
    commit_id: z.string(),
  })
  .transform(
    (read): InlineComment => ({
      id: read.id,
      body: read.body,
      author: read.user,
      path: read.path,
      line: read.line ?? null,
      commit: read.commit_id,
    }),
  );

export const repository = z.object({
  id: z.number(),
  name: z.string(),
  owner: z.object({ login: z.string() }),
  archived: z.boolean().optional(),
  default_branch: z.string(),
});

export const collaborator = z.object({ permission: z.string(), role_name: z.string().optional() });

export const membership = z.object({ state: z.string() });

/** A push, a merge, the making of a branch: what moved a ref. */
export const activity = z.object({ after: z.string(), actor: account.nullable() });

const requiredStatusChecks = z.object({
  required_status_checks: z.array(z.object({ context: z.string(), integration_id: z.number().nullish() })),
  strict_required_status_checks_policy: z.boolean(),
});

const queueParameters = z.object({ grouping_strategy: z.string().optional() });

/** A rule of a ruleset that applies to a branch. */
export const branchRule = z.union([
  z
    .object({ type: z.literal("required_status_checks"), parameters: requiredStatusChecks })
    .transform(({ parameters }) => ({ kind: "checks", parameters }) as const),
  z
    .object({ type: z.literal("merge_queue"), parameters: queueParameters.optional() })
    .transform(({ parameters }) => ({ kind: "queue", grouping: parameters?.grouping_strategy }) as const),
  z
    .object({ type: z.string().refine((type) => !["required_status_checks", "merge_queue"].includes(type)) })
    .transform(() => ({ kind: "other" }) as const),
]);

const protectedChecks = z.array(z.object({ context: z.string(), app_id: z.number().nullish() })).optional();

/** Classic protection, as those with the permission "administration" see it. */
export const branchProtection = z.object({ strict: z.boolean().optional(), checks: protectedChecks });

/** And as everybody sees it: without whether branches must be up to date. */
export const branch = z.object({
  protection: z
    .object({ required_status_checks: z.object({ checks: protectedChecks }).nullish() })
    .optional(),
});

/** Beyond 2^53, Octokit reads a number as a bigint. */
const largeId = z.union([z.number(), z.bigint()]).transform(String);

export const installation = z.object({
  id: z.number(),
  account: z.object({ login: z.string().optional(), slug: z.string().optional() }).nullable(),
  html_url: z.string().optional(),
  suspended_at: z.string().nullish(),
  permissions: z.record(z.string(), z.string()),
  events: z.array(z.string()),
});

export const installationRepositories = z.object({ repositories: z.array(repository) });

export const delivery = z.object({
  id: largeId,
  guid: z.string(),
  event: z.string(),
  delivered_at: z.string(),
  status_code: z.number(),
});

export const registeredApp = z.object({
  id: z.number(),
  slug: z.string().optional(),
  html_url: z.string(),
  // A user, an organisation, or an enterprise, which has no login.
  owner: z.object({ login: z.string().optional(), type: z.string().optional() }).nullish(),
  permissions: z.record(z.string(), z.string()),
  events: z.array(z.string()),
});

export const hookConfiguration = z.object({ url: z.string().nullish() });
