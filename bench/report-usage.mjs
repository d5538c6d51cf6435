/** Preloaded into a measured process: writes its resource usage to a file as it ends. Workers inherit it and stay quiet. */
import { writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const file = process.env.EGRESS_REVIEW_USAGE_FILE;
if (isMainThread && file !== undefined) {
  process.on("exit", () => writeFileSync(file, JSON.stringify(process.resourceUsage())));
}
