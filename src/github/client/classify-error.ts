import { GitHubError } from "./github-error.ts";
import type { GitHubHeaders } from "./github-request.ts";

/**
 * Without other instructions wait a minute after a secondary limit
 * (docs.github.com, "Rate limits for the REST API", exceeding the rate limit).
 */
const UNKNOWN_LIMIT_MILLISECONDS = 60_000;

/** GitHub's clock and this one differ; a request in the second of the reset would be refused again. */
const AFTER_RESET_MILLISECONDS = 1_000;

const MAXIMUM_MESSAGE = 300;

interface Answer {
  readonly status: number;
  readonly headers: GitHubHeaders;
  readonly message: string;
}

/**
 * What Octokit threw, as what it means. Octokit's own error is not kept as a cause: it holds the request with its headers
 * and body, which must not reach a log.
 */
export function gitHubErrorOf(error: unknown, route: string, now: number): GitHubError {
  if (error instanceof GitHubError) return error;
  const answer = answerOf(error);
  return answer === null ? withoutAnswer(error, route) : refused(answer, route, now);
}

/** Status, headers and GitHub's own words; null where no answer came. */
function answerOf(error: unknown): Answer | null {
  if (typeof error !== "object" || error === null || !("response" in error)) return null;
  const { response } = error;
  if (typeof response !== "object" || response === null) return null;
  const { status, headers, data } = response as { status?: unknown; headers?: unknown; data?: unknown };
  if (typeof status !== "number") return null;
  return {
    status,
    headers: typeof headers === "object" && headers !== null ? (headers as GitHubHeaders) : {},
    message: messageOf(data),
  };
}

function withoutAnswer(error: unknown, route: string): GitHubError {
  const { name, message, cause } = (error ?? {}) as Partial<Record<"name" | "message" | "cause", unknown>>;
  const late =
    name === "AbortError" || (cause as { readonly name?: unknown } | undefined)?.name === "TimeoutError";
  const why = late ? "no answer in time" : `no answer: ${cut(String(message))}`;
  return new GitHubError("unavailable", `${route}: ${why}`, { cause });
}

function refused(answer: Answer, route: string, now: number): GitHubError {
  const { status, message } = answer;
  const text = `${route}: ${status}${message === "" ? "" : ` ${message}`}`;
  const until = limitedUntil(answer, now);
  if (until !== null) return new GitHubError("rate-limited", text, { status, until });
  const facts = { status };
  if (status === 401) return new GitHubError("unauthorised", text, facts);
  if (status === 403) return forbidden(answer, text);
  if (status === 404 || status === 410 || status === 451) return new GitHubError("not-found", text, facts);
  // "Git Repository is empty." (trees, commits), "No commit found for SHA" (commits, check runs).
  if (status === 409 && /\bempty\b/i.test(message)) return new GitHubError("not-found", text, facts);
  if (status === 422 && /no commit found/i.test(message)) return new GitHubError("not-found", text, facts);
  const ours = status >= 400 && status < 500 && status !== 408 && status !== 409;
  return new GitHubError(ours ? "invalid" : "unavailable", text, facts);
}

function forbidden({ status, headers, message }: Answer, text: string): GitHubError {
  if (/suspended/i.test(message)) return new GitHubError("unauthorised", text, { status });
  const permission = headers["x-accepted-github-permissions"];
  return new GitHubError("forbidden", text, {
    status,
    ...(permission === undefined ? {} : { permission: String(permission) }),
  });
}

/** When GitHub may be asked again; null where no limit is the reason. */
function limitedUntil({ status, headers, message }: Answer, now: number): Date | null {
  if (status !== 403 && status !== 429) return null;
  const seconds = Number(headers["retry-after"]);
  if (Number.isFinite(seconds) && seconds > 0) return new Date(now + seconds * 1_000);
  const reset = resetOf(headers, now);
  if (reset !== null) return reset;
  const secondary = /secondary rate limit|abuse detection/i.test(message);
  return status === 429 || secondary ? new Date(now + UNKNOWN_LIMIT_MILLISECONDS) : null;
}

/** The end of a used-up allowance; null where some of it is left. */
export function resetOf(headers: GitHubHeaders, now: number): Date | null {
  if (String(headers["x-ratelimit-remaining"]) !== "0") return null;
  const reset = Number(headers["x-ratelimit-reset"]);
  const known = Number.isFinite(reset) && reset > 0;
  const until = known ? reset * 1_000 + AFTER_RESET_MILLISECONDS : now + UNKNOWN_LIMIT_MILLISECONDS;
  return new Date(Math.max(until, now + AFTER_RESET_MILLISECONDS));
}

/** GitHub's message and its reasons. An answer that is no JSON (a proxy's page) says nothing. */
function messageOf(data: unknown): string {
  if (typeof data !== "object" || data === null) return "";
  const { message, errors } = data as { message?: unknown; errors?: unknown };
  const reasons = Array.isArray(errors) ? errors.map(reasonOf).filter((reason) => reason !== "") : [];
  return cut([typeof message === "string" ? message : "", ...reasons].join("; "));
}

/** `value` is left out: it may be what was sent. */
function reasonOf(reason: unknown): string {
  if (typeof reason === "string") return reason;
  if (typeof reason !== "object" || reason === null) return "";
  const { field, code, message } = reason as { field?: unknown; code?: unknown; message?: unknown };
  return [field, code, message].filter((part) => typeof part === "string").join(" ");
}

function cut(text: string): string {
  return text.length > MAXIMUM_MESSAGE ? `${text.slice(0, MAXIMUM_MESSAGE)}…` : text;
}
