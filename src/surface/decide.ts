import { Budget } from "../sets/budget.ts";
import type { Box } from "../sets/space.ts";
import { uncovered } from "../sets/uncovered.ts";
import type { Direction } from "./compile-rule.ts";
import type { Item, ItemSource, Layer } from "./layers.ts";
import type { PodSubject } from "./pod-subject.ts";
import { pointBox } from "./region.ts";
import { anyValueBox, layersFor } from "./subject-layers.ts";
import type { Point } from "./surface.ts";
import type { Surface } from "./surface-of.ts";
import type { Universe } from "./universe.ts";

/** One question: may this pod send (egress) this there, or receive (ingress) it from there? */
export interface Question {
  readonly direction: Direction;
  /** The pod whose policies are asked: the sender for egress, the receiver for ingress. */
  readonly subject: PodSubject;
  /**
   * The other end, with the port of the receiver. For ingress `containerPorts` of a pod are still those of the receiver:
   * names of ports are looked up there.
   */
  readonly other: Point;
}

export type Decision =
  | { readonly verdict: "allow" | "deny"; readonly by: ItemSource }
  /** It depends on what nobody knows: an unread source, a run-time label, which of two objects stands in the cluster. */
  | { readonly verdict: "unknown"; readonly by: readonly ItemSource[] };

/** The decision for one point, with what decided it; the same lists that the search compares. */
export function decide(surface: Surface, question: Question): Decision {
  compile(surface, question);
  const point = pointBox(surface.universe, question.other);
  if (point === null) throw new RangeError("an address inside the pod CIDRs is a pod: ask for the pod");
  const { verdict, by } = decideAll(surface, { ...question, others: point });
  const [first = { kind: "default" }] = by;
  return verdict === "allow" || verdict === "deny" ? { verdict, by: first } : { verdict: "unknown", by };
}

/** A point names the labels that some policy asks for: those are known once the policies are compiled. */
export function compile(surface: Surface, { subject, direction }: Pick<Question, "direction" | "subject">) {
  return surface.layersOf(subject.namespace, "most", direction);
}

/** The same question for all points of a box at once; the box was made after `compile`. */
export interface SetQuestion extends Pick<Question, "direction" | "subject"> {
  readonly others: Box;
}

export interface SetDecision {
  readonly verdict:
    | "allow"
    | "deny"
    /** Some points are allowed and some are not, and nothing unknown is in it. */
    | "partly"
    | "unknown";
  /** What allowed or denied, else everything that might; what decided last stands last. */
  readonly by: readonly ItemSource[];
}

/** Whether every point is allowed, none, or some. Exact; what a search could not finish is unknown. */
export function decideAll(surface: Surface, question: SetQuestion): SetDecision {
  const { universe } = surface;
  const { subject, others } = question;
  const layers = compile(surface, question);
  // Labels of run time are no fixed point: an item that asks for a value of one decides for some pods only.
  const asked = universe.space.intersectBoxes(others, anyValueBox(universe, layers, subject)) ?? others;
  const decisions = layersFor(universe, layers, subject).map((layer) => decideList(universe, layer, asked));
  return (
    decisions.find(({ verdict }) => verdict === "deny") ??
    decisions.find(({ verdict }) => verdict === "unknown") ??
    decisions.find(({ verdict }) => verdict === "partly") ?? {
      verdict: "allow",
      // Every list allows it, each by something of its own.
      by: decisions.flatMap(({ by }) => by),
    }
  );
}

function decideList(universe: Universe, { items }: Layer, points: Box): SetDecision {
  const { space } = universe;
  const possible: Item[] = [];
  for (const item of items) {
    if (space.boxesDisjoint(points, item.box)) continue;
    possible.push(item);
    if (isCertain(item) && space.boxInside(points, item.box)) return settle(universe, possible, item, points);
  }
  throw new Error("a list of a surface ends with an item that holds every point");
}

function isCertain({ source }: Item): boolean {
  return source.kind !== "unknown";
}

/** @param final holds every point; before it items that hold some of them, or that nobody knows */
function settle(universe: Universe, possible: readonly Item[], final: Item, points: Box): SetDecision {
  const others = possible.filter(({ action }) => action !== final.action);
  if (others.length === 0) return { verdict: final.action, by: [final.source] };
  const of = (action: Item["action"]) =>
    possible.filter((item) => decides(universe, possible, item, action, points));
  const [allowing, denying] = [of("allow"), of("deny")];
  if (denying.length === 0) return { verdict: "allow", by: allowing.map(({ source }) => source) };
  if (allowing.length === 0) return { verdict: "deny", by: denying.map(({ source }) => source) };
  const open = [...others, final];
  return {
    verdict: open.some((item) => dependsOnUnknowns(universe, item)) ? "unknown" : "partly",
    by: open.map(({ source }) => source),
  };
}

/** Whether the item decides some of the points: they are in it, and no earlier item that does the opposite holds them all. */
function decides(
  { space }: Universe,
  items: readonly Item[],
  item: Item,
  action: Item["action"],
  points: Box,
): boolean {
  if (item.action !== action) return false;
  const own = space.intersectBoxes(points, item.box);
  if (own === null) return false;
  const before = items
    .slice(0, items.indexOf(item))
    .filter((earlier) => earlier.action !== action && isCertain(earlier))
    .map(({ box }) => box);
  return uncovered(space, own, before, new Budget()).kind !== "covered";
}

function dependsOnUnknowns({ isHidden }: Universe, { source, box }: Item): boolean {
  return source.kind === "unknown" || box.dimensions.some(isHidden);
}
