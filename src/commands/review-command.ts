import { type Command, Option } from "commander";
import type { Configuration } from "../config/config.ts";
import { mergeConfigurations } from "../config/merge-configurations.ts";
import { diskCache, memoryCache } from "../engine/cache.ts";
import { json } from "../report/review/json.ts";
import { markdown } from "../report/review/markdown.ts";
import { text } from "../report/review/text.ts";
import { type Review, review } from "../review.ts";
import { discover } from "../targets/discover.ts";
import { type ConfigurationOptions, organisationFor, ownConfiguration } from "./configuration.ts";
import { checkEnvironments } from "./environments.ts";
import { EXIT } from "./failure.ts";
import { collect, type ProfileOptions, parseTime, profileOption, shellWord } from "./options.ts";
import { ProgressLine } from "./progress.ts";
import { columnsFor, publish, styleFor, tell } from "./terminal.ts";
import { installedTool } from "./tool.ts";
import { type MergeConflict, openSides, type Sides, type SidesOptions } from "./trees.ts";

interface ReviewCommandOptions extends SidesOptions, ConfigurationOptions, ProfileOptions {
  readonly env?: readonly string[];
  readonly format: "text" | "markdown" | "json";
  readonly output?: string;
  readonly cache: boolean;
  readonly fixes?: boolean;
  readonly now?: Date;
}

export function addReviewCommand(program: Command, signal: AbortSignal): void {
  program
    .command("review")
    .summary("review a change: what each workload could reach that it could not before")
    .description(
      "Renders both sides of a change, computes what egress controls let each workload reach, and judges the difference.",
    )
    .option("--repo <dir>", "the git repository, bare or not (default: the current directory)")
    .option("--base <rev>", "what the change is compared with (default: merge base with the default branch)")
    .option("--head <rev>", "the changed state (default: the working tree with uncommitted changes)")
    .option("--merge", "compare the base with what would land: the head (default: HEAD) merged into it")
    .option("--base-dir <dir>", "compare two plain directories instead: the state before")
    .option("--head-dir <dir>", "compare two plain directories instead: the state after")
    .option("--env <name>", "review this environment only; may be repeated", collect)
    .option("--config <file>", "use this configuration instead of .egress-review.yaml of the base")
    .option("--policy-dir <dir>", "the organisation's policy: a directory with its .egress-review.yaml")
    .addOption(profileOption())
    .addOption(
      new Option("--format <format>", "how to print").choices(["text", "markdown", "json"]).default("text"),
    )
    .option("--output <file>", "write the report to a file instead of stdout")
    .option(
      "--fixes",
      "try edits that take out what blocks, and print what they lead to (always with markdown)",
    )
    .option("--no-cache", "render everything again")
    .option("--now <time>", "the time of the evaluation, for repeatable output", parseTime)
    .addHelpText("after", EXAMPLES)
    .action((options: ReviewCommandOptions) => runReview(options, signal));
}

const EXAMPLES = `
Exit codes: 0 pass, 1 block, 2 undecided, 64 wrong usage or invalid configuration, 70 internal error.

Examples:
  Review what you have changed here, committed or not:
    $ egress-review review
  Review what would land if a branch were merged now:
    $ egress-review review --merge --base main --head feature
  Review a pull request as a comment:
    $ egress-review review --base main --head feature --format markdown
  Review what another renderer wrote, one environment:
    $ egress-review review --base-dir out/base --head-dir out/head --env production
  Keep the evidence:
    $ egress-review review --format json --output review.json --now 2026-01-31T12:00:00Z`;

async function runReview(options: ReviewCommandOptions, signal: AbortSignal): Promise<void> {
  const sides = await openSides(options);
  if (sides.kind === "conflict") {
    // What cannot land is not judged, and never a pass.
    process.exitCode = EXIT.undecided;
    tell(`egress-review: ${conflictText(sides)}`);
    return;
  }
  const progress = new ProgressLine();
  try {
    const [config, organisation] = [
      await ownConfiguration(sides.base, options),
      await organisationFor(options),
    ];
    if (options.env !== undefined) {
      const { configuration } = mergeConfigurations(organisation, config);
      checkEnvironments(options.env, await environmentNames(sides, configuration));
    }
    const result = await review(sides.base, sides.head, {
      config,
      organisation,
      clock: () => options.now ?? new Date(),
      cache: options.cache
        ? diskCache({ onProblem: ({ message }) => tell(`render cache: ${message}`) })
        : memoryCache(),
      signal,
      // A comment is read by who has to mend it; elsewhere a blocked review should not take half as long again.
      fixes: options.fixes === true || options.format === "markdown",
      onProgress: progress.show,
      repositoryUrls: sides.repositoryUrls,
      ...(options.env === undefined ? {} : { environments: options.env }),
      ...(options.profile === undefined ? {} : { profile: options.profile }),
    });
    progress.end();
    // Before anything is printed: who stops reading ends this process, and must not end it as a pass.
    process.exitCode = EXIT[result.verdict];
    await publish(print(result, options, sides), options.output);
  } finally {
    progress.end();
    await Promise.all([sides.base.close(), sides.head.close()]);
  }
}

const SHOWN_PATHS = 8;

function conflictText({ base, head, paths }: MergeConflict): string {
  const rest = paths.length > SHOWN_PATHS ? ` and ${paths.length - SHOWN_PATHS} more` : "";
  const list = paths.slice(0, SHOWN_PATHS).join(", ");
  return `undecided: ${head} cannot be merged into ${base}, ${list}${rest} ${paths.length === 1 ? "conflicts" : "conflict"}`;
}

/** Of both sides: an environment that the change adds or removes has a name, too. */
async function environmentNames({ base, head, repositoryUrls }: Sides, config: Configuration) {
  const found = await Promise.all([base, head].map((tree) => discover(tree, config, { repositoryUrls })));
  return found.flatMap(({ environments }) => environments.map(({ name }) => name));
}

function print(result: Review, options: ReviewCommandOptions, sides: Sides): string {
  const again = `${sides.reproduce}${repeated(options)}`;
  switch (options.format) {
    case "json":
      return json(result, installedTool());
    case "markdown":
      return markdown(result, { reproduce: `egress-review review ${again}` });
    case "text": {
      const columns = columnsFor(options.output);
      const at = options.repo === undefined ? "" : `--repo ${shellWord(options.repo)} `;
      return text(result, {
        reproduce: `egress-review review ${at}${again}`,
        style: styleFor(options.output),
        ...(columns === undefined ? {} : { columns }),
      });
    }
  }
}

/** The options that change what is decided. */
function repeated({ env = [], config, policyDir, profile }: ReviewCommandOptions): string {
  const file = config === undefined ? "" : ` --config ${shellWord(config)}`;
  const policy = policyDir === undefined ? "" : ` --policy-dir ${shellWord(policyDir)}`;
  const cni = profile === undefined ? "" : ` --profile ${profile}`;
  return env.map((name) => ` --env ${shellWord(name)}`).join("") + file + policy + cni;
}
