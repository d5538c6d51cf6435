#!/usr/bin/env node
import { setMaxListeners } from "node:events";
import { Command } from "commander";
import { addCanCommand } from "./commands/can-command.ts";
import { addDoctorCommand } from "./commands/doctor-command.ts";
import { exitCodeFor } from "./commands/exit-code.ts";
import { EXIT } from "./commands/failure.ts";
import { addReviewCommand } from "./commands/review-command.ts";
import { addSetupCommand } from "./commands/setup-command.ts";
import { addSurfaceCommand } from "./commands/surface-command.ts";
import { addTargetsCommand } from "./commands/targets-command.ts";
import { installedTool } from "./commands/tool.ts";

const interruption = new AbortController();
// Every render that is under way listens to it; Node's default of ten is meant to find leaks.
setMaxListeners(0, interruption.signal);
process.once("SIGINT", () => {
  interruption.abort();
  process.exit(EXIT.interrupted);
});
// Whoever reads may stop reading (`| head`); the verdict stays the exit code.
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
  process.exit(code === "EPIPE" ? process.exitCode : EXIT.internal);
});
// Nothing ends in a stack trace, not even an error in a callback that nobody waits for.
process.on("uncaughtException", (error) => process.exit(exitCodeFor(error, "")));

const program = new Command("egress-review")
  .description("Tells you, before a change is merged, which network egress it opens.")
  .version(installedTool().version)
  .exitOverride()
  .configureOutput({ outputError: () => undefined });
addReviewCommand(program, interruption.signal);
addSurfaceCommand(program, interruption.signal);
addCanCommand(program, interruption.signal);
addTargetsCommand(program);
addSetupCommand(program);
addDoctorCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  const command = program.commands.map((one) => one.name()).find((name) => name === process.argv[2]) ?? "";
  process.exitCode = exitCodeFor(error, command);
}
