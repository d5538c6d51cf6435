import { describe, expect, test } from "@jest/globals";
import type { Configuration } from "../../../src/config/config.ts";
import { parseConfiguration } from "../../../src/config/parse-configuration.ts";
import { readPolicy } from "../../../src/github/governance/base-policy.ts";
import { selfApproval } from "../../../src/github/governance/self-approval.ts";
import { treeOf } from "../commands/shop.ts";

const FILE = ".egress-review.yaml";
const policyOf = (repository: string | null, organisation: string | null) =>
  readPolicy({
    baseTree: treeOf(repository === null ? {} : { [FILE]: repository }),
    organisationTree: organisation === null ? null : treeOf({ [FILE]: organisation }),
  });

describe("the policy of a base branch", () => {
  test("of no file is the default, and has a digest", async () => {
    const policy = await policyOf(null, null);
    expect(policy).toMatchObject({ kind: "policy", organisation: null, ignored: [] });
    expect(policy).toMatchObject({ digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test("a repository does not loosen the organisation's, and is told so", async () => {
    const lab = (production: boolean) =>
      `environments:\n  lab:\n    roots: [lab]\n    production: ${production}\n`;
    const policy = await policyOf(lab(false), lab(true));
    if (policy.kind !== "policy") throw new Error(policy.kind);
    expect(policy.configuration.environments.get("lab")?.marks.production).toBe(true);
    expect(policy.ignored).toMatchObject([{ path: FILE, line: 4 }]);
  });

  test("a file that does not parse is named with its line, whoever's it is; nothing takes its place", async () => {
    const policy = await policyOf("contact: x\nenvironment: {}\n", "contact: [\n");
    if (policy.kind !== "invalid") throw new Error(policy.kind);
    expect(policy.problems.map(({ source, line }) => [source, line])).toEqual(
      expect.arrayContaining([["repository", 2]]),
    );
    expect(policy.problems.some(({ source }) => source === "organisation")).toBe(true);
  });
});

describe("self-approval", () => {
  const of = (text: string): Configuration => {
    const parsed = parseConfiguration(text, FILE);
    if (!("environments" in parsed)) throw new Error("invalid");
    return parsed;
  };

  test("is off unless base records it, and the organisation has the last word", () => {
    const recorded = of("approvals: { self: recorded }");
    expect(selfApproval(of(""), null)).toBe("off");
    expect(selfApproval(recorded, null)).toBe("recorded");
    expect(selfApproval(recorded, of("approvals: { forbidSelf: true }"))).toBe("off");
    expect(selfApproval(of("approvals: { self: recorded, forbidSelf: true }"), null)).toBe("off");
  });
});
