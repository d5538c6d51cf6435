import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { diff } from "../../src/diff/environment-delta.ts";
import type { Extent } from "../../src/rules/approval.ts";
import { extentWithin } from "../../src/rules/extent-within.ts";
import type { RegionLine } from "../../src/surface/surface.ts";
import { egressAllowed } from "../oracle/network-policy.ts";
import { oraclePod, pairDestinations, runs } from "../oracle/points.ts";
import { type Destination, type RandomPair, randomPair } from "../oracle/random-worlds.ts";
import { clusterOfWorld, type RawWorkload, type World } from "../oracle/world.ts";
import { lineHolds } from "../surface/line-match.ts";

const DECLARED = new Set(["x", "y"]);

/** What the first workload gains. */
function addedLines({ base, head }: RandomPair): readonly RegionLine[] {
  const delta = diff(clusterOfWorld(base), clusterOfWorld(head), { environment: "test" });
  const own = delta.workloads.find(
    ({ key, subject }) => subject.kind === "known" && key.endsWith("workload-0"),
  );
  return own?.added.lines() ?? [];
}

function regions(lines: readonly RegionLine[], declared: Iterable<string> = DECLARED): Extent {
  return { kind: "regions", workloads: { "x/Deployment/w": lines }, declared: [...declared].sort() };
}

/** What a person reads in lines: each without what was there before. */
function said(lines: readonly RegionLine[], point: Destination): boolean {
  return lines.some(
    (line) =>
      lineHolds(line, point, DECLARED) &&
      !(line.before ?? []).some((before) => lineHolds(before, point, DECLARED)),
  );
}

function allowed(world: World, workload: RawWorkload, { end, packet }: Destination): boolean {
  return (
    workload.hostNetwork === true || egressAllowed(world.policies, oraclePod(world, workload), end, packet)
  );
}

function gains({ base, head }: RandomPair, point: { base: Destination; head: Destination }): boolean {
  const [before, after] = [base.workloads?.[0], head.workloads?.[0]];
  if (before === undefined || after === undefined) return false;
  return allowed(head, after, point.head) && !allowed(base, before, point.base);
}

/** Changes that have much in common, so that one is often part of the other. */
const twoChanges = fc
  .tuple(randomPair, randomPair, fc.constantFrom("own", "base", "head", "less", "less"))
  .map(([one, two, shared]): readonly [RandomPair, RandomPair] => {
    switch (shared) {
      case "own":
        return [one, two];
      case "base":
        return [one, { base: one.base, head: { ...two.head, namespaces: one.head.namespaces } }];
      case "head":
        return [one, { base: { ...two.base, namespaces: one.base.namespaces }, head: one.head }];
      default:
        return [one, { base: one.base, head: { ...one.head, policies: one.head.policies.slice(0, -1) } }];
    }
  });

describe("what was accepted, against the oracle", () => {
  test("an extent within another opens nothing that was not accepted, and one that is not opens something", () => {
    const answers = { within: 0, beyond: 0 };
    fc.assert(
      fc.property(twoChanges, ([accepted, current]) => {
        const [then, now] = [addedLines(accepted), addedLines(current)];
        if (now.length === 0) return;
        const within = extentWithin(regions(now), regions(then), []);
        answers[within ? "within" : "beyond"]++;
        const points = pairDestinations(current);
        if (within) {
          for (const point of points) {
            if (gains(current, point) && !said(then, point.head)) {
              throw new Error(`opens ${JSON.stringify([point.head, now, then])}`);
            }
          }
        }
        const more = points.some((point) => said(now, point.head) && !said(then, point.head));
        expect({ within, now, then }).toEqual({ within: !more, now, then });
      }),
      { numRuns: runs(300) },
    );
    expect(Math.min(answers.within, answers.beyond)).toBeGreaterThan(5);
  });

  test("what is accepted is accepted again", () => {
    fc.assert(
      fc.property(randomPair, (pair) => {
        const extent = regions(addedLines(pair));
        expect(extentWithin(extent, extent, ["10.0.0.0/8"])).toBe(true);
        expect(extentWithin(extent, structuredClone(extent), [])).toBe(true);
      }),
      { numRuns: runs(100) },
    );
  });
});

function ip(...cidrs: readonly string[]): RegionLine {
  return { destination: { kind: "ip", cidrs }, protocol: "TCP", ports: "443" };
}

function undeclared(...labels: readonly string[]): RegionLine {
  const namespaces = { kind: "undeclared", labels } as const;
  return { destination: { kind: "pods", namespaces, labels: [] }, protocol: "any", ports: "any" };
}

function named(...names: readonly string[]): RegionLine {
  const namespaces = { kind: "named", names } as const;
  return { destination: { kind: "pods", namespaces, labels: [] }, protocol: "TCP", ports: "443" };
}

describe("an extent", () => {
  test("of another workload was not accepted", () => {
    const accepted: Extent = { kind: "regions", workloads: { a: [ip("10.0.0.0/8")] }, declared: [] };
    const within = (workloads: Readonly<Record<string, readonly RegionLine[]>>) =>
      extentWithin({ kind: "regions", workloads, declared: [] }, accepted, []);
    expect(within({ a: [ip("10.1.0.0/16")] })).toBe(true);
    expect(within({ b: [ip("10.1.0.0/16")] })).toBe(false);
    expect(within({ a: [], b: [] })).toBe(true);
    expect(within({ constructor: [ip("10.1.0.0/16")] })).toBe(false);
  });

  test.each([
    ["fewer addresses", ip("10.0.0.0/9"), true],
    ["one address more", ip("10.0.0.0/8", "11.0.0.0/32"), false],
    ["another protocol", { ...ip("10.0.0.0/8"), protocol: "UDP" } as const, false],
    ["every protocol", { ...ip("10.0.0.0/8"), protocol: "any" } as const, false],
    ["one port more", { ...ip("10.0.0.0/8"), ports: "443-444" }, false],
    ["ports that nobody prints", { ...ip("10.0.0.0/8"), ports: "https" }, false],
    ["pods", named("shop"), false],
    [
      "nodes",
      { ...ip("10.0.0.0/8"), destination: { kind: "nodes", which: "any", labels: [] } } as const,
      false,
    ],
    ["everything", { ...ip(), destination: { kind: "any" } } as const, false],
  ])("is within 10.0.0.0/8 on TCP 443, or not: %s", (_, line, within) => {
    expect(extentWithin(regions([line]), regions([ip("10.0.0.0/8")]), [])).toBe(within);
  });

  test("counts without what was there before", () => {
    const whole = named("shop", "web");
    const part = { ...whole, before: [named("shop")] };
    expect(extentWithin(regions([part]), regions([named("web")]), [])).toBe(true);
    expect(extentWithin(regions([whole]), regions([part]), [])).toBe(false);
    expect(extentWithin(regions([named("web")]), regions([part]), [])).toBe(true);
  });

  test("with labels that nobody prints accepts nothing but itself", () => {
    const strange = {
      ...named("shop"),
      destination: { ...named("shop").destination, labels: ["a ~ b"] },
    } as RegionLine;
    expect(extentWithin(regions([strange]), regions([strange]), [])).toBe(true);
    expect(extentWithin(regions([strange]), regions([named("shop")]), [])).toBe(false);
    expect(extentWithin(regions([named("shop")]), regions([strange]), [])).toBe(false);
  });

  test("of namespaces that Git does not declare grows when Git declares one less", () => {
    const line = undeclared("env=dev");
    expect(extentWithin(regions([line], ["a", "b"]), regions([line], ["a"]), [])).toBe(true);
    expect(extentWithin(regions([line], ["a"]), regions([line], ["a", "b"]), [])).toBe(false);
    expect(extentWithin(regions([undeclared("env=dev", "tier=1")], ["a"]), regions([line], ["a"]), [])).toBe(
      true,
    );
    expect(extentWithin(regions([line], ["a"]), regions([undeclared("env in (dev, lab)")], ["a"]), [])).toBe(
      true,
    );
    expect(extentWithin(regions([undeclared("env in (dev, lab)")], ["a"]), regions([line], ["a"]), [])).toBe(
      false,
    );
  });

  test("of every outside address does not hold pods by their addresses", () => {
    const everywhere = regions([ip("0.0.0.0/0", "::/0")]);
    const pods = regions([ip("10.42.1.0/24")]);
    expect(extentWithin(pods, everywhere, ["10.42.0.0/16"])).toBe(false);
    expect(extentWithin(pods, everywhere, [])).toBe(true);
    expect(extentWithin(everywhere, everywhere, ["10.42.0.0/16"])).toBe(true);
  });

  test("of something unread is that source in that version, and what opens under it", () => {
    const extent = (
      sources: Readonly<Record<string, string>>,
      lines: readonly RegionLine[] = [],
    ): Extent => ({
      kind: "unknown",
      sources,
      workloads: { "x/Deployment/w": lines },
      declared: [],
    });
    const accepted = extent({ chart: "1", other: "1" }, [ip("10.0.0.0/8")]);
    expect(extentWithin(extent({ chart: "1" }), accepted, [])).toBe(true);
    expect(extentWithin(extent({ chart: "2" }), accepted, [])).toBe(false);
    expect(extentWithin(extent({ chart: "1", third: "1" }), accepted, [])).toBe(false);
    expect(extentWithin(extent({ chart: "1" }, [ip("10.1.0.0/16")]), accepted, [])).toBe(true);
    expect(extentWithin(extent({ chart: "1" }, [ip("11.0.0.0/8")]), accepted, [])).toBe(false);
  });

  test("of one kind is never within one of another", () => {
    const fact: Extent = { kind: "fact", digest: "1" };
    expect(extentWithin(fact, { kind: "fact", digest: "1" }, [])).toBe(true);
    expect(extentWithin(fact, { kind: "fact", digest: "2" }, [])).toBe(false);
    expect(extentWithin(fact, regions([]), [])).toBe(false);
    expect(extentWithin(regions([]), fact, [])).toBe(false);
  });
});
