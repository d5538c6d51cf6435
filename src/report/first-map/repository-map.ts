import type { Assumption, Location } from "../report.ts";
import type { ListedEnvironment } from "../surface/listing.ts";

/** What a repository holds before anybody changes it: the environments, what is open in them, what nobody can read. */
export interface RepositoryMap {
  readonly revision: string;
  readonly environments: readonly MappedEnvironment[];
  /** Charts, overlays and manifests that are listed and not judged. */
  readonly listed: readonly string[];
  readonly problems: readonly { readonly text: string; readonly location: Location | null }[];
  /** Addresses under which the repository is taken to be known, and why. */
  readonly repository: {
    readonly urls: readonly string[];
    readonly evidence: "configured" | "remotes" | "most-named" | "none";
  };
  readonly assumptions: readonly Assumption[];
}

export interface MappedEnvironment extends ListedEnvironment {
  readonly kind: /** A directory with entry points. */
    | "cluster"
    /** A chart or overlay that nothing deploys. */
    | "unclaimed"
    /** Loose manifests. */
    | "manifests";
  readonly roots: readonly string[];
  /** Whether the configuration names it. */
  readonly configured: boolean;
  readonly observes: boolean;
  readonly targets: number;
  readonly unread: readonly UnreadSource[];
  /** Other environments that share namespaces with it and may be the same cluster. */
  readonly perhapsSameAs: readonly string[];
}

/** Content from elsewhere, or for a tool that is not here. */
export interface UnreadSource {
  readonly needs: string;
  /** Without its version. */
  readonly source: string;
  readonly namespace: string | null;
  readonly location: Location;
}
