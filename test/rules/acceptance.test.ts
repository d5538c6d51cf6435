import { beforeAll, describe, expect, test } from "@jest/globals";
import { type Acceptance, acceptancesOf } from "../../src/rules/acceptance.ts";
import { type Approval, approvalOf } from "../../src/rules/approval.ts";
import { builtInRules } from "../../src/rules/catalogue/load-rules.ts";
import type { Finding } from "../../src/rules/finding.ts";
import type { Judgement } from "../../src/rules/judge.ts";
import type { RuleSet } from "../../src/rules/rules.ts";
import type { Unknown } from "../../src/targets/unknown.ts";
import { judgeSides, type SideUnknowns, sidesOf } from "./rule-example.ts";

let rules: RuleSet;

beforeAll(async () => {
  rules = await builtInRules();
});

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example.com/web:1"}]}
`;

function policy(name: string, egress: string, selector = "{}"): string {
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}, namespace: shop}
spec: {podSelector: ${selector}, policyTypes: [Egress], egress: ${egress}}
`;
}

function addresses(...cidrs: readonly string[]): string {
  return `[{to: [${cidrs.map((cidr) => `{ipBlock: {cidr: ${cidr}}}`).join(", ")}], ports: [{port: 443}]}]`;
}

function all(...documents: readonly string[]): string {
  return documents.join("---\n");
}

const DENY = policy("deny", "[]");
const POLICY_DIGEST = "policy";

interface Change {
  readonly base: string;
  readonly head: string;
  readonly unknowns?: SideUnknowns;
  readonly inputs?: string;
}

function judged(
  { base, head, unknowns, inputs }: Change,
  approvals: readonly Approval[] = [],
  settings: { readonly observes?: boolean; readonly policyDigest?: string } = {},
): Promise<Judgement> {
  const acceptance = { approvals, policyDigest: settings.policyDigest ?? POLICY_DIGEST, podCIDRs: [] };
  return judgeSides(sidesOf(base, head), rules, settings, {
    acceptance,
    ...(unknowns === undefined ? {} : { unknowns }),
    ...(inputs === undefined ? {} : { inputs }),
  });
}

const GIVEN = {
  policyDigest: POLICY_DIGEST,
  approver: "alice",
  reason: "until the partner moves",
  at: "2026-01-01T00:00:00Z",
  head: "1".repeat(40),
  self: false,
};

function stopping({ findings }: Judgement): readonly Finding[] {
  return findings.filter(({ severity }) => severity === "block" || severity === "undecided");
}

/** Everything that stops a change, accepted. */
async function accepted(change: Change): Promise<readonly Approval[]> {
  return stopping(await judged(change)).map((finding) => approvalOf(finding, GIVEN));
}

const OPENED: Change = {
  base: all(WEB, DENY),
  head: all(WEB, DENY, policy("partner", addresses("12.0.0.0/7"))),
};

describe("an accepted finding", () => {
  test("keeps its severity and decides nothing", async () => {
    const before = await judged(OPENED);
    expect(before).toMatchObject({ verdict: "block", voidApprovals: [] });
    const after = await judged(OPENED, await accepted(OPENED));
    expect(after.verdict).toBe("pass");
    expect(after.findings.map(({ handle, severity }) => [handle, severity])).toEqual(
      before.findings.map(({ handle, severity }) => [handle, severity]),
    );
    expect(stopping(after).map(({ approval }) => approval?.approver)).toEqual(["alice"]);
    expect(after.controls).toEqual(before.controls);
  });

  test("leaves the others to decide", async () => {
    const change = {
      ...OPENED,
      head: all(OPENED.head, policy("metadata", addresses("169.254.169.254/32"))),
    };
    const approvals = await accepted(OPENED);
    const { verdict, findings } = await judged(change, approvals);
    expect(verdict).toBe("block");
    expect(findings.map(({ rule, approval }) => [rule, approval !== null])).toContainEqual([
      "EGR-301",
      false,
    ]);
  });

  test("is accepted in less, too", async () => {
    const change = {
      ...OPENED,
      head: all(WEB, DENY, policy("partner", addresses("12.0.0.0/7"), "{matchLabels: {app: web}}")),
    };
    expect((await judged(change, await accepted(OPENED))).verdict).toBe("pass");
  });

  test("is not accepted in more: the approval is void, and said to be", async () => {
    const change = {
      ...OPENED,
      head: all(WEB, DENY, policy("partner", addresses("12.0.0.0/7", "14.0.0.0/9"))),
    };
    const { verdict, findings, voidApprovals } = await judged(change, await accepted(OPENED));
    expect(verdict).toBe("block");
    expect(findings.every(({ approval }) => approval === null)).toBe(true);
    expect(voidApprovals.map(({ why }) => why)).toEqual(["grew"]);
  });

  test("is not accepted under another policy", async () => {
    const { verdict, voidApprovals } = await judged(OPENED, await accepted(OPENED), {
      policyDigest: "stricter",
    });
    expect(verdict).toBe("block");
    expect(voidApprovals.map(({ why }) => why)).toEqual(["policy-changed"]);
  });

  test("that is gone leaves nothing to say of its approval", async () => {
    const { verdict, voidApprovals } = await judged({ ...OPENED, head: OPENED.base }, await accepted(OPENED));
    expect({ verdict, voidApprovals }).toEqual({ verdict: "pass", voidApprovals: [] });
  });

  test("is accepted by the first of those that hold, in whatever order they were read", async () => {
    const [one] = await accepted(OPENED);
    if (one === undefined) throw new Error("nothing blocks");
    const approvals: readonly Approval[] = [
      { ...one, approver: "bob", at: "2026-01-02T00:00:00Z" },
      { ...one, approver: "carol", at: "2025-12-01T00:00:00Z", self: true },
      { ...one, approver: "dave", policyDigest: "old" },
      one,
    ];
    for (const order of [approvals, approvals.toReversed()]) {
      const { findings, voidApprovals } = await judged(OPENED, order);
      expect(findings.flatMap(({ approval }) => approval?.approver ?? [])).toEqual(["alice"]);
      expect(voidApprovals).toEqual([]);
    }
  });

  test("cannot be a warning or a note", () => {
    const finding = {
      fingerprint: "f",
      severity: "warn",
      extent: { kind: "fact", digest: "1" },
      cause: null,
    } as Finding;
    const acceptance: Acceptance = {
      approvals: [approvalOf(finding, GIVEN)],
      policyDigest: "policy",
      podCIDRs: [],
    };
    const blocking: Finding = { ...finding, severity: "block" };
    const answers = acceptancesOf([finding, blocking], acceptance);
    expect(answers.get(finding)).toEqual({ approval: null, voided: [] });
    expect(answers.get(blocking)?.approval).not.toBeNull();
  });
});

describe("one region", () => {
  const anything: Change = { base: all(WEB, DENY), head: all(WEB, DENY, policy("partner", "[{}]")) };

  test("is one approval: what other rules say of it is accepted with the one that leads", async () => {
    const [lead, ...others] = await accepted(anything);
    if (lead === undefined) throw new Error("nothing blocks");
    expect(others.length).toBeGreaterThan(1);
    const { verdict, findings } = await judged(anything, [lead]);
    expect(verdict).toBe("pass");
    const stops = stopping({ findings } as Judgement);
    expect(stops.map(({ approval }) => approval?.fingerprint)).toEqual(stops.map(() => lead.fingerprint));
  });

  test("is not accepted by a finding that speaks of less of it", async () => {
    const narrow = stopping(await judged(anything)).find(({ rule }) => rule === "EGR-301");
    if (narrow === undefined) throw new Error("no 301");
    const approval = approvalOf(narrow, GIVEN);
    const extent: Approval["extent"] = {
      kind: "regions",
      declared: [],
      workloads: {
        "shop/Deployment/web": [
          { destination: { kind: "ip", cidrs: ["169.254.169.254/32"] }, protocol: "TCP", ports: "80" },
        ],
      },
    };
    const { verdict } = await judged(anything, [{ ...approval, extent }]);
    expect(verdict).toBe("block");
  });

  test("of another object is another approval", async () => {
    const two = { ...anything, head: all(anything.head, policy("other", addresses("12.0.0.0/7"))) };
    const [lead] = await accepted(anything);
    if (lead === undefined) throw new Error("nothing blocks");
    const { verdict, findings } = await judged(two, [lead]);
    const open = stopping({ findings } as Judgement).filter(({ approval }) => approval === null);
    const objects = new Set(open.map(({ cause }) => cause?.manifest?.object.metadata.name));
    expect({ verdict, objects }).toEqual({ verdict: "block", objects: new Set(["other"]) });
  });
});

describe("T12", () => {
  test("base gains isolation: the same finding now means more than the /7 that was accepted", async () => {
    // At first another policy already opens all but 12.0.0.0/7, and the change adds that much only.
    const rest = [
      "0.0.0.0/5",
      "8.0.0.0/6",
      "14.0.0.0/7",
      "16.0.0.0/4",
      "32.0.0.0/3",
      "64.0.0.0/2",
      "128.0.0.0/1",
    ];
    const standing = policy("standing", addresses(...rest));
    const everything = policy("partner", addresses("0.0.0.0/0"));
    const first: Change = { base: all(WEB, standing), head: all(WEB, standing, everything) };
    const approvals = await accepted(first);
    expect(approvals).toHaveLength(1);
    expect((await judged(first, approvals)).verdict).toBe("pass");
    const second: Change = { base: all(WEB, DENY), head: all(WEB, DENY, everything) };
    const { verdict, findings, voidApprovals } = await judged(second, approvals);
    expect(findings.map(({ fingerprint }) => fingerprint)).toContain(approvals[0]?.fingerprint);
    expect({ verdict, why: voidApprovals.map(({ why }) => why) }).toEqual({
      verdict: "block",
      why: ["grew"],
    });
  });
});

function unread(partial: Partial<Unknown>): Unknown {
  return {
    code: "render-failed",
    id: "render-failed:guard:guard",
    target: "guard",
    subject: "charts/guard",
    detail: "",
    bound: { namespaces: ["shop"], kinds: null },
    selectorKeys: null,
    digest: "1",
    content: "tree",
    place: null,
    ...partial,
  };
}

describe("something unread", () => {
  const STANDING = all(WEB, DENY);
  const change = (to: Partial<Unknown>, head = STANDING): Change => ({
    base: STANDING,
    head,
    unknowns: { base: [unread({})], head: [unread(to)] },
  });

  test("is accepted in the version that was accepted, with the unknowns of its handle", async () => {
    const approvals = await accepted(change({ digest: "2" }));
    expect(approvals.map(({ extent }) => extent.kind)).toEqual(["unknown"]);
    expect((await judged(change({ digest: "2" }))).verdict).toBe("undecided");
    expect((await judged(change({ digest: "2" }), approvals)).verdict).toBe("pass");
    const next = await judged(change({ digest: "3" }), approvals);
    expect({ verdict: next.verdict, why: next.voidApprovals.map(({ why }) => why) }).toEqual({
      verdict: "undecided",
      why: ["grew"],
    });
  });

  test("is not accepted where it may touch more", async () => {
    const approvals = await accepted(change({ digest: "2" }));
    const wider = change({ digest: "2", bound: { namespaces: null, kinds: null } });
    expect((await judged(wider, approvals)).verdict).toBe("undecided");
  });

  test("that gave up on the input is accepted for that input alone", async () => {
    const limited: Change = {
      base: STANDING,
      head: STANDING,
      unknowns: { base: [], head: [unread({ code: "resource-limit" })] },
      inputs: "one",
    };
    const approvals = await accepted(limited);
    expect(approvals).toHaveLength(1);
    expect((await judged(limited, approvals)).verdict).toBe("pass");
    expect((await judged({ ...limited, inputs: "two" }, approvals)).verdict).toBe("undecided");
  });
});

describe("an environment that observes", () => {
  test("blocks nothing, and says what it would do", async () => {
    const { verdict, observed, findings } = await judged(OPENED, [], { observes: true });
    expect({ verdict, observed }).toEqual({ verdict: "pass", observed: "block" });
    expect(findings.every((finding) => finding.observed)).toBe(true);
    expect(stopping({ findings } as unknown as Judgement)).not.toEqual([]);
  });

  test("would be undecided where something is unread", async () => {
    const change: Change = {
      base: all(WEB, DENY),
      head: all(WEB, DENY),
      unknowns: { base: [unread({})], head: [unread({ digest: "2" })] },
    };
    const { verdict, observed } = await judged(change, [], { observes: true });
    expect({ verdict, observed }).toEqual({ verdict: "pass", observed: "undecided" });
  });

  test("has nothing to say of what somebody accepted, nor where nothing is wrong", async () => {
    const settled = await judged(OPENED, await accepted(OPENED), { observes: true });
    expect({ verdict: settled.verdict, observed: settled.observed }).toEqual({
      verdict: "pass",
      observed: null,
    });
    expect((await judged({ ...OPENED, head: OPENED.base }, [], { observes: true })).observed).toBeNull();
    expect((await judged(OPENED)).observed).toBeNull();
  });
});
