import type { EngineError } from "../engine/engine.ts";
import type { Target } from "../targets/targets.ts";
import type { Unknown } from "../targets/unknown.ts";

/** One rendered object with where it came from. */
export interface Manifest {
  /** As the deploying controller reads it; Lists are unpacked. */
  readonly object: KubernetesObject;
  /** metadata.namespace, else the target's namespace for namespaced kinds, else null (cluster-scoped). */
  readonly namespace: string | null;
  readonly origin: Origin;
  /** SHA-256 (hex) of the object and its namespace: equal objects of two sides are read once. */
  readonly digest: string;
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export interface Origin {
  readonly target: string;
  /** The template or plain file in the tree; null where it has none (an archive, a generator). */
  readonly path: string | null;
  /** The name the renderer gives the source, for people: "networking/templates/network-policies.yaml". */
  readonly source: string;
  /** The rendered text of the whole document this object came from; positions are searched in it. */
  readonly text: string;
  /** Which element of a List the object was; null = the document itself. */
  readonly item: number | null;
  /**
   * JSON pointer of the object in its document where `item` does not say it: in a List of Lists, in an object that
   * carries others. null = it stands as text inside a value and has no place of its own.
   */
  readonly pointer?: string | null;
  /** The chart archive that holds the template, where `path` is null for that. */
  readonly archive?: string | null;
  /** Kustomize built the object: `text` is written anew and `path` is the resource that it began as. */
  readonly built?: boolean;
  /** The line of `path` on which `text` begins, one-based, where `path` is a plain file; null in a template. */
  readonly line?: number | null;
  readonly hook: boolean;
  /** Duplicate mapping keys of the document; the last one won. */
  readonly duplicateKeys: readonly DuplicateKey[];
}

export interface DuplicateKey {
  /** JSON pointer of the mapping that holds the key. */
  readonly pointer: string;
  readonly key: string;
  /** Lines in the document's text, one-based: every occurrence, the last won. */
  readonly lines: readonly number[];
}

/** A target with what it renders to. */
export interface RenderedTarget {
  readonly target: Target;
  readonly manifests: readonly Manifest[];
  readonly unknowns: readonly Unknown[];
  /** Things said in the coverage that decide nothing. */
  readonly remarks: readonly RenderRemark[];
  /** SHA-256 over the request and every observation of the tree: equal digests mean equal results. */
  readonly digest: string;
}

export interface RenderRemark {
  readonly code:
    | "two-copies-of-a-subchart"
    | "reads-outside-its-root"
    | "schema-not-checked"
    | "warning"
    | "unsupported-remote";
  readonly subject: string;
  readonly error: EngineError | null;
}
