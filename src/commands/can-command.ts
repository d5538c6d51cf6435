import { type Command, Option } from "commander";
import { diskCache, memoryCache } from "../engine/cache.ts";
import {
  isQuestionProblem,
  parseDestination,
  parseFrom,
  parsePort,
  parseProtocol,
  type Question,
} from "../pipeline/question/question.ts";
import { answerJson } from "../report/answer/json.ts";
import { answerMarkdown } from "../report/answer/markdown.ts";
import { answerText } from "../report/answer/text.ts";
import { type Answer, ask } from "../review.ts";
import { answerBatch } from "./can-batch.ts";
import { type ConfigurationOptions, configurationFor } from "./configuration.ts";
import { UsageError } from "./failure.ts";
import { collect, type ProfileOptions, profileOption } from "./options.ts";
import { ProgressLine } from "./progress.ts";
import { columnsFor, publish, styleFor, tell } from "./terminal.ts";
import { installedTool } from "./tool.ts";
import { openSides, openTree } from "./trees.ts";

interface CanCommandOptions extends ConfigurationOptions, ProfileOptions {
  readonly repo?: string;
  readonly rev?: string;
  readonly dir?: string;
  readonly base?: string;
  readonly head?: string;
  readonly from?: string;
  readonly to?: string;
  readonly port?: string;
  readonly protocol?: string;
  readonly direction: "egress" | "both";
  readonly both?: boolean;
  readonly env?: readonly string[];
  readonly cache: boolean;
  readonly batch?: string;
  readonly format: "text" | "markdown" | "json" | "jsonl";
}

export function addCanCommand(program: Command, signal: AbortSignal): void {
  program
    .command("can")
    .summary("ask whether one flow is allowed, and why")
    .description(
      "Says whether a pod may reach a destination, with the policies that select it, the rule that admits or the nearest that almost does. With two states: what was allowed and what will be.",
    )
    .option("--repo <dir>", "the git repository, bare or not (default: the current directory)")
    .option("--rev <rev>", "the state to ask (default: the working tree with uncommitted changes)")
    .option("--dir <dir>", "ask a plain directory instead")
    .option("--base <rev>", "ask both sides of a change: the state before")
    .option("--head <rev>", "ask both sides of a change: the state after (default: the working tree)")
    .option("--from <pod>", "who sends: namespace/Kind/name, or 'namespace?key=value,…'")
    .option(
      "--to <destination>",
      "where to: namespace/Kind/name, namespace/NAME, service/NAMESPACE/NAME, an address, a domain name, dns or internet",
    )
    .option("--port <port>", "the port (default: those that the destination has, else 443)")
    .option("--protocol <protocol>", "TCP, UDP or SCTP (default: TCP)")
    .addOption(
      new Option("--direction <direction>", "egress of the source, or also ingress of the destination")
        .choices(["egress", "both"])
        .default("egress"),
    )
    .option("--both", "the same as --direction both")
    .option("--env <name>", "ask this environment only; may be repeated", collect)
    .addOption(profileOption())
    .option("--config <file>", "use this configuration instead of .egress-review.yaml of the repository")
    .option("--policy-dir <dir>", "put the organisation's policy of this directory over the configuration")
    .option("--batch <file>", "answer many questions: see docs/can.md")
    .addOption(
      new Option("--format <format>", "how to print")
        .choices(["text", "markdown", "json", "jsonl"])
        .default("text"),
    )
    .option("--no-cache", "render everything again")
    .addHelpText("after", EXAMPLES)
    .action((options: CanCommandOptions) => runCan(options, signal));
}

const EXAMPLES = `
Exit codes: 0 whenever it answered, whatever the answer; 64 wrong usage; 70 internal error.

Examples:
  Does a default deny stop a pod that Git does not show?
    $ egress-review can --from 'data-platform?run=test' --to internet
  Does DNS work?
    $ egress-review can --from 'data-platform?run=test' --to dns
  May one service call another, through its Service?
    $ egress-review can --from shop/Deployment/web --to service/data/db --both
  What does my change do to the tunnel?
    $ egress-review can --base main --from edge/Deployment/tunnel --to 198.51.100.7:7844
  May a pod reach a name, as Cilium enforces it?
    $ egress-review can --from shop/Deployment/web --to api.example.com:443 --profile cilium`;

async function runCan(options: CanCommandOptions, signal: AbortSignal): Promise<void> {
  if (options.batch !== undefined) return runBatch(options.batch, options);
  if (options.format === "jsonl") throw new UsageError("--format jsonl is for --batch: one line a question");
  const question = questionOf(options);
  const { trees, repositoryUrls, close } = await openAsked(options);
  const progress = new ProgressLine();
  try {
    const config = await configurationFor("base" in trees ? trees.base : trees.tree, options);
    const answer = await ask(trees, question, {
      config,
      cache: options.cache
        ? diskCache({ onProblem: ({ message }) => tell(`render cache: ${message}`) })
        : memoryCache(),
      signal,
      onProgress: progress.show,
      repositoryUrls,
      ...(options.env === undefined ? {} : { environments: options.env }),
      ...(options.profile === undefined ? {} : { profile: options.profile }),
    });
    progress.end();
    await publish(print(good(answer), options.format), undefined);
  } finally {
    progress.end();
    await close();
  }
}

function questionOf({ from, to, port, protocol, direction, both }: CanCommandOptions): Question {
  if (from === undefined || to === undefined) {
    throw new UsageError(`--${from === undefined ? "from" : "to"} is missing: who sends, and where to`);
  }
  const source = good(parseFrom(from));
  const destination = good(parseDestination(to));
  const typed = port === undefined ? null : good(parsePort(port));
  const asked = protocol === undefined ? null : parseProtocol(protocol);
  if (typed !== null && destination.port !== null) {
    throw new UsageError(`the port stands twice: in --to ${to} and in --port ${port ?? ""}`);
  }
  return {
    from: source,
    to: destination.to,
    port: typed?.port ?? destination.port,
    protocol:
      (asked === null || typeof asked === "string" ? asked : good(asked)) ??
      typed?.protocol ??
      destination.protocol,
    direction: both === true ? "both" : direction,
  };
}

async function openAsked(options: CanCommandOptions) {
  const { base, head, rev, dir } = options;
  if (base === undefined && head === undefined) {
    const { tree, repositoryUrls } = await openTree(options);
    return { trees: { tree }, repositoryUrls, close: () => tree.close() };
  }
  const mixed = rev === undefined ? (dir === undefined ? null : "--dir") : "--rev";
  if (mixed !== null)
    throw new UsageError(`${mixed} cannot be used with --base and --head: those ask two states`);
  const sides = await openSides(options);
  if (sides.kind !== "sides") throw new UsageError("the two states cannot be merged");
  const { repositoryUrls } = sides;
  return {
    trees: { base: sides.base, head: sides.head },
    repositoryUrls,
    close: async () => {
      await Promise.all([sides.base.close(), sides.head.close()]);
    },
  };
}

function good<T extends object>(value: T): Exclude<T, { readonly kind: "question-problem" }> {
  if (isQuestionProblem(value)) throw new UsageError(value.sentence);
  return value as Exclude<T, { readonly kind: "question-problem" }>;
}

function print(answer: Answer, format: CanCommandOptions["format"]): string {
  if (format === "json") return answerJson(answer, installedTool());
  if (format === "markdown") return answerMarkdown(answer);
  const columns = columnsFor(undefined);
  return answerText(answer, { style: styleFor(undefined), ...(columns === undefined ? {} : { columns }) });
}

async function runBatch(file: string, { format, ...options }: CanCommandOptions): Promise<void> {
  const other = (
    [
      "repo",
      "rev",
      "dir",
      "base",
      "head",
      "from",
      "to",
      "port",
      "protocol",
      "both",
      "env",
      "profile",
      "config",
    ] as const
  ).find((name) => options[name] !== undefined);
  if (other !== undefined)
    throw new UsageError(`--${other} cannot be used with --batch: the file says what is asked`);
  if (format !== "jsonl") throw new UsageError("--batch answers in --format jsonl");
  await answerBatch(file, (line) => process.stdout.write(line));
}
