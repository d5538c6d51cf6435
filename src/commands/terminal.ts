import { writeFile } from "node:fs/promises";
import { styleText } from "node:util";
import { visible } from "../report/layout/escape.ts";
import { PLAIN, type Style } from "../report/layout/style.ts";
import { UsageError } from "./failure.ts";

type Color = Parameters<typeof styleText>[0];

const paint =
  (format: Color) =>
  (text: string): string =>
    // Whether to colour is decided here; newer versions of Node would ask their own stdout again.
    styleText(format, text, { validateStream: false });

const COLOURS: Style = {
  strong: paint("bold"),
  faint: paint("dim"),
  bad: paint("red"),
  caution: paint("yellow"),
  good: paint("green"),
  name: paint("cyan"),
};

/**
 * Colours where a terminal reads: NO_COLOR switches them off (no-color.org), FORCE_COLOR on. What goes into a file has
 * none.
 */
export function styleFor(output: string | undefined, environment: NodeJS.ProcessEnv = process.env): Style {
  const { NO_COLOR: none = "", FORCE_COLOR: force } = environment;
  if (none !== "" || output !== undefined || force === "0" || force === "false") return PLAIN;
  if (force !== undefined) return COLOURS;
  return process.stdout.isTTY && process.stdout.hasColors() ? COLOURS : PLAIN;
}

/** Columns of the terminal, where one reads. */
export function columnsFor(output: string | undefined): number | undefined {
  return output === undefined && process.stdout.isTTY ? process.stdout.columns : undefined;
}

/** The one place where a command's answer goes: stdout or the file that the caller named. */
export async function publish(text: string, output: string | undefined): Promise<void> {
  if (output === undefined) {
    process.stdout.write(text);
    return;
  }
  try {
    await writeFile(output, text);
  } catch (error) {
    throw new UsageError(`cannot write ${output}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A line on stderr for people. What a repository controls is made visible first, line by line. */
export function tell(message: string): void {
  const lines = message.split("\n").map((line) => visible(line, MAXIMUM_MESSAGE_CHARACTERS));
  process.stderr.write(`${lines.join("\n")}\n`);
}

const MAXIMUM_MESSAGE_CHARACTERS = 1000;
