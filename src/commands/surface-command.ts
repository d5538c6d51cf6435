import { type Command, Option } from "commander";
import { diskCache } from "../engine/cache.ts";
import { surfaceJson } from "../report/surface/json.ts";
import { surfaceText } from "../report/surface/text.ts";
import { surface } from "../review.ts";
import { discover } from "../targets/discover.ts";
import { type ConfigurationOptions, configurationFor } from "./configuration.ts";
import { checkEnvironments } from "./environments.ts";
import { collect, type ProfileOptions, profileOption } from "./options.ts";
import { ProgressLine } from "./progress.ts";
import { columnsFor, publish, styleFor, tell } from "./terminal.ts";
import { installedTool } from "./tool.ts";
import { openTree, type TreeOptions } from "./trees.ts";

interface SurfaceCommandOptions extends TreeOptions, ProfileOptions, Pick<ConfigurationOptions, "policyDir"> {
  readonly env?: readonly string[];
  readonly format: "text" | "json";
}

export function addSurfaceCommand(program: Command, signal: AbortSignal): void {
  program
    .command("surface")
    .summary("list what each workload may reach")
    .description("Renders one state of a repository and prints what egress controls let each workload reach.")
    .option("--repo <dir>", "the git repository, bare or not (default: the current directory)")
    .option("--rev <rev>", "the state to read (default: the working tree with uncommitted changes)")
    .option("--dir <dir>", "read a plain directory instead")
    .option("--policy-dir <dir>", "the organisation's policy: a directory with its .egress-review.yaml")
    .option("--env <name>", "this environment only; may be repeated", collect)
    .addOption(profileOption())
    .addOption(new Option("--format <format>", "how to print").choices(["text", "json"]).default("text"))
    .addHelpText("after", EXAMPLES)
    .action((options: SurfaceCommandOptions) => runSurface(options, signal));
}

const EXAMPLES = `
Examples:
  What may each workload reach now?
    $ egress-review surface
  What could it reach at a release, in production?
    $ egress-review surface --rev v1.4.0 --env clusters/production
  The same for a program:
    $ egress-review surface --dir rendered --format json`;

async function runSurface(options: SurfaceCommandOptions, signal: AbortSignal): Promise<void> {
  const { tree, repositoryUrls } = await openTree(options);
  const progress = new ProgressLine();
  try {
    const config = await configurationFor(tree, options);
    if (options.env !== undefined) {
      const { environments } = await discover(tree, config, { repositoryUrls });
      checkEnvironments(
        options.env,
        environments.map(({ name }) => name),
      );
    }
    const listing = await surface(tree, {
      config,
      cache: diskCache({ onProblem: ({ message }) => tell(`render cache: ${message}`) }),
      signal,
      onProgress: progress.show,
      repositoryUrls,
      ...(options.env === undefined ? {} : { environments: options.env }),
      ...(options.profile === undefined ? {} : { profile: options.profile }),
    });
    progress.end();
    const columns = columnsFor(undefined);
    const page = { style: styleFor(undefined), ...(columns === undefined ? {} : { columns }) };
    await publish(
      options.format === "json" ? surfaceJson(listing, installedTool()) : surfaceText(listing, page),
      undefined,
    );
  } finally {
    progress.end();
    await tree.close();
  }
}
