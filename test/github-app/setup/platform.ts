import { appClients } from "../../../src/github/client/app-clients.ts";
import type { Diagnosis } from "../../../src/github/setup/diagnosis.ts";
import { examine } from "../../../src/github/setup/doctor.ts";
import type { Examination } from "../../../src/github/setup/examination.ts";
import { readManifest } from "../../../src/github/setup/manifest.ts";
import type { Permissions } from "../../github/entities.ts";
import { FakeGitHub } from "../../github/fake-github.ts";

const API = "https://api.github.com";

const CONFIGURATION = "environments:\n  live:\n    roots: [clusters/live]\n";

/** What an App may do after setup; `app.yml` holds nothing else than "read" and "write". */
export async function registered(more: Permissions = {}) {
  const manifest = await readManifest(API);
  const permissions = { ...(manifest.default_permissions as Permissions), ...more };
  return { manifest, permissions, events: manifest.default_events };
}

/** An organisation in which nothing is missing: an App, a repository whose branch requires its check, a policy repository. */
export async function platform() {
  // Real time: the App signs with it.
  const fake = new FakeGitHub({ validate: true });
  const { manifest, permissions, events } = await registered({ members: "read" });
  const owner = fake.createUser("olga");
  const acme = fake.createOrganisation("acme", [owner]);
  const shop = fake.createRepository(acme, "platform", { files: { ".egress-review.yaml": CONFIGURATION } });
  const policy = fake.createRepository(acme, "policy", { files: { ".egress-review.yaml": CONFIGURATION } });
  const app = fake.registerApp({ name: "egress-review-acme", owner: acme, permissions, events });
  const installation = fake.install(app, acme, [shop, policy]);
  const ours = { context: "egress-review", integrationId: app.id };
  fake.setRuleset(shop, { requiredChecks: [ours], strict: true });
  await fake.pump(async () => ({ status: 202 }));

  const clients = (privateKey = app.privateKey, fetchFrom: typeof fetch = fake.fetch) =>
    appClients({
      appId: app.id,
      privateKey,
      userAgent: "egress-review/test",
      log: { warn: () => undefined },
      fetch: fetchFrom,
    });
  const ask = (more: Partial<Examination> = {}): Promise<readonly Diagnosis[]> =>
    examine({
      clients: clients(),
      manifest,
      now: new Date(),
      repository: { owner: "acme", name: "platform", branch: null },
      policyRepository: { owner: "acme", name: "policy" },
      allowedOwners: null,
      ...more,
    });
  /** Commits to the default branch. */
  const write = (repository: typeof shop, files: Readonly<Record<string, string | null>>) =>
    fake.commit(repository, "main", files, { author: owner });
  return {
    fake,
    manifest,
    permissions,
    events,
    owner,
    acme,
    shop,
    policy,
    app,
    installation,
    ours,
    clients,
    ask,
    write,
  };
}

export type Platform = Awaited<ReturnType<typeof platform>>;
