import { isTreeProblem, type Tree } from "../tree/tree.ts";
import { type Configuration, type ConfigurationProblem, defaultConfiguration } from "./config.ts";
import { parseConfiguration } from "./parse-configuration.ts";

export const CONFIGURATION_FILE = ".egress-review.yaml";

/**
 * Reads the configuration of a tree. Without `path` an absent file means the defaults; with `path` it is a problem.
 * Problems come back as an array, never as an exception.
 */
export async function loadConfiguration(
  tree: Tree,
  path?: string,
): Promise<Configuration | ConfigurationProblem[]> {
  const file = path ?? CONFIGURATION_FILE;
  const content = await tree.read(file);
  if (!isTreeProblem(content)) return parseConfiguration(content, file);
  if (content.code === "missing") {
    if (path === undefined) return defaultConfiguration;
    return [{ code: "missing", path: file, line: null, message: "this configuration file does not exist" }];
  }
  return [{ code: "unreadable", path: file, line: null, message: `cannot be read (${content.code})` }];
}
