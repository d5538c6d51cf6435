import { shownObject } from "../blame/shown-object.ts";
import { identityKey } from "../policy/model/identity-key.ts";
import type { Manifest } from "../render/render.ts";
import type { LocatedFinding } from "../report/report.ts";
import type { Finding } from "../rules/finding.ts";
import { append } from "../rules/selection.ts";
import type { ComparedPair } from "./compare-environments.ts";

/** Objects of findings as they were rendered, on both sides. */
export class RenderedObjects {
  readonly #pairs: readonly ComparedPair[];
  readonly #sides = new Map<string, ReadonlyMap<string, readonly Manifest[]>>();

  constructor(pairs: readonly ComparedPair[]) {
    this.#pairs = pairs;
  }

  /** Of what blocks or is undecided; null where the object of the cause must not be shown, is too long, or is none. */
  of({ severity, cause, environments }: Finding): LocatedFinding["rendered"] {
    const manifest = cause?.manifest ?? null;
    if (cause === null || manifest === null || !(severity === "block" || severity === "undecided"))
      return null;
    const own = shownObject(manifest);
    if (own === null) return null;
    const other = this.#counterpart(manifest, cause.side === "base" ? "head" : "base", environments);
    const across = other === null ? null : shownObject(other);
    if (other !== null && across === null) return null;
    return cause.side === "base" ? { base: own, head: across } : { base: across, head: own };
  }

  /** The object of the same identity, of the same target where several declare it. */
  #counterpart(manifest: Manifest, side: "base" | "head", environments: readonly string[]): Manifest | null {
    const alike = environments.flatMap((name) => this.#manifests(name, side).get(keyOf(manifest)) ?? []);
    return alike.find(({ origin }) => origin.target === manifest.origin.target) ?? alike[0] ?? null;
  }

  #manifests(environment: string, side: "base" | "head"): ReadonlyMap<string, readonly Manifest[]> {
    const key = JSON.stringify([environment, side]);
    let manifests = this.#sides.get(key);
    if (manifests === undefined) {
      const grouped = new Map<string, Manifest[]>();
      for (const manifest of this.#rendered(environment, side)) append(grouped, keyOf(manifest), manifest);
      this.#sides.set(key, grouped);
      manifests = grouped;
    }
    return manifests;
  }

  #rendered(environment: string, side: "base" | "head"): readonly Manifest[] {
    return this.#pairs.flatMap((pair) =>
      pair.changed && pair.name === environment
        ? pair[side].rendered.flatMap(({ manifests }) => manifests)
        : [],
    );
  }
}

function keyOf({ object: { apiVersion, kind, metadata }, namespace }: Manifest): string {
  return identityKey({ apiVersion, kind, namespace, name: metadata.name ?? "" });
}
