import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, InvalidArgumentError, Option } from "commander";
import { GitHubError } from "../github/client/github-error.ts";
import { apiUrl } from "../github/service/settings.ts";
import { convertCode } from "../github/setup/convert-code.ts";
import { ensureWritable, type KeyFiles, keyFilesIn, standing, writeKeys } from "../github/setup/key-files.ts";
import { type AppManifest, readManifest, registrationManifest } from "../github/setup/manifest.ts";
import {
  type Credentials,
  LOOPBACK,
  type RegistrationServer,
  startRegistration,
} from "../github/setup/registration-server.ts";
import { UsageError } from "./failure.ts";
import { shellWord } from "./options.ts";
import { publish, tell } from "./terminal.ts";

interface SetupOptions {
  readonly url: string;
  readonly organization?: string;
  readonly host: string;
  readonly name?: string;
  readonly port: number;
  readonly directory: string;
  readonly force?: true;
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
      "where GitHub will reach the service: https://egress.example.com",
      parseUrl,
    )
    .option(
      "--organization <name>",
      "register it for an organisation (default: your own account)",
      parseOwner,
    )
    .option("--host <host>", "the host of a GitHub Enterprise Server", parseHost, GITHUB)
    .option("--name <name>", "the App's name, unique on GitHub (default: egress-review-OWNER)", parseName)
    .option(
      "--address <address>",
      "where the browser reaches this command: this machine",
      parseAddress,
      LOOPBACK,
    )
    .addOption(new Option("--port <port>", "its port").argParser(parsePort).default(0, "any free one"))
    .option("--directory <dir>", "where .env and private-key.pem are written", ".")
    .option("--force", "replace those that stand there")
    .addHelpText("after", EXAMPLES)
    .action(runSetup);
}

const GITHUB = "github.com";

const EXAMPLES = `
Examples:
  $ egress-review setup --organization acme --url https://egress.example.com
  $ npm start
  $ egress-review doctor --repository acme/platform

It listens on ${LOOPBACK} alone, because whoever reaches it gets the App's keys. Where
your browser runs on another machine, choose a --port and forward it:
  $ ssh -L 8080:${LOOPBACK}:8080 HOST`;

async function runSetup(options: SetupOptions): Promise<void> {
  const files = keyFilesIn(options.directory);
  await refuseUnwritable(files, options);
  const api = apiOf(options);
  const registration = await started(options, api, await readManifest(api));
  tell(`Open ${registration.url} in a browser on this machine, and press the button there.`);
  try {
    const credentials = await registration.credentials;
    await kept(credentials, options, files);
    await publish(nextSteps(credentials, options, files), undefined);
  } catch (error) {
    if (error instanceof GitHubError) throw new UsageError(error.message);
    throw error;
  } finally {
    await registration.close();
  }
}

async function refuseUnwritable(files: KeyFiles, { force }: SetupOptions): Promise<void> {
  const found = standing(files);
  if (found.length > 0 && force !== true) {
    const them =
      found.length === 1
        ? "exists: move it away, or add --force to replace it"
        : "exist: move them away, or add --force to replace them";
    throw new UsageError(`${found.join(" and ")} ${them}`);
  }
  try {
    await ensureWritable(files);
  } catch (error) {
    throw new UsageError(`--directory: nothing can be written to ${files.directory} (${codeOf(error)})`);
  }
}

function apiOf({ host }: SetupOptions): string {
  const given = { GHE_HOST: host, GITHUB_API_URL: process.env["GITHUB_API_URL"] };
  return apiUrl(given, (problem) => {
    throw new UsageError(problem);
  });
}

async function started(
  { port, host, organization, name, url }: SetupOptions,
  api: string,
  manifest: AppManifest,
): Promise<RegistrationServer> {
  try {
    return await startRegistration({
      port,
      githubUrl: `https://${host}`,
      organisation: organization ?? null,
      manifest: (redirectUrl) =>
        registrationManifest(manifest, {
          name: name ?? nameFor(manifest.name, organization),
          homepage: url,
          serviceUrl: url,
          redirectUrl,
        }),
      convert: (code) => convertCode(api, code),
    });
  } catch (error) {
    throw new UsageError(`--port ${port}: ${LISTEN_PROBLEMS[codeOf(error)] ?? codeOf(error)}`);
  }
}

const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program has this port",
  EACCES: "this port is not for everybody; choose one above 1023",
};

/** GitHub refuses longer names. */
const MAXIMUM_NAME = 34;

/** Unique on GitHub: an account's own cannot be known here. */
function nameFor(name: string, organisation: string | undefined): string {
  const full = `${name}-${organisation ?? randomBytes(3).toString("hex")}`;
  return full.slice(0, MAXIMUM_NAME).replace(/-+$/, "");
}

async function kept(credentials: Credentials, options: SetupOptions, files: KeyFiles): Promise<void> {
  const api = process.env["GITHUB_API_URL"] ?? "";
  const more = {
    ...(options.host === GITHUB ? {} : { GHE_HOST: options.host }),
    ...(api === "" ? {} : { GITHUB_API_URL: api }),
  };
  try {
    await writeKeys(files, credentials, more, { replace: options.force === true });
  } catch (error) {
    throw new UsageError(
      `The App is registered (${credentials.url}), but its keys cannot be written (${codeOf(error)}): ` +
        "make a new private key and a new webhook secret on its page, and write them to .env",
    );
  }
}

function codeOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return String(code ?? message);
}

/** Of the installed package: dist/commands/setup-command.js. */
const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

function nextSteps(
  { id, url, webhookSecret }: Credentials,
  { organization, directory }: SetupOptions,
  files: KeyFiles,
): string {
  const here = resolve(directory);
  const inPackage = resolve(PACKAGE) === here;
  const enter = resolve(".") === here ? "" : `cd ${shellWord(directory)} && `;
  const program = (name: string) => `node ${shellWord(resolve(PACKAGE, "dist", name))}`;
  const start = `${enter}${inPackage ? "npm start" : program("server.js")}`;
  const secret =
    webhookSecret === null
      ? `GitHub made no webhook secret: set a random one on the App's page, and WEBHOOK_SECRET in ${files.environment}.\n`
      : "";
  return `The App is registered: ${url} (${id})
Its keys are in ${files.environment} and ${files.key}, readable by you alone.
Keep them out of Git.
${secret}
What comes next:
  1. Install it on the repositories that it is to review:
     ${url}/installations/new
  2. Start the service:
     ${start}
  3. Ask what is still missing:
     ${enter}${program("cli.js")} doctor --repository ${organization ?? "OWNER"}/REPOSITORY

Begin by observing: on the default branch of a repository, .egress-review.yaml

environments:
  production:                      # any name
    roots: [clusters/production]   # the directories that are deployed to it
    mode: observe                  # nothing is blocked until this line is gone

An organisation puts the file into one repository that binds all of its own,
and sets POLICY_REPOSITORY=OWNER/REPOSITORY in ${files.environment}.
`;
}

function parseUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  const local = url !== null && [LOOPBACK, "localhost"].includes(url.hostname);
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && local);
  if (url === null || !safe || url.search !== "" || url.hash !== "" || url.username !== "") {
    throw new InvalidArgumentError("Write it as https://egress.example.com.");
  }
  if (url.pathname !== "/") {
    throw new InvalidArgumentError(
      "Write it without a path, as https://egress.example.com: /api/github/webhooks is added.",
    );
  }
  return url.origin;
}

function parseOwner(value: string): string {
  if (!/^[A-Za-z\d](?:[A-Za-z\d-]{0,38})$/.test(value)) {
    throw new InvalidArgumentError("It is the name that stands in the organisation's address.");
  }
  return value;
}

function parseHost(value: string): string {
  const url = URL.canParse(`https://${value}`) ? new URL(`https://${value}`) : null;
  if (url === null || url.host !== value.toLowerCase()) {
    throw new InvalidArgumentError("Write it as github.example.com.");
  }
  return url.host;
}

function parseName(value: string): string {
  if (value.trim() === "" || value.length > MAXIMUM_NAME) {
    throw new InvalidArgumentError(`A name has at most ${MAXIMUM_NAME} characters.`);
  }
  return value;
}

function parseAddress(value: string): string {
  if (![LOOPBACK, "localhost"].includes(value)) {
    throw new InvalidArgumentError(
      `The setup hands out the App's keys and listens on ${LOOPBACK} alone; run it where your browser runs, or forward the port.`,
    );
  }
  return LOOPBACK;
}

function parsePort(value: string): number {
  const port = Number(value);
  if (value === "" || !Number.isInteger(port) || port < 0 || port > 65535) {
    throw new InvalidArgumentError("It is a number below 65536.");
  }
  return port;
}
