import { relativeLink } from "../../src/report/layout/phrase-markdown.ts";
import type { Clearers, PublicationContext } from "../../src/report/pull-request/publication.ts";

const head = `d71b774${"0".repeat(33)}`;
const base = `7e9a1b8${"0".repeat(33)}`;

/** A pull request as the pages of it see one. */
export function context(parts: Partial<PublicationContext> = {}): PublicationContext {
  return {
    repository: "acme/platform",
    pullRequest: 12,
    base,
    head,
    draft: false,
    fork: false,
    link: (location) =>
      `https://github.example.com/acme/platform/blob/${location.side === "head" ? head : base}/${relativeLink({ ...location, side: "head" }) ?? ""}`,
    checkUrl: "https://github.example.com/acme/platform/runs/7",
    commentUrl: "https://github.example.com/acme/platform/pull/12#issuecomment-3",
    documentation: (page) => `https://docs.example.com/${page}`,
    required: true,
    clearers: new Map(),
    sameCommit: [],
    reproduce: "egress-review review --base 7e9a1b8 --head d71b774",
    ...parts,
  };
}

/** The same people may clear each of these findings. */
export function clearedBy(clearers: Clearers, ...handles: readonly string[]): PublicationContext["clearers"] {
  return new Map(handles.map((handle) => [handle, clearers]));
}
