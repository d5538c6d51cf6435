import type { Box } from "../sets/space.ts";
import type { Direction } from "./compile-rule.ts";
import type { Item, ItemSource, Layer } from "./layers.ts";
import { pointBox } from "./region.ts";
import { anyValueBox, layersFor } from "./subject-layers.ts";
import type { Point } from "./surface.ts";
import type { PodSubject, Surface } from "./surface-of.ts";
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
  const { universe } = surface;
  const layers = surface.layersOf(question.subject.namespace, "most", question.direction);
  const point = pointBox(universe, question.other);
  if (point === null) throw new RangeError("an address inside the pod CIDRs is a pod: ask for the pod");
  // Labels of run time are no fixed point: an item that asks for a value of one decides for some pods only.
  const asked =
    universe.space.intersectBoxes(point, anyValueBox(universe, layers, question.subject)) ?? point;
  const decisions = layersFor(universe, layers, question.subject).map((layer) =>
    decideList(universe, layer, asked),
  );
  return (
    decisions.find(({ verdict }) => verdict === "deny") ??
    decisions.find(({ verdict }) => verdict === "unknown") ??
    decisions[0] ?? { verdict: "allow", by: { kind: "default" } }
  );
}

function decideList({ space }: Universe, { items }: Layer, point: Box): Decision {
  const possible: Item[] = [];
  for (const item of items) {
    if (space.boxesDisjoint(point, item.box)) continue;
    const certain = item.source.kind !== "unknown" && space.boxInside(point, item.box);
    if (!certain) possible.push(item);
    else return settle(possible, item);
  }
  throw new Error("a list of a surface ends with an item that holds every point");
}

function settle(possible: readonly Item[], final: Item): Decision {
  const others = possible.filter(({ action }) => action !== final.action);
  return others.length === 0
    ? { verdict: final.action, by: final.source }
    : { verdict: "unknown", by: [...others, final].map(({ source }) => source) };
}
