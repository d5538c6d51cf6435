import type { Clearers, PublicationContext } from "../../report/pull-request/publication.ts";
import type { Location, Verdict } from "../../report/report.ts";
import type { AppContext } from "../app-context.ts";
import { CHECK_NAME } from "../check-name.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { PullRequest, RequiredCheck } from "../github.ts";

export interface ContextFacts {
  readonly pullRequest: PullRequest;
  /** Commits that were compared. */
  readonly base: string;
  readonly checkUrl: string | null;
  readonly commentUrl: string | null;
  readonly clearers: ReadonlyMap<string, Clearers>;
  readonly requiredChecks: readonly RequiredCheck[] | "unknown";
  readonly sameCommit: readonly { readonly pullRequest: PullRequest; readonly verdict: Verdict }[];
}

export function publicationContext(
  app: AppContext,
  client: RepositoryClient,
  facts: ContextFacts,
): PublicationContext {
  const { pullRequest, base } = facts;
  const { owner, name } = client.repository;
  const head = pullRequest.head.sha;
  return {
    ...commitContext(app, client, { base, head, checks: facts.requiredChecks }),
    repository: `${owner}/${name}`,
    pullRequest: pullRequest.number,
    draft: pullRequest.draft,
    fork: pullRequest.head.fork,
    checkUrl: facts.checkUrl,
    commentUrl: facts.commentUrl,
    clearers: facts.clearers,
    sameCommit: facts.sameCommit.map((other) => ({
      pullRequest: other.pullRequest.number,
      base: other.pullRequest.base.ref,
      verdict: other.verdict,
    })),
    reproduce: `egress-review review --merge --base ${base.slice(0, 7)} --head ${head.slice(0, 7)}`,
  };
}

/** What a page of any commit needs. */
export function commitContext(
  app: AppContext,
  client: RepositoryClient,
  facts: {
    readonly base: string;
    readonly head: string;
    readonly checks: readonly RequiredCheck[] | "unknown";
  },
): Pick<PublicationContext, "base" | "head" | "link" | "documentation" | "required"> {
  const { base, head, checks } = facts;
  return {
    base,
    head,
    link: (location) => fileUrl(client, location, location.side === "base" ? base : head),
    documentation: (page) => documentationUrl(app, client, page),
    required: isRequired(client, checks),
  };
}

export function fileUrl(
  { webUrl, repository }: RepositoryClient,
  { path, line }: Location,
  commit: string,
): string {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  const anchor = line === null ? "" : `#L${line}`;
  return `${webUrl}/${repository.owner}/${repository.name}/blob/${commit}/${encoded}${anchor}`;
}

export function documentationUrl(
  { settings }: AppContext,
  { webUrl, app }: RepositoryClient,
  page: string,
): string {
  return settings.documentationUrl === null
    ? `${webUrl}/apps/${app.slug}`
    : `${settings.documentationUrl}/${page}`;
}

/** A rule that asks for the name and not for this App can be met by anybody who can write: it counts, `doctor` warns. */
function isRequired(client: RepositoryClient, checks: ContextFacts["requiredChecks"]): boolean | "unknown" {
  if (checks === "unknown") return "unknown";
  return checks.some(({ name, app }) => name === CHECK_NAME && (app === null || app === client.app.id));
}
