import { workOf } from "../events/events.ts";
import type { Delivery, Queue } from "../queue/queue.ts";
import type { Metrics } from "./metrics.ts";

export interface IntakeOptions {
  readonly queue: Pick<Queue, "accept">;
  readonly metrics: Metrics;
  readonly now: () => Date;
  /** Longer than this nobody waits for a delivery to be written: GitHub gives up after ten seconds. */
  readonly milliseconds?: number;
}

/** Where every delivery that was believed comes in, whoever received it. */
export class Intake {
  readonly #options: IntakeOptions;
  #open = true;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /**
   * Resolved = the delivery, what it expects and its work are written.
   *
   * @throws the text is fit for strangers: Probot sends it to whoever delivered
   */
  async accept(event: string, guid: string, payload: unknown): Promise<void> {
    const { queue, metrics, now, milliseconds = 8_000 } = this.#options;
    if (!this.#open) {
      metrics.delivery("shed");
      throw new Refused("the service is stopping");
    }
    try {
      const delivery = deliveryOf(event, guid, payload, now());
      await within(queue.accept(delivery, workOf(event, payload)), milliseconds);
      metrics.delivery("accepted");
    } catch (error) {
      metrics.delivery("failed");
      throw error instanceof Refused ? error : new Refused("it could not be written", { cause: error });
    }
  }

  /** From now on every delivery is refused; GitHub keeps it, and it is asked for again. */
  close(): void {
    this.#open = false;
  }
}

/** Not written. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** What is written after all is work twice, which is done once. */
async function within(written: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Refused("writing takes too long")), milliseconds);
  });
  try {
    await Promise.race([written, late]);
  } finally {
    clearTimeout(timer);
  }
}

function deliveryOf(event: string, guid: string, payload: unknown, receivedAt: Date): Delivery {
  const fields = payload as {
    readonly action?: unknown;
    readonly installation?: { readonly id?: unknown };
  } | null;
  const action = fields?.action;
  const installation = fields?.installation?.id;
  return {
    guid,
    event,
    action: typeof action === "string" ? action : null,
    installation: typeof installation === "number" ? installation : null,
    receivedAt,
  };
}
