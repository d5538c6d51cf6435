import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import type { Repository } from "./entities.ts";
import type { FileEntry } from "./git-objects.ts";

/**
 * The archive of a commit as `git archive` makes it for GitHub: one folder at the root, a global pax header that names the
 * commit, links kept, submodules as empty folders, and what `.gitattributes` of that commit marks "export-ignore" left out.
 */
export async function archiveBytes(repository: Repository, sha: string): Promise<Uint8Array> {
  const { objects, owner, name } = repository;
  const commit = objects.commit(sha);
  const root = `${owner.login}-${name}-${sha.slice(0, 7)}`;
  const mtime = new Date(commit.committer.at);
  const tar = pack();
  const chunks: Uint8Array[] = [];
  const done = new Promise<void>((resolve, reject) => {
    tar.on("data", (chunk) => {
      if (chunk instanceof Uint8Array) chunks.push(chunk);
    });
    tar.on("end", resolve);
    tar.on("error", reject);
  });
  tar.entry({ name: `${root}/`, type: "directory", mode: 0o775, mtime });
  const folders = new Set<string>();
  for (const file of exported(repository, objects.files(commit.tree))) {
    for (const folder of parentsOf(file.path)) {
      if (folders.has(folder)) continue;
      folders.add(folder);
      tar.entry({ name: `${root}/${folder}/`, type: "directory", mode: 0o775, mtime });
    }
    const path = `${root}/${file.path}`;
    if (file.mode === "160000") tar.entry({ name: `${path}/`, type: "directory", mode: 0o775, mtime });
    else if (file.mode === "120000") {
      tar.entry({ name: path, type: "symlink", linkname: objects.text(file.sha), mode: 0o777, mtime });
    } else {
      const mode = file.mode === "100755" ? 0o775 : 0o664;
      tar.entry({ name: path, type: "file", mode, mtime }, Buffer.from(objects.blob(file.sha)));
    }
  }
  tar.finalize();
  await done;
  return gzipSync(Buffer.concat([globalHeader(sha), ...chunks]));
}

function parentsOf(path: string): readonly string[] {
  const segments = path.split("/").slice(0, -1);
  return segments.map((_, index) => segments.slice(0, index + 1).join("/"));
}

/** gitattributes(5), "export-ignore": patterns of the root file and of those in folders. */
function exported(repository: Repository, files: readonly FileEntry[]): readonly FileEntry[] {
  const ignored = files
    .filter(({ path }) => path === ".gitattributes" || path.endsWith("/.gitattributes"))
    .flatMap(({ path, sha }) => {
      const folder = path.slice(0, -".gitattributes".length);
      return repository.objects
        .text(sha)
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .filter(([pattern, ...attributes]) => pattern !== undefined && attributes.includes("export-ignore"))
        .map(([pattern = ""]) => expressionOf(folder, pattern));
    });
  return files.filter(({ path }) => !ignored.some((expression) => expression.test(path)));
}

function expressionOf(folder: string, pattern: string): RegExp {
  const literal = (text: string) => text.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  const anchored = pattern.replace(/\/$/, "").includes("/");
  const body = literal(pattern.replace(/^\//, "").replace(/\/$/, ""))
    .replace(/\*\*\//g, "\u0000")
    .replace(/\*\*/g, "\u0001")
    .replace(/\*/g, "[^/]*")
    .replace(/\?/g, "[^/]")
    .replaceAll("\u0000", "(?:.*/)?")
    .replaceAll("\u0001", ".*");
  return new RegExp(`^${literal(folder)}${anchored ? "" : "(?:.*/)?"}${body}(?:/.*)?$`);
}

/** A record of type "g" that git writes first (git-archive(1)). */
function globalHeader(sha: string): Uint8Array {
  const text = ` comment=${sha}\n`;
  // The length counts its own digits; two are enough here.
  const record = Buffer.from(`${text.length + 2}${text}`);
  const header = Buffer.alloc(512);
  header.write("pax_global_header", 0);
  header.write("0000666\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${record.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("        ", 148);
  header.write("g", 156);
  header.write("ustar\0" + "00", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, record, Buffer.alloc(512 - record.length)]);
}
