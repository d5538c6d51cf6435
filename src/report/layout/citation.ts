import type { Location, Review } from "../report.ts";
import { groupBy, sorted } from "./order.ts";

/** What to call a file where its path is too long, by path. */
export type ShortNames = ReadonlyMap<string, string>;

/** A letter for each file that is cited more than once, given in the order of paths: "N", "N2". */
export function shortNames(locations: readonly Location[]): ShortNames {
  const paths = groupBy(locations, ({ path }) => path);
  const names = new Map<string, string>();
  const taken = new Map<string, number>();
  for (const [path, locations] of sorted([...paths], ([path]) => path)) {
    if (new Set(locations.map(({ side, line }) => `${side}:${line}`)).size < 2) continue;
    const letter = /[A-Za-z]/.exec(path.slice(path.lastIndexOf("/") + 1))?.[0].toUpperCase() ?? "F";
    const number = (taken.get(letter) ?? 0) + 1;
    taken.set(letter, number);
    names.set(path, number === 1 ? letter : `${letter}${number}`);
  }
  return names;
}

/** The shortest end of each cited path that no other cited path has: "network-policies.yaml", "prod/values.yaml". */
export function shortestSuffixes(locations: readonly Location[]): ShortNames {
  const paths = [...new Set(locations.map(({ path }) => path))];
  return new Map(paths.map((path) => [path, shortestSuffix(path, paths)]));
}

function shortestSuffix(path: string, paths: readonly string[]): string {
  const parts = path.split("/");
  for (let length = 1; length < parts.length; length += 1) {
    const suffix = parts.slice(-length).join("/");
    if (!paths.some((other) => other !== path && (other === suffix || other.endsWith(`/${suffix}`))))
      return suffix;
  }
  return path;
}

/** Every place that a review may print. */
export function citations({ findings, unknowns }: Review): readonly Location[] {
  return [...findings, ...unknowns].flatMap(({ location }) => (location === null ? [] : [location]));
}
