import { readFileSync } from "node:fs";
import type { ToolDocument } from "../report/review/schema.ts";

/** What this installation calls itself in JSON and under --version. */
export function installedTool(): ToolDocument {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const version = (manifest as { readonly version?: unknown }).version;
  return { name: "egress-review", version: typeof version === "string" ? version : "0.0.0" };
}
