import { GitHubError } from "../client/github-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";

/**
 * Asks for an object that something visible names. Where GitHub does not know it though the repository is there, one
 * part of GitHub is behind another, and the work waits; it says nothing about the object.
 *
 * @throws {GitHubError}
 */
export async function visible<T>(client: RepositoryClient, what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof GitHubError) || error.code !== "not-found") throw error;
    // Throws "not found" itself where the repository is what is gone.
    await client.defaultBranch();
    const facts = error.status === null ? {} : { status: error.status };
    throw new GitHubError("unavailable", `GitHub does not show ${what} yet`, facts);
  }
}
