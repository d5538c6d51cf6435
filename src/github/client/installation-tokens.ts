import { z } from "zod";
import * as answers from "./answers.ts";
import type { AppOctokit } from "./app-octokit.ts";
import { gitHubErrorOf } from "./classify-error.ts";
import { GitHubError } from "./github-error.ts";
import type { GitHubRequest, GitHubResponse } from "./github-request.ts";
import { parseAnswer } from "./parse-answer.ts";

type Permissions = Readonly<Record<string, string>>;

export interface InstallationToken {
  readonly token: string;
  readonly permissions: Permissions;
  readonly createdAt: number;
}

/** What the App does in a repository, and no more; the last two only where an organisation granted them. */
const REPOSITORY_PERMISSIONS: Permissions = {
  metadata: "read",
  contents: "read",
  checks: "write",
  pull_requests: "write",
  issues: "read",
  members: "read",
  administration: "read",
};

/** Without these there are no reviews. */
const NEEDED = ["contents", "checks", "pull_requests", "issues"] as const;

const LISTING_PERMISSIONS: Permissions = { metadata: "read" };

/** Permissions that an owner accepted are used after this time at the latest. */
const GRANT_MILLISECONDS = 10 * 60_000;

/** For so long a new token may be refused by a part of GitHub that has not heard of it (octokit/auth-app.js#168). */
const REPLICATION_MILLISECONDS = 5_000;

const authentication = z
  .object({ token: z.string(), permissions: z.record(z.string(), z.string()), createdAt: z.string() })
  .transform(({ token, permissions, createdAt }) => ({
    token,
    permissions,
    createdAt: Date.parse(createdAt),
  }));

/**
 * Tokens of installations, each good for one repository and the least that is done there. Octokit keeps them until a
 * minute before they end. A token is asked for with every request, so that long work never holds an old one.
 */
export class InstallationTokens {
  readonly #octokit: AppOctokit;
  readonly #now: () => number;
  readonly #grants = new Map<
    number,
    { readonly permissions: Promise<Permissions>; readonly until: number }
  >();

  constructor(octokit: AppOctokit, now: () => number) {
    this.#octokit = octokit;
    this.#now = now;
  }

  /** @throws {GitHubError} "not-found" where the repository is not one of the installation's */
  forRepository(installation: number, repository: number, refresh = false): Promise<InstallationToken> {
    return this.#token(installation, REPOSITORY_PERMISSIONS, { repositoryIds: [repository], refresh });
  }

  /** For listing what the installation holds. */
  forInstallation(installation: number, refresh = false): Promise<InstallationToken> {
    return this.#token(installation, LISTING_PERMISSIONS, { refresh });
  }

  async #token(
    installation: number,
    wanted: Permissions,
    scope: Readonly<Record<string, unknown>>,
  ): Promise<InstallationToken> {
    if (scope["refresh"] === true) this.#grants.delete(installation);
    const granted = await this.#granted(installation);
    const permissions = Object.fromEntries(
      Object.entries(wanted).flatMap(([name, access]) => {
        const most = granted[name];
        return most === undefined ? [] : [[name, most === "read" ? "read" : access]];
      }),
    );
    const route = "POST /app/installations/{installation_id}/access_tokens";
    try {
      const asked = { type: "installation", installationId: installation, permissions, ...scope };
      return authentication.parse(await this.#octokit.authenticate(asked));
    } catch (error) {
      this.#grants.delete(installation);
      throw asTokenError(gitHubErrorOf(error, route, this.#now()));
    }
  }

  /** Asking for more than was granted is refused (422), so what was granted is looked up. */
  #granted(installation: number): Promise<Permissions> {
    const known = this.#grants.get(installation);
    if (known !== undefined && known.until > this.#now()) return known.permissions;
    const permissions = this.#lookUp(installation);
    this.#grants.set(installation, { permissions, until: this.#now() + GRANT_MILLISECONDS });
    permissions.catch(() => this.#grants.delete(installation));
    return permissions;
  }

  async #lookUp(installation: number): Promise<Permissions> {
    const route = "GET /app/installations/{installation_id}";
    try {
      const response = await this.#octokit.asApp(route, { installation_id: installation });
      const found = parseAnswer(route, answers.installation, response);
      if (typeof found.suspended_at !== "string") return found.permissions;
    } catch (error) {
      throw asTokenError(gitHubErrorOf(error, route, this.#now()));
    }
    throw new GitHubError("unauthorised", `installation ${installation} is suspended`);
  }
}

/** 404 = not installed any more; 422 = a repository, or a permission, that the installation does not have. */
function asTokenError(error: GitHubError): GitHubError {
  const facts = error.status === null ? {} : { status: error.status };
  if (error.status === 404) return new GitHubError("unauthorised", error.message, facts);
  return error.status === 422 ? new GitHubError("not-found", error.message, facts) : error;
}

/**
 * Requests with a token. One that is refused is renewed once: it may have been withdrawn when permissions changed, or lack
 * one that was granted since. A refusal means that nothing was done, so this holds for writes, too.
 */
export function withToken(
  request: GitHubRequest,
  token: (refresh: boolean) => Promise<InstallationToken>,
  now: () => number,
): GitHubRequest {
  const send = (route: string, parameters: Readonly<Record<string, unknown>>, { token }: InstallationToken) =>
    request(route, {
      ...parameters,
      headers: { ...(parameters["headers"] as object | undefined), authorization: `token ${token}` },
    });
  return async (route, parameters = {}): Promise<GitHubResponse> => {
    let held = await token(false);
    for (let renewed = false; ; renewed = true) {
      try {
        return await send(route, parameters, held);
      } catch (error) {
        const { status } = error as { readonly status?: unknown };
        if (status === 403 && !renewed && isLacking(held)) {
          held = await token(true);
          continue;
        }
        if (status !== 401) throw error;
        if (renewed || now() - held.createdAt < REPLICATION_MILLISECONDS) {
          throw new GitHubError("unavailable", `${route}: a new token is refused still`, { status: 401 });
        }
        held = await token(true);
      }
    }
  };
}

function isLacking({ permissions }: InstallationToken): boolean {
  return NEEDED.some((name) => permissions[name] === undefined);
}
