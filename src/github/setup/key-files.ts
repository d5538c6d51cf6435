import { existsSync } from "node:fs";
import { access, constants, mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Credentials } from "./registration-server.ts";

/** Where the keys of an App are kept: what the service reads as its environment, and the private key. */
export interface KeyFiles {
  readonly directory: string;
  readonly environment: string;
  readonly key: string;
}

export function keyFilesIn(directory: string): KeyFiles {
  return { directory, environment: join(directory, ".env"), key: join(directory, "private-key.pem") };
}

export function standing({ environment, key }: KeyFiles): readonly string[] {
  return [environment, key].filter((file) => existsSync(file));
}

/**
 * Looked at before anything is registered: GitHub gives the keys once.
 *
 * @throws where nothing can be written there
 */
export async function ensureWritable({ directory }: KeyFiles): Promise<void> {
  await mkdir(directory, { recursive: true });
  await access(directory, constants.W_OK | constants.X_OK);
}

const OWNER_ONLY = 0o600;

/** Writes files that nobody but their owner can read, not even for a moment; never through a link that stands there. */
export async function writeKeys(
  files: KeyFiles,
  { id, privateKey, webhookSecret }: Credentials,
  more: Readonly<Record<string, string>>,
  { replace }: { readonly replace: boolean },
): Promise<void> {
  const settings: Readonly<Record<string, string>> = {
    APP_ID: String(id),
    PRIVATE_KEY_PATH: resolve(files.key),
    ...(webhookSecret === null ? {} : { WEBHOOK_SECRET: webhookSecret }),
    ...more,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}\n`);
  for (const [file, text] of [
    [files.key, privateKey],
    [files.environment, lines.join("")],
  ] as const) {
    if (replace) await rm(file, { force: true });
    await writeFile(file, text, { mode: OWNER_ONLY, flag: "wx" });
  }
}

/** As Node reads such a file: in single quotes nothing has a meaning. */
function quoted(value: string): string {
  if (/^[\w./:-]+$/.test(value)) return value;
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}
