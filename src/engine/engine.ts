import type { Tree } from "../tree/tree.ts";
import type { Trace } from "./trace.ts";

/** Helm and Kustomize, as libraries in a WASI module, rendering from a tree. Whatever goes wrong is a value. */
export interface Engine {
  /** SHA-256 of the module, in hex: part of every cache key and of every review's digests. */
  readonly digest: string;
  /**
   * Starts the renderers without waiting for them. Without this call they start at the first render that the cache
   * does not have.
   */
  prepare(): void;
  /** `helm template`. */
  helm(tree: Tree, request: HelmRequest, limits?: RenderLimits): Promise<Rendering>;
  /** `kustomize build`. */
  kustomize(tree: Tree, request: KustomizeRequest, limits?: RenderLimits): Promise<Rendering>;
  /** The documents of plain files, read as Argo CD and kubectl read them; a `List` stays one document. */
  manifests(tree: Tree, request: ManifestsRequest, limits?: RenderLimits): Promise<Rendering>;
  close(): Promise<void>;
}

/**
 * All paths are repository paths. What is absent has the default of `helm template`. The random and key functions of
 * templates are pure functions of their arguments and the clock stands still, so that two renders differ only where
 * their inputs do.
 */
export interface HelmRequest {
  /** A chart directory or archive. */
  readonly chart: string;
  /** Default "release-name", as `helm template`. */
  readonly releaseName?: string | undefined;
  /** Default "default". */
  readonly namespace?: string | undefined;
  /** In order; later layers win. */
  readonly values?: readonly ValuesLayer[] | undefined;
  readonly setJson?: readonly string[] | undefined;
  readonly set?: readonly string[] | undefined;
  readonly setString?: readonly string[] | undefined;
  /** "key=path". */
  readonly setFile?: readonly string[] | undefined;
  readonly setLiteral?: readonly string[] | undefined;
  readonly kubeVersion?: string | undefined;
  /** Added to the default list. */
  readonly apiVersions?: readonly string[] | undefined;
  readonly includeCRDs?: boolean | undefined;
  readonly skipTests?: boolean | undefined;
  readonly noHooks?: boolean | undefined;
  readonly skipSchemaValidation?: boolean | undefined;
  readonly isUpgrade?: boolean | undefined;
}

export type ValuesLayer =
  | { readonly path: string; readonly optional?: boolean | undefined }
  | { readonly text: string };

export interface KustomizeRequest {
  readonly root: string;
  /** Keeps kustomize's load restriction. By default files are read anywhere in the tree, which confines the build. */
  readonly rootOnly?: boolean | undefined;
  /** Default true. */
  readonly enableHelm?: boolean | undefined;
  readonly kubeVersion?: string | undefined;
  readonly apiVersions?: readonly string[] | undefined;
  readonly edits?: KustomizeEdits | undefined;
}

/** What `spec.source.kustomize` of an Argo CD Application changes in a kustomization before it is built. */
export interface KustomizeEdits {
  readonly namePrefix?: string | undefined;
  readonly nameSuffix?: string | undefined;
  readonly namespace?: string | undefined;
  /** In the form of `kustomize edit set image`, for example "app=registry.example.com/app:1.2". */
  readonly images?: readonly string[] | undefined;
  readonly replicas?: readonly { readonly name: string; readonly count: number | string }[] | undefined;
  readonly commonLabels?: Readonly<Record<string, string>> | undefined;
  readonly forceCommonLabels?: boolean | undefined;
  readonly labelWithoutSelector?: boolean | undefined;
  readonly labelIncludeTemplates?: boolean | undefined;
  readonly commonAnnotations?: Readonly<Record<string, string>> | undefined;
  readonly forceCommonAnnotations?: boolean | undefined;
  /** Paths relative to the root. */
  readonly components?: readonly string[] | undefined;
  /** As in a kustomization's `patches`. */
  readonly patches?: readonly object[] | undefined;
}

interface ManifestsRequest {
  readonly paths: readonly string[];
}

/** Each limit that is reached ends the render with an error value. */
export interface RenderLimits {
  /** Milliseconds of wall clock from the moment a renderer takes the request; default 20,000. */
  readonly deadline?: number | undefined;
  /** Bytes of all documents together, default 64 MiB. */
  readonly outputBytes?: number | undefined;
  /** Bytes of all files read, default 256 MiB. */
  readonly inputBytes?: number | undefined;
  /** Questions about files, default 200,000. */
  readonly questions?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Rendering {
  /** In the order in which the native tool prints them. Empty if `error` is set. */
  readonly documents: readonly RenderedDocument[];
  /** Parts that cannot be read, which the documents lack. */
  readonly dropped: readonly Dropped[];
  /** Dependencies of the chart that the repository does not hold, which the documents lack. */
  readonly missing: readonly MissingDependency[];
  readonly warnings: readonly string[];
  readonly error: EngineError | null;
  readonly trace: Trace;
}

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

export interface RenderedDocument {
  /** Repository path of the template or file it came from; null if it came out of an archive or is not known. */
  readonly source: string | null;
  /** Repository path of the chart archive that holds the template, else null. */
  readonly archive: string | null;
  /** What Helm prints behind "# Source:", else null. */
  readonly name: string | null;
  readonly group: "crd" | "manifest" | "hook";
  /** The line of `source` on which the document begins; null if `source` is a template. */
  readonly line: number | null;
  /** Null if the document could not be read. */
  readonly object: { readonly [key: string]: JsonValue } | null;
  /** As rendered. */
  readonly text: string;
  readonly duplicateKeys: readonly DuplicateKey[];
  /** Why the document could not be read. */
  readonly error: string | null;
}

/** A key that a mapping holds more than once. The last one won. */
interface DuplicateKey {
  /** Path of the mapping in the document. */
  readonly path: readonly (string | number)[];
  readonly key: string;
  /** Line, from 1 in the document's text, of the one that won. */
  readonly line: number;
  /** Line of one that it replaced; 0 if not known. */
  readonly earlier: number;
}

export type Dropped =
  | {
      readonly kind: "template";
      /** The name that Helm gives the template. */
      readonly template: string;
      readonly source: string | null;
      readonly archive: string | null;
      readonly message: string;
      /** In the template, from 1; null if the message names none. */
      readonly line: number | null;
      readonly column: number | null;
      /** The kinds that the template names literally; null: it could make any. */
      readonly kinds: readonly string[] | null;
    }
  | {
      readonly kind: "entry";
      /** As it stands in the kustomization; "helmCharts: NAME" and the like for generators. */
      readonly entry: string;
      /** The directory of that kustomization. */
      readonly root: string;
      readonly message: string;
      /** What would have to be fetched. */
      readonly remote: string | null;
    };

export interface MissingDependency {
  readonly name: string;
  /** A constraint, as written. */
  readonly version: string;
  readonly repository: string;
  /** False where the values switch it off, so that nothing is missing in the output. */
  readonly enabled: boolean;
  /** Why a `file://` dependency could not be used, else null. */
  readonly message: string | null;
}

export type EngineErrorKind =
  /** The request is not valid: release name, Kubernetes version. */
  | "request"
  /** No chart or root stands at the path. */
  | "not-found"
  | "chart"
  | "values"
  | "not-installable"
  | "missing-dependencies"
  | "schema"
  | "schema-ref"
  | "kube-version"
  | "template"
  | "yaml"
  | "kustomize"
  /** It needs content from elsewhere and cannot be built without it. */
  | "remote"
  | "panic"
  /** The module ended itself: out of memory, stack. */
  | "trap"
  | "deadline"
  | "too-large"
  | "aborted";

export interface EngineError {
  readonly kind: EngineErrorKind;
  readonly message: string;
  /** Repository path of the file to blame, if known. */
  readonly source: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** What would have to be fetched. */
  readonly remote: readonly string[];
}
