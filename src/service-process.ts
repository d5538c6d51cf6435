import { installedTool } from "./commands/tool.ts";
import { openEvaluator } from "./engine-evaluator.ts";
import { DataLocked } from "./github/service/data-lock.ts";
import { type Service, startService } from "./github/service/service.ts";
import { loadEnvironmentFile, readSettings, type ServiceSettings } from "./github/service/settings.ts";

/** As in sysexits(3): the configuration of the service, an error in it. */
const EXIT = { configuration: 78, internal: 70 } as const;

/** What the environment says, and a `.env` in the working directory; the process ends where that is not enough. */
export function settingsOrExit(): ServiceSettings {
  loadEnvironmentFile(".");
  const read = readSettings(process.env);
  return read.kind === "settings" ? read.settings : refuseToRun(read.problems);
}

/** Each problem is one line that says what to do. */
export function refuseToRun(problems: readonly string[]): never {
  for (const problem of problems) console.error(`egress-review: ${problem}`);
  return process.exit(EXIT.configuration);
}

/** Starts the service as the life of this process: signals drain it, and an error that nobody expected ends it. */
export async function runService(settings: ServiceSettings, listen: boolean): Promise<Service> {
  let service: Service | null = null;
  let stopping = false;
  const stop = async () => {
    // A second signal does not wait.
    if (stopping) return process.exit(EXIT.internal);
    stopping = true;
    try {
      await service?.stop();
    } catch (error) {
      console.error(`egress-review: ${sentence(error)}`);
      return process.exit(EXIT.internal);
    }
    return process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop());
  process.on("uncaughtException", (error) => {
    console.error(`egress-review: an error that nobody expected: ${sentence(error)}`);
    process.exit(EXIT.internal);
  });
  try {
    service = await startService(
      settings,
      { openEvaluator, userAgent: `egress-review/${installedTool().version}` },
      listen,
    );
    return service;
  } catch (error) {
    const setting = settingBehind(error, settings);
    console.error(`egress-review: ${setting === null ? "" : `${setting}: `}${sentence(error)}`);
    const isSetting = error instanceof DataLocked || (setting !== null && setting !== "DATABASE_URL");
    return process.exit(isSetting ? EXIT.configuration : EXIT.internal);
  }
}

/** Which setting a start failed over, as far as the system call says; a database may be well in a minute. */
function settingBehind(error: unknown, { host, databaseUrl }: ServiceSettings): string | null {
  if (!(error instanceof Error) || !("syscall" in error)) return null;
  switch (error.syscall) {
    case "listen":
      return "HOST, PORT";
    case "getaddrinfo":
      return "hostname" in error && error.hostname === host ? "HOST" : "DATABASE_URL";
    case "mkdir":
    case "open":
      return "DATA_DIR";
    case "connect":
      return databaseUrl === null ? null : "DATABASE_URL";
    default:
      return null;
  }
}

/** One line, and not a long one: messages of libraries may quote what they were given. */
function sentence(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replaceAll(/\s+/g, " ").slice(0, 300);
}
