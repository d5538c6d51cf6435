import { Octokit } from "@octokit/core";
import { pino } from "pino";
import { Probot, ProbotOctokit } from "probot";
import { GitHubError } from "./github-error.ts";
import { type GitHubRequest, REQUEST_MILLISECONDS } from "./github-request.ts";

export interface AppOctokitOptions {
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
  /** "https://api.github.com", or "https://HOST/api/v3" of an own server. */
  readonly baseUrl: string;
  /** "egress-review/1.2.3". */
  readonly userAgent: string;
  readonly log: ClientLog;
  readonly fetch: typeof fetch;
}

export interface ClientLog {
  warn(fields: object, message: string): void;
}

/** Octokit twice: as the App itself, and with nothing of its own, for tokens of installations. */
export interface AppOctokit {
  /** With the App's JWT. */
  readonly asApp: GitHubRequest;
  /** Octokit's own: `{ type: "installation", installationId, repositoryIds, permissions, refresh }`. */
  readonly authenticate: (options: Readonly<Record<string, unknown>>) => Promise<unknown>;
  /** With whatever token its caller puts into the headers. */
  readonly bare: GitHubRequest;
}

/**
 * Probot's authentication of an App, without what Probot adds for bots that live in one process: its throttling sleeps
 * up to an hour in here and its retries send a POST up to four times (docs/decisions/0007).
 */
export function appOctokit(options: AppOctokitOptions): AppOctokit {
  const { appId, privateKey, baseUrl, userAgent } = options;
  const log = messagesOnly(options.log);
  const request = { fetch: inTime(options.fetch), log };
  const probot = new Probot({
    appId,
    privateKey,
    baseUrl,
    log,
    request,
    // As a function: in the form of an object these settings would be overridden by Probot's own.
    Octokit: ProbotOctokit.defaults((given: object) => ({
      ...withoutRequest(given),
      userAgent,
      throttle: { enabled: false },
      retry: { enabled: false },
    })),
  });
  const bare = new Octokit({ baseUrl, userAgent, log, request });
  return {
    asApp: (route, parameters) => signed(async () => (await probot.auth()).request(route, { ...parameters })),
    authenticate: (asked) => signed(async () => (await probot.auth()).auth(asked)),
    bare: (route, parameters) => bare.request(route, { ...parameters }),
  };
}

/** Octokit gives every error of a request a status; one without comes from signing with the key. */
async function signed<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { status, message } = (error ?? {}) as Partial<Record<"status" | "message", unknown>>;
    if (status !== undefined) throw error;
    throw new GitHubError("unauthorised", `the App's private key cannot sign: ${String(message)}`);
  }
}

/**
 * Probot lets tokens be asked for by a `request` that knows nothing of `baseUrl`, so that those of an own server would be
 * asked from github.com. Without it Octokit's own is taken.
 */
function withoutRequest(given: object): object {
  const { auth } = given as { readonly auth?: Readonly<Record<string, unknown>> };
  const { request: _, ...others } = auth ?? {};
  return { ...given, auth: others };
}

/** A time for requests that have none: those that make tokens. */
function inTime(fetch: AppOctokitOptions["fetch"]): AppOctokitOptions["fetch"] {
  return (input, init) =>
    fetch(input, { ...init, signal: init?.signal ?? AbortSignal.timeout(REQUEST_MILLISECONDS) });
}

/** At "debug" Probot logs bodies of requests. Of what it says from "warn" on the words are kept, and no fields. */
function messagesOnly(log: ClientLog) {
  const write = (line: string) => {
    const { msg } = JSON.parse(line) as { readonly msg?: unknown };
    log.warn({}, String(msg ?? "Probot"));
  };
  return pino({ level: "warn" }, { write });
}
