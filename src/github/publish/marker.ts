import { createHmac, timingSafeEqual } from "node:crypto";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { Account, PullRequestReference } from "../github.ts";

/**
 * A hidden line by which the App knows a comment of its own again: what it is, and a MAC over that and its pull request, so
 * that nobody else can plant one, here or by copying it from elsewhere.
 */
export function marker(key: Uint8Array, pullRequest: PullRequestReference, what: string): string {
  return `<!-- egress-review ${what} ${mac(key, pullRequest, what)} -->`;
}

const MARKER = /<!-- egress-review (\S+) ([0-9a-f]{64}) -->/g;

/** What a comment's markers say, those alone that are ours. */
export function markersIn(
  key: Uint8Array,
  pullRequest: PullRequestReference,
  body: string,
): readonly string[] {
  return [...body.matchAll(MARKER)].flatMap(([, what = "", found = ""]) =>
    timingSafeEqual(Buffer.from(found), Buffer.from(mac(key, pullRequest, what))) ? [what] : [],
  );
}

/** Whether this App wrote it: a marker alone proves nothing where people can copy it within a pull request. */
export function isOurs(client: RepositoryClient, author: Account): boolean {
  return author.kind === "bot" && author.login === `${client.app.slug}[bot]`;
}

function mac(key: Uint8Array, { repository, number }: PullRequestReference, what: string): string {
  const text = JSON.stringify([repository.id, number, what]);
  return createHmac("sha256", key).update(text).digest("hex");
}
