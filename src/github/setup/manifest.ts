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

/** What the App asks of the GitHub whose API this is: an own server has neither events nor a permission of merge groups. */
export async function readManifest(apiUrl: string): Promise<AppManifest> {
  const manifest = shape.parse(parse(await readFile(FILE, "utf8")));
  if (!isEnterpriseServer(apiUrl)) return manifest;
  const { merge_queues: _queue, ...permissions } = manifest.default_permissions;
  const events = manifest.default_events.filter((event) => event !== "merge_group");
  return { ...manifest, default_permissions: permissions, default_events: events };
}

/** docs.github.com, "Getting started with the REST API" of an enterprise server: its API is `https://HOST/api/v3`. */
function isEnterpriseServer(apiUrl: string): boolean {
  return new URL(apiUrl).pathname.startsWith("/api/v3");
}

export interface Registration {
  readonly name: string;
  /** Where people find out what the App is. */
  readonly homepage: string;
  /** Where GitHub will send events, without a path. */
  readonly serviceUrl: string;
  /** Where GitHub sends the browser back to. */
  readonly redirectUrl: string;
}

/** Where events are received; Probot's own setup registers another path than it listens on, so it is always written out. */
export const WEBHOOK_PATH = "/api/github/webhooks";

/**
 * The JSON of GitHub's "register a GitHub App from a manifest". Not public: one owner alone can install it. It holds no
 * secret: GitHub makes one, and gives it out with the keys.
 */
export function registrationManifest(manifest: AppManifest, registration: Registration): object {
  return {
    name: registration.name,
    url: registration.homepage,
    hook_attributes: { url: `${registration.serviceUrl}${WEBHOOK_PATH}`, active: true },
    redirect_url: registration.redirectUrl,
    public: false,
    default_permissions: manifest.default_permissions,
    default_events: manifest.default_events,
  };
}
