import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "@jest/globals";
import { sourceDigest } from "../../engine/sources.mjs";
import { compileArtefact, recordedDigest } from "../../src/engine/artefact.ts";
import { limitMemory } from "../../src/engine/memory-limit.ts";

const folder = fileURLToPath(new URL("../../engine/", import.meta.url));

test("the committed module was built from the sources beside it", async () => {
  const facts: unknown = JSON.parse(readFileSync(join(folder, "engine.json"), "utf8"));
  expect(facts).toMatchObject({ sources: sourceDigest(folder), module: await recordedDigest() });
});

test("a module that is absent, damaged or another one is refused", async () => {
  const copy = mkdtempSync(join(tmpdir(), "artefact-"));
  const url = pathToFileURL(`${copy}/`);
  try {
    await expect(recordedDigest(url)).rejects.toThrow("cannot be read");
    writeFileSync(join(copy, "engine.sha256"), "text\n");
    await expect(recordedDigest(url)).rejects.toThrow("does not begin with a SHA-256 digest");
    cpSync(join(folder, "engine.sha256"), join(copy, "engine.sha256"));
    const digest = await recordedDigest(url);
    await expect(compileArtefact(digest, 1, url)).rejects.toThrow("cannot be read");
    writeFileSync(join(copy, "engine.wasm.br"), "text");
    await expect(compileArtefact(digest, 2, url)).rejects.toThrow("cannot be unpacked");
    cpSync(join(folder, "engine.wasm.br"), join(copy, "engine.wasm.br"));
    await expect(compileArtefact("0".repeat(64), 1, url)).rejects.toThrow(`has digest ${digest}`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

test("the limit is written into the memory section, and only there", () => {
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const custom = [0, 2, 1, 65];
  const module = new Uint8Array([...head, ...custom, 5, 3, 1, 0, 2, ...custom]);
  const limited = (pages: number) => [...limitMemory(module, pages * 65_536)];
  expect(limited(300)).toEqual([...head, ...custom, 5, 5, 1, 1, 2, 0xac, 0x02, ...custom]);
  expect(limited(1)).toEqual([...head, ...custom, 5, 4, 1, 1, 2, 2, ...custom]);
  expect(() => limitMemory(new Uint8Array(head), 1)).toThrow("no memory");
});
