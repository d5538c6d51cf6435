import { test } from "@jest/globals";
import { expectGoodSchedules, SCHEDULES } from "./schedules.ts";

/** In halves, so that two processors share them. */
const HALF = Math.ceil(SCHEDULES.count / 2);

test(
  "random events, faults and crashes end as the oracle says: half 1",
  () => expectGoodSchedules(SCHEDULES.first, HALF),
  3_600_000,
);
