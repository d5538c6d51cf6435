import { moveBranch } from "./branches.ts";
import type { Account, Repository } from "./entities.ts";
import { type FileChanges, GitObjects } from "./git-objects.ts";
import type { World } from "./world.ts";

export function createRepository(
  world: World,
  owner: Account,
  name: string,
  options: { readonly files?: FileChanges; readonly defaultBranch?: string; readonly private?: boolean } = {},
): Repository {
  const { files, defaultBranch = "main", private: hidden = true } = options;
  const objects = new GitObjects(() => world.now());
  const repository = emptyRepository(world, {
    owner,
    name,
    objects,
    parent: null,
    private: hidden,
    defaultBranch,
  });
  if (files !== undefined) {
    const author = { name: owner.login, email: owner.email, at: world.now() };
    const after = objects.storeCommit({
      tree: objects.edit(objects.emptyTree, files),
      parents: [],
      author,
      committer: author,
      message: "Initial commit",
    });
    moveBranch(world, { repository, branch: defaultBranch, after, actor: owner });
  }
  return repository;
}

function emptyRepository(
  world: World,
  of: Pick<Repository, "owner" | "name" | "objects" | "parent" | "private" | "defaultBranch">,
): Repository {
  if (world.repositoryNamed(of.owner.login, of.name)?.renamed === false) {
    throw new Error(`${of.owner.login}/${of.name} exists`);
  }
  const now = world.now();
  const repository: Repository = {
    ...of,
    id: world.nextId(),
    archived: false,
    deleted: false,
    refs: new Map(),
    collaborators: new Map(),
    protections: new Map(),
    rulesets: [],
    issues: new Map(),
    pulls: new Map(),
    nextNumber: 1,
    checkSuites: [],
    checkRuns: new Map(),
    checkRunsByCommit: new Map(),
    statuses: [],
    mergeQueue: [],
    createdAt: now,
    pushedAt: now,
  };
  world.repositories.set(repository.id, repository);
  world.nameRepository(repository);
  return repository;
}

/** A fork shares all objects with its parent, in both directions, as on GitHub. */
export function forkRepository(
  world: World,
  parent: Repository,
  owner: Account,
  name = parent.name,
): Repository {
  const fork = emptyRepository(world, {
    owner,
    name,
    objects: parent.objects,
    parent,
    private: parent.private,
    defaultBranch: parent.defaultBranch,
  });
  for (const [ref] of parent.refs) {
    const sha = world.refSha(parent, ref);
    if (ref.startsWith("heads/") && sha !== null) world.moveRef(fork, ref, sha, owner, "branch_creation");
  }
  return fork;
}

export function renameRepository(world: World, repository: Repository, name: string, sender: Account): void {
  const from = repository.name;
  repository.name = name;
  world.nameRepository(repository);
  world.emit("repository", "renamed", { repository, sender }, () => ({
    changes: { repository: { name: { from } } },
  }));
}

export function transferRepository(
  world: World,
  repository: Repository,
  owner: Account,
  sender: Account,
): void {
  const from = repository.owner;
  repository.owner = owner;
  world.nameRepository(repository);
  world.emit("repository", "transferred", { repository, sender }, () => ({
    changes: {
      owner: { from: { [from.type === "User" ? "user" : "organization"]: world.answers.account(from) } },
    },
  }));
}

export function archiveRepository(
  world: World,
  repository: Repository,
  archived: boolean,
  sender: Account,
): void {
  repository.archived = archived;
  world.emit("repository", archived ? "archived" : "unarchived", { repository, sender }, () => ({}));
}

/** The events go out before it is gone; open pull requests from it lose their head repository but stay open. */
export function deleteRepository(world: World, repository: Repository, sender: Account): void {
  world.emit("repository", "deleted", { repository, sender }, () => ({}));
  for (const installation of world.installations.values()) {
    if (installation.repositories !== "all") installation.repositories.delete(repository);
  }
  repository.deleted = true;
}
