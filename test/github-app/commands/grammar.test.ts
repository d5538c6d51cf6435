import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Command, parseComment } from "../../../src/github/commands/grammar.ts";
import { problemLine } from "../../../src/github/commands/help.ts";

const REASON = "until the mirror is there";

const RIGHT: readonly [line: string, command: Command][] = [
  ["/egress help", { kind: "help" }],
  ["/egress", { kind: "help" }],
  ["   /egress   HELP  ", { kind: "help" }],
  ["/egress recheck", { kind: "recheck" }],
  ["/egress diff", { kind: "diff", environment: null }],
  ["/egress diff env=clusters/production", { kind: "diff", environment: "clusters/production" }],
  ["/egress explain", explain({})],
  ["/egress explain env=lab", explain({ environment: "lab" })],
  ["/egress explain 203-9F3C", explain({ subject: { kind: "handle", handle: "203-9f3c" } })],
  ["/egress explain EGR-203-9f3c", explain({ subject: { kind: "handle", handle: "203-9f3c" } })],
  ["/egress explain data/Deployment/api", explain({ subject: workload("data/Deployment/api") })],
  [
    "/egress explain data/Deployment/api -> 198.41.192.1:7844/UDP env=lab",
    explain({
      subject: workload("data/Deployment/api"),
      destination: "198.41.192.1:7844/UDP",
      environment: "lab",
    }),
  ],
  [
    "/egress explain data?app=x,tier=y→[2606:4700::1]:443",
    explain({ subject: workload("data?app=x,tier=y"), destination: "[2606:4700::1]:443" }),
  ],
  [
    "/egress explain env=lab a/B/c->dns",
    explain({ subject: workload("a/B/c"), destination: "dns", environment: "lab" }),
  ],
  [
    "/egress explain `namespace/SparkApplication/x#driver` -> internet",
    explain({ subject: workload("namespace/SparkApplication/x#driver"), destination: "internet" }),
  ],
  [
    "/egress\u00a0explain a/B/c -> service/vault/vault:8200",
    explain({ subject: workload("a/B/c"), destination: "service/vault/vault:8200" }),
  ],
  [
    `/egress approve 203-9f3c d71b774 ${REASON}`,
    { kind: "approve", handle: "203-9f3c", sha: "d71b774", reason: REASON },
  ],
  [
    `/egress approve \`203-9f3c\` D71B774   see  ticket -> env=lab #12\r\nmore text`,
    { kind: "approve", handle: "203-9f3c", sha: "d71b774", reason: "see ticket -> env=lab #12" },
  ],
  [`/egress help\n/egress approve 203-9f3c d71b774 ${REASON}`, { kind: "help" }],
];

function explain(parts: Partial<Extract<Command, { kind: "explain" }>>): Command {
  return { kind: "explain", subject: null, destination: null, environment: null, ...parts };
}

function workload(text: string) {
  return { kind: "workload", text } as const;
}

describe("what is a command", () => {
  test.each(RIGHT)("%j", (line, command) => {
    expect(parseComment(line)).toEqual({ kind: "command", command });
  });
});

describe("what is none, and gets no answer", () => {
  test.each([
    ["a quote", "> /egress recheck"],
    ["code", "    /egress recheck"],
    ["code by a tab", "\t/egress recheck"],
    ["a fence", "```\n/egress recheck\n```"],
    ["inline code", "`/egress recheck`"],
    ["not the first line", "Hello\n/egress recheck"],
    ["an empty first line", "\n/egress recheck"],
    ["in the middle of a line", "please /egress recheck"],
    ["another tool's", "/egressive recheck"],
    ["a path", "/egress/recheck"],
    ["a list", "- /egress recheck"],
    ["HTML", "<!-- -->/egress recheck"],
    ["another case", "/EGRESS recheck"],
    ["nothing", ""],
  ])("%s", (_name, body) => {
    expect(parseComment(body)).toEqual({ kind: "none" });
  });
});

describe("a wrong one gets one line that helps", () => {
  test.each([
    ["/egress explian", "Did you mean `/egress explain"],
    ["/egress waive 203-9f3c", "no command `waive`"],
    ["/egress recheck now", "Did not understand `now`"],
    ["/egress diff lab", "Did not understand `lab`"],
    ["/egress diff env=a env=b", "Did not understand `env=b`"],
    ["/egress diff env=", "Missing: the name after `env=`"],
    ["/egress explain a/B/c ->", "Missing: the destination"],
    ["/egress explain -> dns", "Missing: the workload"],
    ["/egress explain a/B/c d/E/f", "Did not understand `d/E/f`"],
    ["/egress explain a/B/c -> dns internet", "Did not understand `internet`"],
    ["/egress approve", "Missing: the handle"],
    ["/egress approve it", "`it` is not the handle"],
    ["/egress approve 203-9f3c", "Missing: the commit"],
    ["/egress approve 203-9f3c HEAD it is fine", "`HEAD` is not the commit"],
    ["/egress approve 203-9f3c d71b77 it is fine", "`d71b77` is not the commit"],
    ["/egress approve 203-9f3c d71b774", "Missing: a reason"],
    ["/egress approve 203-9f3c d71b774 ok", "this one has 2"],
    [`/egress approve 203-9f3c d71b774 ${"x".repeat(501)}`, "this one has 501"],
    [`/egress explain ${"x".repeat(2000)}`, "too long"],
    ["/egress @acme/all", "no command"],
  ])("%s", (line, words) => {
    const parsed = parseComment(line);
    if (parsed.kind !== "wrong") throw new Error(parsed.kind);
    const said = problemLine(parsed.problem);
    expect(said).toContain(words);
    expect(said).not.toContain("\n");
  });
});

describe("whatever somebody types", () => {
  const words = fc.constantFrom(
    "/egress",
    "explain",
    "approve",
    "diff",
    "->",
    "→",
    "env=",
    "env=x",
    "203-9f3c",
    "d71b774",
    "`",
    "@all",
    "<!--",
    "|",
    "\u202e",
    "\u00a0",
    "  ",
    "\n",
    "#1",
  );
  const typed = fc
    .array(fc.oneof(words, fc.string({ unit: "binary", maxLength: 12 })), { maxLength: 12 })
    .map((parts) => `/egress ${parts.join(" ")}`);

  test("it ends in a value, and in one line without a mention or markup of theirs", () => {
    fc.assert(
      fc.property(typed, (body) => {
        const parsed = parseComment(body);
        if (parsed.kind !== "wrong") return;
        const said = problemLine(parsed.problem);
        expect(said).not.toMatch(/[\r\n]/);
        const outsideCode = said.replace(/`[^`]*`/g, "");
        expect(outsideCode).not.toMatch(/<!--(?! -->)|@(?!<!-- -->)[a-z]|#\d/);
      }),
      { numRuns: 3000 },
    );
  });

  test("a command means the same whatever its spaces and whatever follows its line", () => {
    const spaces = fc.constantFrom(" ", "  ", "\t", "\u00a0", " \t ");
    const rights = fc.constantFrom(...RIGHT.filter(([line]) => !/[\r\n]/.test(line)));
    fc.assert(
      fc.property(rights, spaces, fc.string(), ([line, command], space, rest) => {
        const spaced = line.trim().replaceAll(" ", space);
        expect(parseComment(`${spaced}\n${rest}`)).toEqual({ kind: "command", command });
      }),
      { numRuns: 300 },
    );
  });
});
