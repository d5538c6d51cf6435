import type { EnvironmentMarks } from "../config/config.ts";
import type { HelmRequest, KustomizeEdits } from "../engine/engine.ts";
import type { Place } from "../tree/place.ts";
import type { Fields } from "./files/fields.ts";
import type { Held } from "./files/file-facts.ts";
import type { Unknown } from "./unknown.ts";

/** A set of targets that land in one cluster, with what the configuration says of it. */
export interface Environment {
  /** The configured name, else the directory of its entry points, else "unclaimed/PATH". Unique in a tree. */
  readonly name: string;
  readonly kind: /** A directory that holds entry points, or several that were merged. */
    | "cluster"
    /** A chart or Kustomize root that no entry point claims. */
    | "unclaimed"
    /** Loose manifests. */
    | "manifests";
  readonly roots: readonly string[];
  /** The cluster that every entry point names explicitly; null where they say nothing or the local cluster. */
  readonly destination: string | null;
  readonly marks: EnvironmentMarks;
  readonly targets: readonly Target[];
  /** Targets nobody can render here, each bounded by its namespace. */
  readonly unread: readonly UnreadTarget[];
}

/** One thing a controller would deploy: one source of one entry point, or one unclaimed chart or overlay. */
export interface Target {
  /** Unique in its environment and the same on both sides: "networking", or "networking#2" for a second source. */
  readonly id: string;
  readonly source: Source;
  /** The namespace of objects that name none; null = "default" is used and said. */
  readonly namespace: string | null;
  readonly declaredBy: EntryPoint | null;
  readonly delivery: Delivery;
}

export type Source =
  | { readonly kind: "helm"; readonly request: HelmRequest }
  | { readonly kind: "kustomize"; readonly path: string; readonly edits: KustomizeEdits }
  /** Plain manifests, already resolved to the files of this tree (recursion, include and exclude applied). */
  | { readonly kind: "directory"; readonly path: string; readonly files: readonly string[] };

/** The Argo CD Application (later: Flux object) that declares a target. */
export interface EntryPoint {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | null;
  readonly place: Place;
}

/** When a declared change takes effect. Its change alone is no change of the target (design section 5). */
export interface Delivery {
  readonly automated: boolean;
  readonly prune: boolean;
  readonly suspended: boolean;
  readonly createsNamespace: boolean;
  /** Labels that the controller puts on the namespace it creates (Argo CD managedNamespaceMetadata). */
  readonly namespaceLabels: Readonly<Record<string, string>>;
}

export interface UnreadTarget {
  readonly id: string;
  readonly declaredBy: EntryPoint;
  readonly namespace: string | null;
  /** What it would need, for the reader: "chart app-template 3.7.0 of https://charts.example.com". */
  readonly needs: string;
  /** Where the content comes from, without its version: one source is one row however many targets use it. */
  readonly sourceName: string;
  readonly version: string | null;
  /** Paths of this repository that it may read; it is changed when a file under one of them changes. */
  readonly claims: readonly string[];
  readonly unknown: Unknown;
  /** Of a chart: what is known of it without reading it. */
  readonly chart?: UnreadChart;
}

export interface UnreadChart {
  readonly name: string;
  /** Values that stand in the entry point itself, and in files of this repository that it uses. */
  readonly values: Fields;
  /** Digest of what else gives it values; null = nothing does. Another version of the chart does not change it. */
  readonly others: string | null;
}

/** What `egress-review targets` prints, and what the review renders. */
export interface Discovery {
  readonly environments: readonly Environment[];
  /** Charts, overlays and manifests that are listed but not judged (tests, examples, dot-directories). */
  readonly listed: readonly Place[];
  /** Problems found without rendering: a values file that does not exist, an entry point that does not parse. */
  readonly problems: readonly DiscoveryProblem[];
  /** Files with objects, by path: the other side of a change is read with them in mind. */
  readonly held: ReadonlyMap<string, Held>;
  /** How "this repository" was recognised: configured, by the clone's remotes, or by the most named URL. */
  readonly repository: {
    readonly urls: readonly string[];
    readonly evidence: "configured" | "remotes" | "most-named" | "none";
  };
}

export interface DiscoveryProblem {
  readonly code:
    | "values-file-missing"
    | "path-missing"
    | "invalid-yaml"
    | "invalid-entry-point"
    | "file-too-large"
    | "duplicate-environment"
    | "submodule"
    | "lfs-pointer";
  readonly environment: string | null;
  readonly target: string | null;
  /** What the code is about: the missing path, the parser's words. */
  readonly subject: string;
  readonly place: Place | null;
}
