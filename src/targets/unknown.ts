import type { Place } from "../tree/place.ts";

/**
 * Something that could not be decided, as a value that travels to the verdict.
 *
 * The same unknown with the same `digest` on both sides is one and the same thing, whatever it is; with another digest,
 * or on one side only, it changed.
 */
export interface Unknown {
  readonly code: UnknownCode;
  /** Unique in its environment and the same on both sides: "code:target:subject". Names the boolean variable. */
  readonly id: string;
  readonly target: string | null;
  /** What it is about: a chart and version, a template, an object "Kind namespace/name". */
  readonly subject: string;
  /** The words of the tool that gave up (Helm's error, the parser's), or "". */
  readonly detail: string;
  readonly bound: Bound;
  /**
   * Label keys that its pod selectors mention, where they stand literally; null = not literal, any key. A workload whose
   * labels differ in one of them is not under the same unknown on both sides (threat T2).
   */
  readonly selectorKeys: readonly string[] | null;
  /** SHA-256 (hex) over everything its content depends on: inputs, request, pinned version. */
  readonly digest: string;
  /**
   * "tree": a document of this repository (did not render, dialect not modelled, generator);
   * "elsewhere": its content comes from outside, pinned (design T1).
   */
  readonly content: "tree" | "elsewhere";
  readonly place: Place | null;
  /**
   * Documents of a policy kind stand in the files of this tree that it covers: it isolates, whatever else was read. Absent
   * where nobody can tell.
   */
  readonly holdsPolicies?: boolean;
  /** A policy of which a denial is not known: it may forbid what policies that were read admit. */
  readonly mayDeny?: boolean;
}

export type UnknownCode =
  /** A remote chart or base, a plugin, an entry point whose kind or source is not supported. */
  | "unread"
  /** A target of this tree that failed as a whole. */
  | "render-failed"
  /** One template, resource or dependency was left out of a target that otherwise rendered. */
  | "part-dropped"
  /** One rendered document could not be parsed. */
  | "invalid-document"
  /** A policy the API server would reject. */
  | "invalid-policy"
  /** A policy of an API group that is not modelled. */
  | "unmodelled-policy"
  /** A policy that was read, and means more than it says: it names what does not stand in Git. */
  | "open-policy"
  /** Something that writes policies at run time (Kyverno generate). */
  | "generator"
  /** A deadline, a memory cap, a search budget. Never cached, never a note. */
  | "resource-limit"
  /** A submodule, a Git LFS pointer, a link that leaves the tree, in a target's inputs. */
  | "unreadable-input"
  /** A rule's predicate failed or ran out of its budget. */
  | "rule-undecided";

/** What an unknown can touch at most. */
export interface Bound {
  /** Namespaces where it may create or govern objects; null = any namespace. */
  readonly namespaces: readonly string[] | null;
  /** Kinds it may create; null = any kind. */
  readonly kinds: readonly string[] | null;
}

/** Kinds that can change the answer; anything else in a bound decides nothing (design section 5). */
export type Effect = "policy" | "workload" | "namespace" | "service" | "entry-point";
