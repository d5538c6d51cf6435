import { readFile } from "node:fs/promises";
import type { Configuration, ConfigurationProblem } from "../config/config.ts";
import { isProblems } from "../config/configuration-of.ts";
import { CONFIGURATION_FILE, loadConfiguration } from "../config/load-configuration.ts";
import { mergeConfigurations } from "../config/merge-configurations.ts";
import { parseConfiguration } from "../config/parse-configuration.ts";
import { openDirectory } from "../tree/directory-tree.ts";
import { isTreeProblem, type Tree } from "../tree/tree.ts";
import { UsageError } from "./failure.ts";

export interface ConfigurationOptions {
  /** A file of this machine instead of the tree's. */
  readonly config?: string;
  /** A directory that holds the organisation's policy. */
  readonly policyDir?: string;
}

/** What counts for a tree under the organisation's policy, where one is named. Every problem is one line with its place. */
export async function configurationFor(
  tree: Tree,
  options: ConfigurationOptions = {},
): Promise<Configuration> {
  const [organisation, own] = [await organisationFor(options), await ownConfiguration(tree, options)];
  return mergeConfigurations(organisation, own).configuration;
}

/** The configuration that a tree holds, or that of a file of this machine. */
export async function ownConfiguration(tree: Tree, { config }: ConfigurationOptions): Promise<Configuration> {
  return sound(config === undefined ? await loadConfiguration(tree) : await readConfiguration(config));
}

/** The organisation's policy stands at the root of its repository, in a file of the same name. */
export async function organisationFor({ policyDir }: ConfigurationOptions): Promise<Configuration | null> {
  if (policyDir === undefined) return null;
  const tree = await openDirectory(policyDir);
  if (isTreeProblem(tree)) throw new UsageError(`--policy-dir: ${policyDir} cannot be read`);
  try {
    return sound(await loadConfiguration(tree, CONFIGURATION_FILE), `--policy-dir ${policyDir}: `);
  } finally {
    await tree.close();
  }
}

function sound(configuration: Configuration | readonly ConfigurationProblem[], from = ""): Configuration {
  if (!isProblems(configuration)) return configuration;
  throw new UsageError(configuration.map((problem) => `${from}${problemLine(problem)}`).join("\n"));
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

function problemLine({ path, line, message }: ConfigurationProblem): string {
  return `${path}${line === null ? "" : `:${line}`}: ${message}`;
}
