import type { Json } from "../answers.ts";
import type { Repository } from "../entities.ts";
import type { FileEntry, GitCommit, TreeEntry } from "../git-objects.ts";
import { patchText } from "../line-changes.ts";
import { commitAnswer, countLines } from "../pull-requests.ts";
import { notFound, Refusal } from "../refusal.ts";
import { type Answer, inRepository, json, list, type RepositoryRequest, type Route } from "../route.ts";
import { headOf } from "../test-merge.ts";
import { changesBetween, type FileChange, hunksOfChange } from "../tree-changes.ts";
import type { World } from "../world.ts";

const READ = ["contents:read"];

export const GIT_ROUTES: readonly Route[] = [
  inRepository("GET", "/git/trees/{tree_sha}", READ, tree),
  inRepository("GET", "/git/blobs/{file_sha}", READ, blob),
  inRepository("GET", "/git/commits/{commit_sha}", READ, (request) => {
    const found = request.repository.objects.get(request.parameters["commit_sha"] ?? "");
    if (found?.kind !== "commit" || !request.world.isVisible(found.storedAt)) throw notFound();
    return json(200, request.world.answers.gitCommit(request.repository, found));
  }),
  inRepository("GET", "/git/ref/{ref}", READ, (request) => {
    const { world, repository, parameters } = request;
    const name = (parameters["ref"] ?? "").replace(/^refs\//, "");
    const sha = refOf(world, repository, name);
    if (sha === null) throw notFound();
    return json(200, world.answers.reference(repository, name, sha));
  }),
  inRepository("GET", "/git/matching-refs/{ref}", READ, ({ world, repository, parameters }) => {
    const prefix = parameters["ref"] ?? "";
    const found = [...repository.refs.keys()].flatMap((name) => {
      const sha = world.refSha(repository, name, true);
      return sha !== null && name.startsWith(prefix) ? [{ name, sha }] : [];
    });
    return list(found, ({ name, sha }) => world.answers.reference(repository, name, sha));
  }),
  inRepository("GET", "/commits", READ, (request) => {
    const { world, repository, query } = request;
    const start = commitNamed(request, query.get("sha") ?? repository.defaultBranch);
    const path = query.get("path");
    // A login or an address.
    const author = query.get("author")?.toLowerCase();
    const by = author === undefined ? undefined : (world.account(author)?.email ?? author).toLowerCase();
    const all = [...repository.objects.ancestors(start.sha)].map((sha) => repository.objects.commit(sha));
    const found = all
      .filter((commit) => path === null || touches(repository, commit, path))
      .filter((commit) => by === undefined || commit.author.email.toLowerCase() === by)
      .sort((one, other) => other.committer.at - one.committer.at);
    return list(found, (commit) => commitAnswer(world, repository, commit));
  }),
  inRepository("GET", "/commits/{ref}", READ, commit),
  inRepository("GET", "/compare/{basehead}", READ, compare),
  inRepository("GET", "/tarball/{ref}", READ, (request) => archive(request, request.parameters["ref"] ?? "")),
  inRepository("GET", "/tarball", READ, (request) => archive(request, request.repository.defaultBranch)),
  inRepository("GET", "/contents/{path}", READ, contents),
  inRepository("GET", "/contents", READ, contents),
];

function refOf(world: World, repository: Repository, name: string): string | null {
  const pull = /^pull\/(\d+)\/(head|merge)$/.exec(name);
  if (pull === null) return world.refSha(repository, name, true);
  const found = repository.pulls.get(Number(pull[1]));
  if (found === undefined) return null;
  return pull[2] === "head" ? headOf(found) : (found.testMerge?.commit ?? null);
}

/** A SHA, a branch, "heads/BRANCH" or "refs/heads/BRANCH". */
export function commitNamed(request: RepositoryRequest, name: string): GitCommit {
  const { world, repository } = request;
  const { objects } = repository;
  const known = objects.get(name);
  if (known?.kind === "commit" && world.isVisible(known.storedAt)) return known;
  const short = name.replace(/^refs\//, "");
  const sha = refOf(world, repository, short) ?? refOf(world, repository, `heads/${short}`);
  if (sha !== null) return objects.commit(sha);
  const prefixed = /^[0-9a-f]{7,39}$/.test(name) ? objects.commitByPrefix(name) : undefined;
  if (prefixed !== undefined) return prefixed;
  throw new Refusal(422, `No commit found for SHA: ${name}`);
}

function tree(request: RepositoryRequest): Answer {
  const { world, repository, parameters, query } = request;
  const name = parameters["tree_sha"] ?? "";
  const { objects } = repository;
  const known = objects.get(name);
  if (known !== undefined && !world.isVisible(known.storedAt)) throw notFound();
  let sha: string;
  if (known?.kind === "tree") sha = known.sha;
  else if (known?.kind === "commit") sha = known.tree;
  else {
    const ref =
      refOf(world, repository, `heads/${name}`) ?? refOf(world, repository, name.replace(/^refs\//, ""));
    if (ref === null) throw notFound();
    sha = objects.commit(ref).tree;
  }
  // Any value means recursive, "0" and "false" too (OpenAPI, "Get a tree").
  const entries = query.has("recursive") ? recursiveEntries(repository, sha) : objects.tree(sha).map(entryOf);
  const truncated = query.has("recursive") && entries.length > world.limits.treeEntries;
  const url = world.answers.repositoryUrl(repository);
  return json(200, {
    sha,
    url: `${url}/git/trees/${sha}`,
    tree: entries
      .slice(0, world.limits.treeEntries)
      .map(({ path, mode, sha: id }) => presented(repository, url, path, mode, id)),
    truncated,
  });
}

type Entry = Pick<FileEntry, "path" | "mode" | "sha">;

function entryOf({ name, mode, sha }: TreeEntry): Entry {
  return { path: name, mode, sha };
}

function recursiveEntries(repository: Repository, sha: string, prefix = ""): readonly Entry[] {
  return repository.objects.tree(sha).flatMap(({ name, mode, sha: id }): readonly Entry[] => {
    const path = `${prefix}${name}`;
    const below = mode === "040000" ? recursiveEntries(repository, id, `${path}/`) : [];
    return [{ path, mode, sha: id }, ...below];
  });
}

function presented(repository: Repository, url: string, path: string, mode: string, sha: string): Json {
  if (mode === "040000") return { path, mode, type: "tree", sha, url: `${url}/git/trees/${sha}` };
  if (mode === "160000") return { path, mode, type: "commit", sha };
  const size = repository.objects.blob(sha).length;
  return { path, mode, type: "blob", sha, size, url: `${url}/git/blobs/${sha}` };
}

function blob({ world, repository, parameters, headers }: RepositoryRequest): Answer {
  const found = repository.objects.get(parameters["file_sha"] ?? "");
  if (found?.kind !== "blob" || !world.isVisible(found.storedAt)) throw notFound();
  const { sha, bytes } = found;
  if (bytes.length > world.limits.blobBytes) {
    throw new Refusal(
      403,
      "This API returns blobs up to 100 MB in size. The requested blob is too large to fetch via the API.",
      {
        errors: [{ resource: "Blob", field: "data", code: "too_large" }],
      },
    );
  }
  if (/application\/vnd\.github(\.v3)?\.raw/.test(headers["accept"] ?? "")) {
    return {
      kind: "bytes",
      status: 200,
      bytes,
      headers: { "content-type": "application/vnd.github.raw; charset=utf-8" },
    };
  }
  return json(200, {
    sha,
    node_id: `B_${sha}`,
    size: bytes.length,
    url: `${world.answers.repositoryUrl(repository)}/git/blobs/${sha}`,
    content: wrapped(Buffer.from(bytes).toString("base64")),
    encoding: "base64",
  });
}

/** GitHub breaks base64 after 60 characters. */
function wrapped(base64: string): string {
  return base64.replace(/.{1,60}/g, "$&\n");
}

export function fileAnswer(world: World, repository: Repository, change: FileChange, at: string): Json {
  const { path, previousPath, status, after, before } = change;
  const { additions, deletions } = countLines({ repository }, change);
  const hunks = hunksOfChange(repository.objects, change);
  const page = world.answers.repositoryPage(repository);
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return {
    sha: (after ?? before)?.sha ?? null,
    filename: path,
    status,
    additions,
    deletions,
    changes: additions + deletions,
    blob_url: `${page}/blob/${at}/${encoded}`,
    raw_url: `${page}/raw/${at}/${encoded}`,
    contents_url: `${world.answers.repositoryUrl(repository)}/contents/${encoded}?ref=${at}`,
    ...(hunks === null || hunks.length === 0 ? {} : { patch: patchText(hunks) }),
    ...(previousPath === null ? {} : { previous_filename: previousPath }),
  };
}

function commit(request: RepositoryRequest): Answer {
  const { world, repository, parameters } = request;
  const found = commitNamed(request, parameters["ref"] ?? "");
  const parent = found.parents[0];
  const { objects } = repository;
  const before = parent === undefined ? objects.emptyTree : objects.commit(parent).tree;
  const changes = changesBetween(objects, before, found.tree);
  const counts = changes.map((change) => countLines({ repository }, change));
  const additions = counts.reduce((sum, count) => sum + count.additions, 0);
  const deletions = counts.reduce((sum, count) => sum + count.deletions, 0);
  return list(changes, (change) => fileAnswer(world, repository, change, found.sha), {
    most: world.limits.changedFiles,
    wrap: (files) => ({
      ...commitAnswer(world, repository, found),
      stats: { total: additions + deletions, additions, deletions },
      files,
    }),
  });
}

function touches(repository: Repository, commit: GitCommit, path: string): boolean {
  const at = (tree: string) => repository.objects.file(tree, path)?.sha;
  const parent = commit.parents[0];
  return at(commit.tree) !== (parent === undefined ? undefined : at(repository.objects.commit(parent).tree));
}

/** From the common ancestor to the head; the files stand on the first page alone (OpenAPI, "Compare two commits"). */
function compare(request: RepositoryRequest): Answer {
  const { world, repository, parameters, query } = request;
  const [baseName, headName] = (parameters["basehead"] ?? "").split("...");
  if (baseName === undefined || headName === undefined) throw notFound();
  const end = (name: string) => {
    try {
      return commitNamed(request, name.replace(/^[^:]*:/, ""));
    } catch {
      throw notFound();
    }
  };
  const [base, head] = [end(baseName), end(headName)];
  const { objects } = repository;
  const shared = objects.mergeBase(base.sha, head.sha);
  if (shared === null) throw new Refusal(404, `No common ancestor between ${baseName} and ${headName}.`);
  const [ahead, behind] = [objects.between(base.sha, head.sha), objects.between(head.sha, base.sha)];
  const status =
    ahead.length === 0
      ? behind.length === 0
        ? "identical"
        : "behind"
      : behind.length === 0
        ? "ahead"
        : "diverged";
  const files = changesBetween(objects, objects.commit(shared).tree, head.tree).slice(
    0,
    world.limits.comparedFiles,
  );
  const page = `${world.answers.repositoryPage(repository)}/compare/${baseName}...${headName}`;
  const first = Number(query.get("page") ?? 1) <= 1;
  return list(ahead, (one) => commitAnswer(world, repository, one), {
    wrap: (commits) => ({
      url: `${world.answers.repositoryUrl(repository)}/compare/${baseName}...${headName}`,
      html_url: page,
      permalink_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
      base_commit: commitAnswer(world, repository, base),
      merge_base_commit: commitAnswer(world, repository, objects.commit(shared)),
      status,
      ahead_by: ahead.length,
      behind_by: behind.length,
      total_commits: ahead.length,
      commits,
      ...(first ? { files: files.map((file) => fileAnswer(world, repository, file, head.sha)) } : {}),
    }),
  });
}

/** Elsewhere, with a permission of its own that soon ends (OpenAPI, "Download a repository archive"). */
function archive(request: RepositoryRequest, name: string): Answer {
  const { world, repository } = request;
  let sha: string;
  try {
    sha = commitNamed(request, name).sha;
  } catch {
    throw notFound();
  }
  const ticket = world.archiveTicket(repository, sha);
  const { owner } = repository;
  const location = `${world.archives}/${owner.login}/${repository.name}/legacy.tar.gz/${sha}?token=${ticket}`;
  return { kind: "bytes", status: 302, bytes: new Uint8Array(), headers: { location } };
}

/** A symbolic link that stays inside is followed (OpenAPI, "Get repository content"). */
function contents(request: RepositoryRequest): Answer {
  const { world, repository, parameters, query, headers } = request;
  const path = (parameters["path"] ?? "").replace(/^\/|\/$/g, "");
  let commitSha: GitCommit;
  try {
    commitSha = commitNamed(request, query.get("ref") ?? repository.defaultBranch);
  } catch {
    throw new Refusal(404, `No commit found for the ref ${query.get("ref") ?? ""}`);
  }
  const { objects } = repository;
  const file = followed(repository, commitSha.tree, path, 8);
  if (file !== null) {
    const bytes = objects.blob(file.sha);
    if (/application\/vnd\.github(\.v3)?\.raw/.test(headers["accept"] ?? "")) {
      return {
        kind: "bytes",
        status: 200,
        bytes,
        headers: { "content-type": "application/vnd.github.raw; charset=utf-8" },
      };
    }
    return json(200, {
      ...contentEntry(world, repository, path, "file", file.sha, bytes.length),
      content: wrapped(Buffer.from(bytes).toString("base64")),
      encoding: "base64",
    });
  }
  const folder = folderOf(repository, commitSha.tree, path);
  if (folder === null) throw notFound();
  const types: Readonly<Record<string, string>> = {
    "040000": "dir",
    "120000": "symlink",
    "160000": "submodule",
  };
  return json(
    200,
    objects.tree(folder).map(({ name, mode, sha }) => {
      const size = mode === "040000" || mode === "160000" ? 0 : objects.blob(sha).length;
      return contentEntry(
        world,
        repository,
        path === "" ? name : `${path}/${name}`,
        types[mode] ?? "file",
        sha,
        size,
      );
    }),
  );
}

function contentEntry(
  world: World,
  repository: Repository,
  path: string,
  type: string,
  sha: string,
  size: number,
): Json {
  const url = `${world.answers.repositoryUrl(repository)}/contents/${path}`;
  const page = `${world.answers.repositoryPage(repository)}/blob/HEAD/${path}`;
  const git = `${world.answers.repositoryUrl(repository)}/git/blobs/${sha}`;
  return {
    type,
    name: path.split("/").at(-1),
    path,
    sha,
    size,
    url,
    html_url: page,
    git_url: git,
    download_url: page,
    _links: { self: url, git, html: page },
  };
}

function followed(repository: Repository, tree: string, path: string, depth: number): FileEntry | null {
  const found = repository.objects.file(tree, path);
  if (found === undefined || found.mode === "160000" || depth === 0) return null;
  if (found.mode !== "120000") return found;
  const target = repository.objects.text(found.sha);
  const joined = new URL(target, `http://x/${path}`).pathname.slice(1);
  return target.startsWith("/") ? null : followed(repository, tree, joined, depth - 1);
}

function folderOf(repository: Repository, tree: string, path: string): string | null {
  let at = tree;
  for (const segment of path === "" ? [] : path.split("/")) {
    const entry = repository.objects.tree(at).find(({ name }) => name === segment);
    if (entry?.mode !== "040000") return null;
    at = entry.sha;
  }
  return at;
}
