/** How many box visits a search may take. Visits, not time: a verdict must repeat on any machine. */
export interface BudgetLimits {
  /** Visits that one problem may take. */
  readonly problem: number;
  /** Visits that all problems of a review may take together. */
  readonly review: number;
}

/** About one second a problem and ten a review; only constructed input comes near it. */
export const DEFAULT_BUDGET: BudgetLimits = { problem: 2_000_000, review: 20_000_000 };

/** The budget of one review, shared by all its searches. */
export class Budget {
  readonly limits: BudgetLimits;
  #spent = 0;
  #problems = 0;

  constructor(limits: BudgetLimits = DEFAULT_BUDGET) {
    this.limits = limits;
  }

  /** Visits so far. */
  get spent(): number {
    return this.#spent;
  }

  /** Problems so far. */
  get problems(): number {
    return this.#problems;
  }

  /** The visits that the next problem may take. */
  allowance(): number {
    this.#problems++;
    return Math.max(0, Math.min(this.limits.problem, this.limits.review - this.#spent));
  }

  spend(visits: number): void {
    this.#spent += visits;
  }
}
