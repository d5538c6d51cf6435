/**
 * One request, in the shape of Octokit's `request`: a route with its places ("GET /repos/{owner}/{repo}"), and what
 * stands there. Throws as Octokit does: an error with `status`, and with `response` where there was an answer.
 */
export type GitHubRequest = (
  route: string,
  parameters?: Readonly<Record<string, unknown>>,
) => Promise<GitHubResponse>;

export interface GitHubResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: GitHubHeaders;
  readonly data: unknown;
}

export type GitHubHeaders = Readonly<Record<string, string | number | undefined>>;

/** How long an answer may take, body included. */
export const REQUEST_MILLISECONDS = 10_000;

/** 100 MB of content, the largest that GitHub gives out, are 137 MB of base64. */
export const BLOB_MILLISECONDS = 30_000;

export const TARBALL_MILLISECONDS = 120_000;
