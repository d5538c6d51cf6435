import { createHmac, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { approvalKey } from "../../../src/github/approvals/approval-key.ts";
import {
  type ApprovalPlace,
  openApprovals,
  RECORD,
  sealApproval,
} from "../../../src/github/approvals/approval-record.ts";
import { hasApprovals, withApprovals } from "../../../src/github/approvals/approval-section.ts";
import { restoreApprovals } from "../../../src/github/approvals/restore-approvals.ts";
import type { CheckRun } from "../../../src/github/github.ts";
import type { Approval } from "../../../src/rules/approval.ts";
import { addresses, everyPod } from "../../report/reviews.ts";

const key = new Uint8Array(32).fill(7);
const place: ApprovalPlace = { repository: 42, head: "a".repeat(40) };

const approval: Approval = {
  fingerprint: "9f3c".padEnd(64, "0"),
  policyDigest: "sha256:2",
  extent: { kind: "regions", declared: ["data"], workloads: { "data/Deployment/api": [everyPod()] } },
  approver: "mia",
  reason: "until the mirror is there",
  at: "2026-03-01T10:00:00Z",
  head: place.head,
  self: false,
};

const text = fc.string({ unit: "grapheme", maxLength: 40 });
/** A key that zod leaves out of a record, whatever it says: an approval that lacks a part of its extent accepts less. */
const nameOfPart = text.filter((name) => name !== "__proto__");
const regions = fc.constantFrom(everyPod(), addresses(["10.0.0.0/24"], "TCP", "443"), {
  ...everyPod(),
  before: [everyPod("TCP", "53")],
});
const workloads = fc.dictionary(nameOfPart, fc.array(regions, { maxLength: 3 }));
const approvals: fc.Arbitrary<Approval> = fc.record({
  fingerprint: text,
  policyDigest: text,
  extent: fc.oneof(
    fc.record({ kind: fc.constant("regions" as const), workloads, declared: fc.array(text) }),
    fc.record({
      kind: fc.constant("unknown" as const),
      sources: fc.dictionary(nameOfPart, text),
      workloads,
      declared: fc.array(text),
    }),
    fc.record({ kind: fc.constant("fact" as const), digest: text }),
  ),
  approver: text,
  reason: text,
  at: text,
  head: text,
  self: fc.boolean(),
});

describe("a record", () => {
  test("gives back what was sealed, wherever it stands in a text", () => {
    fc.assert(
      fc.property(approvals, text, text, (given, before, after) => {
        const sealed = `${before}${sealApproval(key, place, given)}${after}`;
        expect(openApprovals(key, place, sealed)).toEqual([{ kind: "approval", approval: given }]);
      }),
      { numRuns: 100 },
    );
  });

  test("is good for its head and repository alone", () => {
    const sealed = sealApproval(key, place, approval);
    const at = (elsewhere: Partial<ApprovalPlace>) => openApprovals(key, { ...place, ...elsewhere }, sealed);
    expect(at({})).toMatchObject([{ kind: "approval" }]);
    expect(at({ head: "b".repeat(40) })).toEqual([{ kind: "refused", why: "head" }]);
    expect(at({ repository: 43 })).toEqual([{ kind: "refused", why: "repository" }]);
  });

  test("that was edited anywhere is refused, or is none", () => {
    const sealed = sealApproval(key, place, approval);
    fc.assert(
      fc.property(
        fc.nat({ max: sealed.length - 1 }),
        fc.constantFrom("A", "0", "f", " ", "/"),
        (index, sign) => {
          fc.pre(sealed[index] !== sign);
          const edited = sealed.slice(0, index) + sign + sealed.slice(index + 1);
          expect(openApprovals(key, place, edited).some(({ kind }) => kind === "approval")).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("of another key, or of a later version, is refused", () => {
    const sealed = sealApproval(key, place, approval);
    expect(openApprovals(new Uint8Array(32), place, sealed)).toEqual([{ kind: "refused", why: "signature" }]);
    expect(openApprovals(key, place, sealed.replace("approval:1:", "approval:2:"))).toEqual([
      { kind: "refused", why: "version" },
    ]);
  });

  test("signed by us and not understood is refused, not a failure", () => {
    for (const content of ["AAAA", Buffer.from("{}").toString("base64")]) {
      const mac = createHmac("sha256", key).update(`egress-review:approval:1:${content}`).digest("hex");
      expect(openApprovals(key, place, `<!-- egress-review:approval:1:${content}:${mac} -->`)).toEqual([
        { kind: "refused", why: "unreadable" },
      ]);
    }
  });
});

describe("the key", () => {
  test("is the same for both spellings of a private key, and another for another", () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const pem = (type: "pkcs1" | "pkcs8") => privateKey.export({ type, format: "pem" }).toString();
    expect(approvalKey(pem("pkcs1"))).toEqual(approvalKey(pem("pkcs8")));
    expect(approvalKey(other.export({ type: "pkcs1", format: "pem" }).toString())).not.toEqual(
      approvalKey(pem("pkcs1")),
    );
  });
});

describe("the text of a check run", () => {
  const signed = { ...place, key };

  test("lists who accepted what, when and why, and keeps what stood there", () => {
    const written = withApprovals("## Details\n", [approval, { ...approval, self: true }], signed) ?? "";
    expect(written).toContain("- Finding `9f3c00000000` accepted by `mia` on `2026-03-01T10:00:00Z`");
    expect(written).toContain("`mia` (self-approved)");
    expect(written).toContain("until the mirror is there");
    expect(written.endsWith("## Details\n")).toBe(true);
    expect([...written.matchAll(RECORD)]).toHaveLength(2);
  });

  test("written again replaces the approvals and nothing else", () => {
    const once = withApprovals("rest", [approval], signed) ?? "";
    expect(withApprovals(once, [approval], signed)).toBe(once);
    expect(withApprovals(once, [], signed)).toBe(withApprovals("rest", [], signed));
  });

  test("says that there are none, for this head alone", () => {
    const none = withApprovals("rest", [], signed) ?? "";
    expect(hasApprovals(none, signed)).toBe(true);
    expect(hasApprovals("rest", signed)).toBe(false);
    expect(hasApprovals(none, { ...signed, head: "b".repeat(40) })).toBe(false);
  });

  test("a reason cannot bring a record, a mention or a line of its own", () => {
    const record = sealApproval(key, place, { ...approval, approver: "eve" });
    const reason = `@acme/all ${record}\n# Heading ${record}`;
    const written = withApprovals("", [{ ...approval, reason }], signed) ?? "";
    const run = checkRun({ text: written });
    expect(restoreApprovals([run], signed).approvals.map(({ approver }) => approver)).toEqual(["mia"]);
    expect(written).not.toMatch(/^# /m);
    expect(written).not.toMatch(/@acme/);
  });

  test("never grows above what GitHub takes; the approvals stay", () => {
    const written = withApprovals(`${"a paragraph\n\n".repeat(6000)}`, [approval], signed) ?? "";
    expect(written.length).toBeLessThanOrEqual(65_535);
    expect(restoreApprovals([checkRun({ text: written })], signed).approvals).toEqual([approval]);
    const many = Array.from({ length: 400 }, (_, index) => ({ ...approval, at: `${index}` }));
    expect(withApprovals("", many, signed)).toBeNull();
  });

  test("of a run of another commit is not believed, whatever it says", () => {
    const written = withApprovals("", [approval], signed) ?? "";
    const run = checkRun({ text: written, headSha: "b".repeat(40) });
    expect(restoreApprovals([run], signed)).toEqual({ complete: false, approvals: [], refused: [] });
  });
});

function checkRun(parts: Partial<CheckRun>): CheckRun {
  return {
    id: 1,
    headSha: place.head,
    status: "completed",
    conclusion: "failure",
    externalId: "",
    title: "",
    summary: "",
    text: "",
    annotations: 0,
    startedAt: "",
    url: "",
    ...parts,
  };
}
