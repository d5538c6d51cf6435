import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";

/** What the App asks GitHub for; `app.yml` says why, line by line. */
export interface AppManifest {
  readonly name: string;
  readonly default_permissions: Readonly<Record<string, string>>;
  readonly default_events: readonly string[];
}

const FILE = new URL("../../../app.yml", import.meta.url);

const shape = z.object({
  name: z.string(),
  default_permissions: z.record(z.string(), z.string()),
  default_events: z.array(z.string()),
});

export async function readManifest(): Promise<AppManifest> {
  return shape.parse(parse(await readFile(FILE, "utf8")));
}

export interface Registration {
  readonly name: string;
  /** Where people find out what the App is. */
  readonly homepage: string;
  /** Where GitHub will send events, without a path. */
  readonly serviceUrl: string;
  /** Where GitHub sends the browser back to. */
  readonly redirectUrl: string;
  /** An own server: its merge queue has no events yet. */
  readonly enterpriseServer: boolean;
}

/** Where events are received; Probot's own setup registers another path than it listens on, so it is always written out. */
export const WEBHOOK_PATH = "/api/github/webhooks";

/** The JSON of GitHub's "register a GitHub App from a manifest". Not public: one owner alone can install it. */
export function registrationManifest(manifest: AppManifest, registration: Registration): object {
  const { enterpriseServer } = registration;
  const { merge_queues: _queue, ...permissions } = manifest.default_permissions;
  return {
    name: registration.name,
    url: registration.homepage,
    hook_attributes: { url: `${registration.serviceUrl}${WEBHOOK_PATH}`, active: true },
    redirect_url: registration.redirectUrl,
    public: false,
    default_permissions: enterpriseServer ? permissions : manifest.default_permissions,
    default_events: manifest.default_events.filter((event) => !enterpriseServer || event !== "merge_group"),
  };
}
