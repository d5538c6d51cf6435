import type { Box } from "../sets/space.ts";
import { BoxRegion, type CutterStock, Cutters } from "../surface/region.ts";
import type { Allowed } from "../surface/subject-layers.ts";
import type { Comparison } from "./comparison.ts";
import { boxesOf } from "./side.ts";

/** Regions under the budget of the comparison: one that cannot be decided claims nothing, and is remembered. */
export class Claims {
  readonly #comparison: Comparison;
  readonly #anyValue: Box;
  readonly #nothing: BoxRegion;
  overBudget = false;

  /** `anyValue`: labels of run time of either side, so that a side without them is asked about the same pods. */
  constructor(comparison: Comparison, anyValue: Box) {
    this.#comparison = comparison;
    this.#anyValue = anyValue;
    this.#nothing = new BoxRegion(comparison.head.universe, [], this.cutters([]), comparison.budget);
  }

  cutters(allowed: readonly Allowed[], stock: CutterStock | null = null): Cutters {
    return new Cutters(this.#comparison.head.universe.space, boxesOf(allowed), stock);
  }

  region(boxes: readonly Box[], cutters: Cutters): BoxRegion {
    const { head, budget } = this.#comparison;
    const { space } = head.universe;
    const plus =
      this.#anyValue === space.everything
        ? boxes
        : boxes.flatMap((box) => space.intersectBoxes(box, this.#anyValue) ?? []);
    const region = new BoxRegion(head.universe, plus, cutters, budget);
    if (!region.isOverBudget) return region.isEmpty ? this.#nothing : region;
    this.overBudget = true;
    return this.#nothing;
  }
}
