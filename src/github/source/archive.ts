import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { createGunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import type { ArchiveLimits } from "./source-limits.ts";

export interface ArchiveReader {
  readonly limits: ArchiveLimits;
  /** Whether the content of a file is wanted; what is not wanted is read over. */
  readonly wants: (path: string, size: number) => boolean;
  /** A file's bytes, or a link's target; the archive goes on when this is done. */
  readonly take: (path: string, bytes: Uint8Array) => Promise<void>;
}

export type ArchiveEnd =
  | { readonly kind: "complete" }
  /** Nothing that it said after this point counts. */
  | { readonly kind: "refused"; readonly reason: string };

class Refused extends Error {}

/**
 * Reads an archive that GitHub made of a commit (gzip, tar, one directory around everything) as it comes in; nothing
 * of it is ever written under a name that it holds. What git never puts into an archive (hard links, devices, names that
 * leave it) refuses it whole, as does one that is larger than it may be.
 */
export async function readArchive(
  stream: ReadableStream<Uint8Array>,
  { limits, wants, take }: ArchiveReader,
): Promise<ArchiveEnd> {
  const entries = extract();
  const source = Readable.fromWeb(stream as NodeReadableStream<Uint8Array>);
  const flow = pipeline(
    source,
    atMost(limits.compressedBytes, "compressed bytes"),
    createGunzip(),
    atMost(limits.bytes, "bytes"),
    entries,
  );
  let broken: unknown = null;
  const flowed = flow.catch((error: unknown) => {
    broken ??= error;
  });
  try {
    let count = 0;
    for await (const entry of entries) {
      count += 1;
      if (count > limits.entries) throw new Refused(`more than ${limits.entries} entries`);
      const found = contentOf(entry.header);
      if (found === null) {
        entry.resume();
        continue;
      }
      if (found.kind === "link") {
        await take(found.path, Buffer.from(found.target));
        entry.resume();
      } else if (found.size <= limits.fileBytes && wants(found.path, found.size)) {
        await take(found.path, await bytesOf(entry as AsyncIterable<Uint8Array>, found.size));
      } else {
        entry.resume();
      }
    }
    await flowed;
    return broken === null ? { kind: "complete" } : refused(broken);
  } catch (error) {
    // Where the stream broke, the archive ended too early as a consequence.
    const reason = error instanceof Refused ? error : (broken ?? error);
    source.destroy();
    await flowed;
    return refused(reason);
  }
}

function refused(error: unknown): ArchiveEnd {
  return { kind: "refused", reason: error instanceof Error ? error.message : String(error) };
}

function atMost(limit: number, what: string): Transform {
  let count = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      count += chunk.length;
      if (count > limit) done(new Refused(`more than ${limit} ${what}`));
      else done(null, chunk);
    },
  });
}

type ArchivedContent =
  | { readonly kind: "file"; readonly path: string; readonly size: number }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

/** null = a directory. */
function contentOf({ name, type, size = 0, linkname }: Header): ArchivedContent | null {
  if (type === "directory") return null;
  const path = pathIn(name);
  if (type === "symlink") return { kind: "link", path, target: linkname ?? "" };
  if (type === "file" || type === "contiguous-file") return { kind: "file", path, size };
  throw new Refused(`${JSON.stringify(name)} is a ${type}`);
}

/** The path in the repository: without the directory that GitHub puts around it. */
function pathIn(name: string): string {
  const [around, ...parts] = name.split("/");
  const clean = parts.length > 0 && parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (!clean || around === "" || around === "..") {
    throw new Refused(`${JSON.stringify(name)} does not lie in the archive's directory`);
  }
  return parts.join("/");
}

async function bytesOf(entry: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  for await (const chunk of entry) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes;
}
