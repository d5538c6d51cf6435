import type { Direction } from "../../surface/compile-rule.ts";
import type { Miss } from "../../surface/near-miss.ts";
import type { RegionLine } from "../../surface/surface.ts";
import type { Match, WalkCause } from "../../surface/walk.ts";
import type { Assumption, Location, ReviewedUnknown } from "../report.ts";

/** May this flow? The answer of `egress-review can` and of `/egress explain`, with the walk that decides it. */
export interface Answer {
  /** As asked: "data-platform/?app=superset", "dns". */
  readonly from: string;
  readonly to: string;
  readonly direction: "egress" | "both";
  /** What the compared states are called; base is null where one state was asked. */
  readonly revisions: { readonly base: string | null; readonly head: string };
  readonly environments: readonly AnsweredEnvironment[];
  readonly assumptions: readonly Assumption[];
}

export interface AnsweredEnvironment {
  readonly name: string;
  /** null where one state was asked. */
  readonly base: AnsweredSide | null;
  readonly head: AnsweredSide;
}

export type AnswerVerdict = "allow" | "deny" | "unknown";

export type AnsweredSide =
  | { readonly kind: "absent"; readonly what: "environment" | "source" | "destination" }
  | {
      readonly kind: "answered";
      /** Of all flows: allow where all are, deny where none is. */
      readonly verdict: AnswerVerdict;
      readonly flows: readonly AnsweredFlow[];
      readonly notes: readonly AnswerNote[];
    };

/** What was taken for granted to answer. */
export type AnswerNote =
  | "usual-port"
  | "usual-resolver"
  /** Pods whose address nobody shows are taken to have a private one. */
  | "usual-pod-addresses"
  /** IPv6 addresses were left out: nothing says that the cluster has some. */
  | "version-4-alone"
  | "ingress-not-asked"
  | "host-network-selectors";

/** One pod to one place at one port. */
export interface AnsweredFlow {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly verdict: AnswerVerdict;
  /** What allows or stops it, in order; empty where nobody can say where it leads. Left out of a long list: null. */
  readonly steps: readonly AnsweredStep[] | null;
  readonly unresolved: UnresolvedPlace | null;
  /** Of a flow that head denies: the smallest addition that opens it and nothing else, evaluated. */
  readonly opening: AnsweredOpening | null;
}

export interface AnsweredOpening {
  /** A policy to add. */
  readonly yaml: string;
  /** What it opens to the sender, whole. */
  readonly opens: readonly RegionLine[];
  /** Other workloads with the same labels, for which it opens the same. */
  readonly also: readonly string[];
}

export interface UnresolvedPlace {
  readonly reason: "addresses-not-in-git" | "no-pods-behind" | "port-name-not-given";
  readonly unknowns: readonly ReviewedUnknown[];
}

export type AnsweredStep =
  | {
      readonly kind: "fact";
      readonly direction: Direction;
      readonly verdict: "allow" | "unknown";
      readonly cause: "own-pod" | "own-node" | "host-network" | "nobody-isolated" | "some-may-be-isolated";
    }
  | ({ readonly kind: "walk" } & AnsweredWalk);

/** How the policies of one pod decide. */
export interface AnsweredWalk {
  readonly direction: Direction;
  /** The pod whose policies are asked. */
  readonly subject: string;
  readonly verdict: AnswerVerdict;
  readonly cause: WalkCause;
  readonly policies: readonly AnsweredPolicy[];
  readonly nearest: AnsweredRule | null;
  readonly admitted: readonly RegionLine[];
  readonly unknowns: readonly ReviewedUnknown[];
}

export interface AnsweredPolicy {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly location: Location | null;
  /** Where it is asked: "admin", "default"; null where there is but one place. */
  readonly tier: string | null;
  /** Within its tier, smaller first; null = no order. */
  readonly order: number | null;
  readonly rules: readonly AnsweredRule[];
}

export interface AnsweredRule {
  readonly policy: string;
  readonly location: Location | null;
  /** JSON pointer of the rule in its object. */
  readonly pointer: string;
  readonly offers: readonly RegionLine[];
  readonly peer: Match;
  readonly port: Match;
  readonly misses: readonly Miss[];
  readonly action: "allow" | "deny" | "pass";
  /** It asks for more than addresses and ports: HTTP paths, names to look up. */
  readonly application: boolean;
  readonly decides: boolean;
  /** It leaves it to the next tier. */
  readonly passes: boolean;
}
