import { z } from "zod";
import { GitHubError } from "../client/github-error.ts";
import type { Credentials } from "./registration-server.ts";

const conversion = z.object({
  id: z.number(),
  html_url: z.string(),
  pem: z.string(),
  webhook_secret: z.string().nullable(),
});

const ANSWER_MILLISECONDS = 30_000;

/**
 * Exchanges the code of a registration for the App's keys; it is good for an hour and once (GitHub: "Registering a GitHub App
 * from a manifest").
 *
 * @throws {GitHubError} its message says what to do
 */
export async function convertCode(apiUrl: string, code: string): Promise<Credentials> {
  const response = await ask(`${apiUrl}/app-manifests/${encodeURIComponent(code)}/conversions`);
  if (response.status === 404 || response.status === 422) {
    throw new GitHubError(
      "invalid",
      "GitHub does not know this code, which is good for an hour and once: start the setup again",
      { status: response.status },
    );
  }
  if (response.status !== 201) {
    throw new GitHubError("unavailable", `GitHub answered ${response.status}: start the setup again`, {
      status: response.status,
    });
  }
  const parsed = conversion.safeParse(await response.json().catch(() => null));
  if (!parsed.success) {
    throw new GitHubError(
      "unavailable",
      "GitHub's answer is none of the documented shape: start the setup again",
    );
  }
  const { id, html_url: url, pem, webhook_secret: webhookSecret } = parsed.data;
  return { id, url, privateKey: pem, webhookSecret };
}

async function ask(url: string): Promise<Response> {
  try {
    return await fetch(url, {
      method: "POST",
      headers: { accept: "application/vnd.github+json", "user-agent": "egress-review-setup" },
      // The code is for this address alone.
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
    });
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly code?: unknown } };
    const why = typeof cause?.code === "string" ? ` (${cause.code})` : "";
    throw new GitHubError("unavailable", `${new URL(url).host} does not answer${why}: start the setup again`);
  }
}
