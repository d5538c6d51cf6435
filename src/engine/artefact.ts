import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { brotliDecompress } from "node:zlib";
import { limitMemory } from "./memory-limit.ts";

/** The folder of the committed module; the same from src/engine and from dist/engine. */
const FOLDER = new URL("../../engine/", import.meta.url);

/** The renderer's artefact is absent or is not what its recorded digest says: nothing can be rendered. */
export class ArtefactError extends Error {
  override readonly name = "ArtefactError";
}

/** SHA-256, in hex, of the module as `engine/engine.sha256` records it; known without unpacking the module. */
export async function recordedDigest(folder: URL = FOLDER): Promise<string> {
  const line = await read(new URL("engine.sha256", folder));
  const digest = /^[0-9a-f]{64}(?=\s)/.exec(line.toString("utf8"))?.[0];
  if (digest === undefined)
    throw new ArtefactError("engine/engine.sha256 does not begin with a SHA-256 digest");
  return digest;
}

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/**
 * Unpacks, checks and compiles the module, once in a process.
 *
 * @param memoryBytes most memory an instance may have; Go writes no maximum into the module, so it is added here,
 *   after the check of the digest
 */
export function compileArtefact(
  digest: string,
  memoryBytes: number,
  folder: URL = FOLDER,
): Promise<WebAssembly.Module> {
  const key = `${folder.href} ${digest} ${memoryBytes}`;
  const module = compiled.get(key) ?? compile(digest, memoryBytes, folder);
  compiled.set(key, module);
  return module;
}

async function compile(digest: string, memoryBytes: number, folder: URL): Promise<WebAssembly.Module> {
  const module = await unpack(await read(new URL("engine.wasm.br", folder)));
  const found = createHash("sha256").update(module).digest("hex");
  if (found !== digest)
    throw new ArtefactError(`engine/engine.wasm.br has digest ${found}, expected ${digest}`);
  // Optimising hot functions in the background costs more than a review's few renders gain.
  setFlagsFromString("--wasm-tiering-budget=100000000");
  return await WebAssembly.compile(limitMemory(module, memoryBytes));
}

async function read(file: URL): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new ArtefactError(`${fileURLToPath(file)} cannot be read`, { cause });
  }
}

async function unpack(compressed: Buffer): Promise<Uint8Array> {
  try {
    return await promisify(brotliDecompress)(compressed);
  } catch (cause) {
    throw new ArtefactError("engine/engine.wasm.br cannot be unpacked", { cause });
  }
}
