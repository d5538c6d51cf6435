import type { Limits } from "./world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Use {
  windowStart: number;
  used: number;
  minuteStart: number;
  points: number;
  /** Times of content that was made in the last hour. */
  content: number[];
}

export type Limited =
  | { readonly kind: "primary" }
  | { readonly kind: "secondary"; readonly retryAfterSeconds: number };

/** What each installation has used (docs.github.com, "Rate limits for the REST API"). */
export class RateLimits {
  readonly #limits: Limits;
  readonly #now: () => number;
  readonly #uses = new Map<number, Use>();

  constructor(limits: Limits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Whether a request is refused; counts it against the secondary limits where it is not. */
  admit(
    installation: number,
    request: { readonly write: boolean; readonly content: boolean },
  ): Limited | null {
    const use = this.#use(installation);
    const now = this.#now();
    const { primary, points, contentPerMinute, contentPerHour } = this.#limits;
    if (primary !== null && use.used >= primary) return { kind: "primary" };
    const cost = request.write ? 5 : 1;
    if (points !== null && use.points + cost > points) return secondary(use.minuteStart + MINUTE - now);
    if (request.content) {
      use.content = use.content.filter((at) => at > now - HOUR);
      const lastMinute = use.content.filter((at) => at > now - MINUTE);
      if (contentPerMinute !== null && lastMinute.length >= contentPerMinute) {
        return secondary((lastMinute[0] ?? now) + MINUTE - now);
      }
      if (contentPerHour !== null && use.content.length >= contentPerHour) {
        return secondary((use.content[0] ?? now) + HOUR - now);
      }
      use.content.push(now);
    }
    use.points += cost;
    return null;
  }

  /** Counts against the primary limit: all but 304. */
  count(installation: number): void {
    this.#use(installation).used += 1;
  }

  headers(installation: number): Record<string, string> {
    const { primary } = this.#limits;
    if (primary === null) return {};
    const { used, windowStart } = this.#use(installation);
    return {
      "x-ratelimit-limit": String(primary),
      "x-ratelimit-remaining": String(Math.max(0, primary - used)),
      "x-ratelimit-reset": String(Math.ceil((windowStart + HOUR) / 1_000)),
      "x-ratelimit-used": String(used),
      "x-ratelimit-resource": "core",
    };
  }

  #use(installation: number): Use {
    const now = this.#now();
    const known = this.#uses.get(installation);
    if (known === undefined) {
      const fresh: Use = { windowStart: now, used: 0, minuteStart: now, points: 0, content: [] };
      this.#uses.set(installation, fresh);
      return fresh;
    }
    if (now >= known.windowStart + HOUR) {
      known.windowStart = now;
      known.used = 0;
    }
    if (now >= known.minuteStart + MINUTE) {
      known.minuteStart = now;
      known.points = 0;
    }
    return known;
  }
}

function secondary(milliseconds: number): Limited {
  return { kind: "secondary", retryAfterSeconds: Math.max(1, Math.ceil(milliseconds / 1_000)) };
}
