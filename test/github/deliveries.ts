import { createHash, createHmac } from "node:crypto";
import type { Delivery, DeliveryFault } from "./delivery.ts";

export interface DeliveryRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Takes a delivery and says the status of the answer; throwing = no answer. */
export type Receiver = (
  request: DeliveryRequest,
) => Promise<{ readonly status: number; readonly body?: string }>;

/** Webhooks: what waits to be sent, and what was sent, for the deliveries API. */
export class Deliveries {
  /** In the order of the events. A test may take from anywhere. */
  readonly pending: Delivery[] = [];
  /** Every attempt, oldest first, as the deliveries API lists it. */
  readonly attempts: Delivery[] = [];
  /** Told of everything new: the HTTP edge sends by itself. */
  onQueued: () => void = () => undefined;
  readonly #now: () => number;
  readonly #decide: (delivery: Delivery) => DeliveryFault;
  readonly #enterpriseHost: () => string | null;
  readonly #seed: string;
  #nextId = 12_345_678_901_234_567n;

  constructor(
    now: () => number,
    decide: (delivery: Delivery) => DeliveryFault,
    enterpriseHost: () => string | null,
    seed: string,
  ) {
    this.#now = now;
    this.#seed = seed;
    this.#decide = decide;
    this.#enterpriseHost = enterpriseHost;
  }

  queue(event: Pick<Delivery, "app" | "event" | "action" | "installation" | "repository" | "payload">): void {
    const delivery = this.#attempt({ ...event, guid: this.#guid(), redelivery: false });
    const fault = this.#decide(delivery);
    if (fault === "lose") return;
    if (fault === "fail") {
      this.#record(delivery, 502, "");
      return;
    }
    if (typeof fault === "object") delivery.dueAt += fault.delayMilliseconds;
    if (fault === "overtake") this.pending.unshift(delivery);
    else this.pending.push(delivery);
    if (fault === "duplicate") {
      this.pending.push(this.#attempt({ ...event, guid: delivery.guid, redelivery: false }));
    }
    this.onQueued();
  }

  redeliver(id: bigint): boolean {
    const found = this.attempts.find((attempt) => attempt.id === id);
    if (found === undefined) return false;
    this.pending.push(this.#attempt({ ...found, redelivery: true }));
    this.onQueued();
    return true;
  }

  /** Those whose time has come. */
  due(): readonly Delivery[] {
    return this.pending.filter(({ dueAt }) => dueAt <= this.#now());
  }

  /** The bytes and headers of a delivery, signed with the secret of now. */
  request(delivery: Delivery): DeliveryRequest {
    const body = JSON.stringify(delivery.payload);
    const { app, event, guid } = delivery;
    const signature = (algorithm: string) =>
      createHmac(algorithm, app.webhookSecret).update(body).digest("hex");
    const enterprise = this.#enterpriseHost();
    return {
      url: app.webhookUrl,
      headers: {
        accept: "*/*",
        "content-type": "application/json",
        "user-agent": "GitHub-Hookshot/044aadd",
        "x-github-delivery": guid,
        "x-github-event": event,
        "x-github-hook-id": String(app.id),
        "x-github-hook-installation-target-id": String(app.id),
        "x-github-hook-installation-target-type": "integration",
        ...(app.webhookSecret === ""
          ? {}
          : {
              "x-hub-signature": `sha1=${signature("sha1")}`,
              "x-hub-signature-256": `sha256=${signature("sha256")}`,
            }),
        ...(enterprise === null
          ? {}
          : { "x-github-enterprise-host": enterprise, "x-github-enterprise-version": "3.19.0" }),
      },
      body,
    };
  }

  /** Hands one over and records what came of it. */
  async deliver(delivery: Delivery, receiver: Receiver): Promise<number> {
    const index = this.pending.indexOf(delivery);
    if (index >= 0) this.pending.splice(index, 1);
    const start = this.#now();
    let status = 0;
    let body = "";
    try {
      const answer = await receiver(this.request(delivery));
      status = answer.status;
      body = answer.body ?? "";
    } catch {
      // No answer: recorded as such.
    }
    delivery.durationMilliseconds = this.#now() - start;
    this.#record(delivery, status, body);
    return status;
  }

  /** Hands over all that is due, and what comes of it, until nothing is. Returns how many. */
  async pump(receiver: Receiver): Promise<number> {
    let count = 0;
    for (;;) {
      const [next] = this.due();
      if (next === undefined) return count;
      await this.deliver(next, receiver);
      count += 1;
    }
  }

  /** The same for the same seed, so that a schedule replays. */
  #guid(): string {
    const digits = createHash("sha256").update(`${this.#seed} ${this.#nextId}`).digest("hex");
    return [8, 4, 4, 4, 12].map((length, index) => digits.slice(index * 12, index * 12 + length)).join("-");
  }

  #attempt(
    event: Pick<
      Delivery,
      "app" | "event" | "action" | "installation" | "repository" | "payload" | "guid" | "redelivery"
    >,
  ): Delivery {
    const { app, event: name, action, installation, repository, payload, guid, redelivery } = event;
    this.#nextId += 1_001n;
    const now = this.#now();
    return {
      id: this.#nextId,
      guid,
      app,
      event: name,
      action,
      installation,
      repository,
      redelivery,
      payload,
      createdAt: now,
      dueAt: now,
      deliveredAt: null,
      statusCode: null,
      durationMilliseconds: 0,
      responseBody: "",
    };
  }

  #record(delivery: Delivery, status: number, body: string): void {
    delivery.statusCode = status;
    delivery.responseBody = body;
    delivery.deliveredAt = this.#now();
    this.attempts.push(delivery);
  }
}
