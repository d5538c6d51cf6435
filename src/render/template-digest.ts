import type { Dropped, Rendering } from "../engine/engine.ts";
import { BlobMemo } from "../targets/files/blob-memo.ts";
import { asciiOf } from "../targets/files/text-of.ts";
import type { Source } from "../targets/targets.ts";
import { isTreeProblem, type Tree } from "../tree/tree.ts";
import { digestOf } from "./digest.ts";

/**
 * What a template that does not render depends on: itself, the request, and everything else that the render looked at, but
 * for templates that cannot reach it. A template reaches another one by a named template, or by writing into the values that
 * all of them share; listings of template directories only say which templates there are.
 */
export async function templateDigest(
  tree: Tree,
  source: Source,
  { trace }: Rendering,
  dropped: Extract<Dropped, { kind: "template" }>,
): Promise<string> {
  const counts = await Promise.all(
    trace.map(async ([question, path]) => {
      if (path === dropped.source || !TEMPLATES.test(`${path}/`)) return true;
      return question === "read" && (await reachesOthers(tree, path));
    }),
  );
  return digestOf([source, dropped.template, trace.filter((_, index) => counts[index])]);
}

const TEMPLATES = /(^|\/)templates\//;

async function reachesOthers(tree: Tree, path: string): Promise<boolean> {
  const answer = await shares.of(tree, path);
  return isTreeProblem(answer) || answer;
}

/** Named templates, and functions of Sprig that change a dictionary in place. */
const SHARES = /\b(define|block|set|unset|merge\w*|mustMerge\w*)\b/;

/** Each action of a template is looked at once, up to its first brace: a template may hold millions that never end. */
function sharesAnything(text: string): boolean {
  const [, ...actions] = text.split("{{");
  return actions.some((action) => SHARES.test(action.split("}", 1)[0] ?? ""));
}

const shares = new BlobMemo((bytes): boolean => sharesAnything(asciiOf(bytes)));
