import { type Configuration, writtenKey } from "../config/config.ts";
import type { IgnoredSetting } from "../config/merge-configurations.ts";
import { closest } from "../config/suggestion.ts";
import type { Remark } from "../report/report.ts";
import type { Environment } from "../targets/targets.ts";
import type { Place } from "../tree/place.ts";
import { isTreeProblem } from "../tree/tree.ts";
import type { ReadEnvironment } from "./environment-reader.ts";
import type { JudgedChange } from "./judged-change.ts";

/** What is to be said of a configuration: what of it does not count, and what names nothing, which is a typing error. */
export function configurationRemarks(
  change: JudgedChange,
  configuration: Configuration,
  ignored: readonly IgnoredSetting[],
): readonly Remark[] {
  return [
    ...ignored.map((one) => remark(one, one.message)),
    ...idleRoots(change, configuration),
    ...idleNamespaces(change, configuration),
  ];
}

function remark(place: Place | undefined, message: string): Remark {
  const line = place === undefined || place.line === null ? "" : `:${place.line}`;
  return { target: null, text: place === undefined ? message : `${place.path}${line}: ${message}` };
}

/** Environments from whose roots nothing is deployed on either side; of others discovery says which root is missing. */
function idleRoots({ before, after }: JudgedChange, configuration: Configuration): readonly Remark[] {
  const trees = [before.tree, after.tree];
  const found = new Set(
    [before, after].flatMap(({ discovery }) => discovery.environments.map(({ name }) => name)),
  );
  return [...configuration.environments]
    .filter(([name]) => !found.has(name))
    .map(([name, { roots }]) => {
      const place = configuration.written.get(writtenKey("environments", name, "roots"));
      const missing = roots.filter((root) => trees.every((tree) => isTreeProblem(tree.stat(root))));
      const why =
        missing.length === 0 ? "" : `; there is no ${missing.map((root) => `\`${root}\``).join(", ")}`;
      return remark(place, `nothing is deployed from the roots of environment "${name}"${why}`);
    });
}

/**
 * Namespaces that no environment has on either side. An environment that was not rendered, or not read in full, may have any:
 * nothing is said then.
 */
function idleNamespaces(
  { before, after, pairs }: JudgedChange,
  configuration: Configuration,
): readonly Remark[] {
  const compared = pairs.flatMap((pair) => (pair.changed ? [pair] : []));
  const all = [before, after].flatMap(({ discovery }) => discovery.environments);
  const read = new Set(compared.flatMap(({ pair }) => [pair.base?.name, pair.head?.name]));
  const sides = compared.flatMap(({ base, head }) => [base, head]);
  if (sides.length === 0 || !all.every((one) => read.has(one.name) && isReadable(one))) return [];
  if (sides.some(({ cluster }) => cluster.unknowns.length > 0)) return [];
  const known = new Set([
    ...sides.flatMap(namespacesIn),
    ...configuration.workloads.map(({ namespace }) => namespace),
  ]);
  return [...configuration.namespaces.keys()]
    .filter((name) => !known.has(name))
    .map((name) => {
      const meant = closest(name, [...known]);
      const advice = meant === null ? "" : `; did you mean "${meant}"?`;
      const place = configuration.written.get(writtenKey("namespaces", name));
      return remark(place, `namespace "${name}" is in no environment of this repository${advice}`);
    });
}

/** Those that anything is deployed to, or that are declared; a configuration declares none by naming it. */
function namespacesIn({ environment, rendered, cluster }: ReadEnvironment): readonly string[] {
  const objects = rendered.flatMap(({ manifests }) => manifests.flatMap(({ namespace }) => namespace ?? []));
  const targets = environment.targets.flatMap(({ namespace }) => namespace ?? []);
  const declared = [...cluster.namespaces.values()].filter(({ manifest }) => manifest !== null);
  return [...objects, ...targets, ...declared.map(({ name }) => name)];
}

function isReadable({ unread }: Environment): boolean {
  return unread.length === 0;
}
