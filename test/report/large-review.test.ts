import { describe, expect, test } from "@jest/globals";
import { groupDeltas } from "../../src/report/lines/group-deltas.ts";
import { groupFindings } from "../../src/report/lines/group-findings.ts";
import type { ReviewedDelta } from "../../src/report/report.ts";
import { markdown } from "../../src/report/review/markdown.ts";
import type { RegionLine } from "../../src/surface/surface.ts";
import { addresses, at, delta, environment, everything, finding, review } from "./reviews.ts";

const WORKLOADS = 1_000;
/** What pages may ask for, of two surfaces a workload. */
const MOST_READ = 150;

/** Workloads that gain the same, and of which what they reach is made when it is asked for. */
function workloads(count: number, reach: (index: number) => readonly RegionLine[]) {
  let read = 0;
  const made = (index: number) => {
    read++;
    return reach(index);
  };
  const deltas = Array.from({ length: count }, (_, index): ReviewedDelta => {
    const {
      before: _before,
      after: _after,
      ...rest
    } = delta(`shop/Deployment/w${index}`, {
      added: [addresses(["0.0.0.0/0"], "TCP", "443")],
    });
    return {
      ...rest,
      get before() {
        return made(index);
      },
      get after() {
        return made(index);
      },
    };
  });
  return { environments: [environment("prod", { deltas })], read: () => read };
}

const own = (index: number) => [
  addresses([`10.0.${index >> 8}.${index & 255}/32`], "TCP", "443"),
  everything,
];

describe("of a thousand workloads that each reach something else only what is shown is made", () => {
  test("groups of deltas", () => {
    const { environments, read } = workloads(WORKLOADS, own);
    const { groups } = groupDeltas(environments);
    expect(groups.map(({ before, after }) => [before, after])).toEqual([["differs", "differs"]]);
    expect(read()).toBeLessThan(MOST_READ);
  });

  test("a whole page", () => {
    const { environments, read } = workloads(WORKLOADS, own);
    const opened = finding("202", {
      severity: "block",
      environments: ["prod"],
      workloads: environments.flatMap(({ deltas }) => deltas.map(({ workload }) => workload)),
      destinations: ["every IPv4 address: TCP 443"],
      regions: [addresses(["0.0.0.0/0"], "TCP", "443")],
      location: at("all.yaml", 9),
    });
    const page = markdown(review({ verdict: "block", environments, findings: [opened] }), {
      reproduce: "again",
    });
    expect(page).toContain("⛔ **every IPv4 address: TCP 443**");
    expect(read()).toBeLessThan(MOST_READ);
  });
});

describe("what all workloads of a finding reach is found among few surfaces", () => {
  const added: RegionLine = { ...addresses(["0.0.0.0/0"], "TCP", "1-442, 444-65535") };
  const whole: RegionLine = addresses(["0.0.0.0/0"], "TCP", "any");
  const openedOf = (count: number, surfaces: readonly (readonly RegionLine[])[]) => {
    const { environments } = workloads(count, (index) => surfaces[index % surfaces.length] ?? []);
    const names = environments.flatMap(({ deltas }) => deltas.map(({ workload }) => workload));
    const one = finding("204", {
      severity: "block",
      environments: ["prod"],
      workloads: names,
      destinations: ["everything"],
      regions: [added],
    });
    return groupFindings([one], environments)[0]?.opened;
  };

  test("a hole that was open before is not told where all reach the whole", () => {
    expect(openedOf(WORKLOADS, [[whole, everything], [whole]])).toEqual([whole]);
    expect(openedOf(WORKLOADS, [[whole], [everything]])).toEqual([added]);
  });

  test("among many surfaces it is told as it was added", () => {
    const surfaces = Array.from({ length: 40 }, (_, index) => [...own(index), whole]);
    expect(openedOf(WORKLOADS, surfaces)).toEqual([added]);
    expect(openedOf(WORKLOADS, surfaces.slice(0, 30))).toEqual([whole]);
  });
});
