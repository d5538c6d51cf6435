import type { z } from "zod";
import { GitHubError } from "./github-error.ts";
import type { GitHubResponse } from "./github-request.ts";

/**
 * What an answer says. JSON that is cut off comes from Octokit as text, and so does a page of a proxy: that is no answer,
 * and a write may have worked all the same.
 *
 * @throws {GitHubError}
 */
export function parseAnswer<T>(route: string, schema: z.ZodType<T>, { status, data }: GitHubResponse): T {
  const found = schema.safeParse(data);
  if (found.success) return found.data;
  const at = found.error.issues[0]?.path.join(".") ?? "";
  const where = at === "" ? "" : ` (at ${at})`;
  throw new GitHubError("unavailable", `${route}: the answer is not what GitHub's API gives${where}`, {
    status,
  });
}
