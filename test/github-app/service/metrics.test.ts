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
    metrics.jobEnded(
      { kind: "review", pullRequest },
      { kind: "dead", milliseconds: 1_500, waitedMilliseconds: 250 },
    );
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
      'egress_review_job_wait_seconds_sum{kind="review"} 0.25',
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

  test("of the database are read when somebody asks, and say nothing where it does not answer", async () => {
    const metrics = new Metrics();
    const said = async () => (await metrics.registry.metrics()).split("\n");
    expect(await said()).toContain("egress_review_queue_jobs Nan");
    metrics.readStanding(async () => ({ jobs: 3, oldestSeconds: 1.5, blockedInstallations: 2 }));
    for (const line of [
      "egress_review_queue_jobs 3",
      "egress_review_queue_oldest_seconds 1.5",
      "egress_review_blocked_installations 2",
    ]) {
      expect(await said()).toContain(line);
    }
    metrics.readStanding(() => Promise.reject(new Error("away")));
    expect(await said()).toContain("egress_review_queue_jobs Nan");
    expect(await said()).toContain("egress_review_carried_total 0");
  });

  test("of one service are not those of another", async () => {
    const [one, other] = [new Metrics(), new Metrics()];
    one.carried();
    expect(await other.registry.metrics()).toContain("egress_review_carried_total 0");
  });
});
