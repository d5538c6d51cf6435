import type { Configuration } from "../../config/config.ts";

/** Whether somebody who made a change may clear it: base configuration allows it, and the organisation does not forbid it. */
export function selfApproval(
  { approvals }: Configuration,
  organisation: Configuration | null,
): "off" | "recorded" {
  return approvals.forbidSelf || organisation?.approvals.forbidSelf === true ? "off" : approvals.self;
}
