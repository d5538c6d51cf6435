import type { Configuration } from "../../config/config.ts";

/** Whether somebody who made a change may clear it: base configuration allows it, and the organisation does not forbid it. */
export function selfApproval(
  _configuration: Configuration,
  _organisation: Configuration | null,
): "off" | "recorded" {
  return "off";
}
