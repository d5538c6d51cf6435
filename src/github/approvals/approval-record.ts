import { createHmac, timingSafeEqual } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";
import { region } from "../../report/review/schema.ts";
import type { Approval } from "../../rules/approval.ts";
import type { RegionLine } from "../../surface/surface.ts";
import { canonicalJson } from "../../targets/files/digest.ts";

/**
 * An approval as it stands in a check run of the App: base64 of deflated JSON over repository, head and approval, with a
 * MAC. It is good for this one commit of this one repository; each head that it carries to has a record of its own
 * (threat T12). The database holds nothing of it.
 */
export interface ApprovalPlace {
  /** Id of the repository. */
  readonly repository: number;
  /** Commit whose check run holds it. */
  readonly head: string;
}

export type OpenedRecord =
  | { readonly kind: "approval"; readonly approval: Approval }
  | { readonly kind: "refused"; readonly why: RecordRefusal };

export type RecordRefusal =
  /** Written by a later version, or made up. */
  | "version"
  /** Edited, forged, or signed with a key that the App no longer has. */
  | "signature"
  /** Copied from elsewhere. */
  | "repository"
  | "head"
  /** Signed by us and still not what this version understands. */
  | "unreadable";

const VERSION = 1;
const MAXIMUM_BYTES = 4 * 1024 * 1024;

export const RECORD = /<!-- egress-review:approval:(\d{1,9}):([A-Za-z0-9+/=]+):([0-9a-f]{64}) -->/g;

export function sealApproval(key: Uint8Array, place: ApprovalPlace, approval: Approval): string {
  const { repository, head } = place;
  const json = canonicalJson({ repository, head, approval });
  const content = deflateRawSync(json).toString("base64");
  return `<!-- egress-review:approval:${VERSION}:${content}:${signature(key, content).toString("hex")} -->`;
}

/** All records of a text, each opened or refused; `place` is where the text was read. */
export function openApprovals(key: Uint8Array, place: ApprovalPlace, text: string): readonly OpenedRecord[] {
  return [...text.matchAll(RECORD)].map(([, version, content = "", mac = ""]) =>
    open(key, place, { version: Number(version), content, mac }),
  );
}

function open(
  key: Uint8Array,
  place: ApprovalPlace,
  record: { readonly version: number; readonly content: string; readonly mac: string },
): OpenedRecord {
  if (record.version !== VERSION) return { kind: "refused", why: "version" };
  // Nothing of it is read before this.
  if (!timingSafeEqual(signature(key, record.content), Buffer.from(record.mac, "hex"))) {
    return { kind: "refused", why: "signature" };
  }
  const sealed = contentOf(record.content);
  if (sealed === null) return { kind: "refused", why: "unreadable" };
  if (sealed.repository !== place.repository) return { kind: "refused", why: "repository" };
  if (sealed.head !== place.head) return { kind: "refused", why: "head" };
  return { kind: "approval", approval: sealed.approval };
}

function signature(key: Uint8Array, content: string): Buffer {
  return createHmac("sha256", key).update(`egress-review:approval:${VERSION}:${content}`).digest();
}

const regionLine = z.custom<RegionLine>((value) => region.safeParse(value).success);

const regions = { workloads: z.record(z.string(), z.array(regionLine)), declared: z.array(z.string()) };

const approvalSchema = z.strictObject({
  fingerprint: z.string(),
  policyDigest: z.string(),
  extent: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("regions"), ...regions }),
    z.strictObject({ kind: z.literal("unknown"), sources: z.record(z.string(), z.string()), ...regions }),
    z.strictObject({ kind: z.literal("fact"), digest: z.string() }),
  ]),
  approver: z.string(),
  reason: z.string(),
  at: z.string(),
  head: z.string(),
  self: z.boolean(),
}) satisfies z.ZodType<Approval>;

const sealedSchema = z.strictObject({ repository: z.number(), head: z.string(), approval: approvalSchema });

function contentOf(content: string): z.infer<typeof sealedSchema> | null {
  try {
    const json = inflateRawSync(Buffer.from(content, "base64"), { maxOutputLength: MAXIMUM_BYTES });
    return sealedSchema.safeParse(JSON.parse(json.toString("utf8"))).data ?? null;
  } catch {
    return null;
  }
}
