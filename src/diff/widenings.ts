import { BoxIndex } from "../sets/box-index.ts";
import type { Budget } from "../sets/budget.ts";
import type { Box, Space } from "../sets/space.ts";
import { uncovered } from "../sets/uncovered.ts";
import type { Item, Layer } from "../surface/layers.ts";

/** A part that some list of `head` allows and some list of `base` denies, for subjects of some labels. */
export interface Widening {
  readonly opener: Item;
  /** Some subject and destination in it, on every dimension. */
  readonly witness: () => Box;
  /** Whether a part of the problem is a widening too: the same question, asked of fewer subjects. */
  readonly within: (subjects: Box) => boolean;
}

export interface Widenings {
  readonly found: readonly Widening[];
  readonly overBudget: boolean;
}

/**
 * All pairs of an allow item of `head` and a deny item of `base` between which something is opened, over every label
 * assignment at once. A point is allowed at head where in every list some allow item holds it and no earlier deny item does;
 * it is denied at base where in some list a deny item holds it and no earlier allow item does. So each pair is one question:
 *
 *     opener ∧ closer, outside the earlier denies of head and the earlier allows of base
 *
 * Nothing is enumerated: neither labels, nor pods, nor pairs of pods.
 */
export function widenings(
  space: Space,
  base: readonly Layer[],
  head: readonly Layer[],
  budget: Budget,
): Widenings {
  const found: Widening[] = [];
  let overBudget = false;
  const closing = base.map((layer) => closersOf(space, layer));
  for (const opener of openersOf(space, head)) {
    for (const [index, list] of closing.entries()) {
      for (const closer of list.near(opener)) {
        const region = space.intersectBoxes(opener.box, closer.box);
        if (region === null) continue;
        const avoid = [...opener.deniedBefore(region), ...list.allowedBefore(closer, region)];
        const result = uncovered(space, region, avoid, budget);
        if (result.kind === "over-budget") overBudget = true;
        if (result.kind !== "point") continue;
        found.push({
          opener: opener.items[index] ?? defaultItem(space),
          witness: result.witness,
          within: (subjects) => {
            const part = space.intersectBoxes(region, subjects);
            return part !== null && uncovered(space, part, avoid, budget).kind === "point";
          },
        });
      }
    }
  }
  return { found, overBudget };
}

interface Opener {
  readonly box: Box;
  /** One of each list. What the list allows that denied it is to blame; a list that is gone denies nothing any more. */
  readonly items: readonly Item[];
  readonly deniedBefore: (region: Box) => readonly Box[];
  /** The boxes of its items, one of each list. */
  readonly boxes: readonly Box[];
}

/** One allow item of each list, together; with one list, each of its distinct allow items. */
function openersOf(space: Space, layers: readonly Layer[]): readonly Opener[] {
  return layers.reduce<readonly Opener[]>(
    (left, layer) => {
      const own = allowItems(space, layer);
      return left.flatMap((one) =>
        own.flatMap((other): readonly Opener[] => {
          const box = space.intersectBoxes(one.box, other.box);
          if (box === null) return [];
          return [
            {
              box,
              items: [...one.items, ...other.items],
              deniedBefore: (region) => [...one.deniedBefore(region), ...other.deniedBefore(region)],
              boxes: [...one.boxes, ...other.boxes],
            },
          ];
        }),
      );
    },
    [
      {
        box: space.everything,
        items: [],
        deniedBefore: () => [],
        boxes: [],
      },
    ],
  );
}

function defaultItem({ everything }: Space): Item {
  return { box: everything, action: "allow", source: { kind: "default" } };
}

function allowItems(space: Space, { items }: Layer): readonly Opener[] {
  const denied: Box[] = [];
  const openers: Opener[] = [];
  let seen = new Set<Box>();
  let denies = denied.length;
  for (const item of items) {
    if (item.action === "deny") {
      denied.push(item.box);
      continue;
    }
    if (denies !== denied.length) seen = new Set();
    if (seen.has(item.box)) continue;
    seen.add(item.box);
    denies = denied.length;
    const before = new LazyIndex(space, denied.slice());
    openers.push({
      box: item.box,
      items: [item],
      deniedBefore: (region) => before.near(region),
      boxes: [item.box],
    });
  }
  return openers;
}

/** Boxes near a region, indexed when first asked. */
class LazyIndex {
  readonly #space: Space;
  readonly #boxes: readonly Box[];
  #index: BoxIndex | null = null;

  constructor(space: Space, boxes: readonly Box[]) {
    this.#space = space;
    this.#boxes = boxes;
  }

  near(region: Box): readonly Box[] {
    if (this.#boxes.length === 0) return this.#boxes;
    this.#index ??= new BoxIndex(this.#space, this.#boxes);
    return this.#index.near(region).flatMap((position) => this.#boxes[position] ?? []);
  }
}

interface Closer {
  readonly box: Box;
  /** How many allow items of its list come before it. */
  readonly allowsBefore: number;
}

interface Closers {
  /** The deny items that may meet the opener, without those that an equal, earlier allow item of this list answers. */
  readonly near: (opener: Opener) => readonly Closer[];
  readonly allowedBefore: (closer: Closer, region: Box) => readonly Box[];
}

function closersOf(space: Space, { items }: Layer): Closers {
  const allows: Box[] = [];
  const firstAllow = new Map<Box, number>();
  const closers: Closer[] = [];
  let run: Box[] = [];
  const endRun = () => {
    for (const box of outermost(space, run)) closers.push({ box, allowsBefore: allows.length });
    run = [];
  };
  for (const { action, box } of items) {
    if (action === "deny") run.push(box);
    else {
      endRun();
      if (!firstAllow.has(box)) firstAllow.set(box, allows.length);
      allows.push(box);
    }
  }
  endRun();
  const index = new BoxIndex(
    space,
    closers.map(({ box }) => box),
  );
  const allowIndex = new BoxIndex(space, allows);
  return {
    near: ({ box, boxes }) => {
      const answered = Math.min(...boxes.map((one) => firstAllow.get(one) ?? Number.POSITIVE_INFINITY));
      return index.near(box).flatMap((position) => {
        const closer = closers[position];
        return closer === undefined || answered < closer.allowsBefore ? [] : [closer];
      });
    },
    allowedBefore: ({ allowsBefore }, region) =>
      allowIndex
        .near(region)
        .flatMap((position) => (position < allowsBefore ? (allows[position] ?? []) : [])),
  };
}

/** Neighbouring denies without those inside another: `podSelector: {}` leaves one. */
function outermost(space: Space, run: readonly Box[]): readonly Box[] {
  const boxes = [...new Set(run)];
  const index = new BoxIndex(space, boxes);
  return boxes.filter(
    (box) =>
      !index.near(box).some((position) => {
        const other = boxes[position];
        return other !== undefined && other !== box && space.boxInside(box, other);
      }),
  );
}
