// What the artefact is made of, for build.mjs and for the test that tells, without Go, whether it is current.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const GO = "go1.26.8";
export const HELM = "v4.3.1";
export const KUSTOMIZE = "v5.8.2";

const folders = ["", "stubs", "kustomize-patch"];
/** @param {string} name */
const isSource = (name) => /\.(go|mod|sum)$/.test(name) || name === "replacements.json";

/**
 * @param {string} engine
 * @param {string} folder
 */
function sourcesBelow(engine, folder) {
  return readdirSync(join(engine, folder), { withFileTypes: true, recursive: folder !== "" })
    .filter((entry) => entry.isFile() && isSource(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(engine, "/").length));
}

/**
 * SHA-256 over the versions and over the path and content of every source, in byte order of the paths.
 *
 * @param {string} engine the folder of the engine
 */
export function sourceDigest(engine) {
  const hash = createHash("sha256").update(`${GO}\0${HELM}\0${KUSTOMIZE}\0`);
  const paths = folders.flatMap((folder) => sourcesBelow(engine, folder)).map((path) => path.replaceAll("\\", "/"));
  for (const path of paths.sort()) hash.update(`${path}\0`).update(readFileSync(join(engine, path))).update("\0");
  return hash.digest("hex");
}
