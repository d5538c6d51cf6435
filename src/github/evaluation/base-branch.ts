import type { Configuration } from "../../config/config.ts";
import type { ConfigurationTrouble } from "../../report/pull-request/publication.ts";
import type { RepositoryTree } from "../../tree/indexed-tree.ts";
import type { AppContext, EvaluatorScope } from "../app-context.ts";
import { GitHubError } from "../client/github-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { RepositoryReference } from "../github.ts";
import { readPolicy } from "../governance/base-policy.ts";
import type { Trust } from "../source/trust.ts";

/** The tip of a base branch, and what it and the organisation say about reviews. */
export interface BaseBranch {
  readonly commit: string;
  readonly tree: RepositoryTree;
  readonly policy: BranchPolicy;
}

export type BranchPolicy =
  | {
      readonly kind: "policy";
      readonly configuration: Configuration;
      readonly organisation: Configuration | null;
      readonly digest: string;
    }
  | { readonly kind: "invalid"; readonly problems: readonly ConfigurationTrouble[]; readonly digest: string };

/** Digest of a policy that nobody could read: that of a readable one is never equal to it. */
const NO_POLICY = "";

export async function readBaseBranch(
  app: AppContext,
  client: RepositoryClient,
  commit: string,
  signal: AbortSignal,
): Promise<BaseBranch> {
  const tree = await app.openTree(client, commit, { trust: "base", signal });
  return { commit, tree, policy: await policyOf(app, client.repository, tree, signal) };
}

async function policyOf(
  app: AppContext,
  repository: RepositoryReference,
  baseTree: RepositoryTree,
  signal: AbortSignal,
): Promise<BranchPolicy> {
  const organisation = await organisationTree(app, repository, signal);
  if (organisation.kind === "unreadable") {
    return { kind: "invalid", problems: [organisation.problem], digest: NO_POLICY };
  }
  const read = await readPolicy({ baseTree, organisationTree: organisation.tree });
  if (read.kind === "invalid") return { ...read, digest: NO_POLICY };
  return {
    kind: "policy",
    configuration: read.configuration,
    organisation: read.organisation,
    digest: read.digest,
  };
}

type OrganisationTree =
  | { readonly kind: "tree"; readonly tree: RepositoryTree | null }
  | { readonly kind: "unreadable"; readonly problem: ConfigurationTrouble };

/** A policy that is configured and cannot be read is red: nobody may escape it by taking the App out of it. */
async function organisationTree(
  app: AppContext,
  { installation, owner }: RepositoryReference,
  signal: AbortSignal,
): Promise<OrganisationTree> {
  const { policyRepository } = app.settings;
  if (policyRepository === null || !isOwner(policyRepository.owner, owner))
    return { kind: "tree", tree: null };
  try {
    const reference = await app.clients.repositoryNamed(
      installation,
      policyRepository.owner,
      policyRepository.name,
    );
    const client = await app.clients.repository(reference);
    const tip = await client.branchTip(await client.defaultBranch());
    return { kind: "tree", tree: await app.openTree(client, tip, { trust: "base", signal }) };
  } catch (error) {
    if (!(error instanceof GitHubError) || error.code !== "not-found") throw error;
    const name = `${policyRepository.owner}/${policyRepository.name}`;
    const message = `the organisation's policy repository ${name} cannot be read: install the App on it`;
    return { kind: "unreadable", problem: { source: "organisation", path: name, line: null, message } };
  }
}

/** Whose renders an evaluation may use, under which policy. */
export function partitionedScope(
  client: RepositoryClient,
  trust: Trust,
  { configuration, organisation }: Pick<EvaluatorScope, "configuration" | "organisation">,
  signal: AbortSignal,
): EvaluatorScope {
  return {
    partition: partitionOf(client, trust),
    configuration,
    organisation,
    repositoryUrls: urlsOf(client),
    signal,
  };
}

function partitionOf({ repository }: RepositoryClient, trust: Trust): string {
  return `${repository.installation}-${repository.id}-${trust}`;
}

/** Addresses under which entry points name the repository. */
function urlsOf({ repository, host }: RepositoryClient): readonly string[] {
  const path = `${repository.owner}/${repository.name}`;
  return [`https://${host}/${path}`, `git@${host}:${path}`];
}

/** Names of owners are the same whatever their case. */
export function isOwner(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
