import { visible } from "../report/layout/escape.ts";
import type { Progress } from "../review.ts";

/**
 * One line on stderr that is written over, where a terminal reads; nothing in a pipe. With EGRESS_REVIEW_TIMINGS set,
 * also what each stage took, for benchmarks.
 */
export class ProgressLine {
  readonly #terminal = process.stderr.isTTY;
  readonly #timings = process.env["EGRESS_REVIEW_TIMINGS"] !== undefined;
  #stage = "start";
  #since = 0;
  #shown = false;

  readonly show = ({ stage, done, total }: Progress): void => {
    if (stage !== this.#stage) this.#next(stage);
    if (!this.#terminal) return;
    const counts = total > 0 ? ` ${done}/${total}` : "";
    process.stderr.write(`${CLEAR_LINE}${visible(stage, MAXIMUM_STAGE_CHARACTERS)}${counts}`);
    this.#shown = true;
  };

  end(): void {
    this.#next("end");
    if (this.#shown) process.stderr.write(CLEAR_LINE);
    this.#shown = false;
  }

  #next(stage: string): void {
    const now = performance.now();
    if (this.#timings) process.stderr.write(`${this.#stage}: ${(now - this.#since).toFixed(0)} ms\n`);
    this.#stage = stage;
    this.#since = now;
  }
}

const CLEAR_LINE = "\r\u001b[K";
const MAXIMUM_STAGE_CHARACTERS = 60;
