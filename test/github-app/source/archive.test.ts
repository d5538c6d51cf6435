import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { type Header, pack } from "tar-stream";
import { type ArchiveEnd, readArchive } from "../../../src/github/source/archive.ts";
import { type ArchiveLimits, SOURCE_LIMITS } from "../../../src/github/source/source-limits.ts";

type TarEntry = Partial<Header> & { readonly name: string; readonly content?: string };

async function tar(entries: readonly TarEntry[]): Promise<Buffer> {
  const packed = pack();
  for (const { content = "", ...header } of entries) packed.entry(header, content);
  packed.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of packed) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

interface Read {
  readonly end: ArchiveEnd;
  readonly files: Readonly<Record<string, string>>;
}

async function read(
  archive: Uint8Array,
  limits: Partial<ArchiveLimits> = {},
  wants: (path: string, size: number) => boolean = () => true,
): Promise<Read> {
  const files: Record<string, string> = {};
  // In small pieces, as from a network: headers and contents are cut anywhere.
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < archive.length; at += 100) controller.enqueue(archive.subarray(at, at + 100));
      controller.close();
    },
  });
  const end = await readArchive(stream, {
    limits: { ...SOURCE_LIMITS.archive, ...limits },
    wants,
    take: async (path, bytes) => {
      files[path] = Buffer.from(bytes).toString();
    },
  });
  return { end, files };
}

const GOOD: readonly TarEntry[] = [
  { name: "acme-gitops-1234567/", type: "directory" },
  { name: "acme-gitops-1234567/a", content: "content" },
  { name: "acme-gitops-1234567/empty" },
  { name: "acme-gitops-1234567/link", type: "symlink", linkname: "../../etc/passwd" },
  {
    name: `acme-gitops-1234567/${"long/".repeat(60)}ü`,
    content: "pax",
    pax: { comment: "1234567" } as never,
  },
];

test("files, empty files, links as their targets, long names", async () => {
  expect(await read(gzipSync(await tar(GOOD)))).toEqual({
    end: { kind: "complete" },
    files: { a: "content", empty: "", link: "../../etc/passwd", [`${"long/".repeat(60)}ü`]: "pax" },
  });
});

test("what is not wanted is read over", async () => {
  const { end, files } = await read(gzipSync(await tar(GOOD)), {}, (path) => path === "empty");
  expect(end.kind).toBe("complete");
  expect(Object.keys(files)).toEqual(["empty", "link"]);
});

test("a file larger than it may be is read over", async () => {
  const { end, files } = await read(gzipSync(await tar(GOOD)), { fileBytes: 5 });
  expect(end.kind).toBe("complete");
  expect(files["a"]).toBeUndefined();
});

describe("refused whole", () => {
  test.each<[string, TarEntry]>([
    ["a name that leaves the archive", { name: "acme-gitops-1234567/../../etc/passwd", content: "x" }],
    ["a name that begins at the root", { name: "/etc/passwd", content: "x" }],
    ["a file beside the directory", { name: "passwd", content: "x" }],
    ["a name with nothing between slashes", { name: "acme-gitops-1234567//a", content: "x" }],
    ["a link that leaves by its own name", { name: "../a", type: "symlink", linkname: "x" }],
    ["a hard link", { name: "acme-gitops-1234567/hard", type: "link", linkname: "acme-gitops-1234567/a" }],
    ["a device", { name: "acme-gitops-1234567/device", type: "character-device", devmajor: 1, devminor: 3 }],
    ["a block device", { name: "acme-gitops-1234567/device", type: "block-device" }],
    ["a FIFO", { name: "acme-gitops-1234567/fifo", type: "fifo" }],
  ])("%s", async (_, entry) => {
    const after = { name: "acme-gitops-1234567/after", content: "after" };
    const { end, files } = await read(gzipSync(await tar([...GOOD, entry, after])));
    expect(end.kind).toBe("refused");
    expect(files["after"]).toBeUndefined();
    expect(files["a"]).toBe("content");
  });

  test.each<[string, Partial<ArchiveLimits>, string]>([
    ["more entries than there may be", { entries: 3 }, "more than 3 entries"],
    ["more bytes than there may be", { bytes: 2_000 }, "more than 2000 bytes"],
    ["more compressed bytes than there may be", { compressedBytes: 100 }, "more than 100 compressed bytes"],
  ])("%s", async (_, limits, reason) => {
    expect((await read(gzipSync(await tar(GOOD)), limits)).end).toEqual({ kind: "refused", reason });
  });

  test("a bomb, at the bytes that it may have", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const { end } = await read(bomb, { bytes: 1024 * 1024 });
    expect(end).toEqual({ kind: "refused", reason: "more than 1048576 bytes" });
  });

  test("an archive that is cut off, at any byte", async () => {
    const whole = gzipSync(await tar(GOOD));
    for (let length = 0; length < whole.length; length += 37) {
      expect((await read(whole.subarray(0, length))).end.kind).toBe("refused");
    }
  });

  test("what is no archive", async () => {
    expect((await read(Buffer.from("<html>"))).end.kind).toBe("refused");
    expect((await read(gzipSync("<html>".repeat(200)))).end.kind).toBe("refused");
  });

  test("a stream that breaks", async () => {
    const whole = gzipSync(await tar(GOOD));
    let sent = false;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) controller.error(new Error("reset"));
        else controller.enqueue(whole.subarray(0, 60));
        sent = true;
      },
    });
    const nothing = { limits: SOURCE_LIMITS.archive, wants: () => true, take: async () => {} };
    expect(await readArchive(stream, nothing)).toEqual({ kind: "refused", reason: "reset" });
  });

  test("by whoever takes it", async () => {
    const archive = gzipSync(await tar(GOOD));
    const stream = new Response(archive as Uint8Array<ArrayBuffer>).body as ReadableStream<Uint8Array>;
    const take = async () => {
      throw new Error("no room");
    };
    const end = await readArchive(stream, { limits: SOURCE_LIMITS.archive, wants: () => true, take });
    expect(end).toEqual({ kind: "refused", reason: "no room" });
  });
});
