import { byBytes } from "../../tree/paths.ts";
import { type Declaration, NO_DELIVERY, type ReadablePart } from "../declarations/declaration.ts";
import type { Environment } from "../targets.ts";
import type { ConfiguredRoots } from "./configured-roots.ts";
import { type Home, LOOSE } from "./homes.ts";

/** An environment before its targets have names. */
export interface EnvironmentSeed {
  readonly name: string;
  readonly kind: Environment["kind"];
  readonly configured: boolean;
  readonly roots: readonly string[];
  readonly destination: string | null;
  readonly declarations: readonly Declaration[];
  /** What nobody declares: the Kustomize root or chart itself, plain files. */
  readonly own: readonly OwnSource[];
}

export interface OwnSource {
  readonly id: string;
  readonly part: ReadablePart;
}

/** The environment of loose manifests, and in any environment the target of the plain files of its directory. */
export const MANIFESTS = "manifests";

/** Environments while they are being collected, by home, then by destination. */
export class Seeds {
  readonly #configured: ConfiguredRoots;
  readonly #hasEntryPoints: boolean;
  readonly #homes = new Map<Home, { declarations: Declaration[]; own: OwnSource[]; plain: boolean }>();

  constructor(configured: ConfiguredRoots, hasEntryPoints: boolean) {
    this.#configured = configured;
    this.#hasEntryPoints = hasEntryPoints;
  }

  declare(home: Home, declaration: Declaration): void {
    this.reserve(home);
    this.#at(home).declarations.push(declaration);
  }

  /** A home with entry points in plain files keeps its name, also when what was rendered replaces them. */
  reserve(home: Home): void {
    this.#at(home).plain = true;
  }

  /** A rendered entry point that also stands in a plain file of the same environment is the same one. */
  declareOnce(home: Home, declaration: Declaration): void {
    const { kind, namespace, name } = declaration.entry;
    const at = this.#at(home);
    const known = at.declarations.some(
      ({ entry }) => entry.kind === kind && entry.namespace === namespace && entry.name === name,
    );
    if (!known) at.declarations.push(declaration);
  }

  add(home: Home, id: string, source: ReadablePart["source"]): void {
    const part: ReadablePart = { kind: "readable", source, namespace: null, delivery: NO_DELIVERY };
    this.#at(home).own.push({ id, part });
  }

  holdsEntryPoints(home: Home): boolean {
    return this.#homes.get(home)?.plain === true;
  }

  all(): readonly EnvironmentSeed[] {
    const configured: EnvironmentSeed[] = [];
    const loose: EnvironmentSeed[] = [];
    const groups = new Map<string, { root: string; mixed: boolean; declarations: Declaration[] }[]>();
    for (const [home, { declarations, own, plain }] of this.#homes) {
      const name = home.slice(1);
      if (home.startsWith("=")) {
        configured.push({
          name,
          kind: "cluster",
          configured: true,
          roots: this.#configured.rootsOf(name),
          destination: null,
          declarations,
          own,
        });
        continue;
      }
      if (!plain) {
        loose.push({ ...this.#unclaimedSeed(home), declarations, own });
        continue;
      }
      const destinations = new Set(declarations.map(({ destination }) => destination));
      const local = declarations.filter(({ destination }) => destination === null);
      const mixed = destinations.size + (own.length > 0 && !destinations.has(null) ? 1 : 0) > 1;
      if (local.length > 0 || own.length > 0) {
        loose.push({
          name,
          kind: "cluster",
          configured: false,
          roots: [name],
          destination: null,
          declarations: local,
          own,
        });
      }
      for (const destination of destinations) {
        if (destination === null) continue;
        const here = declarations.filter((declaration) => declaration.destination === destination);
        const group = groups.get(destination) ?? [];
        groups.set(destination, [...group, { root: name, mixed, declarations: here }]);
      }
    }
    return [
      ...configured,
      ...loose,
      ...[...groups].map(([destination, group]) => merged(destination, group)),
    ];
  }

  #unclaimedSeed(home: Home): Omit<EnvironmentSeed, "declarations" | "own"> {
    if (home === LOOSE)
      return { name: MANIFESTS, kind: "manifests", configured: false, roots: ["."], destination: null };
    const path = home.slice(1);
    const name = this.#hasEntryPoints ? `unclaimed/${path}` : path;
    const kind = this.#hasEntryPoints ? "unclaimed" : "cluster";
    return { name, kind, configured: false, roots: [path], destination: null };
  }

  #at(home: Home) {
    const known = this.#homes.get(home);
    if (known !== undefined) return known;
    const fresh = { declarations: [], own: [], plain: false };
    this.#homes.set(home, fresh);
    return fresh;
  }
}

/** Roots that name the same cluster explicitly are one environment, called after the first of them. */
function merged(
  destination: string,
  group: readonly { root: string; mixed: boolean; declarations: readonly Declaration[] }[],
): EnvironmentSeed {
  const sorted = group.toSorted((a, b) => byBytes(a.root, b.root));
  const [first] = sorted;
  const root = first?.root ?? ".";
  return {
    name: first?.mixed === true ? `${root}@${destination}` : root,
    kind: "cluster",
    configured: false,
    roots: sorted.map((member) => member.root),
    destination,
    declarations: sorted.flatMap(({ declarations }) => declarations),
    own: [],
  };
}
