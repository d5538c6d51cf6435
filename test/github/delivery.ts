import type { App } from "./entities.ts";

/** One attempt to hand an event over. */
export interface Delivery {
  /** Above 2^53, as GitHub's are: no number can hold it. */
  readonly id: bigint;
  /** The same for every attempt. */
  readonly guid: string;
  readonly app: App;
  readonly event: string;
  readonly action: string | null;
  readonly installation: number | null;
  readonly repository: number | null;
  readonly redelivery: boolean;
  readonly payload: object;
  readonly createdAt: number;
  /** Not before this time. */
  dueAt: number;
  deliveredAt: number | null;
  /** What the receiver answered; 0 = no answer. */
  statusCode: number | null;
  durationMilliseconds: number;
  responseBody: string;
}

/** What becomes of an event. */
export type DeliveryFault =
  | "deliver"
  /** Never sent, and no list of deliveries knows it (a payload over 25 MB, an outage). */
  | "lose"
  /** Recorded as failed without reaching the receiver: a redelivery may heal it. */
  | "fail"
  | "duplicate"
  /** To the front of what waits. */
  | "overtake"
  | { readonly delayMilliseconds: number };
