import type { PublicationContext } from "../../src/report/pull-request/publication.ts";
import type { LocatedFinding, Review } from "../../src/report/report.ts";
import type { Approval } from "../../src/rules/approval.ts";
import { clearedBy, context } from "./context.ts";
import {
  addresses,
  at,
  big,
  blocked,
  delta,
  effects,
  environment,
  everyPod,
  everything,
  finding,
  hostile,
  nothing,
  review,
  unchanged,
  undecided,
  unknown,
  warned,
} from "./reviews.ts";

/** A review and its pull request: what people meet there. */
export interface Situation {
  readonly review: Review;
  readonly context: PublicationContext;
}

const POLICIES = "charts/networking/templates/network-policies.yaml";
const maintainers = (...handles: readonly string[]) => ({
  clearers: clearedBy({ kind: "maintainers" }, ...handles),
});

const RULE = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-envoy
  namespace: data-platform
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - podSelector: {}
`;

function withFix(one: LocatedFinding): LocatedFinding {
  if (one.handle !== "203-9f3c") return one;
  return {
    ...one,
    location: at(POLICIES, 999),
    lines: { first: 999, last: 1000 },
    rendered: { base: RULE, head: `${RULE}    - to:\n        - namespaceSelector: {}\n` },
    fix: {
      kind: "delete-lines",
      path: POLICIES,
      first: 999,
      last: 1000,
      verdict: "pass",
      left: ["204-51aa"],
    },
  };
}

const fixable: Review = { ...blocked, findings: blocked.findings.map(withFix) };

const approval: Approval = {
  fingerprint: "9f3c".padEnd(64, "0"),
  policyDigest: `sha256:${"2".repeat(64)}`,
  extent: { kind: "fact", digest: "" },
  approver: "dana",
  reason: "envoy moves to the mesh namespace next week, OPS-812",
  at: "2026-01-31T11:58:00.000Z",
  head: `d71b774${"0".repeat(33)}`,
  self: false,
};

const accepted: Review = {
  ...blocked,
  verdict: "pass",
  findings: blocked.findings.map((one) => (one.handle === "203-9f3c" ? { ...one, approval } : one)),
};

/** What was accepted has grown since, and the change edits the configuration. */
const grown: Review = {
  ...blocked,
  voidApprovals: [{ approval: { ...approval, head: `c0ffee1${"0".repeat(33)}` }, why: "grew" }],
  proposed: {
    kind: "judged",
    path: ".egress-review.yaml",
    verdict: "pass",
    observed: "block",
    findings: ["203-9f3c"],
    weakens: ["environments.production.mode"],
  },
};

const observed: Review = {
  ...blocked,
  verdict: "pass",
  observed: "block",
  findings: blocked.findings.map((one) => ({ ...one, observed: true })),
};

const metadata = review({
  verdict: "block",
  environments: [
    environment("clusters/production", {
      workloadNames: ["shop/Deployment/web", "shop/Deployment/api"],
      deltas: [
        delta("shop/Deployment/web", {
          added: [addresses(["169.254.169.254/32"], "TCP", "80")],
          before: [addresses(["203.0.113.7/32"], "TCP", "443")],
          after: [
            addresses(["203.0.113.7/32"], "TCP", "443"),
            addresses(["169.254.169.254/32"], "TCP", "80"),
          ],
        }),
      ],
    }),
  ],
  findings: [
    finding("301", {
      handle: "301-6775",
      title: "Cloud metadata service reachable",
      why: "The metadata service hands out the credentials of the node to whoever asks.",
      workloads: ["shop/Deployment/web"],
      destinations: ["169.254.169.254/32: TCP 80"],
      regions: [addresses(["169.254.169.254/32"], "TCP", "80")],
      message: "A rule of allow-metadata admits the metadata service.",
      remediation: "Take the address out.",
      location: at("shop/metadata.yaml", 14),
      document: { kind: "NetworkPolicy", namespace: "shop", name: "allow-metadata" },
    }),
  ],
  controls: effects({ effect: "weaker", reason: "new metadata egress for shop/Deployment/web (301-6775)" }),
});

/** A new workload that nothing isolates, told by two rules; nobody but its author could accept it. */
const exposed = review({
  verdict: "block",
  environments: [
    environment("clusters/production", {
      workloadNames: ["shop/Deployment/web"],
      deltas: [delta("shop/Deployment/web", { added: [everything], before: null, after: [everything] })],
    }),
  ],
  findings: [
    finding("103", {
      handle: "103-4411",
      title: "New workload without isolation",
      why: "A workload that nothing isolates is a way out for whoever breaks into it.",
      workloads: ["shop/Deployment/web"],
      destinations: ["any destination: every port"],
      regions: [everything],
      message: "shop/Deployment/web is new, and no policy isolates it for egress.",
      remediation: "Add a policy for it.",
      location: at("shop/web.yaml", 1),
      document: { kind: "Deployment", namespace: "shop", name: "web" },
    }),
  ],
  controls: effects({ effect: "weaker", reason: "shop/Deployment/web is new and not isolated (103-4411)" }),
});

const broken: Review = {
  ...undecided,
  findings: undecided.findings.map((one) => ({
    ...one,
    message:
      "template charts/shop/templates/egress.yaml does not render. It can touch shop, where labels decide whom internet admits.",
    remediation: "Make it readable, or have it checked by somebody who knows what it deploys.",
    location: at("charts/shop/templates/egress.yaml", 7),
  })),
  unknowns: [
    unknown({
      environment: "kubernetes/main",
      target: "shop",
      code: "part-dropped",
      reason:
        "template charts/shop/templates/egress.yaml was left out: nil pointer evaluating interface {}.hosts",
      state: "does not render",
      decides: true,
    }),
  ],
};

const narrow = review({
  environments: [
    environment("clusters/production", {
      workloadNames: ["shop/Deployment/web"],
      deltas: [
        delta("shop/Deployment/web", {
          removed: [everyPod("TCP", "8080")],
          before: [everyPod("TCP", "443, 8080")],
          after: [everyPod("TCP", "443")],
        }),
      ],
    }),
  ],
});

export const situations: Readonly<Record<string, Situation>> = {
  blocked: { review: blocked, context: context(maintainers("203-9f3c")) },
  fixable: {
    review: fixable,
    context: context({
      clearers: clearedBy(
        { kind: "people", names: ["acme/security", "dana"], source: "configuration" },
        "203-9f3c",
      ),
    }),
  },
  accepted: { review: accepted, context: context() },
  grown: { review: grown, context: context(maintainers("203-9f3c")) },
  observed: { review: observed, context: context({ required: false }) },
  metadata: {
    review: metadata,
    context: context({
      clearers: clearedBy({ kind: "people", names: ["acme/shop"], source: "codeowners" }, "301-6775"),
      sameCommit: [{ pullRequest: 14, base: "release-1.4", verdict: "undecided" }],
    }),
  },
  "nobody-eligible": {
    review: exposed,
    context: context({ clearers: clearedBy({ kind: "nobody", self: false }, "103-4411") }),
  },
  "self-approval": {
    review: exposed,
    context: context({ clearers: clearedBy({ kind: "nobody", self: true }, "103-4411") }),
  },
  unread: { review: undecided, context: context({ fork: true, ...maintainers("000-41be") }) },
  broken: { review: broken, context: context(maintainers("000-41be")) },
  warned: { review: warned, context: context() },
  narrow: { review: narrow, context: context() },
  unchanged: { review: unchanged, context: context({ required: false }) },
  nothing: { review: nothing, context: context({ commentUrl: null }) },
  draft: { review: blocked, context: context({ draft: true, commentUrl: null, ...maintainers("203-9f3c") }) },
  big: { review: big, context: context(maintainers(...big.findings.map(({ handle }) => handle))) },
  hostile: { review: hostile, context: context(maintainers("203-9f3c")) },
};
