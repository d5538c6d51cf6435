import { createHash, type Hash } from "node:crypto";

/** The hash function of a repository's object names (`git rev-parse --show-object-format`). */
export type ObjectFormat = "sha1" | "sha256";

/** git's name of a file's content: a hash over `blob SIZE`, a zero byte and the bytes. */
export function blobId(content: Uint8Array, format: ObjectFormat = "sha1"): string {
  return blobHash(content.length, format).update(content).digest("hex");
}

/** The same, to be fed in pieces. */
export function blobHash(size: number, format: ObjectFormat): Hash {
  return createHash(format).update(`blob ${size}\0`);
}
