import { type Command, InvalidArgumentError, Option } from "commander";
import type { Clients } from "../github/client/clients.ts";
import { loadEnvironmentFile, readSettings, type ServiceSettings } from "../github/service/settings.ts";
import type { Diagnosis } from "../github/setup/diagnosis.ts";
import type { RepositoryName } from "../github/setup/examination.ts";
import { readManifest } from "../github/setup/manifest.ts";
import { readableWidth } from "../report/layout/terminal-layout.ts";
import { doctorText } from "./doctor-text.ts";
import { EXIT, UsageError } from "./failure.ts";
import { columnsFor, publish, styleFor } from "./terminal.ts";
import { installedTool } from "./tool.ts";

interface DoctorOptions {
  readonly repository?: RepositoryName;
  readonly branch?: string;
  readonly format: "text" | "json";
}

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .summary("ask what the GitHub App still misses")
    .description(
      "Looks at what reviews rest on: permissions, events, deliveries, policies, and whether a branch requires the check. It changes nothing, and reads the same environment as the service, .env too.",
    )
    .option("--repository <owner/name>", "a repository to look at", parseRepository)
    .option("--branch <name>", "its branch (default: its default branch)")
    .addOption(
      new Option("--format <format>", "text for people, json for programs")
        .choices(["text", "json"])
        .default("text"),
    )
    .addHelpText("after", EXAMPLES)
    .action(runDoctor);
}

const EXAMPLES = `
Examples:
  $ egress-review doctor
  $ egress-review doctor --repository acme/platform --branch release

Exit codes: 0 all is well, 1 something is not or could not be seen,
64 wrong usage or settings.`;

async function runDoctor({ repository, branch, format }: DoctorOptions): Promise<void> {
  if (branch !== undefined && repository === undefined) throw new UsageError("--branch needs --repository");
  const settings = currentSettings();
  // What speaks with GitHub takes longer to load than the rest of the command line; nothing else here needs it.
  const { examine } = await import("../github/setup/doctor.ts");
  const diagnoses = await examine({
    clients: await clientsOf(settings),
    manifest: await readManifest(settings.apiUrl),
    now: new Date(),
    repository: repository === undefined ? null : { ...repository, branch: branch ?? null },
    policyRepository: settings.policyRepository,
    allowedOwners: settings.allowedOwners,
  });
  const well = diagnoses.every(({ state }) => state === "well");
  await publish(format === "json" ? jsonOf(diagnoses, well) : textOf(diagnoses), undefined);
  process.exitCode = well ? EXIT.pass : EXIT.block;
}

function currentSettings(): ServiceSettings {
  loadEnvironmentFile(".");
  const read = readSettings(process.env);
  if (read.kind === "settings") return read.settings;
  throw new UsageError(read.problems.join("\n"));
}

async function clientsOf({ appId, privateKey, apiUrl }: ServiceSettings): Promise<Clients> {
  const { appClients } = await import("../github/client/app-clients.ts");
  return appClients({
    appId,
    privateKey,
    baseUrl: apiUrl,
    userAgent: `egress-review/${installedTool().version}`,
    // What goes wrong comes back as an error, and is a diagnosis.
    log: { warn: () => undefined },
  });
}

function textOf(diagnoses: readonly Diagnosis[]): string {
  return doctorText(diagnoses, styleFor(undefined), readableWidth(columnsFor(undefined) ?? DEFAULT_COLUMNS));
}

const DEFAULT_COLUMNS = 80;

function jsonOf(diagnoses: readonly Diagnosis[], well: boolean): string {
  return `${JSON.stringify({ tool: installedTool(), well, diagnoses }, null, 2)}\n`;
}

function parseRepository(value: string): RepositoryName {
  const [owner = "", name = "", ...rest] = value.split("/");
  if (owner === "" || name === "" || rest.length > 0)
    throw new InvalidArgumentError("Write it as acme/platform.");
  return { owner, name };
}
