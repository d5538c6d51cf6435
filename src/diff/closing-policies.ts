import type { Policy, Rule } from "../policy/model/policy.ts";
import { Budget } from "../sets/budget.ts";
import type { Box, Space } from "../sets/space.ts";
import { uncovered } from "../sets/uncovered.ts";
import type { Item } from "../surface/layers.ts";
import { allowedBy, assuming } from "../surface/subject-layers.ts";
import type { Universe } from "../surface/universe.ts";
import { boxesOf, type Side } from "./side.ts";

interface Closer {
  readonly policy: Policy;
  readonly box: Box;
  /** The number of its list. */
  readonly list: number;
}

/** Policies that deny something to the subject, by what they deny. */
function closersOf({ layers }: Side): readonly Closer[] {
  return layers.flatMap(({ items }, list) =>
    items.flatMap(({ action, box, source }) =>
      action === "deny" && (source.kind === "rule" || source.kind === "isolation")
        ? [{ policy: source.policy, box, list }]
        : [],
    ),
  );
}

/** The closing policies of some boxes. Isolation denies everything, so the answer is mostly one list for all boxes. */
export class ClosingPolicies {
  readonly #space: Space;
  readonly #closers: readonly Closer[];
  readonly #ofAnything: readonly Policy[] | null;
  /** What each list allows, where there are several: an egress firewall beside NetworkPolicy. */
  readonly #allowed: readonly (readonly Box[])[];

  constructor({ space }: Universe, side: Side) {
    this.#space = space;
    this.#closers = closersOf(side);
    this.#ofAnything =
      side.layers.length < 2 && this.#closers.every(({ box }) => box === space.everything)
        ? policiesOf(this.#closers)
        : null;
    this.#allowed = assuming(side.layers, "unknowns-do-nothing").map((layer) =>
      side.layers.length < 2 ? boxesOf(side.certain) : boxesOf(allowedBy(side.surface.universe, [layer])),
    );
  }

  of(boxes: readonly Box[]): readonly Policy[] {
    if (this.#ofAnything !== null) return this.#ofAnything;
    const lists =
      this.#allowed.length < 2 ? null : new Set(boxes.flatMap((box) => this.#listsThatDenied(box)));
    return policiesOf(
      this.#closers.filter(
        ({ box, list }) =>
          (lists?.has(list) ?? true) && boxes.some((one) => !this.#space.boxesDisjoint(one, box)),
      ),
    );
  }

  /** Of what allows a box together those that changed: of lists that denied some of it. A list that is gone has none. */
  toBlame(openers: readonly Item[], box: Box): readonly Item[] {
    if (openers.length < 2 && this.#allowed.length < 2) return openers;
    const denied = this.#listsThatDenied(box);
    return denied.length === 0 ? openers : denied.flatMap((index) => openers[index] ?? []);
  }

  #listsThatDenied(box: Box): readonly number[] {
    return this.#allowed.flatMap((boxes, list) =>
      uncovered(this.#space, box, boxes, new Budget()).kind === "covered" ? [] : [list],
    );
  }
}

function policiesOf(closers: readonly Closer[]): readonly Policy[] {
  return [...new Set(closers.map(({ policy }) => policy))];
}

/** The rule to cite for what is open: the first of those that open it; null where no rule does. */
export function ruleOf(openers: readonly Item[]): { readonly policy: Policy; readonly rule: Rule } | null {
  for (const { source } of openers) {
    if (source.kind === "rule") return { policy: source.policy, rule: source.rule };
  }
  return null;
}
