import { readFile } from "node:fs/promises";
import { z } from "zod";
import { defaultConfiguration, PROFILES, type Profile } from "../config/config.ts";
import { memoryCache } from "../engine/cache.ts";
import { discoverSide } from "../pipeline/discover-side.ts";
import { EnvironmentReader } from "../pipeline/environment-reader.ts";
import { AskedCluster } from "../pipeline/question/asked-cluster.ts";
import { answerQuery, type BatchAnswer, unanswered, unknown } from "../pipeline/question/batch.ts";
import { plainCluster } from "../pipeline/question/plain-cluster.ts";
import { withEngine } from "../pipeline/with-engine.ts";
import { openDirectory } from "../tree/directory-tree.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { isTreeProblem } from "../tree/tree.ts";
import { UsageError } from "./failure.ts";

const job = z.object({ dir: z.string(), queries: z.string(), profile: z.string().default("kubernetes") });

/**
 * Answers files of questions, one line each and in order. What is wrong with one line is its answer's reason; nothing of it
 * ends the rest.
 */
export async function answerBatch(file: string, write: (text: string) => void): Promise<void> {
  for (const line of linesOf(await readText("--batch", file))) {
    const answers = await answersOf(line);
    write(answers.map((answer) => `${JSON.stringify(answer)}\n`).join(""));
  }
}

async function answersOf(line: string): Promise<readonly BatchAnswer[]> {
  const parsed = job.safeParse(parseJson(line));
  if (!parsed.success) return [unknown(null, 'no batch: a line is {"dir", "queries", "profile"}')];
  const { dir, queries, profile } = parsed.data;
  let lines: readonly string[];
  try {
    lines = linesOf(await readFile(queries, "utf8"));
  } catch {
    return [unknown(null, `the questions ${queries} cannot be read`)];
  }
  const known = PROFILES.find((name) => name === profile);
  if (known === undefined) {
    return lines.map((one) => unanswered(one, `the profile ${profile} is not known: ${PROFILES.join(", ")}`));
  }
  const clusters = await clustersOf(dir, known);
  if (typeof clusters === "string") return lines.map((one) => unanswered(one, clusters));
  return lines.map((one) => answerQuery(clusters, one));
}

/** A sentence where the directory cannot be read. */
async function clustersOf(dir: string, profile: Profile): Promise<readonly AskedCluster[] | string> {
  const tree = await openDirectory(dir);
  if (isTreeProblem(tree)) return `the directory ${dir} cannot be read`;
  try {
    const plain = await plainCluster(tree, profile);
    return plain === null ? await renderedClusters(tree, profile) : [plain];
  } catch (error) {
    return `internal error: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    await tree.close();
  }
}

/** A directory with charts, kustomizations or entry points is read as a repository is. */
function renderedClusters(tree: RepositoryTree, profile: Profile): Promise<readonly AskedCluster[]> {
  const options = { config: defaultConfiguration, cache: memoryCache(), profile };
  return withEngine(options, async (engine) => {
    const { discovery } = await discoverSide(engine, tree, options);
    const reader = new EnvironmentReader(engine, options);
    const read = await Promise.all(
      discovery.environments.map((environment) => reader.read(environment, tree)),
    );
    return read.map(
      ({ cluster, rendered }) =>
        new AskedCluster(
          cluster,
          rendered.flatMap(({ manifests }) => manifests),
        ),
    );
  });
}

async function readText(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(
      `${option}: cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== "");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
