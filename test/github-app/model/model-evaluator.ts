import type { Evaluator } from "../../../src/github/app-context.ts";
import { conclusionOf } from "../../../src/report/pull-request/publication.ts";
import type { RepositoryTree } from "../../../src/tree/indexed-tree.ts";
import { isTreeProblem } from "../../../src/tree/tree.ts";
import { at, finding, review } from "../../report/reviews.ts";

/** The reviewer of the model: a few words in two files, so that an oracle fits on a page. */

export type ModelVerdict = "pass" | "block" | "undecided" | "failed";
export type Files = ReadonlyMap<string, string>;

const READ = ["a.txt", "b.txt"];
const CONFIGURATION = ".egress-review.yaml";

/**
 * Blocks where more is open than before and both files are; undecided where a file became unread; both are red alone, and two
 * changes that are green alone may be red together. A lenient base never blocks, a broken configuration decides nothing.
 */
export function verdictOf(base: Files, head: Files): ModelVerdict {
  const policy = base.get(CONFIGURATION) ?? "";
  if (policy.includes("[")) return "failed";
  const is = (files: Files, word: string) => READ.filter((path) => (files.get(path) ?? "").trim() === word);
  const opened = is(head, "open").filter((path) => !is(base, "open").includes(path));
  if (opened.length > 0 && is(head, "open").length === READ.length && !policy.includes("lenient"))
    return "block";
  const unread = is(head, "unread").filter((path) => !is(base, "unread").includes(path));
  return unread.length > 0 ? "undecided" : "pass";
}

export function conclusionFor(verdict: ModelVerdict): string {
  return verdict === "failed" ? "failure" : conclusionOf({ verdict, observed: null });
}

export function modelEvaluator(onEvaluate: () => void): Evaluator {
  return {
    engineDigest: "model",
    async review(base, head, { configuration }) {
      onEvaluate();
      const files = new Map(await filesOf(base, [...READ]));
      files.set(CONFIGURATION, configuration.contact === "lenient" ? "lenient" : "");
      const verdict = verdictOf(files, await filesOf(head, READ));
      const place = at("a.txt", 1);
      const findings =
        verdict === "block"
          ? [finding("201", { severity: "block", location: place, fingerprint: "ab".repeat(32) })]
          : verdict === "undecided"
            ? [finding("000", { severity: "undecided", location: place })]
            : [];
      return review({
        verdict: verdict === "failed" ? "undecided" : verdict,
        findings,
        base: base.name,
        head: head.name,
      });
    },
    async affects(before, after) {
      const [old, now] = await Promise.all([
        filesOf(before, [...READ, CONFIGURATION]),
        filesOf(after, [...READ, CONFIGURATION]),
      ]);
      return [...READ, CONFIGURATION].some((path) => old.get(path) !== now.get(path));
    },
    map: async (tree) => ({
      revision: tree.name,
      environments: [],
      listed: [],
      problems: [],
      repository: { urls: [], evidence: "none" },
      assumptions: [],
    }),
    ask: async () => ({ kind: "answer", markdown: "yes" }),
  };
}

async function filesOf(tree: RepositoryTree, paths: readonly string[]): Promise<Files> {
  const files = new Map<string, string>();
  for (const path of paths) {
    const bytes = await tree.read(path);
    if (!isTreeProblem(bytes)) files.set(path, Buffer.from(bytes).toString("utf8"));
  }
  return files;
}
