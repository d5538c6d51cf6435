import { describe, expect, test } from "@jest/globals";
import { Command, CommanderError } from "commander";
import { addDoctorCommand } from "../../src/commands/doctor-command.ts";
import { UsageError } from "../../src/commands/failure.ts";
import { addSetupCommand } from "../../src/commands/setup-command.ts";

/** What a command line is refused with, before anything is done; all of it ends with exit code 64 (usage.test.ts). */
async function refusal(args: readonly string[]): Promise<Error> {
  const program = new Command("egress-review")
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  addSetupCommand(program);
  addDoctorCommand(program);
  const error = await program.parseAsync(["node", "egress-review", ...args]).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CommanderError || error instanceof UsageError) return error;
  throw new Error(`not refused: ${String(error)}`);
}

describe("setup refuses", () => {
  test.each<[string, readonly string[], RegExp]>([
    ["no address of the service", [], /required option '--url <url>' not specified/],
    ["every interface", ["--address", "0.0.0.0"], /listens on 127\.0\.0\.1 alone/],
    ["every interface, IPv6", ["--address", "::"], /listens on 127\.0\.0\.1 alone/],
    ["another interface", ["--address", "192.168.1.10"], /listens on 127\.0\.0\.1 alone/],
    ["a service without encryption", ["--url", "http://egress.example.com"], /Write it as https:/],
    ["an address with a query", ["--url", "https://egress.example.com/?a=b"], /Write it as https:/],
    ["an address as host", ["--host", "https://github.example.com"], /Write it as github\.example\.com/],
    ["an organisation that is none", ["--organization", "acme/shop"], /organisation's address/],
    ["a name that is too long", ["--name", "x".repeat(35)], /at most 34 characters/],
    ["a port that is none", ["--port", "70000"], /below 65536/],
  ])("%s", async (_, args, expected) => {
    const url = args.includes("--url") || args.length === 0 ? [] : ["--url", "https://e.example.com"];
    const error = await refusal(["setup", ...url, ...args]);
    expect(error.message).toMatch(expected);
  });
});

describe("doctor refuses", () => {
  test.each<[readonly string[], RegExp]>([
    [["--branch", "main"], /--branch needs --repository/],
    [["--repository", "platform"], /Write it as acme\/platform/],
    [["--repository", "acme/a/b"], /Write it as acme\/platform/],
    [["--format", "xml"], /Allowed choices are text, json/],
  ])("%j", async (args, expected) => {
    const error = await refusal(["doctor", ...args]);
    expect(error.message).toMatch(expected);
  });
});
