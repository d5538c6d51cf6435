import type { RepositoryClient } from "../client/repository-client.ts";
import type { Account, Commit, PullRequest } from "../github.ts";
import { isAutomaticMerge } from "./automatic-merge.ts";
import { coAuthorsOf } from "./co-authors.ts";

export type WriterRole = "opener" | "author" | "committer" | "co-author" | "pusher";

/** Who made a change, as far as GitHub tells: none of them may clear it (design: four eyes). */
export interface Writers {
  /** What made somebody one, by login in lower case. */
  readonly known: ReadonlyMap<string, WriterRole>;
  /** Somebody who cannot be named, and may thus be anybody: nobody is known to be another. */
  readonly unknown: readonly UnknownWriter[];
}

export type UnknownWriter =
  /** The address in the commit belongs to no account. */
  | { readonly kind: "commit"; readonly sha: string; readonly role: "author" | "committer" }
  | { readonly kind: "co-author"; readonly sha: string; readonly name: string }
  /** GitHub does not say (yet) who pushed. */
  | { readonly kind: "pusher"; readonly sha: string }
  /** The list of commits is cut. */
  | { readonly kind: "commits" };

/** GitHub lists no more commits of a pull request than these. */
const MAXIMUM_COMMITS = 250;
/** Merges of the base that are looked into; the others count as written by whoever made them. */
const MAXIMUM_MERGES = 5;

/** Addresses that GitHub is asked about: anybody may write trailers, and each is a request of the installation. */
const MAXIMUM_ADDRESSES = 20;

export async function writersOf(client: RepositoryClient, pullRequest: PullRequest): Promise<Writers> {
  const list = await client.commitsOf(pullRequest.number);
  const commits = new Map(list.map((commit) => [commit.sha, commit]));
  const found = new Found();
  found.add(pullRequest.author, "opener");
  if (list.length >= MAXIMUM_COMMITS) found.unknown.push({ kind: "commits" });
  const merges: Commit[] = [];
  for (const commit of list) {
    if (commit.parents.length > 1) merges.push(commit);
    else await addCommit(found, client, commit);
  }
  const automatic = new Set<string>();
  for (const [index, merge] of merges.toReversed().entries()) {
    const looked = index < MAXIMUM_MERGES && list.length < MAXIMUM_COMMITS;
    if (looked && (await isAutomaticMerge(client, commits, merge))) automatic.add(merge.sha);
    else await addCommit(found, client, merge);
  }
  await addPushers(found, client, { pullRequest, commits, automatic });
  return { known: found.known, unknown: found.unknown };
}

class Found {
  readonly known = new Map<string, WriterRole>();
  readonly unknown: UnknownWriter[] = [];
  readonly #accounts = new Map<string, Account | null>();

  /** null = nobody's, or one more than is asked for: either way somebody who cannot be named. */
  async accountWithAddress(client: RepositoryClient, address: string): Promise<Account | null> {
    const held = this.#accounts.get(address);
    if (held !== undefined || this.#accounts.size >= MAXIMUM_ADDRESSES) return held ?? null;
    const account = await client.accountWithAddress(address);
    this.#accounts.set(address, account);
    return account;
  }

  add({ login }: Pick<Account, "login">, role: WriterRole): void {
    const key = login.toLowerCase();
    if (!this.known.has(key)) this.known.set(key, role);
  }
}

async function addCommit(found: Found, client: RepositoryClient, commit: Commit): Promise<void> {
  const { sha, author, committer, message } = commit;
  for (const [role, account] of [["author", author] as const, ["committer", committer] as const]) {
    if (account === null) found.unknown.push({ kind: "commit", sha, role });
    else found.add(account, role);
  }
  for (const coAuthor of coAuthorsOf(message, client.host)) {
    const { kind } = coAuthor;
    const account =
      kind === "account"
        ? coAuthor
        : kind === "address"
          ? await found.accountWithAddress(client, coAuthor.address)
          : null;
    if (account !== null) found.add(account, "co-author");
    else if (kind !== "account") found.unknown.push({ kind: "co-author", sha, name: coAuthor.name });
  }
}

/**
 * Who pushed the head, and where it is the base merged into the branch also who pushed what lies beneath: else one click
 * on "Update branch" would make a pusher disappear. An automatic merge makes nobody a pusher, either.
 */
async function addPushers(
  found: Found,
  client: RepositoryClient,
  change: {
    readonly pullRequest: PullRequest;
    readonly commits: ReadonlyMap<string, Commit>;
    readonly automatic: ReadonlySet<string>;
  },
): Promise<void> {
  const { pullRequest, commits, automatic } = change;
  // GitHub tells nothing of pushes to forks: authors and committers, found above, have to stand for them.
  if (pullRequest.head.fork) return;
  let commit = commits.get(pullRequest.head.sha);
  for (let depth = 0; depth <= MAXIMUM_MERGES; depth += 1) {
    const sha = commit?.sha ?? pullRequest.head.sha;
    if (!automatic.has(sha)) {
      const pusher = await client.lastPusher(pullRequest.number, sha);
      if (pusher === null) found.unknown.push({ kind: "pusher", sha });
      else found.add(pusher, "pusher");
    }
    if (commit === undefined || commit.parents.length < 2) return;
    commit = commits.get(commit.parents[0] ?? "");
    if (commit === undefined) return;
  }
  found.unknown.push({ kind: "pusher", sha: commit?.sha ?? pullRequest.head.sha });
}
