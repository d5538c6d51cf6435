import type { Configuration } from "../../config/config.ts";
import { directoryOf } from "../../tree/paths.ts";

/** Which configured environment a path belongs to: that of the nearest root at or above it. */
export class ConfiguredRoots {
  readonly #names = new Map<string, string>();
  /** Roots that two environments claim: the first one written has it. */
  readonly contested: readonly string[];

  constructor({ environments }: Configuration) {
    const contested: string[] = [];
    for (const [name, { roots }] of environments) {
      for (const root of roots) {
        if (this.#names.has(root)) contested.push(root);
        else this.#names.set(root, name);
      }
    }
    this.contested = contested;
  }

  nameOf(path: string): string | null {
    for (let above = path; ; above = directoryOf(above)) {
      const name = this.#names.get(above);
      if (name !== undefined) return name;
      if (above === ".") return null;
    }
  }

  rootsOf(name: string): readonly string[] {
    return [...this.#names].flatMap(([root, owner]) => (owner === name ? [root] : []));
  }

  isRoot(path: string): boolean {
    return this.#names.has(path);
  }
}
