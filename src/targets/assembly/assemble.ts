import type { Configuration } from "../../config/config.ts";
import { byBytes, directoryOf } from "../../tree/paths.ts";
import type { Declaration } from "../declarations/declaration.ts";
import { reachOf } from "../files/kustomize-graph.ts";
import type { Discovery, Target } from "../targets.ts";
import { Claims } from "./claims.ts";
import { ConfiguredRoots } from "./configured-roots.ts";
import { configurationProblems, distinctNames, fileProblems } from "./discovery-problems.ts";
import { environmentOf } from "./environment-of.ts";
import { type Claimant, claimantOf, type Home, Homes, homeAt, LOOSE } from "./homes.ts";
import { MANIFESTS, Seeds } from "./seeds.ts";
import { isSetAside, type Survey } from "./survey.ts";
import { type Unclaimed, unclaimedOf } from "./unclaimed.ts";

export interface Found {
  readonly survey: Survey;
  readonly configuration: Configuration;
  /** Entry points that stand in plain files. */
  readonly declarations: readonly Declaration[];
  /** Entry points that were rendered. */
  readonly children: readonly RenderedDeclaration[];
  /** Targets that were rendered: their entry points are among the children, not among the plain ones. */
  readonly rendered: readonly { readonly home: string; readonly target: Target }[];
}

interface RenderedDeclaration {
  readonly declaration: Declaration;
  /** The first root of the environment whose target rendered it. */
  readonly home: string;
}

/** Puts entry points, charts, Kustomize roots and loose files into environments; nothing is left over. */
export async function assemble(found: Found): Promise<Omit<Discovery, "repository" | "held">> {
  const { survey, configuration } = found;
  const configured = new ConfiguredRoots(configuration);
  const plain = await Promise.all(found.declarations.map((declaration) => claimantOf(declaration, survey)));
  const children = await Promise.all(
    found.children.map(async ({ declaration, home }) => ({
      ...(await claimantOf(declaration, survey)),
      home,
    })),
  );
  const active = judgedEntryPoints(plain, children, configured);
  const claims = new Claims();
  for (const claimant of [...active, ...children]) claims.add(claimant.claims);
  const unclaimed = await unclaimedOf(survey, claims, configured);

  const files = [...new Set(active.map(({ declaration }) => declaration.entry.place.path))];
  const homes = new Homes(files, [...active, ...children], unclaimed.tops, survey, configured);
  const seeds = new Seeds(configured, active.length > 0);
  const replaced = replacedFiles(found, configured);
  for (const { declaration } of active) {
    const { path } = declaration.entry.place;
    for (const home of homes.of(path)) {
      if (replaced.get(home)?.has(path) === true) seeds.reserve(home);
      else seeds.declare(home, declaration);
    }
  }
  for (const { declaration, home } of children) seeds.declareOnce(homeAt(home, configured), declaration);
  addUnclaimed(seeds, unclaimed, configured);

  const counted = new Set(active);
  const aside = plain.flatMap((claimant) =>
    counted.has(claimant) ? [] : [claimant.declaration.entry.place.path],
  );
  const built = await Promise.all(seeds.all().map((seed) => environmentOf(seed, survey, configuration)));
  const named = distinctNames(built.map(({ environment }) => environment));
  return {
    environments: named.environments,
    listed: [...new Set([...unclaimed.listed, ...aside])].sort(byBytes).map((path) => ({ path, line: null })),
    problems: [
      ...configurationProblems(configuration, survey, configured),
      ...named.problems,
      ...built.flatMap(({ problems }) => problems),
      ...fileProblems(survey, configured),
    ],
  };
}

/**
 * Entry points count unless they are set aside (examples, fixtures). One that is set aside counts where something that
 * counts deploys its file, where configuration names its directory, and, in a directory called after a test, where it
 * deploys a path of this repository: a cluster may well be called "test".
 */
function judgedEntryPoints(
  plain: readonly Claimant[],
  children: readonly Claimant[],
  configured: ConfiguredRoots,
): readonly Claimant[] {
  const counts = ({ declaration }: Claimant) => {
    const { path } = declaration.entry.place;
    if (configured.nameOf(path) !== null || !isSetAside(path, false)) return true;
    const onlyTest = !isSetAside(path.replace(/(^|\/)test[^/]*(?=\/)/g, "$1x"), false);
    return onlyTest && declaration.parts.some(({ kind }) => kind === "readable");
  };
  const active = new Set(plain.filter(counts));
  const ahead = [...active, ...children];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    for (const claimant of plain) {
      if (active.has(claimant) || !next.claims.hasFile(claimant.declaration.entry.place.path)) continue;
      active.add(claimant);
      ahead.push(claimant);
    }
  }
  return plain.filter((claimant) => active.has(claimant));
}

/** Files whose entry points a Kustomize root rendered, perhaps changed: what it rendered counts, not the file. */
function replacedFiles(found: Found, configured: ConfiguredRoots): ReadonlyMap<Home, ReadonlySet<string>> {
  const replaced = new Map<Home, Set<string>>();
  for (const { home, target } of found.rendered) {
    if (target.source.kind !== "kustomize") continue;
    const key = homeAt(home, configured);
    const files = replaced.get(key) ?? new Set();
    for (const file of reachOf(found.survey.kustomize, [target.source.path]).files) files.add(file);
    replaced.set(key, files);
  }
  return replaced;
}

function addUnclaimed(seeds: Seeds, unclaimed: Unclaimed, configured: ConfiguredRoots): void {
  for (const path of unclaimed.tops) {
    seeds.add(homeAt(path, configured), path, { kind: "kustomize", path, edits: {} });
  }
  for (const chart of unclaimed.charts) {
    seeds.add(homeAt(chart, configured), chart, { kind: "helm", request: { chart, includeCRDs: true } });
  }
  const byHome = new Map<Home, string[]>();
  for (const file of unclaimed.files) {
    const directory = directoryOf(file);
    const own = homeAt(directory, configured);
    const home = own.startsWith("=") || seeds.holdsEntryPoints(own) ? own : LOOSE;
    byHome.set(home, [...(byHome.get(home) ?? []), file]);
  }
  for (const [home, files] of byHome) {
    const path = home.startsWith("/") ? home.slice(1) : ".";
    seeds.add(home, MANIFESTS, { kind: "directory", path, files });
  }
}
