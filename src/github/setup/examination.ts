import type { Clients, Installation, RegisteredApp } from "../client/clients.ts";
import { GitHubError } from "../client/github-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { isOwner } from "../evaluation/base-branch.ts";
import type { AppManifest } from "./manifest.ts";

export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

/** What is to be looked at, and with what. */
export interface Examination {
  readonly clients: Clients;
  /** What the App asks of this GitHub. */
  readonly manifest: AppManifest;
  readonly now: Date;
  /** null = the App and its installations alone. */
  readonly repository: (RepositoryName & { readonly branch: string | null }) | null;
  readonly policyRepository: RepositoryName | null;
  /** null = every owner is served. */
  readonly allowedOwners: readonly string[] | null;
}

/** An examination whose App answered. */
export interface InstalledApp extends Examination {
  readonly app: RegisteredApp;
  readonly installations: readonly Installation[];
}

/**
 * With the token of the installation that holds it.
 *
 * @throws {GitHubError} "not-found" where none does
 */
export async function clientFor(
  { clients, installations }: InstalledApp,
  { owner, name }: RepositoryName,
): Promise<RepositoryClient> {
  const installation = installationOf(installations, owner);
  if (installation === undefined) throw new GitHubError("not-found", `the App is not installed for ${owner}`);
  return clients.repository(await clients.repositoryNamed(installation.id, owner, name));
}

export function installationOf(
  installations: readonly Installation[],
  owner: string,
): Installation | undefined {
  return installations.find(({ account }) => isOwner(account, owner));
}

/** Owners that are left out are asked nothing and told nothing. */
export function isServed({ allowedOwners }: Examination, owner: string): boolean {
  return allowedOwners === null || allowedOwners.some((one) => isOwner(one, owner));
}
