import { directoryOf } from "../../tree/paths.ts";
import type { Declaration } from "../declarations/declaration.ts";
import { reachOf } from "../files/kustomize-graph.ts";
import { type Claims, claimsOf } from "./claims.ts";
import type { ConfiguredRoots } from "./configured-roots.ts";
import type { Survey } from "./survey.ts";

/** An entry point with what it claims. */
export interface Claimant {
  readonly declaration: Declaration;
  readonly claims: Claims;
}

export async function claimantOf(declaration: Declaration, survey: Survey): Promise<Claimant> {
  return { declaration, claims: await claimsOf(declaration.parts, survey) };
}

/** Where an environment is rooted: "/DIRECTORY", "=NAME" of a configured one, or the one of all loose manifests. */
export type Home = `/${string}` | `=${string}` | typeof LOOSE;

export const LOOSE = "*";

export function homeAt(directory: string, configured: ConfiguredRoots): Home {
  const name = configured.nameOf(directory);
  return name === null ? `/${directory}` : `=${name}`;
}

/**
 * Where the file of an entry point belongs: to the environment that is configured for it; else to that of the entry
 * points that deploy the file (app of apps); else to the outermost Kustomize roots that include it; else to its directory.
 */
export class Homes {
  readonly #configured: ConfiguredRoots;
  readonly #claimants = new Map<string, Set<string>>();
  readonly #tops = new Map<string, string[]>();
  readonly #known = new Map<string, ReadonlySet<Home>>();

  constructor(
    files: readonly string[],
    claimants: readonly Claimant[],
    tops: readonly string[],
    survey: Survey,
    configured: ConfiguredRoots,
  ) {
    this.#configured = configured;
    for (const { declaration, claims } of claimants) {
      const { path } = declaration.entry.place;
      for (const file of files) {
        if (file === path || !claims.hasFile(file)) continue;
        this.#claimants.set(file, (this.#claimants.get(file) ?? new Set()).add(path));
      }
    }
    for (const top of tops) {
      for (const file of reachOf(survey.kustomize, [top]).files) {
        this.#tops.set(file, [...(this.#tops.get(file) ?? []), top]);
      }
    }
  }

  of(file: string): ReadonlySet<Home> {
    return this.#of(file, new Set());
  }

  #of(file: string, behind: ReadonlySet<string>): ReadonlySet<Home> {
    const known = this.#known.get(file);
    if (known !== undefined) return known;
    const configured = this.#configured.nameOf(file);
    if (configured !== null) return this.#remember(file, [`=${configured}`]);
    const claimants = [...(this.#claimants.get(file) ?? [])].filter((path) => !behind.has(path));
    // Files that deploy each other in a circle have no owner among themselves.
    const owners = claimants.flatMap((path) => [...this.#of(path, new Set([...behind, file]))]);
    if (owners.length > 0) return behind.size === 0 ? this.#remember(file, owners) : new Set(owners);
    const tops = this.#tops.get(file) ?? [];
    const own = tops.length > 0 ? tops : [directoryOf(file)];
    return this.#remember(
      file,
      own.map((root) => homeAt(root, this.#configured)),
    );
  }

  #remember(file: string, homes: readonly Home[]): ReadonlySet<Home> {
    const answer = new Set(homes);
    this.#known.set(file, answer);
    return answer;
  }
}
