import { MAXIMUM_FILE_BYTES } from "../../tree/tree.ts";

/** How much of one commit is asked for. Beyond the first two a commit cannot be reviewed; the others choose the way. */
export interface SourceLimits {
  /** Files, links and submodules of a tree. */
  readonly entries: number;
  /** Requests for the parts of a tree that GitHub does not list in one answer. */
  readonly listings: number;
  /** Requests in flight for one tree; GitHub asks for less than 100 of one installation. */
  readonly concurrency: number;
  /** So many blobs waiting, and the commit is fetched as one archive. */
  readonly archiveFrom: number;
  /** Only where all files together are at most this large. */
  readonly archiveTreeBytes: number;
  readonly archive: ArchiveLimits;
}

export interface ArchiveLimits {
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly entries: number;
  readonly fileBytes: number;
}

const MEBIBYTE = 1024 * 1024;

export const SOURCE_LIMITS: SourceLimits = {
  entries: 500_000,
  listings: 2_000,
  concurrency: 8,
  archiveFrom: 40,
  archiveTreeBytes: 256 * MEBIBYTE,
  archive: {
    compressedBytes: 256 * MEBIBYTE,
    bytes: 512 * MEBIBYTE,
    entries: 600_000,
    fileBytes: MAXIMUM_FILE_BYTES,
  },
};
