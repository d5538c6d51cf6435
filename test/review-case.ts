import { readdirSync, readFileSync } from "node:fs";
import type { Expectation } from "../scripts/expectations.mjs";
import { loadConfiguration } from "../src/config/load-configuration.ts";
import type { Engine } from "../src/engine/engine.ts";
import { reviewDocument } from "../src/report/review/json.ts";
import type { ReviewDocument } from "../src/report/review/schema.ts";
import { type Review, type ReviewOptions, review } from "../src/review.ts";
import { openDirectory } from "../src/tree/directory-tree.ts";
import type { RepositoryTree } from "../src/tree/indexed-tree.ts";
import { isTreeProblem } from "../src/tree/tree.ts";

/** A case of `test/cases`: a repository at base and head, and what a true review of it says. */
export interface ReviewCase extends Expectation {
  /** The row of the threats, of the field's reports, or the rule that it stands for. */
  readonly row: string;
  readonly title: string;
  readonly why: string;
}

const CASES = "test/cases";
const NOW = new Date("2026-01-01T00:00:00Z");

export const caseNames: readonly string[] = readdirSync(CASES).sort();

export function readCase(name: string): ReviewCase {
  return JSON.parse(readFileSync(`${CASES}/${name}/case.json`, "utf8")) as ReviewCase;
}

export async function openCase(name: string, side: "base" | "head"): Promise<RepositoryTree> {
  return await openFolder(`${CASES}/${name}/${side}`);
}

export async function openFolder(path: string): Promise<RepositoryTree> {
  const tree = await openDirectory(path);
  if (isTreeProblem(tree)) throw new Error(`${tree.path}: ${tree.code}`);
  return tree;
}

/** Reviews two trees at a fixed time, with the configuration of base. */
export async function reviewTrees(
  engine: Engine,
  base: RepositoryTree,
  head: RepositoryTree,
  more: Partial<ReviewOptions> = {},
): Promise<Review> {
  const config = await loadConfiguration(base);
  if (Array.isArray(config)) throw new Error(JSON.stringify(config));
  return await review(base, head, { config, engine, clock: () => NOW, ...more });
}

/** What the command line prints in JSON, without what changes with every release. */
export function documentOf(value: Review): ReviewDocument {
  const tool = { name: "egress-review" as const, version: "0.0.0" };
  const document = reviewDocument(value, tool);
  return { ...document, digests: { inputs: "…", policy: "…", engine: "…", approvals: "…" } };
}

/** What two reviews of one change must agree on, however they were computed. */
export function judgementOf(value: Review): object {
  const findings = value.findings.map(({ handle, severity, workloads }) => ({ handle, severity, workloads }));
  return { verdict: value.verdict, findings };
}
