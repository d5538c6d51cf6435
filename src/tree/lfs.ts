/** A pointer file is at most this long (github.com/git-lfs/git-lfs, docs/spec.md). */
const MAXIMUM_POINTER_BYTES = 1024;
const FIRST_LINE = /^version https:\/\/(git-lfs\.github\.com|hawser\.github\.com)\/spec\/v\d+\n/;

/** Whether a file is a Git LFS pointer, which means that its content is elsewhere. */
export function isLfsPointer(content: Uint8Array): boolean {
  if (content.length > MAXIMUM_POINTER_BYTES) return false;
  const text = new TextDecoder("latin1").decode(content);
  return FIRST_LINE.test(text) && /^oid sha256:[0-9a-f]{64}$/m.test(text) && /^size \d+$/m.test(text);
}
