import { generateKeyPairSync } from "node:crypto";
import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Diagnosis, DiagnosisCode } from "../../../src/github/setup/diagnosis.ts";
import type { Examination } from "../../../src/github/setup/examination.ts";
import { readManifest } from "../../../src/github/setup/manifest.ts";
import { type Platform, platform, registered } from "./platform.ts";

let world: Platform;

beforeEach(async () => {
  world = await platform();
});

const shown = (diagnoses: readonly Diagnosis[], ...codes: readonly DiagnosisCode[]) =>
  diagnoses.filter(({ code }) => codes.includes(code));

test("a platform in which nothing is missing is well, one line a diagnosis", async () => {
  world.write(world.shop, {
    ".egress-review.yaml": "environments:\n  live:\n    roots: [live]\n    approvers: [acme/security]\n",
  });
  const diagnoses = await world.ask();
  expect(diagnoses.map(({ state, code, text }) => `${state} ${code}: ${text}`)).toEqual([
    `well app-answers: GitHub knows the App as egress-review-acme (${world.app.id})`,
    "well permissions: the App asks for every permission that it needs",
    "well events: the App is told of every event that it needs",
    "well webhook-address: events are sent to https://egress-review.example.com/api/github/webhooks",
    "well deliveries: every event of the last day arrived",
    "well installed: installed for acme",
    "well installation-permissions: acme has accepted every permission",
    "well policy-repository: the policy of POLICY_REPOSITORY acme/policy is valid",
    "well repository-readable: the App reads acme/platform",
    "well configuration: the configuration of main is valid",
    "well team-approvers: the App may see who is in acme/security",
    "well check-required: main requires the check egress-review",
    "well check-pinned: egress-review-acme alone can satisfy it",
    "well up-to-date: branches must be up to date before they are merged",
  ]);
  expect(diagnoses.filter(({ remedy }) => remedy !== "")).toEqual([]);
});

test("nothing is changed at GitHub", async () => {
  await world.ask();
  const writes = world.fake.calls.filter(({ method }) => method !== "GET");
  expect(writes.filter(({ path }) => !path.endsWith("/access_tokens"))).toEqual([]);
  expect(world.fake.violations).toEqual([]);
});

/** What was broken, and what is said of it: the state, the text, what to do. */
interface Case {
  readonly name: string;
  readonly broken: (world: Platform) => unknown;
  /** Beside what a platform asks about itself. */
  readonly asked?: (world: Platform) => Partial<Examination>;
  readonly said: readonly (readonly [DiagnosisCode, Diagnosis["state"], RegExp, RegExp])[];
}

const SETTINGS = /https:\/\/github\.com\/organizations\/acme\/settings\/apps\/egress-review-acme/;
const PERMISSIONS = new RegExp(`${SETTINGS.source}/permissions$`);
const INSTALLATION = /https:\/\/github\.com\/organizations\/acme\/settings\/installations\/\d+$/;
const RULES = /https:\/\/github\.com\/acme\/platform\/settings\/rules$/;

const CASES: readonly Case[] = [
  {
    name: "a key that is no longer the App's",
    broken: () => undefined,
    asked: ({ clients }) => ({ clients: clients(otherKey()) }),
    said: [["app-answers", "ill", /does not accept the private key/, /make a new private key/]],
  },
  {
    name: "a GitHub that is not reached",
    broken: ({ fake }) => fake.faults.add({ route: "/app", fault: { kind: "reset", effect: "before" } }),
    said: [["app-answers", "ill", /does not answer: GET \/app: no answer/, /GHE_HOST/]],
  },
  {
    name: "a permission that the App does not ask for",
    broken: ({ fake, app, permissions, events }) =>
      fake.changeRegistration(app, { permissions: { ...permissions, checks: "read" }, events }),
    said: [["permissions", "ill", /does not ask for checks: write$/, PERMISSIONS]],
  },
  {
    name: "an event that the App is not told of",
    broken: ({ fake, app, events }) =>
      fake.changeRegistration(app, { events: events.filter((one) => one !== "issue_comment") }),
    said: [["events", "ill", /not told of issue_comment$/, PERMISSIONS]],
  },
  {
    name: "no webhook address",
    broken: () => undefined,
    asked: ({ clients, fake }) => ({
      clients: clients(undefined, async (input, init) =>
        String(input).endsWith("/app/hook/config")
          ? Response.json({ content_type: "json" })
          : fake.fetch(input, init),
      ),
    }),
    said: [["webhook-address", "ill", /sent nowhere/, SETTINGS]],
  },
  {
    name: "the webhook address that Probot's setup would register",
    broken: ({ app }) => Object.assign(app, { webhookUrl: "https://egress.example.com/" }),
    said: [
      [
        "webhook-address",
        "ill",
        /where the service does not listen/,
        /https:\/\/HOST\/api\/github\/webhooks/,
      ],
    ],
  },
  {
    name: "a webhook address without encryption",
    broken: ({ app }) => Object.assign(app, { webhookUrl: "http://egress.example.com/api/github/webhooks" }),
    said: [["webhook-address", "ill", /for everybody on the way to read/, /https:\/\/HOST/]],
  },
  {
    name: "deliveries that failed, of which the newest is named",
    broken: async ({ fake, acme, installation, write, shop }) => {
      const failing = () => fake.pump(async () => ({ status: 502 }));
      write(shop, { "a.txt": "0" });
      await failing();
      // Of the day before yesterday.
      for (const attempt of fake.deliveries.attempts) attempt.deliveredAt = Date.now() - 48 * 3_600_000;
      write(shop, { "a.txt": "1" });
      await failing();
      fake.addRepositories(installation, fake.createRepository(acme, "other"));
      await failing();
    },
    said: [
      [
        "deliveries",
        "ill",
        /^3 events of the last day .* the last at 20.* \(installation_repositories\)$/,
        /WEBHOOK_SECRET/,
      ],
    ],
  },
  {
    name: "an App that nobody installed",
    broken: ({ fake, installation }) => fake.uninstall(installation),
    said: [["installed", "ill", /installed nowhere/, /apps\/egress-review-acme\/installations\/new$/]],
  },
  {
    name: "an installation that was suspended",
    broken: ({ fake, installation }) => fake.suspend(installation),
    said: [
      ["installed", "ill", /acme has suspended/, INSTALLATION],
      ["policy-repository", "unknown", /suspended/, /suspended where it is installed/],
      ["repository-readable", "unknown", /suspended/, /suspended where it is installed/],
    ],
  },
  {
    name: "a permission that nobody accepted",
    broken: ({ installation, permissions }) =>
      Object.assign(installation, { permissions: { ...permissions, pull_requests: "read" } }),
    said: [["installation-permissions", "ill", /^acme has not accepted pull_requests: write$/, INSTALLATION]],
  },
  {
    name: "a policy repository that the App does not see",
    broken: ({ fake, installation, policy }) => fake.removeRepositories(installation, policy),
    said: [["policy-repository", "ill", /cannot be read: every review of acme is red/, INSTALLATION]],
  },
  {
    name: "a policy repository of an owner where the App is not",
    broken: () => undefined,
    asked: () => ({ policyRepository: { owner: "other", name: "policy" } }),
    said: [["policy-repository", "ill", /other\/policy cannot be read/, /installations\/new$/]],
  },
  {
    name: "a policy repository without a policy",
    broken: ({ write, policy }) => write(policy, { ".egress-review.yaml": null, "README.md": "x" }),
    said: [["policy-repository", "ill", /holds no \.egress-review\.yaml/, /branch main/]],
  },
  {
    name: "an organisation's policy that is not valid",
    broken: ({ write, policy }) =>
      write(policy, { ".egress-review.yaml": "contact: x\nunrendred: undecided\n" }),
    said: [["policy-repository", "ill", /\.egress-review\.yaml:2 unknown key "unrendred"/, /branch main/]],
  },
  {
    name: "a repository that the App does not see",
    broken: ({ fake, installation, shop }) => fake.removeRepositories(installation, shop),
    said: [["repository-readable", "ill", /does not see acme\/platform/, INSTALLATION]],
  },
  {
    name: "a repository of an owner where the App is not",
    broken: () => undefined,
    asked: () => ({ repository: { owner: "other", name: "shop", branch: null } }),
    said: [["repository-readable", "ill", /does not see other\/shop/, /installations\/new$/]],
  },
  {
    name: "an owner who is not served",
    broken: () => undefined,
    asked: () => ({ allowedOwners: ["other"] }),
    said: [
      ["installed", "well", /not in ALLOWED_OWNERS/, /^$/],
      ["repository-readable", "ill", /ALLOWED_OWNERS leaves acme out/, /add acme/],
    ],
  },
  {
    name: "a branch that does not exist",
    broken: () => undefined,
    asked: () => ({ repository: { owner: "acme", name: "platform", branch: "relase" } }),
    said: [["repository-readable", "ill", /no branch relase/, /--branch/]],
  },
  {
    name: "a configuration that is not valid",
    broken: ({ write, shop }) =>
      write(shop, { ".egress-review.yaml": "environments:\n  live:\n    root: [x]\n" }),
    said: [["configuration", "ill", /\.egress-review\.yaml:3 unknown key "root"/, /branch main/]],
  },
  {
    name: "teams whose members the App may not see",
    broken: ({ write, shop, policy, installation, permissions }) => {
      const { members: _, ...others } = permissions;
      Object.assign(installation, { permissions: others });
      write(policy, {
        ".egress-review.yaml": "environments: {live: {roots: [live], approvers: [acme/network]}}\n",
      });
      write(shop, { ".github/CODEOWNERS": "* @acme/owners\n", ".egress-review.yaml": null });
    },
    said: [["team-approvers", "ill", /who is in acme\/network, acme\/owners: nobody/, PERMISSIONS]],
  },
  {
    name: "a check that nobody requires",
    broken: ({ fake, shop }) => fake.setRuleset(shop, { requiredChecks: [{ context: "build" }] }),
    said: [["check-required", "ill", /main does not require the check egress-review/, RULES]],
  },
  {
    name: "a check that whoever can write can post",
    broken: ({ fake, shop }) =>
      fake.setRuleset(shop, { requiredChecks: [{ context: "egress-review" }], strict: true }),
    said: [["check-pinned", "ill", /whoever can write/, RULES]],
  },
  {
    name: "a check that another App has to post",
    broken: ({ fake, shop, ours }) =>
      fake.setRuleset(shop, { requiredChecks: [{ ...ours, integrationId: 15368 }, ours], strict: true }),
    said: [["check-pinned", "ill", /another App \(15368\) is the source/, RULES]],
  },
  {
    name: "branches that need not be up to date",
    broken: ({ fake, shop, ours }) => fake.setRuleset(shop, { requiredChecks: [ours] }),
    said: [["up-to-date", "ill", /clean alone/, RULES]],
  },
  {
    name: "a merge queue that takes red pull requests along with green ones",
    broken: ({ fake, shop, ours }) =>
      fake.setRuleset(shop, { requiredChecks: [ours], strict: true, mergeQueue: true }),
    asked: ({ clients, fake, app }) => ({
      clients: clients(app.privateKey, async (input, init) => {
        const response = await fake.fetch(input, init);
        if (!String(input).includes("/rules/branches/")) return response;
        const { status, headers } = response;
        return new Response((await response.text()).replace("ALLGREEN", "HEADGREEN"), { status, headers });
      }),
    }),
    said: [["up-to-date", "ill", /merges what is red/, /"Only merge non-failing.*settings\/rules$/]],
  },
];

describe("each diagnosis that is not well says what to click or call", () => {
  test.each(CASES)("$name", async ({ broken, asked, said }) => {
    await broken(world);
    const diagnoses = await world.ask(asked?.(world));
    const bad = diagnoses.filter(({ state }) => state !== "well");
    const expected = said.filter(([, state]) => state !== "well");
    expect(bad.map(({ code, state }) => [code, state])).toEqual(
      expected.map(([code, state]) => [code, state]),
    );
    for (const [code, , text, remedy] of said) {
      const [found] = shown(diagnoses, code);
      expect(found?.text).toMatch(text);
      expect(found?.remedy).toMatch(remedy);
    }
    expect(world.fake.violations).toEqual([]);
  });

  test("every code is one of a table: well above, not well here", () => {
    const ills = new Set(CASES.flatMap(({ said }) => said.map(([code]) => code)));
    expect([...ills].toSorted()).toEqual(
      [
        "app-answers",
        "permissions",
        "events",
        "webhook-address",
        "deliveries",
        "installed",
        "installation-permissions",
        "policy-repository",
        "repository-readable",
        "configuration",
        "team-approvers",
        "check-required",
        "check-pinned",
        "up-to-date",
      ].toSorted(),
    );
  });
});

describe("what GitHub does not say is unknown, not well", () => {
  test.each<[RegExp, DiagnosisCode, RegExp]>([
    [/^\/app\/hook\/config$/, "webhook-address", /cannot be seen: GET \/app\/hook\/config: 500/],
    [/^\/app\/hook\/deliveries$/, "deliveries", /cannot be seen: .* 500/],
    [/^\/app\/installations$/, "installed", /cannot be seen: .* 500/],
    [/^\/repos\/acme\/policy\/git\/trees/, "policy-repository", /cannot be read: .* 500/],
    [/^\/repos\/acme\/policy\/git\/blobs/, "policy-repository", /cannot be read: .* 500/],
    [/^\/repos\/acme\/platform\/git\/ref/, "repository-readable", /cannot be read: .* 500/],
    [/^\/repos\/acme\/platform$/, "repository-readable", /cannot be read: .* 500/],
    [/^\/repos\/acme\/platform\/git\/trees/, "configuration", /files of main cannot be read: .* 500/],
    [/^\/repos\/acme\/platform\/rules/, "check-required", /rules of main cannot be seen: .* 500/],
  ])("%s", async (route, code, text) => {
    world.fake.faults.add({ route, times: 100, fault: { kind: "status", status: 500, effect: "before" } });
    const bad = (await world.ask()).filter(({ state }) => state !== "well");
    expect(bad).toMatchObject([{ code, state: "unknown", remedy: "run this again" }]);
    expect(bad[0]?.text).toMatch(text);
  });

  test("a limit is waited for", async () => {
    const fault = { kind: "secondary-limit", retryAfterSeconds: 60 } as const;
    world.fake.faults.add({ route: "/app/hook/deliveries", times: 100, fault });
    const [found] = shown(await world.ask(), "deliveries");
    expect(found?.remedy).toMatch(/^GitHub asks to wait: run this again after 20\d\d-/);
  });

  test("rules that the App may not read", async () => {
    const fault = { kind: "status", status: 404, effect: "before" } as const;
    world.fake.faults.add({ route: /platform\/(rules\/)?branches\/main/, times: 100, fault });
    const [found] = shown(await world.ask(), "check-required");
    expect(found).toMatchObject({ state: "unknown", text: "the rules of main cannot be seen" });
    expect(found?.remedy).toMatch(/egress-review-acme as its source: .*\/settings\/rules$/);
  });
});

describe("what is well although it looks otherwise", () => {
  test("a merge queue in the place of branches that are up to date", async () => {
    world.fake.setRuleset(world.shop, { requiredChecks: [world.ours], mergeQueue: true });
    const diagnoses = await world.ask();
    expect(shown(diagnoses, "up-to-date")).toEqual([
      { code: "up-to-date", state: "well", text: "merges go through a merge queue", remedy: "" },
    ]);
  });

  test("classic protection, where the App may read all of it", async () => {
    const { fake, shop, app, installation, permissions } = world;
    fake.setRuleset(shop, null);
    fake.setProtection(shop, "main", { checks: [{ context: "egress-review", appId: app.id }], strict: true });
    Object.assign(installation, { permissions: { ...permissions, administration: "read" } });
    const diagnoses = await world.ask();
    expect(diagnoses.filter(({ state }) => state !== "well")).toEqual([]);
  });

  test("a required check of which one rule leaves the source open: the other does not", async () => {
    const { fake, shop, ours } = world;
    fake.setRuleset(shop, { requiredChecks: [{ context: "egress-review" }, ours], strict: true });
    expect(shown(await world.ask(), "check-pinned")[0]?.state).toBe("well");
  });

  test("no configuration: the strictest holds", async () => {
    world.write(world.shop, { ".egress-review.yaml": null, "README.md": "x" });
    const [found] = shown(await world.ask(), "configuration");
    expect(found).toMatchObject({
      state: "well",
      text: expect.stringContaining("the strictest settings hold"),
    });
  });

  test("settings that are looser than the organisation's are named, and do not count", async () => {
    world.write(world.policy, { ".egress-review.yaml": "unrendered: undecided\n" });
    world.write(world.shop, { ".egress-review.yaml": "contact: x\nunrendered: coverage\n" });
    const [found] = shown(await world.ask(), "configuration");
    expect(found?.state).toBe("well");
    expect(found?.text).toMatch(/in vain: \.egress-review\.yaml:2 unrendered$/);
  });

  test("a policy of another organisation does not bind this one", async () => {
    const { fake, app, owner, write, shop } = world;
    const other = fake.createOrganisation("other", [owner]);
    const policy = fake.createRepository(other, "policy", {
      files: { ".egress-review.yaml": "unrendered: undecided\n" },
    });
    fake.install(app, other, [policy]);
    await fake.pump(async () => ({ status: 202 }));
    write(shop, { ".egress-review.yaml": "unrendered: coverage\n" });
    const diagnoses = await world.ask({ policyRepository: { owner: "other", name: "policy" } });
    expect(shown(diagnoses, "policy-repository")[0]?.state).toBe("well");
    expect(shown(diagnoses, "configuration")[0]?.text).toBe("the configuration of main is valid");
  });

  test("an own server, which has no merge groups", async () => {
    const { permissions, events } = await registered();
    const { merge_queues: _, ...others } = permissions;
    world.fake.changeRegistration(world.app, {
      permissions: others,
      events: events.filter((event) => event !== "merge_group"),
    });
    world.fake.acceptPermissions(world.installation);
    await world.fake.pump(async () => ({ status: 202 }));
    const github = await world.ask();
    expect(shown(github, "permissions", "events").map(({ state }) => state)).toEqual(["ill", "ill"]);
    const server = await world.ask({ manifest: await readManifest("https://github.example.com/api/v3") });
    expect(shown(server, "permissions", "events").map(({ state }) => state)).toEqual(["well", "well"]);
  });
});

function otherKey(): string {
  return generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  }).privateKey;
}
