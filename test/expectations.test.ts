import { describe, expect, test } from "@jest/globals";
import { disagreements } from "../scripts/expectations.mjs";

type Document = Parameters<typeof disagreements>[0];
type Expectation = Parameters<typeof disagreements>[1];

const POD_WILDCARD = {
  destination: { kind: "pods" as const, namespaces: { kind: "every" as const }, labels: [] },
  protocol: "TCP" as const,
  ports: "443",
};

const REVIEW: Document = {
  schemaVersion: 1,
  verdict: "block",
  observed: null,
  base: "base",
  head: "head",
  evaluatedAt: "2026-01-01T00:00:00Z",
  digests: { inputs: "", policy: "", engine: "", approvals: "" },
  environments: [
    {
      name: "prod",
      changed: true,
      targets: 1,
      rendered: 2,
      workloadNames: ["shop/Deployment/web"],
      deltas: [
        {
          workload: "shop/Deployment/web",
          added: [POD_WILDCARD],
          removed: [],
          takesEffect: { when: "next-sync", by: ["Application shop"] },
        },
      ],
    },
    { name: "lab", changed: false, targets: 1, rendered: 0, workloadNames: [], deltas: [] },
  ],
  findings: [
    {
      rule: "EGR-203",
      handle: "203-0000",
      title: "New in-cluster wildcard",
      why: "",
      severity: "block",
      fingerprint: "",
      environments: ["prod"],
      workloads: ["shop/Deployment/web"],
      destinations: ["every pod of every namespace: TCP 443"],
      message: "Opens every pod.",
      remediation: "",
      location: { side: "head", path: "policies.yaml", line: 7 },
      document: { kind: "NetworkPolicy", namespace: "shop", name: "mirrors" },
      controls: [],
      lines: null,
      observed: false,
      approval: null,
      rendered: null,
      fix: null,
      explanation: null,
    },
  ],
  controls: [],
  unknowns: [
    {
      handle: "000-0000",
      environment: "prod",
      target: "broken",
      code: "render-failed",
      reason: "nil pointer",
      changed: false,
      location: { side: "head", path: "a.yaml", line: 3 },
    },
  ],
  assumptions: [],
  coverage: {
    environments: { changed: 1, unchanged: 1 },
    targets: { decided: 1, partlyRead: 0, notRead: 0 },
    workloads: 1,
    policies: 1,
    listed: [],
    unmodelledKinds: {},
    remarks: [],
  },
  proposed: null,
  voidApprovals: [],
  tool: { name: "egress-review", version: "0.0.0" },
};

const FINDING = { rule: "EGR-203", severity: "block" } as const;
const WEB = "shop/Deployment/web";

/** Each pair: what the review says, and a near miss of it. */
const PAIRS: readonly (readonly [string, Expectation, Expectation])[] = [
  ["verdict", { verdict: "block" }, { verdict: "pass" }],
  ["rule", { findings: [FINDING] }, { findings: [{ rule: "EGR-201" }] }],
  ["severity", { findings: [FINDING] }, { findings: [{ rule: "EGR-203", severity: "warn" }] }],
  [
    "workloads",
    { findings: [{ ...FINDING, workloads: [WEB] }] },
    { findings: [{ ...FINDING, workloads: ["a", WEB] }] },
  ],
  [
    "path",
    { findings: [{ ...FINDING, path: "policies.yaml" }] },
    { findings: [{ ...FINDING, path: "other.yaml" }] },
  ],
  ["line", { findings: [{ ...FINDING, line: [6, 7] }] }, { findings: [{ ...FINDING, line: 6 }] }],
  ["side", { findings: [{ ...FINDING, side: "head" }] }, { findings: [{ ...FINDING, side: "base" }] }],
  [
    "document",
    { findings: [{ ...FINDING, document: { name: "mirrors" } }] },
    { findings: [{ ...FINDING, document: { name: "x" } }] },
  ],
  [
    "words of a finding",
    { findings: [{ ...FINDING, says: ["Every pod"] }] },
    { findings: [{ ...FINDING, says: ["internet"] }] },
  ],
  ["unlisted", { onlyListed: true, also: ["EGR-203"] }, { onlyListed: true }],
  ["absent", { absent: ["EGR-201"] }, { absent: ["EGR-203"] }],
  ["never found", { neverFinds: [{ ...FINDING, line: 6 }] }, { neverFinds: [FINDING] }],
  ["no delta", {}, { noDelta: true }],
  ["added", { added: [WEB] }, { added: [] }],
  [
    "deltas",
    { deltas: [{ environment: "prod", workload: WEB, added: [POD_WILDCARD] }] },
    { deltas: [{ environment: "prod", workload: "x" }] },
  ],
  [
    "region",
    { everyDelta: [{ workload: "shop/", added: [{ ports: "443" }] }] },
    { everyDelta: [{ workload: "shop/", added: [{ ports: "80" }] }] },
  ],
  [
    "region, by a pattern",
    { everyDelta: [{ workload: "shop/", added: [{ ports: { $matches: "^4+3$" } }] }] },
    { everyDelta: [{ workload: "shop/", added: [{ ports: { $matches: "^4$" } }] }] },
  ],
  [
    "only added",
    { everyDelta: [{ workload: "", onlyAdded: [{ ports: "443" }] }] },
    { everyDelta: [{ workload: "", nothingAdded: true }] },
  ],
  ["every of none", {}, { everyDelta: [{ workload: "other/" }] }],
  [
    "takes effect",
    { everyDelta: [{ workload: "", takesEffect: { when: "next-sync" } }] },
    { everyDelta: [{ workload: "", takesEffect: { when: "after-prune" } }] },
  ],
  ["never changes", { neverDelta: ["other/"] }, { neverDelta: ["shop/"] }],
  [
    "environments",
    { environments: { prod: { changed: true, deltas: 1 } } },
    { environments: { prod: { rendered: 0 } } },
  ],
  ["unchanged", { unchanged: ["lab"] }, { unchanged: ["prod"] }],
  ["no such environment", {}, { unchanged: ["test"] }],
  [
    "unknowns",
    { unknowns: [{ path: "a.yaml", line: 3, says: ["Nil"] }] },
    { unknowns: [{ path: "a.yaml", line: 4 }] },
  ],
  ["controls", {}, { controls: [{ id: "SC-7(5)" }] }],
  ["any part", { review: { coverage: { policies: 1 } } }, { review: { coverage: { policies: 2 } } }],
  ["words", { mentions: ["nil pointer"], neverMentions: ["stack"] }, { mentions: ["stack"] }],
  ["unwanted words", {}, { neverMentions: ["NIL"] }],
];

describe("an expectation can fail", () => {
  test.each(PAIRS)("%s", (_title, agrees, disagrees) => {
    expect(disagreements(REVIEW, agrees)).toEqual([]);
    expect(disagreements(REVIEW, disagrees)).not.toEqual([]);
  });

  test("a review decides where something that changed was rendered and nothing that changed is unknown", () => {
    const [prod, lab] = REVIEW.environments;
    const [unknown] = REVIEW.unknowns;
    if (prod === undefined || lab === undefined || unknown === undefined)
      throw new Error("incomplete example");
    const decides = (environment: typeof prod, changed: boolean) =>
      disagreements(
        { ...REVIEW, environments: [environment], unknowns: [{ ...unknown, changed }] },
        { decided: true },
      );
    expect(decides(prod, false)).toEqual([]);
    expect(decides(prod, true)).toEqual(["changed, and unknown: nil pointer"]);
    expect(decides({ ...prod, rendered: 0 }, false)).toEqual(["nothing that changed was rendered"]);
    expect(decides(lab, false)).toEqual(["nothing that changed was rendered"]);
  });
});
