import type { Fields } from "../files/fields.ts";
import type { Delivery, DiscoveryProblem, EntryPoint, Source } from "../targets.ts";
import type { NamedChart } from "./named-chart.ts";

/** What one entry point declares, before it has a place in an environment. */
export interface Declaration {
  readonly entry: EntryPoint;
  /** The cluster that it names explicitly; null = the local one, or none. */
  readonly destination: string | null;
  readonly parts: readonly Part[];
  readonly problems: readonly PartProblem[];
}

export type Part = ReadablePart | UnreadPart;

/** A source that can be rendered from this tree. */
export interface ReadablePart {
  readonly kind: "readable";
  readonly source: Source;
  readonly namespace: string | null;
  readonly delivery: Delivery;
}

/** A source that cannot be rendered here. */
export interface UnreadPart {
  readonly kind: "unread";
  readonly namespace: string | null;
  readonly needs: string;
  readonly sourceName: string;
  readonly version: string | null;
  readonly claims: readonly string[];
  readonly content: "tree" | "elsewhere";
  /** What else its content depends on: the entry point without what only says when. */
  readonly definition: unknown;
  /** Of a chart: what is known of it without reading it. */
  readonly chart?: NamedChart;
}

export interface PartProblem {
  readonly code: DiscoveryProblem["code"];
  readonly subject: string;
}

/** A declaration that its controller refuses: what was deployed before stays, and nobody can say what this one is. */
export function refused(namespace: string | null, subject: string, definition: unknown): UnreadPart {
  return {
    kind: "unread",
    namespace,
    needs: `an entry point that its controller refuses (${subject})`,
    sourceName: subject,
    version: null,
    claims: [],
    content: "tree",
    definition,
  };
}

/** An object with the place where it stands. */
export interface DeclaredObject {
  readonly object: Fields;
  readonly entry: EntryPoint;
}

export const NO_DELIVERY: Delivery = {
  automated: false,
  prune: false,
  suspended: false,
  createsNamespace: false,
  namespaceLabels: {},
};
