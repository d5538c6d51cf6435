import { readFile } from "node:fs/promises";
import type { Configuration, ConfigurationProblem } from "../config/config.ts";
import { loadConfiguration } from "../config/load-configuration.ts";
import { parseConfiguration } from "../config/parse-configuration.ts";
import type { Tree } from "../tree/tree.ts";
import { UsageError } from "./failure.ts";

/** The configuration that a tree holds, or that of a file of this machine. Every problem is one line with its place. */
export async function configurationFor(tree: Tree, file: string | undefined): Promise<Configuration> {
  const configuration = file === undefined ? await loadConfiguration(tree) : await readConfiguration(file);
  if (!isProblems(configuration)) return configuration;
  throw new UsageError(configuration.map(problemLine).join("\n"));
}

async function readConfiguration(file: string): Promise<Configuration | ConfigurationProblem[]> {
  try {
    return parseConfiguration(await readFile(file), file);
  } catch (error) {
    throw new UsageError(
      `--config: cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function isProblems(value: Configuration | ConfigurationProblem[]): value is ConfigurationProblem[] {
  return Array.isArray(value);
}

function problemLine({ path, line, message }: ConfigurationProblem): string {
  return `${path}${line === null ? "" : `:${line}`}: ${message}`;
}
