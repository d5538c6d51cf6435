import { describe, expect, test } from "@jest/globals";
import { Metrics } from "../../../src/github/service/metrics.ts";

describe("metrics", () => {
  test("are those of the documentation", async () => {
    const { readFile } = await import("node:fs/promises");
    const page = await readFile(new URL("../../../docs/operations.md", import.meta.url), "utf8");
    const documented = [...page.matchAll(/^\| `(egress_review_\w+)`/gm)].map(([, name]) => name);
    const metrics = await new Metrics().registry.getMetricsAsJSON();
    const own = metrics.map(({ name }) => name).filter((name) => name.startsWith("egress_review_"));
    expect(documented.sort()).toEqual(own.sort());
    // Of the process itself.
    expect(metrics.map(({ name }) => name)).toContain("process_resident_memory_bytes");
  });

  test("count what is told to them", async () => {
    const metrics = new Metrics();
    const pullRequest = { repository: { installation: 1, id: 2, owner: "acme", name: "shop" }, number: 3 };
    metrics.delivery("accepted");
    metrics.acknowledged(0.02);
    metrics.jobEnded({ kind: "review", pullRequest }, "dead", 1_500);
    metrics.inProgress();
    metrics.verdict("block");
    metrics.carried();
    metrics.answered({
      route: "GET /app",
      installation: null,
      status: null,
      milliseconds: 40,
      remaining: 4_999,
    });
    const text = await metrics.registry.metrics();
    for (const line of [
      'egress_review_deliveries_total{result="accepted"} 1',
      'egress_review_ack_seconds_bucket{le="0.05"} 1',
      'egress_review_job_seconds_sum{kind="review",end="dead"} 1.5',
      'egress_review_dead_jobs_total{kind="review"} 1',
      "egress_review_in_progress_total 1",
      'egress_review_verdicts_total{verdict="block"} 1',
      "egress_review_carried_total 1",
      'egress_review_github_request_seconds_count{route="GET /app",status="none"} 1',
      'egress_review_github_remaining{installation="app"} 4999',
    ]) {
      expect(text.split("\n")).toContain(line);
    }
    expect(text).not.toMatch(/acme|shop/);
  });

  test("of one service are not those of another", async () => {
    const [one, other] = [new Metrics(), new Metrics()];
    one.carried();
    expect(await other.registry.metrics()).toContain("egress_review_carried_total 0");
  });
});
