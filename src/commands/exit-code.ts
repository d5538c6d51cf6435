import { CommanderError } from "commander";
import { EXIT, UsageError } from "./failure.ts";
import { tell } from "./terminal.ts";

/** Tells a person what went wrong, in one line where one is enough, and says how the process ends. */
export function exitCodeFor(error: unknown, command: string): number {
  if (error instanceof CommanderError) return commanderExitCode(error, command);
  if (error instanceof UsageError) {
    tell(
      error.message
        .split("\n")
        .map((line) => `egress-review: ${line}`)
        .join("\n"),
    );
    return EXIT.usage;
  }
  const message = error instanceof Error ? error.message : String(error);
  tell(`egress-review: internal error: ${message.split("\n")[0] ?? ""}`);
  if (process.env["EGRESS_REVIEW_DEBUG"] === undefined) {
    tell("Please report it with the command you ran; EGRESS_REVIEW_DEBUG=1 shows where it happened.");
  } else if (error instanceof Error) {
    tell(error.stack ?? "");
  }
  return EXIT.internal;
}

/** Commander puts its suggestion on a line of its own. */
function commanderExitCode({ exitCode, message }: CommanderError, command: string): number {
  if (exitCode === 0) return EXIT.pass;
  // Help was asked for, or shown because no command was given: everything is said.
  if (message === "(outputHelp)") return EXIT.usage;
  const line = message
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ")
    .replace(/\.$/, "");
  tell(`egress-review: ${line} — see egress-review ${command === "" ? "" : `${command} `}--help`);
  return EXIT.usage;
}
