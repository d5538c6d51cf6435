import type { Profile } from "../config/config.ts";
import type { Policy, Rule } from "../policy/model/policy.ts";
import { Budget } from "../sets/budget.ts";
import { portSet } from "../sets/port.ts";
import type { Box } from "../sets/space.ts";
import { uncovered } from "../sets/uncovered.ts";
import type { Unknown } from "../targets/unknown.ts";
import type { Direction } from "./compile-rule.ts";
import { compile, decideAll, type SetDecision } from "./decide.ts";
import type { ItemSource } from "./layers.ts";
import { closeness, LABEL_MISSED, type Miss, peerMiss, portMiss } from "./near-miss.ts";
import { endBox, type OtherEnd, otherPlaces } from "./other-end.ts";
import type { PodSubject } from "./pod-subject.ts";
import { precedenceOf } from "./precedence.ts";
import { BoxRegion, Cutters } from "./region.ts";
import { selects } from "./selects.ts";
import { allowedBy, assuming, layersFor } from "./subject-layers.ts";
import type { RegionLine } from "./surface.ts";
import type { Surface } from "./surface-of.ts";

export interface WalkQuestion {
  readonly direction: Direction;
  /** The pod whose policies are asked: the sender for egress, the receiver for ingress. */
  readonly subject: PodSubject;
  readonly other: OtherEnd;
}

/** How the policies of one pod decide one flow in one direction: what selects it, what each rule says, what won. */
export interface Walk {
  readonly direction: Direction;
  readonly verdict: SetDecision["verdict"];
  readonly cause: WalkCause;
  /** Policies that select the pod for this direction, in the order in which they are asked; of one place by name. */
  readonly policies: readonly WalkedPolicy[];
  /** Of a denial: the rule that comes closest. */
  readonly nearest: WalkedRule | null;
  /** Of an answer that holds for a part: everything that is admitted at this port. */
  readonly admitted: readonly RegionLine[];
  /** What was not read and decides. */
  readonly unknowns: readonly Unknown[];
}

export type WalkCause =
  /** No policy governs pods on the host network. */
  | "host-network"
  /** No policy selects it: Kubernetes allows. */
  | "not-isolated"
  | "admitted"
  /** A rule denies it. */
  | "denied"
  /** No rule matches, and being selected denies what no rule admits. */
  | "isolated"
  /** No rule matches, and none of the policies denies what no rule admits. */
  | "no-rule"
  /** A rule names some of what is asked for and no more. */
  | "part-admitted"
  /** Nobody knows whether the address is a node's or the API server's, and a rule tells them from others. */
  | "place-not-known"
  | "not-read"
  /** A label that only the running pod has, or which of two objects of one name stands in the cluster. */
  | "run-time";

export interface WalkedPolicy {
  readonly policy: Policy;
  /** "admin", "default"; null where the CNI asks all of its policies at one place. */
  readonly tier: string | null;
  /** Smaller is asked first; null = its tier has no order. */
  readonly order: number | null;
  readonly rules: readonly WalkedRule[];
}

export type Match = "yes" | "partly" | "no";

export interface WalkedRule {
  readonly policy: Policy;
  readonly rule: Rule;
  /** What it admits, in the words of every listing. */
  readonly offers: readonly RegionLine[];
  readonly peer: Match;
  readonly port: Match;
  readonly misses: readonly Miss[];
  /** It is what allows or denies this; of an answer that is allowed in part or not known, none is. */
  readonly decides: boolean;
  /** It leaves it to the next tier. */
  readonly passes: boolean;
}

/** The decision alone. null where the end is no place at all: an address of the pod blocks, asked for as another one. */
export function decideEnd(surface: Surface, question: WalkQuestion): SetDecision | null {
  return decided(surface, question)?.decision ?? null;
}

interface Decided {
  readonly others: Box;
  readonly decision: SetDecision;
  /** A rule says something else of what the address may be besides. */
  readonly dependsOnPlace: boolean;
}

/** What Git does not say of an address is asked for as well: a rule about that makes the answer unknown. */
function decided(surface: Surface, { direction, subject, other }: WalkQuestion): Decided | null {
  const { universe } = surface;
  compile(surface, { direction, subject });
  const others = endBox(universe, other);
  if (others === null) return null;
  const decision = decideAll(surface, { direction, subject, others });
  const places =
    other.kind === "addresses" ? otherPlaces(other.place).map((place) => ({ ...other, place })) : [];
  const different = places
    .flatMap((end) => endBox(universe, end) ?? [])
    .map((box) => decideAll(surface, { direction, subject, others: box }))
    .find(({ verdict, by }) => verdict !== decision.verdict && by.some(({ kind }) => kind === "rule"));
  return different === undefined
    ? { others, decision, dependsOnPlace: false }
    : {
        others,
        decision: { verdict: "unknown", by: [...decision.by, ...different.by] },
        dependsOnPlace: decision.verdict !== "unknown",
      };
}

/**
 * The decision with its reasons.
 *
 * @param surface knows the address of each pod (`PodAddressKnowledge`)
 * @param listed the surface of the same cluster as listings print it: words of what a rule offers
 */
export function walk(surface: Surface, listed: Surface, question: WalkQuestion): Walk | null {
  const { direction, subject, other } = question;
  const found = decided(surface, question);
  if (found === null) return null;
  const { others, dependsOnPlace } = found;
  const { verdict, by } = found.decision;
  const namespaces = surface.cluster.namespaces;
  const policies = inOrder(
    surface.cluster.profile.name,
    surface
      .policiesOf(subject.namespace)
      .filter((policy) => asks(policy, direction) && selects(policy, subject, namespaces)),
  ).map(
    ({ policy, tier, order }): WalkedPolicy => ({
      policy,
      tier,
      order,
      rules: policy[direction]
        .filter(({ subjects }) => subjects === undefined || selects({ subjects }, subject, namespaces))
        .map((rule): WalkedRule => {
          const { peer, port } = matches(surface, rule, question, others);
          const decides = by.some((source) => source.kind === "rule" && source.rule === rule);
          return {
            policy,
            rule,
            offers: offersOf(listed, rule, question),
            peer,
            port,
            misses: [
              ...(peer === "yes" ? [] : [peerMiss(surface.cluster, rule, other)]),
              ...(port === "yes" ? [] : [portMiss(rule.ports, other)]),
            ].flatMap((miss) => miss ?? []),
            decides: decides && rule.action === verdict,
            passes: rule.action === "pass" && peer === "yes" && port === "yes",
          };
        }),
    }),
  );
  return {
    direction,
    verdict,
    cause: dependsOnPlace ? "place-not-known" : causeOf(subject, verdict, by, policies),
    policies,
    nearest: isIsolated(verdict, by) ? nearestOf(policies.flatMap(({ rules }) => rules)) : null,
    admitted: verdict === "partly" ? admittedBy(listed, question) : [],
    unknowns: [...new Set(by.flatMap((source) => (source.kind === "unknown" ? [source.unknown] : [])))],
  };
}

/** Whether a policy may decide something in a direction: it denies what no rule admits, or has rules. */
function asks(policy: Policy, direction: Direction): boolean {
  return policy.isolates[direction] || policy[direction].length > 0;
}

function inOrder(profile: Profile, policies: readonly Policy[]): readonly Omit<WalkedPolicy, "rules">[] {
  const placed = policies.map((policy) => ({ policy, precedence: precedenceOf(profile, policy) }));
  const several = new Set(placed.map(({ precedence }) => precedence.tier)).size > 1;
  return placed
    .sort(
      (a, b) =>
        compare(a.precedence.rank, b.precedence.rank) ||
        compare(a.precedence.tier, b.precedence.tier) ||
        compare(a.precedence.order ?? 0, b.precedence.order ?? 0) ||
        compare(a.precedence.name ?? a.policy.identity.name, b.precedence.name ?? b.policy.identity.name),
    )
    .map(({ policy, precedence: { tier, order } }) => ({
      policy,
      tier: several || policy.tier !== "network-policy" ? tier : null,
      // Of a firewall there is one a namespace.
      order: order === null || !Number.isFinite(order) || policy.tier === "egress-firewall" ? null : order,
    }));
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Denied because it is selected, and not because a rule says so. */
function isIsolated(verdict: Walk["verdict"], by: readonly ItemSource[]): boolean {
  return verdict === "deny" && !by.some((source) => source.kind === "rule");
}

function causeOf(
  subject: PodSubject,
  verdict: Walk["verdict"],
  by: readonly ItemSource[],
  policies: readonly WalkedPolicy[],
): WalkCause {
  switch (verdict) {
    case "allow":
      if (subject.hostNetwork) return "host-network";
      if (by.some(({ kind }) => kind === "rule")) return "admitted";
      return policies.length === 0 ? "not-isolated" : "no-rule";
    case "deny":
      return isIsolated(verdict, by) ? "isolated" : "denied";
    case "partly":
      return "part-admitted";
    case "unknown":
      return by.some(({ kind }) => kind === "unknown") ? "not-read" : "run-time";
  }
}

function matches(
  surface: Surface,
  rule: Rule,
  { direction, subject }: WalkQuestion,
  others: Box,
): { readonly peer: Match; readonly port: Match } {
  const match = (part: Rule) => matchOf(surface, surface.boxesOf(part, direction, subject.namespace), others);
  return { peer: match({ ...rule, ports: null }), port: match({ ...rule, peers: null }) };
}

function matchOf({ universe: { space } }: Surface, boxes: readonly Box[], others: Box): Match {
  if (boxes.every((box) => space.boxesDisjoint(box, others))) return "no";
  return uncovered(space, others, boxes, new Budget()).kind === "covered" ? "yes" : "partly";
}

function offersOf(surface: Surface, rule: Rule, { direction, subject }: WalkQuestion): readonly RegionLine[] {
  const { universe } = surface;
  const boxes = surface.boxesOf(rule, direction, subject.namespace);
  return new BoxRegion(universe, boxes, new Cutters(universe.space, []), new Budget()).lines();
}

/** What of the same kind of destination is reached at this port, whole, as a listing would say it. */
function admittedBy(listed: Surface, { direction, subject, other }: WalkQuestion): readonly RegionLine[] {
  const { universe } = listed;
  const { space } = universe;
  const place = space.intersectBoxes(
    other.kind === "addresses" ? universe.isAddress : universe.isPod,
    space.box([[universe.port, portSet([{ ...other, first: other.port, last: other.port }])]]) ??
      space.everything,
  );
  const layers = assuming(
    layersFor(universe, listed.layersOf(subject.namespace, "most", direction), subject),
    "unknowns-do-nothing",
  );
  const boxes = allowedBy(universe, layers).flatMap(({ box }) =>
    place === null ? [] : (space.intersectBoxes(box, place) ?? []),
  );
  return new BoxRegion(universe, boxes, new Cutters(space, []), new Budget()).lines();
}

/**
 * One half has to match. A port that is asked for by name or number is what somebody meant: of such rules one that only asks
 * for another label is closest; then a destination at another port; then whoever else is admitted at this port.
 */
function nearestOf(rules: readonly WalkedRule[]): WalkedRule | null {
  const score = ({ peer, port, misses }: WalkedRule): number => {
    const close = Math.max(0, ...misses.map(closeness));
    if (peer !== "no") return FROM_ANOTHER_PORT;
    if (port !== "yes") return -1;
    return close >= LABEL_MISSED ? FROM_ANOTHER_PORT + close : close;
  };
  const admitting = rules.filter(({ rule }) => rule.action === "allow");
  return admitting.reduce<WalkedRule | null>(
    (best, rule) => (score(rule) >= 0 && (best === null || score(rule) > score(best)) ? rule : best),
    null,
  );
}

const FROM_ANOTHER_PORT = 100;
