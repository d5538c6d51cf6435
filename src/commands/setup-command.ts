import { existsSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { GitHubError } from "../github/client/github-error.ts";
import { convertCode } from "../github/setup/convert-code.ts";
import { readManifest, registrationManifest } from "../github/setup/manifest.ts";
import { type Credentials, startRegistration } from "../github/setup/registration-server.ts";
import { UsageError } from "./failure.ts";
import { publish, tell } from "./terminal.ts";

interface SetupOptions {
  readonly url: string;
  readonly organization?: string;
  readonly host: string;
  readonly name?: string;
  readonly address: string;
  readonly port: number;
  readonly directory: string;
  readonly force?: true;
  readonly githubUrl?: string;
}

export function addSetupCommand(program: Command): void {
  program
    .command("setup")
    .summary("register the GitHub App")
    .description(
      "Registers a GitHub App of your own in the browser and writes its keys to this machine, readable by you alone.",
    )
    .requiredOption(
      "--url <url>",
      "where GitHub can reach the service, for example https://egress.example.com",
      parseUrl,
    )
    .option("--organization <name>", "register it for an organisation (default: your own account)")
    .option("--host <host>", "the host of a GitHub Enterprise Server", "github.com")
    .option("--name <name>", "the App's name, unique on GitHub (default: egress-review-OWNER)")
    .option("--address <address>", "where the browser reaches this command; loopback only", "127.0.0.1")
    .option("--port <port>", "its port (default: any free one)", parsePort, 0)
    .option("--directory <dir>", "where the keys are written", ".")
    .option("--force", "replace keys that stand there")
    .addHelpText("after", EXAMPLES)
    .action(runSetup);
}

const EXAMPLES = `
Example:
  $ egress-review setup --organization acme --url https://egress.example.com
  $ npm start
  $ egress-review doctor --repository acme/platform`;

async function runSetup(options: SetupOptions): Promise<void> {
  if (!["127.0.0.1", "localhost"].includes(options.address)) {
    throw new UsageError(
      `--address ${options.address}: the setup hands out the App's keys and listens on 127.0.0.1 alone; run it where your browser runs, or forward the port`,
    );
  }
  const files = {
    environment: join(options.directory, ".env"),
    key: join(options.directory, "private-key.pem"),
  };
  for (const file of Object.values(files)) {
    if (existsSync(file) && options.force !== true) {
      throw new UsageError(`${file} exists: move it away, or add --force to replace it`);
    }
  }
  const manifest = await readManifest();
  const githubUrl = `https://${options.host}`;
  const apiUrl = options.host === "github.com" ? "https://api.github.com" : `${githubUrl}/api/v3`;
  const registration = await startRegistration({
    port: options.port,
    githubUrl,
    organisation: options.organization ?? null,
    manifest: (redirectUrl) =>
      registrationManifest(manifest, {
        name: options.name ?? `${manifest.name}-${options.organization ?? "mine"}`,
        homepage: options.url,
        serviceUrl: options.url,
        redirectUrl,
        enterpriseServer: options.host !== "github.com",
      }),
    convert: (code) => convertCode(apiUrl, code),
  });
  tell(`Open ${registration.url} in a browser on this machine, and press the button on GitHub's page.`);
  try {
    const credentials = await registration.credentials;
    await writeCredentials(credentials, options, files);
    await publish(nextSteps(credentials, options, files), undefined);
  } catch (error) {
    if (error instanceof GitHubError) throw new UsageError(error.message);
    throw error;
  } finally {
    await registration.close();
  }
}

const OWNER_ONLY = 0o600;

async function writeCredentials(
  { id, privateKey, webhookSecret }: Credentials,
  { host, directory }: SetupOptions,
  files: { readonly environment: string; readonly key: string },
): Promise<void> {
  const lines = [
    `APP_ID=${id}`,
    `PRIVATE_KEY_PATH=${files.key}`,
    `WEBHOOK_SECRET=${webhookSecret}`,
    ...(host === "github.com" ? [] : [`GHE_HOST=${host}`]),
  ];
  await mkdir(directory, { recursive: true });
  for (const [file, text] of [
    [files.key, privateKey],
    [files.environment, `${lines.join("\n")}\n`],
  ] as const) {
    await writeFile(file, text, { mode: OWNER_ONLY });
    // The mode above counts for new files alone.
    await chmod(file, OWNER_ONLY);
  }
}

function nextSteps(
  { url }: Credentials,
  { organization }: SetupOptions,
  files: { readonly environment: string; readonly key: string },
): string {
  return `The App is registered: ${url}
Its keys are in ${files.environment} and ${files.key}, readable by you alone.

What comes next:
  1. Install it on the repositories that it shall review: ${url}/installations/new
  2. Start the service: npm start
  3. Look at what is still missing: egress-review doctor --repository ${organization ?? "OWNER"}/REPOSITORY

Start by observing. In ${organization === undefined ? "the repository" : "POLICY_REPOSITORY, or in each repository"}, .egress-review.yaml on the default branch:

environments:
  production:            # any name
    roots: [clusters/production]   # the directories that are deployed to it
    mode: observe        # reports what would block; take the line out to enforce
`;
}

function parseUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !["https:", "http:"].includes(url.protocol)) {
    throw new InvalidArgumentError("Write it as https://egress.example.com.");
  }
  return url.href.replace(/\/+$/, "");
}

function parsePort(value: string): number {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new InvalidArgumentError("It is a number below 65536.");
  return port;
}
