import { markdownName } from "../../report/layout/escape.ts";
import { type CommandName, type CommandProblem, type Part, REASON_CHARACTERS } from "./grammar.ts";

const USAGE: Readonly<Record<CommandName, string>> = {
  explain: "/egress explain [WORKLOAD|HANDLE] [-> DEST[:PORT[/PROTO]]] [env=NAME]",
  diff: "/egress diff [env=NAME]",
  recheck: "/egress recheck",
  approve: "/egress approve HANDLE SHA REASON",
  help: "/egress help",
};

const MEANING: Readonly<Record<CommandName, string>> = {
  explain:
    "why the review says what it says; with a destination whether this flow is allowed before and after",
  diff: "what each workload gains and loses",
  recheck: "review again (write access)",
  approve: "accept one finding at this commit, with a reason (approvers; nobody who made the change)",
  help: "this list",
};

export function helpText(documentation: (page: string) => string): string {
  const commands = (["explain", "diff", "recheck", "approve", "help"] as const).map(
    (name) => `- \`${USAGE[name]}\`: ${MEANING[name]}`,
  );
  return [
    "One command, in the first line of a new comment:",
    "",
    ...commands,
    "",
    "WORKLOAD is `namespace/Kind/name`, or `namespace?key=value` for a pod that Git does not show. DEST is a workload," +
      " `namespace/NAME`, `service/NAMESPACE/NAME`, an address, `dns` or `internet`; an IPv6 address with a port stands in brackets." +
      ` [More](${documentation("commands")})`,
  ].join("\n");
}

const PARTS: Readonly<Record<Part, string>> = {
  workload: "the workload before the arrow (`namespace/Kind/name`)",
  destination: "the destination after the arrow",
  environment: "the name after `env=`",
  handle: "the handle of the finding (like `203-9f3c`)",
  commit: "the commit that you looked at (7 characters or more)",
  reason: "a reason",
};

/** One line that helps; what was typed is shown escaped. */
export function problemLine(problem: CommandProblem): string {
  switch (problem.code) {
    case "unknown-command": {
      const hint =
        problem.nearest === null
          ? "`/egress help` lists the commands."
          : `Did you mean \`${USAGE[problem.nearest]}\`?`;
      return `There is no command ${markdownName(problem.word)}. ${hint}`;
    }
    case "missing":
      return `Missing: ${PARTS[problem.what]}. It is \`${USAGE[problem.command]}\`.`;
    case "invalid":
      return `${markdownName(problem.text)} is not ${PARTS[problem.what]}. It is \`${USAGE[problem.command]}\`.`;
    case "unexpected":
      return `Did not understand ${markdownName(problem.text)}. It is \`${USAGE[problem.command]}\`.`;
    case "reason-length": {
      const { minimum, maximum } = REASON_CHARACTERS;
      return `A reason has ${minimum} to ${maximum} characters, this one has ${problem.characters}: it is read by people who were not here.`;
    }
    case "too-long":
      return "This line is too long for a command. `/egress help` lists them.";
  }
}
