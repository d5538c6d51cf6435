import { describe, expect, test } from "@jest/globals";
import { clearedComment, needsComment, stickyComment } from "../../src/report/pull-request/sticky-comment.ts";
import { clearedBy, context } from "./context.ts";
import { situations } from "./pull-requests.ts";
import {
  addresses,
  blocked,
  delta,
  environment,
  everyPod,
  everything,
  finding,
  named,
  nothing,
  pods,
  review,
  unchanged,
  undecided,
  warned,
} from "./reviews.ts";

const gaining = (...added: Parameters<typeof delta>[1]["added"] & object) =>
  review({
    environments: [environment("production", { deltas: [delta("shop/Deployment/web", { added })] })],
  });

describe("a comment is written", () => {
  test.each([
    ["for a block", blocked, true],
    ["for what is undecided", undecided, true],
    ["for a warning", warned, true],
    ["for what would block", situations["observed"]?.review, true],
    ["for a new address outside", gaining(addresses(["198.51.100.7/32"], "TCP", "443")), true],
    ["for a new destination in another namespace", gaining(pods(named("data"), [], "TCP", "5432")), true],
    ["for every pod", gaining(everyPod("TCP", "443")), true],
    ["for everything", gaining(everything), true],
    ["not for a destination in the own namespace", gaining(pods(named("shop"), [], "TCP", "5432")), false],
    ["not for a private address", gaining(addresses(["10.0.0.7/32"], "TCP", "443")), false],
    ["not for what only narrows", situations["narrow"]?.review, false],
    ["not for a note", review({ findings: [finding("403", { severity: "note" })] }), false],
    ["not where nothing changes", unchanged, false],
    ["not where nothing is in scope", nothing, false],
  ])("%s", (_, one, expected) => {
    if (one === undefined) throw new RangeError("no such situation");
    expect(needsComment(one, { draft: false })).toBe(expected);
    expect(needsComment(one, { draft: true })).toBe(false);
  });
});

describe("what a reader may do", () => {
  const commentOf = (clearers: Parameters<typeof clearedBy>[0] | null) =>
    stickyComment(
      blocked,
      context({ clearers: clearers === null ? new Map() : clearedBy(clearers, "203-9f3c") }),
    );
  const COMMAND = "`/egress approve 203-9f3c d71b774 REASON`";

  test.each([
    [
      "people of the configuration",
      { kind: "people", names: ["acme/sec", "dana"], source: "configuration" },
      "**Or accept:** `acme/sec` and `dana` (approvers of the environment)",
    ],
    [
      "owners of the file",
      { kind: "people", names: ["acme/net"], source: "codeowners" },
      "**Or accept:** `acme/net` (owners of the file)",
    ],
    [
      "maintainers",
      { kind: "maintainers" },
      "**Or accept:** nobody is configured as approver, so anyone with maintain or admin",
    ],
    ["an author, recorded", { kind: "nobody", self: true }, "shown as self-approved everywhere"],
  ] as const)("%s: who, and the whole command", (_, clearers, words) => {
    expect(commentOf(clearers)).toContain(words);
    expect(commentOf(clearers)).toContain(COMMAND);
  });

  test.each([
    ["nobody is eligible", { kind: "nobody", self: false }, "`approvals: {self: recorded}`"],
    ["nobody is named", null, "**Cannot be accepted:** `203-9f3c`. Narrow what the change opens."],
  ] as const)("%s: no command that would be refused, but what is left", (_, clearers, words) => {
    expect(commentOf(clearers)).toContain(words);
    expect(commentOf(clearers)).not.toContain("/egress approve");
  });

  test("nothing is printed as a fix that was not evaluated", () => {
    expect(commentOf({ kind: "maintainers" })).not.toContain("**Fix");
    const { review: fixable, context: where } = situations["fixable"] ?? {
      review: blocked,
      context: context(),
    };
    expect(stickyComment(fixable, where)).toContain(
      "Checked: this review then passes, with 1 warning left (`204-51aa`).",
    );
  });

  test("what was accepted is told, and not to be accepted again", () => {
    const accepted = situations["accepted"]?.review ?? blocked;
    const other = finding("201", { handle: "201-0001", title: "Another" });
    const comment = stickyComment(
      { ...accepted, verdict: "block", findings: [...accepted.findings, other] },
      context({ clearers: clearedBy({ kind: "maintainers" }, "203-9f3c", "201-0001") }),
    );
    expect(comment).toContain("/egress approve 201-0001 ");
    expect(comment).not.toContain("/egress approve 203-9f3c");
    expect(comment).toContain("**Accepted**\n- `203-9f3c` new in-cluster wildcard: accepted by `dana`");
  });

  test.each([
    [
      "the resolver",
      finding("401", { severity: "warn", workloads: ["a/Deployment/x"] }),
      "a/Deployment/x -> dns",
    ],
    [
      "outside",
      finding("201", { workloads: ["a/Deployment/x"], destinations: ["x"], regions: [everything] }),
      "a/Deployment/x -> internet:443",
    ],
    [
      "nothing that a name could bend",
      finding("201", { workloads: ["a b/Deployment/x -> y"], destinations: ["x"], regions: [everything] }),
      "201-9f3c",
    ],
  ])("the question to copy asks about %s", (_, one, question) => {
    const comment = stickyComment(review({ verdict: "block", findings: [one] }), context());
    expect(comment).toContain(`Ask: \`/egress explain ${question}\` ·`);
  });

  test("nothing is asked of an author who cannot help", () => {
    const where = context({ fork: true, clearers: clearedBy({ kind: "maintainers" }, "000-41be") });
    expect(stickyComment(undecided, where)).toContain("the author need do nothing");
    const broken = situations["broken"]?.review ?? undecided;
    expect(stickyComment(broken, where)).not.toContain("the author need do nothing");
  });
});

test("limits of controls are told in the check, not in each comment", () => {
  expect(stickyComment(blocked, context())).not.toContain("live state of the cluster");
});

test("what is cleared is one line that names both commits and what is left", () => {
  const line = clearedComment({
    previousHead: `d71b774${"0".repeat(33)}`,
    head: `abc1234${"0".repeat(33)}`,
    review: warned,
    context: context(),
  });
  expect(line).toBe(
    "✅ **egress-review:** what was found at `d71b774` is gone since `abc1234`. 4 warnings left: namespace selector where the internet is meant, lost egress, deletion that is not pruned. See [the check](https://github.example.com/acme/platform/runs/7).\n",
  );
});
