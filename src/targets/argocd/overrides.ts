import { isTreeProblem, type Tree } from "../../tree/tree.ts";
import { type Fields, isFields } from "../files/fields.ts";
import { textOf } from "../files/text-of.ts";
import { parse } from "../files/yaml-documents.ts";
import type { EntryPoint } from "../targets.ts";

/** What a file may not override: which source it is (reposerver/repository.go mergeSourceParameters). */
const FIXED = ["repoURL", "path", "targetRevision", "chart"] as const;

/** Parameter overrides that stand beside a source: for all Applications, then for this one. */
export async function readOverrides(
  tree: Tree,
  directory: string,
  entry: EntryPoint,
): Promise<readonly Fields[]> {
  const overrides: Fields[] = [];
  for (const name of [".argocd-source.yaml", `.argocd-source-${entry.name}.yaml`]) {
    const content = await tree.read(directory === "." ? name : `${directory}/${name}`);
    if (isTreeProblem(content)) continue;
    const parsed = parse({ text: textOf(content), line: 1 });
    if (parsed.kind === "object" && isFields(parsed.value)) overrides.push(parsed.value);
  }
  return overrides;
}

/** A source with overrides applied in order, each as a JSON merge patch (RFC 7396). */
export function mergePatch(source: Fields, overrides: readonly Fields[]): Fields {
  const merged = overrides.reduce((here, patch) => patched(here, patch), source);
  const fixed = Object.fromEntries(FIXED.flatMap((key) => (key in source ? [[key, source[key]]] : [])));
  const free = Object.entries(merged).filter(([key]) => !(FIXED as readonly string[]).includes(key));
  return { ...Object.fromEntries(free), ...fixed };
}

function patched(target: Fields, patch: Fields): Fields {
  const result: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (isFields(value)) result[key] = patched(isFields(result[key]) ? result[key] : {}, value);
    else result[key] = value;
  }
  return result;
}
