import type { Installation, RegisteredApp } from "../client/clients.ts";
import { GitHubError } from "../client/github-error.ts";
import { attempt, type Diagnosis, ill, unanswered, well } from "./diagnosis.ts";
import { type Examination, type InstalledApp, isServed } from "./examination.ts";
import { type AppManifest, WEBHOOK_PATH } from "./manifest.ts";

/** The App as it is registered, and whether events arrive. */
export async function examineApp(
  examination: Examination,
  app: RegisteredApp,
): Promise<readonly Diagnosis[]> {
  return [
    permissions(app, examination.manifest),
    events(app, examination.manifest),
    await webhookAddress(examination, app),
    await deliveries(examination),
  ];
}

/** Where it is installed, and whether what it asks for was accepted there. */
export function examineInstallations(examined: InstalledApp): readonly Diagnosis[] {
  const { app, installations, manifest } = examined;
  if (installations.length === 0) {
    return [ill("installed", "the App is installed nowhere", `install it: ${app.url}/installations/new`)];
  }
  return installations.flatMap((installation) => {
    const { account, suspended, url } = installation;
    if (suspended) {
      const text = `${account} has suspended the App: nothing is reviewed there`;
      return [ill("installed", text, `unsuspend it: ${url}`)];
    }
    const left = isServed(examined, account) ? "" : " (not in ALLOWED_OWNERS: nothing is reviewed there)";
    return [well("installed", `installed for ${account}${left}`), accepted(installation, manifest)];
  });
}

const LEVELS = ["none", "read", "write", "admin"];

function missing(
  granted: Readonly<Record<string, string>>,
  { default_permissions: wanted }: AppManifest,
): readonly string[] {
  const level = (name: string | undefined) => LEVELS.indexOf(name ?? "none");
  return Object.entries(wanted)
    .filter(([name, needed]) => level(granted[name]) < level(needed))
    .map(([name, needed]) => `${name}: ${needed}`);
}

function permissions({ permissions: asked, settingsUrl }: RegisteredApp, manifest: AppManifest): Diagnosis {
  const names = missing(asked, manifest);
  if (names.length === 0) return well("permissions", "the App asks for every permission that it needs");
  return ill(
    "permissions",
    `the App does not ask for ${names.join(", ")}`,
    `set it; every installation is asked to accept it then: ${settingsUrl}/permissions`,
  );
}

function accepted({ account, permissions: granted, url }: Installation, manifest: AppManifest): Diagnosis {
  const names = missing(granted, manifest);
  const code = "installation-permissions";
  if (names.length === 0) return well(code, `${account} has accepted every permission`);
  return ill(
    code,
    `${account} has not accepted ${names.join(", ")}`,
    `an owner of ${account} accepts it: ${url}`,
  );
}

function events(
  { events: subscribed, settingsUrl }: RegisteredApp,
  { default_events }: AppManifest,
): Diagnosis {
  const absent = default_events.filter((event) => !subscribed.includes(event));
  if (absent.length === 0) return well("events", "the App is told of every event that it needs");
  return ill(
    "events",
    `the App is not told of ${absent.join(", ")}`,
    `tick it under "Subscribe to events", after the permissions, which bring their events: ${settingsUrl}/permissions`,
  );
}

async function webhookAddress({ clients }: Examination, { settingsUrl }: RegisteredApp): Promise<Diagnosis> {
  const code = "webhook-address";
  const address = await attempt(() => clients.webhookUrl());
  if (address instanceof GitHubError)
    return unanswered(code, "where events are sent cannot be seen", address);
  const url = URL.canParse(address) ? new URL(address) : null;
  const remedy = `set "Webhook URL" to https://HOST${WEBHOOK_PATH}: ${settingsUrl}`;
  if (url === null) return ill(code, "events are sent nowhere", remedy);
  if (!url.pathname.endsWith(WEBHOOK_PATH)) {
    return ill(code, `events are sent to ${address}, where the service does not listen`, remedy);
  }
  const encrypted = url.protocol === "https:" || ["127.0.0.1", "localhost"].includes(url.hostname);
  if (!encrypted) return ill(code, `events are sent to ${address}, for everybody on the way to read`, remedy);
  return well(code, `events are sent to ${address}`);
}

const DAY_MILLISECONDS = 24 * 60 * 60_000;

async function deliveries({ clients, now }: Examination): Promise<Diagnosis> {
  const code = "deliveries";
  const failed = await attempt(() => clients.failedDeliveries(new Date(now.getTime() - DAY_MILLISECONDS)));
  if (failed instanceof GitHubError) return unanswered(code, "whether events arrive cannot be seen", failed);
  // The newest stands first.
  const [last] = failed;
  if (last === undefined) return well(code, "every event of the last day arrived");
  const many = failed.length === 1 ? "1 event" : `${failed.length} events`;
  return ill(
    code,
    `${many} of the last day did not arrive, the last at ${last.deliveredAt} (${last.event})`,
    "see that the service runs, that GitHub reaches its address, and that WEBHOOK_SECRET is the App's; it then asks for them again by itself",
  );
}
