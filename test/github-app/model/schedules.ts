import { expect } from "@jest/globals";
import { builtInRules } from "../../../src/rules/catalogue/load-rules.ts";
import { Model } from "./model.ts";

const ACTIONS = 8;

/**
 * Runs schedules of consecutive seeds. One that fails tells its seed and its story; `EGRESS_REVIEW_SEED` and
 * `EGRESS_REVIEW_SCHEDULES=1` replay it.
 */
export async function expectGoodSchedules(first: number, count: number): Promise<void> {
  // Read from the disk once and before: a schedule replays only where nothing waits for the world outside.
  await builtInRules();
  for (let seed = first; seed < first + count; seed++) {
    const model = new Model(seed);
    const violations = await violationsOf(model);
    if (violations.length > 0) {
      expect({ seed, violations, story: model.story }).toEqual({ seed, violations: [], story: [] });
    }
  }
}

async function violationsOf(model: Model): Promise<readonly string[]> {
  try {
    await model.run(ACTIONS);
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  return model.violations();
}

/** How many in this run, and from which seed: a soak asks for more than a test. */
export const SCHEDULES = {
  count: Number(process.env["EGRESS_REVIEW_SCHEDULES"] ?? 2_000),
  first: Number(process.env["EGRESS_REVIEW_SEED"] ?? 1),
};
