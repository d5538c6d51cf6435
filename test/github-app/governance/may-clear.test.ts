import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Configuration } from "../../../src/config/config.ts";
import { parseConfiguration } from "../../../src/config/parse-configuration.ts";
import { clearersOf } from "../../../src/github/governance/clearers.ts";
import { parseCodeOwners } from "../../../src/github/governance/code-owners.ts";
import { type Clearance, mayClear } from "../../../src/github/governance/may-clear.ts";
import type { ClearingPolicy } from "../../../src/github/governance/requirements.ts";
import type { Writers } from "../../../src/github/governance/writers.ts";
import type { LocatedFinding } from "../../../src/report/report.ts";
import { BLOCKS, openShop, type Shop } from "../commands/shop.ts";

let here: Shop;
beforeEach(async () => {
  here = await openShop({
    permissions: {
      metadata: "read",
      contents: "read",
      checks: "write",
      pull_requests: "write",
      issues: "read",
      members: "read",
    },
  });
});

const NOBODY: Writers = { known: new Map(), unknown: [] };
const ANN: Writers = { known: new Map([["ann", "opener"]]), unknown: [] };

function policy(parts: {
  readonly approvers?: Readonly<Record<string, readonly string[]>>;
  readonly codeOwners?: string;
  readonly self?: "off" | "recorded";
}): ClearingPolicy {
  const { approvers = {}, codeOwners = "", self = "off" } = parts;
  const environments = Object.entries(approvers).map(
    ([name, names]) => `  ${name}: { roots: [x], approvers: ${JSON.stringify(names)} }`,
  );
  return {
    configuration: configuration(
      environments.length === 0 ? "" : `environments:\n${environments.join("\n")}`,
    ),
    codeOwners: parseCodeOwners(codeOwners),
    self,
  };
}

function configuration(text: string): Configuration {
  const parsed = parseConfiguration(text, ".egress-review.yaml");
  if (!("environments" in parsed)) throw new Error(JSON.stringify(parsed));
  return parsed;
}

const PRODUCTION = "clusters/production";

async function asks(
  login: keyof Shop["people"],
  rules: ClearingPolicy,
  writers: Writers = NOBODY,
  finding: LocatedFinding = BLOCKS,
): Promise<string> {
  const { id } = here.people[login];
  const answer = await mayClear(here.client, { id, login, kind: "user" }, finding, rules, writers);
  return spoken(answer);
}

function spoken(answer: Clearance): string {
  if (answer.kind === "yes") return answer.self ? "yes, self" : "yes";
  return answer.why.code === "not-eligible"
    ? `not-eligible: ${answer.why.requirement.kind}`
    : answer.why.code;
}

describe("without approvers and owners", () => {
  test("maintainers and administrators may, nobody else", async () => {
    const none = policy({});
    expect(await asks("mia", none)).toBe("yes");
    expect(await asks("max", none)).toBe("yes");
    expect(await asks("olga", none)).toBe("yes");
    expect(await asks("wil", none)).toBe("not-eligible: maintainers");
    expect(await asks("rea", none)).toBe("not-eligible: maintainers");
    expect(await asks("eve", none)).toBe("no-access");
  });

  test("a role of the organisation's own making counts as what GitHub folds it into", async () => {
    here.fake.setPermission(here.people.wil, here.shop, "release-captain", "maintain");
    expect(await asks("wil", policy({}))).toBe("not-eligible: maintainers");
  });

  test("a role that was taken away since does not count", async () => {
    here.fake.setPermission(here.people.mia, here.shop, "read");
    expect(await asks("mia", policy({}))).toBe("not-eligible: maintainers");
  });

  test("bots never may, whatever their role", async () => {
    const person = { id: 1, login: "mia", kind: "bot" } as const;
    expect(spoken(await mayClear(here.client, person, BLOCKS, policy({}), NOBODY))).toBe("bot");
  });
});

describe("approvers of the environment", () => {
  test("they alone, administrators too only if they are named", async () => {
    const named = policy({ approvers: { [PRODUCTION]: ["@Rea"] } });
    expect(await asks("rea", named)).toBe("yes");
    expect(await asks("max", named)).toBe("not-eligible: approvers");
  });

  test("one who has no access any more may not, though still named", async () => {
    expect(await asks("eve", policy({ approvers: { [PRODUCTION]: ["eve"] } }))).toBe("no-access");
  });

  test("members of a team", async () => {
    here.fake.createTeam(here.acme, "security", [here.people.rea]);
    const named = policy({ approvers: { [PRODUCTION]: ["acme/security"] } });
    expect(await asks("rea", named)).toBe("yes");
    expect(await asks("mia", named)).toBe("not-eligible: approvers");
  });

  test("where members cannot be read nobody of a team is eligible, and that is said", async () => {
    here = await openShop();
    here.fake.createTeam(here.acme, "security", [here.people.rea]);
    const named = policy({ approvers: { [PRODUCTION]: ["acme/security", "mia"] } });
    expect(await asks("rea", named)).toBe("membership-unknown");
    expect(await asks("mia", named)).toBe("yes");
  });

  test("a finding of two environments takes somebody whom both name", async () => {
    const both = { ...BLOCKS, environments: [PRODUCTION, "lab"] };
    const named = policy({ approvers: { [PRODUCTION]: ["mia", "wil"], lab: ["wil", "rea"] } });
    expect(await asks("wil", named, NOBODY, both)).toBe("yes");
    expect(await asks("mia", named, NOBODY, both)).toBe("not-eligible: approvers");
    const one = policy({ approvers: { lab: ["wil"] } });
    expect(await asks("wil", one, NOBODY, both)).toBe("not-eligible: maintainers");
    expect(await asks("mia", one, NOBODY, both)).toBe("not-eligible: approvers");
  });
});

describe("owners of the file that holds the cause", () => {
  const owned = () => policy({ codeOwners: "* @max\ncharts/ @wil @rea" });

  test("they come before maintainers, and need to be able to write", async () => {
    expect(await asks("wil", owned())).toBe("yes");
    expect(await asks("rea", owned())).toBe("not-eligible: code-owners");
    expect(await asks("mia", owned())).toBe("not-eligible: code-owners");
  });

  test("a file without owners, and a finding without a file, are the maintainers'", async () => {
    const rules = policy({ codeOwners: "* @wil\ncharts/" });
    expect(await asks("wil", rules)).toBe("not-eligible: maintainers");
    expect(await asks("mia", rules)).toBe("yes");
    expect(await asks("mia", owned(), NOBODY, { ...BLOCKS, location: null })).toBe("yes");
  });

  test("approvers come before owners", async () => {
    const rules = { ...owned(), ...policy({ approvers: { [PRODUCTION]: ["mia"] } }) };
    expect(await asks("wil", { ...rules, codeOwners: owned().codeOwners })).toBe("not-eligible: approvers");
  });
});

describe("whoever made the change", () => {
  const writers: Writers = { known: new Map([["mia", "co-author"]]), unknown: [] };
  const somebody: Writers = { known: new Map(), unknown: [{ kind: "pusher", sha: "a" }] };

  test("may not clear it", async () => {
    expect(await asks("mia", policy({}), writers)).toBe("writer");
    expect(await asks("max", policy({}), writers)).toBe("yes");
  });

  test("may, recorded as self-approved, where base says so; but only who else were eligible", async () => {
    const self = policy({ self: "recorded" });
    expect(await asks("mia", self, writers)).toBe("yes, self");
    expect(await asks("max", self, writers)).toBe("yes");
    expect(await asks("ann", self, ANN)).toBe("not-eligible: maintainers");
  });

  test("where somebody cannot be named nobody is known to be another", async () => {
    expect(await asks("max", policy({}), somebody)).toBe("writer-unknown");
    expect(await asks("max", policy({ self: "recorded" }), somebody)).toBe("yes, self");
  });
});

describe("what a review says of who may clear", () => {
  const said = (rules: ClearingPolicy, writers = ANN, finding = BLOCKS) =>
    clearersOf({ findings: [finding] }, rules, writers).get(finding.handle);

  test("people by name, without those who made the change", () => {
    const rules = policy({ approvers: { [PRODUCTION]: ["@ann", "mia", "acme/security"] } });
    expect(said(rules)).toEqual({
      kind: "people",
      names: ["mia", "acme/security"],
      source: "configuration",
    });
    expect(said(policy({ codeOwners: "* @ann @wil" }))).toEqual({
      kind: "people",
      names: ["wil"],
      source: "codeowners",
    });
  });

  test("maintainers, or nobody", () => {
    expect(said(policy({}))).toEqual({ kind: "maintainers" });
    expect(said(policy({ codeOwners: "* @Ann" }))).toEqual({ kind: "nobody", self: false });
    const recorded = policy({ codeOwners: "* @ann", self: "recorded" });
    expect(said(recorded)).toEqual({ kind: "nobody", self: true });
  });

  test("nobody where somebody who made the change cannot be named", () => {
    const writers: Writers = { ...ANN, unknown: [{ kind: "commits" }] };
    expect(said(policy({}), writers)).toEqual({ kind: "nobody", self: false });
  });

  test("whom both environments name", () => {
    const both = { ...BLOCKS, environments: [PRODUCTION, "lab"] };
    const rules = policy({ approvers: { [PRODUCTION]: ["mia", "wil"], lab: ["wil", "rea"] } });
    expect(said(rules, ANN, both)).toMatchObject({ names: ["wil"] });
  });

  test("warnings and notes are nobody's to clear", () => {
    expect(said(policy({}), ANN, { ...BLOCKS, severity: "warn" })).toBeUndefined();
  });
});
