import type { EnvironmentDelta } from "../diff/diff.ts";
import type { Environment } from "../targets/targets.ts";

/** One environment as rules see it. */
export interface JudgedEnvironment {
  readonly name: string;
  readonly production: boolean;
  /** What would block here is only reported. */
  readonly observes: boolean;
  readonly delta: EnvironmentDelta;
  /** What discovery found on each side: targets with their delivery, unread targets; null = not there. */
  readonly base: Environment | null;
  readonly head: Environment | null;
  /**
   * The same comparison with those namespaces isolated on both sides that only another environment's policies isolate; null
   * where there are none. Rules marked `asIfIsolated` judge it too (design section 5).
   */
  readonly asIfIsolated: EnvironmentDelta | null;
  /**
   * The comparison is as another CNI would read both sides, beside the one that is the likeliest: only what opens is judged,
   * not what it would say of its own policies.
   */
  readonly otherwise?: boolean;
}
