import { z } from "zod";
import { GitHubError } from "../client/github-error.ts";
import type { Credentials } from "./registration-server.ts";

const conversion = z.object({
  id: z.number(),
  slug: z.string(),
  html_url: z.string(),
  pem: z.string(),
  webhook_secret: z.string(),
});

/**
 * Exchanges the code of a registration for the App's keys; it is good for an hour and once (GitHub: "Registering a GitHub App
 * from a manifest").
 */
export async function convertCode(apiUrl: string, code: string): Promise<Credentials> {
  const response = await fetch(`${apiUrl}/app-manifests/${encodeURIComponent(code)}/conversions`, {
    method: "POST",
    headers: { accept: "application/vnd.github+json", "user-agent": "egress-review-setup" },
    signal: AbortSignal.timeout(30_000),
  });
  if (response.status !== 201) {
    throw new GitHubError("invalid", `GitHub answered ${response.status}: start the setup again`, {
      status: response.status,
    });
  }
  const parsed = conversion.safeParse(await response.json());
  if (!parsed.success) throw new GitHubError("unavailable", "GitHub's answer has not the documented shape");
  const { id, slug, html_url: url, pem, webhook_secret: webhookSecret } = parsed.data;
  return { id, slug, url, privateKey: pem, webhookSecret };
}
