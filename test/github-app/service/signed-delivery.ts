import { createHmac } from "node:crypto";

export interface DeliveryParts {
  readonly event?: string;
  readonly guid?: string;
  readonly body?: string;
  readonly secret: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A delivery as GitHub sends it. */
export function signedDelivery(parts: DeliveryParts): {
  readonly method: "POST";
  readonly headers: Record<string, string>;
  readonly body: string;
} {
  const { event = "push", guid = "00000000-0000-0000-0000-000000000001", body = "{}", secret } = parts;
  const hash = createHmac("sha256", secret).update(body).digest("hex");
  return {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "user-agent": "GitHub-Hookshot/0000000",
      "x-github-event": event,
      "x-github-delivery": guid,
      "x-hub-signature-256": `sha256=${hash}`,
      ...parts.headers,
    },
    body,
  };
}
