import { GitHubError } from "./github-error.ts";

export interface DownloadOptions {
  readonly fetch: typeof fetch;
  /** For the whole of it. */
  readonly milliseconds: number;
  readonly signal?: AbortSignal;
}

const WHAT = "the archive of a commit";

/**
 * The bytes at an address that GitHub gave out: it carries its own permission, so no token goes there. The time runs
 * until the last byte was read.
 *
 * @throws {GitHubError}
 */
export async function downloaded(
  address: string,
  { fetch, milliseconds, signal }: DownloadOptions,
): Promise<ReadableStream<Uint8Array>> {
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw new GitHubError("unavailable", `${WHAT}: GitHub named no address`);
  }
  const late = AbortSignal.timeout(milliseconds);
  const response = await fetch(address, {
    signal: signal === undefined ? late : AbortSignal.any([signal, late]),
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new GitHubError("unavailable", `${WHAT}: no answer`, { cause: error });
  });
  if (response.ok && response.body !== null) return response.body;
  await response.body?.cancel().catch(() => undefined);
  throw new GitHubError("unavailable", `${WHAT}: ${response.status}`, { status: response.status });
}
