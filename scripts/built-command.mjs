import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));

/** The path of the command line, built first where it is missing or older than a source. */
export function builtCommand() {
  const cli = join(PROJECT, "dist", "cli.js");
  if (!existsSync(cli) || newestSource() > statSync(cli).mtimeMs) {
    console.error("Building …");
    execFileSync("npm", ["run", "--silent", "build"], {
      cwd: PROJECT,
      stdio: ["ignore", "inherit", "inherit"],
    });
  }
  return cli;
}

function newestSource() {
  const source = join(PROJECT, "src");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).map((path) => join(source, path));
  return Math.max(...files.map((path) => statSync(path).mtimeMs));
}
