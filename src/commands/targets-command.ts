import { type Command, Option } from "commander";
import { targetsJson } from "../report/targets/json.ts";
import { targetsText } from "../report/targets/text.ts";
import { discover } from "../targets/discover.ts";
import { type ConfigurationOptions, configurationFor } from "./configuration.ts";
import { columnsFor, publish, styleFor } from "./terminal.ts";
import { installedTool } from "./tool.ts";
import { openTree, type TreeOptions } from "./trees.ts";

interface TargetsCommandOptions extends TreeOptions, Pick<ConfigurationOptions, "policyDir"> {
  readonly format: "text" | "json";
}

export function addTargetsCommand(program: Command): void {
  program
    .command("targets")
    .summary("list environments and targets, without rendering")
    .description(
      "Finds what a controller would deploy, what claims it, what nobody claims, and what cannot be read and why.",
    )
    .option("--repo <dir>", "the git repository, bare or not (default: the current directory)")
    .option("--rev <rev>", "the state to read (default: the working tree with uncommitted changes)")
    .option("--dir <dir>", "read a plain directory instead")
    .option("--policy-dir <dir>", "the organisation's policy: a directory with its .egress-review.yaml")
    .addOption(new Option("--format <format>", "how to print").choices(["text", "json"]).default("text"))
    .addHelpText("after", EXAMPLES)
    .action(runTargets);
}

const EXAMPLES = `
Examples:
  What is in this repository, and does anything miss a file?
    $ egress-review targets
  Of another state, for a program:
    $ egress-review targets --repo platform.git --rev main --format json`;

async function runTargets(options: TargetsCommandOptions): Promise<void> {
  const { tree, repositoryUrls } = await openTree(options);
  try {
    const discovery = await discover(tree, await configurationFor(tree, options), { repositoryUrls });
    const columns = columnsFor(undefined);
    const page = { style: styleFor(undefined), ...(columns === undefined ? {} : { columns }) };
    await publish(
      options.format === "json"
        ? targetsJson(discovery, tree.name, installedTool())
        : targetsText(discovery, tree.name, page),
      undefined,
    );
  } finally {
    await tree.close();
  }
}
