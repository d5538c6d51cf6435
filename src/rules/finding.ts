import type { ExplainedOpening } from "../diff/explain.ts";
import type { Manifest } from "../render/render.ts";
import type { RegionLine } from "../surface/surface.ts";
import type { Approval, Extent } from "./approval.ts";

export type Severity = "block" | "undecided" | "warn" | "note";

/** A rule judged on one cause of one environment. Self-contained; text groups findings, JSON does not. */
export interface Finding {
  /** "EGR-203". */
  readonly rule: string;
  /** "203-9f3c": rule and the first four of the fingerprint, more where ambiguous; the same everywhere. */
  readonly handle: string;
  readonly title: string;
  /** Why it matters, for a stranger: one sentence. */
  readonly why: string;
  readonly severity: Severity;
  /** SHA-256 (hex) of rule, environment, subject and policy identity; never of lines or regions. */
  readonly fingerprint: string;
  readonly environments: readonly string[];
  /** Keys of workloads, sorted. */
  readonly workloads: readonly string[];
  /** Canonical destination texts, for example "every pod of every namespace: TCP 443". */
  readonly destinations: readonly string[];
  /** The same as canonical lines, for people. */
  readonly regions: readonly RegionLine[];
  readonly message: string;
  readonly remediation: string;
  readonly cause: Cause | null;
  /** The openings that it speaks of, as they were computed. */
  readonly openings: readonly ExplainedOpening[];
  readonly controls: readonly FindingControl[];
  /** What it speaks of, exactly: an approval is held against it. */
  readonly extent: Extent;
  /** True where all its environments only observe: reported, and decides nothing. */
  readonly observed: boolean;
  /** Who accepted it; an accepted finding decides nothing. */
  readonly approval: Approval | null;
}

/** The object, and the place in it, that a finding rests on. */
export interface Cause {
  readonly side: "base" | "head";
  readonly manifest: Manifest | null;
  /** JSON pointer in the object; "" = the object itself. */
  readonly pointer: string;
  /** Used where there is no manifest: an entry point, a values file. */
  readonly place: { readonly path: string; readonly line: number | null } | null;
}

export interface FindingControl {
  readonly framework: Framework;
  readonly id: string;
  readonly title: string;
  readonly relation: "evidences" | "supports" | "context";
  /** Ids of what the evidence cannot show, for example "X1". */
  readonly limits: readonly string[];
}

export type Framework = "nist-800-53" | "cis-kubernetes" | "pci-dss";

export interface ControlEffect {
  readonly framework: Framework;
  readonly id: string;
  readonly title: string;
  readonly effect: "stronger" | "weaker" | "mixed" | "unchanged" | "not-assessed";
  /** The facts it rests on, as one sentence. */
  readonly reason: string;
  /** The same one by one, what the effect rests on most first. */
  readonly facts: readonly string[];
  /** Handles of findings. */
  readonly findings: readonly string[];
  readonly limits: readonly string[];
}
