import type { Budget } from "../sets/budget.ts";
import type { PodSubject } from "../surface/pod-subject.ts";
import type { Surface } from "../surface/surface-of.ts";

/** What every search of one comparison shares. */
export interface Comparison {
  readonly base: Surface;
  readonly head: Surface;
  readonly budget: Budget;
}

/** The pods of one workload on both sides; null where it does not exist. */
export interface SubjectPair {
  readonly base: PodSubject | null;
  readonly head: PodSubject | null;
}
