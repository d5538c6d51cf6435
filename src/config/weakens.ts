import { type Configuration, DEFAULT_MARKS } from "./config.ts";
import { environmentAt } from "./environment-at.ts";
import {
  APPROVAL_DIRECTIONS,
  MARK_DIRECTIONS,
  NAMESPACE_DIRECTIONS,
  type SafeDirection,
  TOP_DIRECTIONS,
} from "./safe-direction.ts";

/**
 * Keys by which one configuration is weaker than another, or may be: "environments.production.mode", sorted. Marks are
 * compared where they take effect, at each directory that either names, so that a directory that changes its environment
 * is seen (threat T11).
 */
export function weakens(before: Configuration, after: Configuration): readonly string[] {
  const keys = [
    ...markKeys(before, after),
    ...clusterKeys(before, after),
    ...namespaceKeys(before, after),
    ...weaker("approvals", APPROVAL_DIRECTIONS, before.approvals, after.approvals),
    ...weaker("", TOP_DIRECTIONS, before, after),
  ];
  return [...new Set(keys)].sort();
}

/** Keys of a mapping whose second value is not at least as strict. */
function weaker<D extends object>(
  prefix: string,
  directions: D,
  before: { readonly [K in keyof D]: unknown },
  after: { readonly [K in keyof D]: unknown },
): readonly string[] {
  return (Object.keys(directions) as (keyof D & string)[])
    .filter((key) => !(directions[key] as SafeDirection<unknown>).keeps(before[key], after[key]))
    .map((key) => (prefix === "" ? key : `${prefix}.${key}`));
}

function markKeys(before: Configuration, after: Configuration): readonly string[] {
  const roots = [before, after].flatMap(({ environments }) =>
    [...environments.values()].flatMap((environment) => environment.roots),
  );
  return [...new Set(roots)].flatMap((root) => {
    const [old, now] = [environmentAt(before, root), environmentAt(after, root)];
    const name = now?.name ?? old?.name ?? "";
    const from = old?.environment.marks ?? DEFAULT_MARKS;
    const to = now?.environment.marks ?? DEFAULT_MARKS;
    return weaker(`environments.${name}`, MARK_DIRECTIONS, from, to);
  });
}

/** Whoever names two environments says that they are different clusters: they are no longer judged together (threat T4). */
function clusterKeys(before: Configuration, after: Configuration): readonly string[] {
  if (after.environments.size < 2) return [];
  return [...after.environments.keys()]
    .filter((name) => !before.environments.has(name))
    .map((name) => `environments.${name}`);
}

const UNMARKED = { cde: false, baseline: false, labels: {} };

function namespaceKeys(before: Configuration, after: Configuration): readonly string[] {
  const names = new Set([...before.namespaces.keys(), ...after.namespaces.keys()]);
  return [...names].flatMap((name) =>
    weaker(
      `namespaces.${name}`,
      NAMESPACE_DIRECTIONS,
      before.namespaces.get(name) ?? UNMARKED,
      after.namespaces.get(name) ?? UNMARKED,
    ),
  );
}
