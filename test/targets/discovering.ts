import { type Configuration, defaultConfiguration } from "../../src/config/config.ts";
import { parseConfiguration } from "../../src/config/parse-configuration.ts";
import { type DiscoverOptions, discover } from "../../src/targets/discover.ts";
import type { Discovery, Environment, Target } from "../../src/targets/targets.ts";
import { type Files, treeOf } from "./tree-of.ts";

export function configured(text: string): Configuration {
  const parsed = parseConfiguration(text, "configuration");
  if (Array.isArray(parsed)) throw new Error(JSON.stringify(parsed));
  return parsed;
}

export async function discovered(
  files: Files,
  configuration: Configuration = defaultConfiguration,
  options: DiscoverOptions = {},
): Promise<Discovery> {
  return discover(treeOf(files), configuration, options);
}

/** "name: targets | unread" of each environment. */
export function outline({ environments }: Discovery): readonly string[] {
  return environments.map(({ name, targets, unread }) => {
    const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id).join(" ");
    return `${name}: ${ids(targets)}${unread.length > 0 ? ` | ${ids(unread)}` : ""}`;
  });
}

export function environment({ environments }: Discovery, name: string): Environment {
  const found = environments.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no environment ${name}`);
  return found;
}

export function target(discovery: Discovery, id: string): Target {
  const found = discovery.environments
    .flatMap(({ targets }) => targets)
    .find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no target ${id} in ${outline(discovery).join("; ")}`);
  return found;
}

/** "code subject" of each problem. */
export function problems(discovery: Discovery): readonly string[] {
  return discovery.problems.map(({ code, subject }) => `${code} ${subject}`);
}
