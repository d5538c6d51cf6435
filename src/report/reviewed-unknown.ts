import { unknownState } from "../rules/facts/unknown-state.ts";
import type { Unknown } from "../targets/unknown.ts";
import type { Place } from "../tree/place.ts";
import type { Location, ReviewedUnknown } from "./report.ts";
import { unknownReason } from "./unknown-reason.ts";

/** An unknown with what is known of it beside: its side and place, and what it does there. */
export interface LocatedUnknown {
  readonly handle: string;
  readonly environment: string;
  readonly unknown: Unknown;
  readonly place: Place | null;
  readonly side: Location["side"];
  readonly changed: boolean;
  readonly decides: boolean;
}

/** An unknown as people and programs are told of it. */
export function reviewedUnknown(located: LocatedUnknown): ReviewedUnknown {
  const { handle, environment, unknown, place, side, changed, decides } = located;
  const { target, code } = unknown;
  return {
    handle,
    environment,
    target,
    code,
    reason: unknownReason(unknown),
    state: unknownState(unknown),
    changed,
    location: place === null ? null : { side, path: place.path, line: place.line },
    decides,
  };
}
