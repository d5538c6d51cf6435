import { installedTool } from "./commands/tool.ts";
import { openEvaluator } from "./engine-evaluator.ts";
import { DataLocked } from "./github/service/data-lock.ts";
import { type Service, startService } from "./github/service/service.ts";
import { loadEnvironmentFile, readSettings } from "./github/service/settings.ts";

/** As in sysexits(3): the configuration of the service, an error in it. */
const EXIT = { configuration: 78, internal: 70 } as const;

loadEnvironmentFile(".");
const read = readSettings(process.env);
if (read.kind === "invalid") {
  for (const problem of read.problems) console.error(`egress-review: ${problem}`);
  process.exit(EXIT.configuration);
}

let service: Service | null = null;
let stopping = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    // A second signal does not wait.
    if (stopping) process.exit(EXIT.internal);
    stopping = true;
    void (service?.stop() ?? Promise.resolve()).finally(() => process.exit(0));
  });
}
process.on("uncaughtException", (error) => {
  console.error(
    JSON.stringify({ level: 60, msg: "uncaught", name: error.name, message: error.message.slice(0, 200) }),
  );
  process.exit(EXIT.internal);
});

try {
  service = await startService(read.settings, {
    openEvaluator,
    userAgent: `egress-review/${installedTool().version}`,
  });
} catch (error) {
  console.error(`egress-review: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(error instanceof DataLocked ? EXIT.configuration : EXIT.internal);
}
