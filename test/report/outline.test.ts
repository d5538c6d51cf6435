import { describe, expect, test } from "@jest/globals";
import { PhraseText } from "../../src/report/layout/phrase-text.ts";
import { PLAIN } from "../../src/report/layout/style.ts";
import { groupDeltas } from "../../src/report/lines/group-deltas.ts";
import { groupFindings } from "../../src/report/lines/group-findings.ts";
import { regionText } from "../../src/report/lines/region-text.ts";
import { workloadsText } from "../../src/report/lines/workload-text.ts";
import { markdown } from "../../src/report/review/markdown.ts";
import { text } from "../../src/report/review/text.ts";
import {
  addresses,
  at,
  big,
  delta,
  effects,
  environment,
  everyPod,
  everything,
  finding,
  named,
  pods,
  review,
  unknown,
} from "./reviews.ts";

const shown = (phrase: Parameters<PhraseText["text"]>[0]) => new PhraseText(PLAIN).text(phrase);

describe("findings of one region are one group", () => {
  const place = {
    location: at("policies.yaml", 9),
    document: { kind: "NetworkPolicy", namespace: "a", name: "b" },
  };
  const region = { workloads: ["a/Deployment/x"], destinations: ["everything"], ...place };

  test("the strongest rule leads, the others are named", () => {
    const groups = groupFindings([
      finding("204", { handle: "204-aaaa", severity: "warn", ...region }),
      finding("203", { handle: "203-bbbb", severity: "block", ...region }),
    ]);
    expect(groups).toHaveLength(1);
    expect(groups[0]?.lead.rule).toBe("EGR-203");
    expect(groups[0]?.also.map(({ handle }) => handle)).toEqual(["204-aaaa"]);
  });

  test("a rule about something else is never hidden behind it", () => {
    const groups = groupFindings([
      finding("203", { severity: "block", ...region }),
      finding("402", { handle: "402-cccc", severity: "warn", ...region }),
      finding("412", { handle: "412-dddd", severity: "warn", ...region }),
    ]);
    expect(groups.map(({ lead }) => lead.rule)).toEqual(["EGR-203", "EGR-402", "EGR-412"]);
  });

  test("what a maintainer has to decide stays apart", () => {
    const groups = groupFindings([
      finding("000", { handle: "000-aaaa", severity: "undecided", message: "chart a was not read" }),
      finding("000", { handle: "000-bbbb", severity: "undecided", message: "chart b was not read" }),
    ]);
    expect(groups.map(({ handles }) => handles)).toEqual([["000-aaaa"], ["000-bbbb"]]);
  });

  test("what they open is said as what they reach now, and a small addition stays small", () => {
    const holes = [
      { ...everyPod("TCP", "1-442, 444-65535") },
      { ...everyPod("UDP", "any") },
      addresses(["0.0.0.0/0", "::/0"], "any", "any"),
    ];
    const opening = finding("201", { severity: "block", ...region, regions: holes });
    const small = finding("202", {
      ...opening,
      handle: "202-cccc",
      regions: [addresses(["203.0.113.7/32"], "TCP", "443")],
    });
    const reaching = environment("clusters/production", {
      deltas: [delta("a/Deployment/x", { added: [everything], after: [everything] })],
    });
    const opened = (one: typeof opening) => groupFindings([one], [reaching]).map((group) => group.opened);
    expect(opened(opening)).toEqual([[everything]]);
    expect(opened(small)).toEqual([small.regions]);
    expect(opened({ ...opening, workloads: ["a/Deployment/x", "a/Deployment/unseen"] })).toEqual([holes]);
  });

  test("a sentence about an object is said once of all objects of which it is true", () => {
    const deleted = (name: string, rest = "is deleted, but nobody prunes.") =>
      finding("414", {
        handle: `414-${name.padEnd(4, "0")}`,
        severity: "warn",
        message: `NetworkPolicy a/${name} ${rest}`,
        document: { kind: "NetworkPolicy", namespace: "a", name },
      });
    const printed = text(
      review({ findings: [deleted("b"), deleted("c"), deleted("d", "is deleted twice.")] }),
    );
    expect(printed).toContain("NetworkPolicy a/b and a/c are deleted, but nobody prunes.");
    expect(printed).toContain("NetworkPolicy a/d is deleted twice.");
  });

  test("one rule in several environments is one group that names them", () => {
    const groups = groupFindings([
      finding("203", { handle: "203-aaaa", ...region, environments: ["dev"] }),
      finding("203", { handle: "203-bbbb", ...region, environments: ["prod"] }),
    ]);
    expect(groups.map(({ environments }) => environments)).toEqual([["dev", "prod"]]);
  });
});

describe("changed workloads are grouped", () => {
  test("five thousand workloads with one change are one row, whatever they reached before", () => {
    expect(groupDeltas(big.environments).groups).toHaveLength(1);
  });

  test("changes that are all different are counted, not listed, and none is lost", () => {
    const workloads = Array.from({ length: 5000 }, (_, index) => `team/Deployment/app-${index}`);
    const { groups, rest } = groupDeltas(
      [
        environment("production", {
          deltas: workloads.map((workload, index) =>
            delta(workload, { added: [addresses([`198.51.${index >> 8}.${index & 255}/32`], "TCP", "443")] }),
          ),
        }),
      ],
      10,
    );
    const all = [...groups.flatMap((group) => group.workloads), ...rest.widened, ...rest.narrowed];
    expect(groups).toHaveLength(10);
    expect(all.toSorted()).toEqual(workloads.toSorted());
  });

  test("what widens stands before what narrows", () => {
    const { groups } = groupDeltas([
      environment("production", {
        deltas: [
          delta("a/Deployment/narrow", { removed: [everything] }),
          delta("b/Deployment/wide", { added: [everything] }),
        ],
      }),
    ]);
    expect(groups.map(({ workloads }) => workloads[0])).toEqual(["b/Deployment/wide", "a/Deployment/narrow"]);
  });
});

describe("regions in words", () => {
  test.each([
    [[everything], "every destination, every port"],
    [[everyPod("TCP", "443")], "every pod of every namespace: TCP 443"],
    [
      [pods(named("kube-system"), [], "TCP", "53"), pods(named("kube-system"), [], "UDP", "53")],
      "every pod of kube-system: DNS (53)",
    ],
    [[pods(named("data"), ["app=db"], "TCP", "5432")], "pods app=db of data: TCP 5432"],
    [[addresses(["0.0.0.0/0", "::/0"], "any", "any")], "every address outside the cluster, every port"],
    [[addresses(["0.0.0.0/0"], "TCP", "443")], "every IPv4 address: TCP 443"],
    [[addresses(complementOfTen(), "TCP", "443")], "every IPv4 address except 10.0.0.0/8: TCP 443"],
    [
      [addresses([...complementOfTen(), "::/0"], "TCP", "443")],
      "every IPv6 address and every IPv4 address except 10.0.0.0/8: TCP 443",
    ],
    [
      [addresses(["203.0.113.7/32", "2001:db8::/32"], "TCP", "443")],
      "203.0.113.7/32 and 2001:db8::/32: TCP 443",
    ],
    [
      [{ destination: { kind: "nodes", which: "any", labels: [] }, protocol: "TCP", ports: "10250" }],
      "every node: TCP 10250",
    ],
    [
      [{ destination: { kind: "name", name: "api.example.com" }, protocol: "TCP", ports: "443" }],
      "api.example.com: TCP 443",
    ],
    [
      [{ ...everyPod(), before: [everyPod("TCP", "80, 443")] }],
      "every pod of every namespace, every port (before only TCP 80, 443)",
    ],
  ] as const)("%j", (lines, expected) => {
    expect(regionText(lines).map(shown)).toEqual([expected]);
  });
});

/** All of IPv4 but 10.0.0.0/8, as canonical blocks. */
function complementOfTen(): readonly string[] {
  return [
    "0.0.0.0/5",
    "8.0.0.0/7",
    "11.0.0.0/8",
    "12.0.0.0/6",
    "16.0.0.0/4",
    "32.0.0.0/3",
    "64.0.0.0/2",
    "128.0.0.0/1",
  ];
}

describe("workloads in words", () => {
  const sizes = new Map([
    ["shop", 4],
    ["data", 9],
  ]);
  test.each([
    [["shop/Deployment/web"], "shop/Deployment/web"],
    [["shop/Deployment/web", "shop/Job/sync"], "Deployment/web and Job/sync of shop"],
    [["shop/D/a", "shop/D/b", "shop/D/c", "shop/D/d"], "all 4 workloads of shop"],
    [["data/D/a", "data/D/b", "data/D/c", "data/D/d"], "4 workloads of data"],
    [["data/D/a", "shop/D/b", "shop/D/c"], "D/b and D/c of shop and data/D/a"],
    [["a/D/a", "b/D/a", "c/D/a", "d/D/a"], "4 workloads of a, b, c and 1 more"],
    [["shop/?"], "any pod of shop (not in Git)"],
    [["shop/?app=x,tier=y"], "any pod with app=x,tier=y of shop (not in Git)"],
  ])("%j", (keys, expected) => {
    expect(shown(workloadsText(keys, sizes))).toBe(expected);
  });
});

describe("the first lines say only what follows from the review", () => {
  const opening = (line: ReturnType<typeof addresses>) =>
    review({
      verdict: "block",
      environments: [
        environment("clusters/production", { deltas: [delta("a/Deployment/x", { added: [line] })] }),
      ],
      findings: [finding("204", { workloads: ["a/Deployment/x"], destinations: ["somewhere: any port"] })],
    });

  test("a public address is outside, a private one is not", () => {
    expect(text(opening(addresses(["203.0.113.0/24"], "TCP", "443")))).not.toContain("Nothing outside");
    expect(text(opening(addresses(["10.0.0.0/8"], "TCP", "443")))).toContain(
      "Nothing outside the cluster opens.",
    );
    expect(
      text(opening({ destination: { kind: "name", name: "x.example.com" }, protocol: "TCP", ports: "443" })),
    ).not.toContain("Nothing outside");
  });

  test("an opening that depends on something unread is never called nothing", () => {
    const conditional = finding("201", { workloads: ["a/Deployment/x"], destinations: ["everything"] });
    const environments = [environment("clusters/production", {})];
    const narrowing = [
      environment("clusters/production", { deltas: [delta("b/Deployment/y", { removed: [everything] })] }),
    ];
    for (const one of [
      review({ verdict: "block", environments, findings: [conditional] }),
      review({ verdict: "undecided", environments, findings: [{ ...conditional, severity: "undecided" }] }),
      review({ environments, findings: [{ ...conditional, severity: "note" }] }),
      review({ environments: narrowing, findings: [{ ...conditional, severity: "note" }] }),
    ]) {
      expect(text(one)).not.toMatch(/Nothing|opens nothing|No workload gains|no change/);
    }
  });

  test("ranges that the configuration calls internal are inside", () => {
    const inside = {
      ...opening(addresses(["203.0.113.0/24"], "TCP", "443")),
      internalRanges: ["203.0.113.0/24"],
    };
    expect(text(inside)).toContain("Nothing outside the cluster opens.");
  });

  test("with something undecided it speaks only of what was read", () => {
    const open = opening(everyPod());
    const unread = { ...open, unknowns: [unknown({ decides: true, handle: "000-ffff" })] };
    expect(text(unread)).not.toContain("Nothing outside");
    expect(text(unread).replace(/\s+/g, " ")).toContain(
      "Nothing that could be read opens an address outside the cluster.",
    );
  });

  test("an unknown that decides is said even where no finding names it", () => {
    const only = review({ verdict: "undecided", unknowns: [unknown({ decides: true })] });
    expect(text(only)).toContain("chart app-template 3.7.0 of https://charts.example.com was not read");
    expect(markdown(only)).toContain("**Undecided**");
  });
});

describe("every report", () => {
  test("names each control with its effect, whatever the verdict", () => {
    for (const verdict of ["pass", "block", "undecided"] as const) {
      const one = review({ verdict, controls: effects({ effect: "mixed" }) });
      for (const report of [text(one), markdown(one)]) {
        expect(report).toContain("◆ mixed");
        expect(report).toContain("○ not assessed");
        expect(report).toContain("○ unchanged");
      }
    }
  });

  test("prints no more rows than its limits, and says what it left out", () => {
    const findings = Array.from({ length: 400 }, (_, index) =>
      finding("202", {
        handle: `202-${index.toString(16).padStart(4, "0")}`,
        workloads: [`team/Deployment/app-${index}`],
        destinations: [`198.51.100.${index % 256}/32, part ${index}: TCP 443`],
        location: at(`team-${index}.yaml`, 3),
      }),
    );
    const many = review({ verdict: "block", findings });
    expect(text(many)).toContain("388 more, all in the JSON: 388 × EGR-202");
    expect(markdown(many).length).toBeLessThan(65_536);
  });
});
