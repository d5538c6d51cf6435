import { CHECK_NAME } from "../check-name.ts";
import type { Clients, Installation, RegisteredApp } from "../client/clients.ts";
import { GitHubError } from "../client/github-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { RequiredCheck } from "../github.ts";
import { type AppManifest, WEBHOOK_PATH } from "./manifest.ts";

/** One thing that was looked at. What is not well says what to click or call. */
export interface Diagnosis {
  readonly code: DiagnosisCode;
  readonly state: "well" | "ill" | "unknown";
  /** What is so. */
  readonly text: string;
  /** What to do about it; empty where all is well. */
  readonly remedy: string;
}

export type DiagnosisCode =
  | "app-answers"
  | "permissions"
  | "events"
  | "webhook-address"
  | "deliveries"
  | "installed"
  | "installation-permissions"
  | "repository-readable"
  | "check-required"
  | "check-pinned"
  | "up-to-date"
  | "policy-repository";

export interface Examination {
  readonly clients: Clients;
  readonly manifest: AppManifest;
  readonly now: Date;
  /** What to look at beside the App itself. */
  readonly repository: {
    readonly owner: string;
    readonly name: string;
    readonly branch: string | null;
  } | null;
  readonly policyRepository: { readonly owner: string; readonly name: string } | null;
}

/** Looks at everything that a review rests on; nothing is changed. Never throws: what cannot be seen is "unknown". */
export async function examine(examination: Examination): Promise<readonly Diagnosis[]> {
  const { clients, manifest } = examination;
  const app = await attempt(() => clients.app());
  if (app instanceof GitHubError) return [silent(app)];
  const installations = await attempt(() => clients.installations());
  return [
    well("app-answers", `GitHub knows the App as ${app.slug} (${app.id})`),
    grants("permissions", app.permissions, manifest, `${app.url}/permissions`),
    events(app, manifest),
    await webhook(clients, app),
    await deliveries(examination),
    ...(installations instanceof GitHubError
      ? [unknown("installed", installations)]
      : await installed(examination, app, installations)),
  ];
}

function silent(error: GitHubError): Diagnosis {
  return error.code === "unauthorised" || error.code === "not-found"
    ? ill(
        "app-answers",
        "GitHub does not accept the key for this App id",
        "compare APP_ID with the App's page, make a new private key there, and check this machine's clock",
      )
    : ill("app-answers", `GitHub does not answer: ${error.message}`, "check the network and GHE_HOST");
}

const LEVELS = ["none", "read", "write", "admin"];

function grants(
  code: "permissions" | "installation-permissions",
  granted: Readonly<Record<string, string>>,
  manifest: AppManifest,
  where: string,
): Diagnosis {
  const missing = Object.entries(manifest.default_permissions).filter(
    ([name, level]) => LEVELS.indexOf(granted[name] ?? "none") < LEVELS.indexOf(level),
  );
  if (missing.length === 0) return well(code, "all permissions are granted");
  const names = missing.map(([name, level]) => `${name}: ${level}`).join(", ");
  return ill(
    code,
    `missing: ${names}`,
    code === "permissions"
      ? `set them at ${where}; every installation is asked to accept them afterwards`
      : `accept them at ${where}`,
  );
}

function events(
  { events: subscribed, url }: RegisteredApp,
  { default_events: wanted }: AppManifest,
): Diagnosis {
  const missing = wanted.filter((event) => !subscribed.includes(event));
  if (missing.length === 0) return well("events", "all events are subscribed");
  return ill(
    "events",
    `not subscribed: ${missing.join(", ")}`,
    `tick them at ${url}/permissions, under "Subscribe to events" (a permission brings its events: set that first)`,
  );
}

async function webhook(clients: Clients, { url }: RegisteredApp): Promise<Diagnosis> {
  const address = await attempt(() => clients.webhookUrl());
  if (address instanceof GitHubError) return unknown("webhook-address", address);
  if (address.endsWith(WEBHOOK_PATH)) return well("webhook-address", `events go to ${address}`);
  return ill(
    "webhook-address",
    `events go to ${address === "" ? "no address" : address}`,
    `set an address that ends in ${WEBHOOK_PATH} at ${url}`,
  );
}

const DAY_MILLISECONDS = 24 * 60 * 60_000;

async function deliveries({ clients, now }: Examination): Promise<Diagnosis> {
  const failed = await attempt(() => clients.failedDeliveries(new Date(now.getTime() - DAY_MILLISECONDS)));
  if (failed instanceof GitHubError) return unknown("deliveries", failed);
  if (failed.length === 0) return well("deliveries", "every delivery of the last day arrived");
  return ill(
    "deliveries",
    `${failed.length} deliveries of the last day did not arrive, the last at ${failed.at(-1)?.deliveredAt ?? ""}`,
    "look at the service (is it running, is its address reachable, is the secret the same?); it asks for them again by itself",
  );
}

async function installed(
  examination: Examination,
  app: RegisteredApp,
  installations: readonly Installation[],
): Promise<readonly Diagnosis[]> {
  if (installations.length === 0) {
    return [ill("installed", "the App is installed nowhere", `install it at ${app.url}`)];
  }
  const names = installations.map(({ account, suspended }) => `${account}${suspended ? " (suspended)" : ""}`);
  const { repository, policyRepository } = examination;
  return [
    well("installed", `installed for ${names.join(", ")}`),
    ...installations.map((one) => ({
      ...grants(
        "installation-permissions",
        one.permissions,
        examination.manifest,
        `the settings of ${one.account}`,
      ),
    })),
    ...(policyRepository === null
      ? []
      : [await policyReadable(examination, installations, policyRepository)]),
    ...(repository === null ? [] : await repositoryOf(examination, app, installations, repository)),
  ];
}

async function policyReadable(
  { clients }: Examination,
  installations: readonly Installation[],
  { owner, name }: { readonly owner: string; readonly name: string },
): Promise<Diagnosis> {
  const client = await attempt(() => clientFor(clients, installations, owner, name));
  return client instanceof GitHubError
    ? ill(
        "policy-repository",
        `POLICY_REPOSITORY ${owner}/${name} cannot be read: every review of ${owner} is red`,
        `install the App on ${owner}/${name}`,
      )
    : well("policy-repository", `the organisation's policy is read from ${owner}/${name}`);
}

async function repositoryOf(
  { clients }: Examination,
  app: RegisteredApp,
  installations: readonly Installation[],
  { owner, name, branch }: NonNullable<Examination["repository"]>,
): Promise<readonly Diagnosis[]> {
  const client = await attempt(() => clientFor(clients, installations, owner, name));
  if (client instanceof GitHubError) {
    return [
      ill(
        "repository-readable",
        `${owner}/${name} cannot be read`,
        `install the App on it: ${app.url}/installations/new`,
      ),
    ];
  }
  const on = branch ?? (await client.defaultBranch());
  const rules = await attempt(() => client.branchRules(on));
  if (rules instanceof GitHubError) return [unknown("check-required", rules)];
  const where = `https://${client.host}/${owner}/${name}/settings/rules`;
  return [well("repository-readable", `${owner}/${name} can be read`), ...required(app, on, rules, where)];
}

async function clientFor(
  clients: Clients,
  installations: readonly Installation[],
  owner: string,
  name: string,
): Promise<RepositoryClient> {
  const installation = installations.find(({ account }) => account.toLowerCase() === owner.toLowerCase());
  if (installation === undefined) throw new GitHubError("not-found", `the App is not installed for ${owner}`);
  return clients.repository(await clients.repositoryNamed(installation.id, owner, name));
}

/** Threats T7 and T8: a check that nobody requires blocks nothing, one that anybody may post proves nothing. */
function required(
  app: RegisteredApp,
  branch: string,
  {
    checks,
    mergeQueue,
  }: { readonly checks: readonly RequiredCheck[] | "unknown"; readonly mergeQueue: boolean | "unknown" },
  where: string,
): readonly Diagnosis[] {
  if (checks === "unknown") {
    return [
      {
        code: "check-required",
        state: "unknown",
        text: `the rules of ${branch} cannot be read`,
        remedy: `look at ${where}: "${CHECK_NAME}" must be a required status check with this App as its source`,
      },
    ];
  }
  const ours = checks.filter(({ name }) => name === CHECK_NAME);
  if (ours.length === 0) {
    return [
      ill(
        "check-required",
        `${branch} does not require the check "${CHECK_NAME}": a blocked pull request can be merged`,
        `add it at ${where}: "Require status checks to pass", ${CHECK_NAME}, source ${app.slug}`,
      ),
    ];
  }
  const pinned = ours.some((check) => check.app === app.id);
  const current = ours.some(({ strict }) => strict) || mergeQueue === true;
  return [
    well("check-required", `${branch} requires the check "${CHECK_NAME}"`),
    pinned
      ? well("check-pinned", "only this App can satisfy it")
      : ill(
          "check-pinned",
          "anybody who can write can post a check of this name",
          `choose ${app.slug} as the source of the check at ${where}`,
        ),
    current
      ? well("up-to-date", "pull requests are checked against the newest base before they are merged")
      : ill(
          "up-to-date",
          "two pull requests that are clean alone can be merged within seconds and open egress together",
          `tick "Require branches to be up to date before merging", or use a merge queue, at ${where}`,
        ),
  ];
}

async function attempt<T>(ask: () => Promise<T>): Promise<T | GitHubError> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GitHubError) return error;
    throw error;
  }
}

function well(code: DiagnosisCode, text: string): Diagnosis {
  return { code, state: "well", text, remedy: "" };
}

function ill(code: DiagnosisCode, text: string, remedy: string): Diagnosis {
  return { code, state: "ill", text, remedy };
}

function unknown(code: DiagnosisCode, { message, permission }: GitHubError): Diagnosis {
  const remedy = permission === null ? "try again" : `grant the App ${permission}`;
  return { code, state: "unknown", text: `GitHub did not say: ${message}`, remedy };
}
