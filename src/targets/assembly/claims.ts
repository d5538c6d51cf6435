import { directoryOf } from "../../tree/paths.ts";
import type { Part } from "../declarations/declaration.ts";
import { withDependencies } from "../files/charts.ts";
import { reachOf } from "../files/kustomize-graph.ts";
import type { Survey } from "./survey.ts";

/** What entry points deploy, so that it is not also looked at by itself. */
export class Claims {
  readonly charts = new Set<string>();
  readonly roots = new Set<string>();
  readonly files = new Set<string>();
  /** Everything at or below these belongs to somebody. */
  readonly prefixes = new Set<string>();

  add(other: Claims): void {
    for (const chart of other.charts) this.charts.add(chart);
    for (const root of other.roots) this.roots.add(root);
    for (const file of other.files) this.files.add(file);
    for (const prefix of other.prefixes) this.prefixes.add(prefix);
  }

  hasChart(directory: string): boolean {
    return this.charts.has(directory) || this.#isBelow(directory);
  }

  hasRoot(directory: string): boolean {
    return this.roots.has(directory) || this.#isBelow(directory);
  }

  hasFile(path: string): boolean {
    return this.files.has(path) || this.#isBelow(path);
  }

  #isBelow(path: string): boolean {
    if (this.prefixes.size === 0) return false;
    for (let above = path; ; above = directoryOf(above)) {
      if (this.prefixes.has(above)) return true;
      if (above === ".") return false;
    }
  }
}

/** What the sources of one entry point claim. */
export async function claimsOf(parts: readonly Part[], survey: Survey): Promise<Claims> {
  const claims = new Claims();
  for (const part of parts) {
    if (part.kind === "unread") claimBelow(claims, part.claims, survey);
    else await claimSource(claims, part.source, survey);
  }
  return claims;
}

async function claimSource(
  claims: Claims,
  source: Extract<Part, { kind: "readable" }>["source"],
  survey: Survey,
): Promise<void> {
  if (source.kind === "directory") {
    for (const file of source.files) claims.files.add(file);
  } else if (source.kind === "kustomize") {
    claimRoots(claims, [source.path], survey);
  } else {
    for (const chart of await withDependencies(survey.tree, [source.request.chart])) claims.charts.add(chart);
    for (const layer of source.request.values ?? []) if ("path" in layer) claims.files.add(layer.path);
  }
}

/** Roots below a claimed path are somebody's, and so is what they include from elsewhere. */
function claimBelow(claims: Claims, prefixes: readonly string[], survey: Survey): void {
  const below = new Claims();
  for (const prefix of prefixes) below.prefixes.add(prefix);
  claims.add(below);
  claimRoots(
    claims,
    [...survey.kustomize.keys()].filter((root) => below.hasRoot(root)),
    survey,
  );
}

function claimRoots(claims: Claims, from: readonly string[], survey: Survey): void {
  const { roots, files, charts } = reachOf(survey.kustomize, from);
  for (const root of roots) claims.roots.add(root);
  for (const file of files) claims.files.add(file);
  for (const chart of charts) claims.charts.add(chart);
}
