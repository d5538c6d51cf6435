import type {
  LocatedFinding,
  Location,
  Review,
  ReviewedDelta,
  ReviewedEnvironment,
  ReviewedUnknown,
} from "../../src/report/report.ts";
import type { ControlEffect, FindingControl } from "../../src/rules/finding.ts";
import type { NamespaceText, RegionLine } from "../../src/surface/surface.ts";

/** Hand-made reviews: situations a reader meets, from nothing to too much. */

export const everything: RegionLine = { destination: { kind: "any" }, protocol: "any", ports: "any" };
export const everyPod = (protocol: RegionLine["protocol"] = "any", ports = "any") =>
  pods({ kind: "every" }, [], protocol, ports);

export function pods(
  namespaces: NamespaceText,
  labels: readonly string[],
  protocol: RegionLine["protocol"],
  ports: string,
): RegionLine {
  return { destination: { kind: "pods", namespaces, labels }, protocol, ports };
}

export function named(...names: readonly string[]): NamespaceText {
  return { kind: "named", names };
}

export function addresses(
  cidrs: readonly string[],
  protocol: RegionLine["protocol"],
  ports: string,
): RegionLine {
  return { destination: { kind: "ip", cidrs }, protocol, ports };
}

const dns = [pods(named("kube-system"), [], "TCP", "53"), pods(named("kube-system"), [], "UDP", "53")];
const mesh = pods(named("istio-system"), [], "TCP", "443, 15012");

const sc75: FindingControl = {
  framework: "nist-800-53",
  id: "SC-7(5)",
  title: "Deny by Default — Allow by Exception",
  relation: "evidences",
  limits: ["X1", "X2"],
};

export function effects(nist: Partial<Omit<ControlEffect, "facts">>): readonly ControlEffect[] {
  const controls: readonly Omit<ControlEffect, "facts">[] = [
    {
      framework: "pci-dss",
      id: "1.3",
      title: "Network access to and from the cardholder data environment is restricted",
      effect: "not-assessed",
      reason: "no namespace is marked `cde: true` in `.egress-review.yaml`",
      findings: [],
      limits: ["X7: which namespaces hold cardholder data unless marked"],
    },
    {
      framework: "cis-kubernetes",
      id: "5.3.2",
      title: "Ensure that all Namespaces have Network Policies defined",
      effect: "unchanged",
      reason: "12 of 14 namespaces in Git have a policy, as before",
      findings: [],
      limits: ["X1: the live state of the cluster"],
    },
    {
      framework: "nist-800-53",
      id: "SC-7(5)",
      title: "Deny by Default — Allow by Exception",
      effect: "unchanged",
      reason: "57 of 61 workloads are isolated for egress, as before; no region was added",
      findings: [],
      limits: ["X1: the live state of the cluster", "X2: that the network plugin enforces policies"],
      ...nist,
    },
  ];
  return controls.map((control) => ({ ...control, facts: control.reason.split("; ") }));
}

export function finding(rule: string, parts: Partial<LocatedFinding>): LocatedFinding {
  const fingerprint = (parts.handle?.slice(4) ?? "9f3c").padEnd(64, "0");
  return {
    rule: `EGR-${rule}`,
    handle: `${rule}-${fingerprint.slice(0, 4)}`,
    title: "Something",
    why: "Whoever controls one pod reaches every other service.",
    severity: "block",
    fingerprint,
    environments: ["clusters/production"],
    workloads: [],
    destinations: [],
    regions: [],
    message: "It does something.",
    remediation: "",
    controls: [sc75],
    location: null,
    document: null,
    lines: null,
    rendered: null,
    fix: null,
    explanation: null,
    extent: { kind: "fact", digest: fingerprint },
    observed: false,
    approval: null,
    ...parts,
  };
}

export function at(path: string, line: number | null, side: Location["side"] = "head"): Location {
  return { side, path, line };
}

export function delta(workload: string, parts: Partial<ReviewedDelta>): ReviewedDelta {
  return {
    workload,
    added: [],
    removed: [],
    before: [],
    after: [],
    takesEffect: { when: "next-sync", by: ["Application networking"] },
    ...parts,
  };
}

export function environment(name: string, parts: Partial<ReviewedEnvironment>): ReviewedEnvironment {
  return { name, changed: true, targets: 15, rendered: 13, workloadNames: [], deltas: [], ...parts };
}

export function unknown(parts: Partial<ReviewedUnknown>): ReviewedUnknown {
  return {
    handle: "000-41be",
    environment: "clusters/production",
    target: "networking",
    code: "unread",
    reason: "chart app-template 3.7.0 of https://charts.example.com was not read",
    state: "was not read",
    changed: true,
    location: null,
    decides: false,
    ...parts,
  };
}

export function review(parts: Partial<Review>): Review {
  return {
    verdict: "pass",
    base: "7e9a1b8",
    head: "d71b774",
    evaluatedAt: "2026-01-31T12:00:00.000Z",
    digests: {
      inputs: `sha256:${"1".repeat(64)}`,
      policy: `sha256:${"2".repeat(64)}`,
      engine: `sha256:${"3".repeat(64)}`,
      approvals: `sha256:${"4".repeat(64)}`,
    },
    environments: [
      environment("clusters/production", {}),
      environment("clusters/staging", { changed: false, rendered: 0 }),
      environment("clusters/dev", { changed: false, rendered: 0 }),
    ],
    findings: [],
    controls: effects({}),
    unknowns: [],
    assumptions: [
      { code: "live-objects-not-seen", text: "live objects were not seen" },
      { code: "cni-enforces", text: "the CNI enforces NetworkPolicy (profile `kubernetes`)" },
    ],
    coverage: {
      environments: { changed: 1, unchanged: 2 },
      targets: { decided: 13, partlyRead: 2, notRead: 0 },
      workloads: 61,
      policies: 37,
      listed: ["charts/networking/ci"],
      unmodelledKinds: { "networking.istio.io/VirtualService": 4 },
      remarks: [],
    },
    internalRanges: [],
    contact: null,
    observed: null,
    proposed: null,
    voidApprovals: [],
    ...parts,
  };
}

const POLICIES = "charts/networking/templates/network-policies.yaml";
const dataWorkloads = [
  ...Array.from(
    { length: 53 },
    (_, index) => `data-platform/Deployment/service-${String(index).padStart(2, "0")}`,
  ),
  "data-platform/SparkApplication/nightly#driver",
  "data-platform/SparkApplication/nightly#executor",
];
const sparkWorkloads = dataWorkloads.slice(-2);

/** One wildcard rule for every pod of a namespace. */
export const blocked = review({
  verdict: "block",
  environments: [
    environment("clusters/production", {
      workloadNames: [...dataWorkloads, "monitoring/Deployment/grafana"],
      deltas: dataWorkloads.map((workload) =>
        delta(workload, {
          added: [everyPod()],
          before: sparkWorkloads.includes(workload)
            ? [...dns, mesh, everyPod("TCP", "80, 443")]
            : [...dns, mesh],
          after: [everyPod()],
        }),
      ),
    }),
    environment("clusters/staging", { changed: false, rendered: 0 }),
    environment("clusters/dev", { changed: false, rendered: 0 }),
  ],
  findings: [
    finding("204", {
      handle: "204-51aa",
      severity: "warn",
      title: "New allow on all ports",
      workloads: dataWorkloads,
      destinations: ["every pod of every namespace: every port"],
      regions: [everyPod()],
      message: "The rule names no port.",
      remediation: "Name the ports.",
      location: at(POLICIES, 999),
      document: { kind: "NetworkPolicy", namespace: "data-platform", name: "allow-envoy" },
    }),
    finding("203", {
      title: "New in-cluster wildcard",
      workloads: dataWorkloads,
      destinations: ["every pod of every namespace: every port"],
      regions: [everyPod()],
      message:
        "`namespaceSelector: {}` without ports admits the whole cluster; policies add up, so `default-deny-egress` does not take it back.",
      remediation: "Delete the peer, or select the namespaces that are meant.",
      location: at(POLICIES, 999),
      document: { kind: "NetworkPolicy", namespace: "data-platform", name: "allow-envoy" },
    }),
    finding("403", {
      handle: "403-0a01",
      severity: "note",
      title: "Policy that selects nothing",
      message: "`vault-prod/default-deny-egress` selects no workload that Git shows.",
      location: at(POLICIES, 61),
      document: { kind: "NetworkPolicy", namespace: "vault-prod", name: "default-deny-egress" },
    }),
  ],
  controls: effects({
    effect: "weaker",
    reason: "exceptions of `data-platform` grow to every pod of the cluster",
    findings: ["203-9f3c"],
  }),
  unknowns: [
    unknown({
      target: "data-platform",
      code: "part-dropped",
      reason: "template charts/scheduler/templates/alerts.yaml was left out: undefined variable `$labels`",
      changed: false,
      location: at("charts/scheduler/templates/alerts.yaml", 122),
    }),
  ],
  contact: "#platform-network",
});

/** A narrowing with surprises. */
export const warned = review({
  environments: [
    environment("clusters/production", {
      workloadNames: [...dataWorkloads, "monitoring/Deployment/grafana", "tunnel/Deployment/cloudflared"],
      deltas: [
        ...dataWorkloads.map((workload) =>
          delta(workload, {
            removed: [everyPod()],
            before: [everyPod()],
            after: [...dns, mesh],
            takesEffect: { when: "after-prune", by: ["Application networking"] },
          }),
        ),
        delta("tunnel/Deployment/cloudflared", {
          removed: [addresses(["0.0.0.0/0", "::/0"], "any", "any")],
          before: [everything],
          after: [...dns, everyPod("TCP", "443, 7844"), pods(named("ingress-nginx"), [], "TCP", "80, 443")],
        }),
        delta("monitoring/Deployment/grafana", { added: dns, after: dns }),
        delta("vault-prod/?", {
          removed: [addresses(["0.0.0.0/0", "::/0"], "any", "any")],
          before: [everything],
          after: dns,
        }),
      ],
    }),
    environment("clusters/staging", { changed: false, rendered: 0 }),
  ],
  findings: [
    finding("412", {
      handle: "412-77b1",
      severity: "warn",
      title: "Lost egress",
      why: "A workload that cannot reach what it needs fails at the next sync.",
      workloads: ["tunnel/Deployment/cloudflared"],
      destinations: ["every address outside the cluster"],
      message: "loses every address outside the cluster",
      remediation: "Add a rule with the address ranges that it needs.",
      location: at(POLICIES, 50),
      document: { kind: "NetworkPolicy", namespace: "tunnel", name: "default-deny-egress" },
    }),
    ...[426, 448].map((line, index) =>
      finding("402", {
        handle: `402-0${index}ab`,
        severity: "warn",
        title: "Namespace selector where the internet is meant",
        workloads: [sparkWorkloads[index] ?? ""],
        destinations: ["every pod of every namespace: TCP 80, 443"],
        regions: [everyPod("TCP", "80, 443")],
        message: `\`allow-package-mirrors-${index === 0 ? "driver" : "executor"}\` speaks of package mirrors, but a namespaceSelector matches pods only.`,
        remediation: "Use a mirror inside the cluster, or an `ipBlock`.",
        location: at(POLICIES, line),
        document: {
          kind: "NetworkPolicy",
          namespace: "data-platform",
          name: `allow-package-mirrors-${index}`,
        },
      }),
    ),
    finding("414", {
      handle: "414-c0de",
      severity: "warn",
      title: "Deletion that is not pruned",
      message: "Application `networking` does not prune: the deleted `allow-envoy` stays live.",
      location: at(POLICIES, 443, "base"),
      document: { kind: "NetworkPolicy", namespace: "data-platform", name: "allow-envoy" },
    }),
    ...["default-deny-egress", "allow-dns-egress", "vault-access-control"].map((policy, index) =>
      finding("403", {
        handle: `403-0a0${index}`,
        severity: "note",
        title: "Policy that selects nothing",
        message: `\`vault-prod/${policy}\` selects no workload that Git shows.`,
        location: at(POLICIES, 61 + index),
        document: { kind: "NetworkPolicy", namespace: "vault-prod", name: policy },
      }),
    ),
  ],
  controls: effects({
    effect: "stronger",
    reason: "`tunnel` and `vault-prod` become default-deny; no workload loses isolation",
  }),
});

/** A remote chart moved, and labels decide who reaches the internet. */
export const undecided = review({
  verdict: "undecided",
  environments: [
    environment("kubernetes/main", { targets: 14, rendered: 13, workloadNames: ["home/Deployment/web"] }),
  ],
  findings: [
    finding("000", {
      handle: "000-41be",
      severity: "undecided",
      title: "Undecided",
      why: "What nobody read may open anything.",
      message:
        "chart app-template 3.7.0 of https://charts.example.com (was 3.6.0) was not read. It can touch home-assistant, where labels decide whom world and internet admit.",
      remediation: "Vendor the chart, or render it into the repository.",
      location: at("kubernetes/apps/home-assistant/app/helmrelease.yaml", 14),
      environments: ["kubernetes/main"],
    }),
  ],
  unknowns: [unknown({ environment: "kubernetes/main", target: "home-assistant", decides: true })],
  coverage: {
    environments: { changed: 1, unchanged: 0 },
    targets: { decided: 13, partlyRead: 0, notRead: 1 },
    workloads: 1,
    policies: 4,
    listed: [],
    unmodelledKinds: {},
    remarks: [],
  },
});

export const nothing = review({
  environments: [
    environment("clusters/production", { changed: false, rendered: 0 }),
    environment("clusters/staging", { changed: false, rendered: 0 }),
  ],
  coverage: {
    environments: { changed: 0, unchanged: 2 },
    targets: { decided: 0, partlyRead: 0, notRead: 0 },
    workloads: 0,
    policies: 0,
    listed: [],
    unmodelledKinds: {},
    remarks: [],
  },
});

export const unchanged = review({
  environments: [environment("clusters/production", { workloadNames: dataWorkloads })],
});

/** Five thousand changed workloads in forty namespaces, each with its own before. */
export const big = review({
  verdict: "block",
  environments: [
    environment("clusters/production", {
      workloadNames: bigWorkloads(),
      deltas: bigWorkloads().map((workload, index) =>
        delta(workload, {
          added: [everything],
          before: [pods(named(`team-${index % 40}`), [`app=database-${index}`], "TCP", "5432"), ...dns],
          after: [everything],
        }),
      ),
    }),
  ],
  findings: bigWorkloads().map((workload, index) =>
    finding("101", {
      handle: `101-${index.toString(16).padStart(4, "0")}`,
      title: "Default deny removed",
      workloads: [workload],
      destinations: ["any destination: every port"],
      regions: [everything],
      message: `\`${workload}\` was isolated and is not any more.`,
      remediation: "Keep the default deny.",
      location: at(`teams/team-${index % 40}/default-deny.yaml`, 1, "base"),
      document: { kind: "NetworkPolicy", namespace: `team-${index % 40}`, name: "default-deny" },
    }),
  ),
  controls: effects({
    effect: "weaker",
    reason: "5,000 workloads lose their isolation",
    findings: bigHandles(),
  }),
});

function bigWorkloads(): readonly string[] {
  return Array.from({ length: 5000 }, (_, index) => `team-${index % 40}/Deployment/app-${index}`);
}

function bigHandles(): readonly string[] {
  return Array.from({ length: 5000 }, (_, index) => `101-${index.toString(16).padStart(4, "0")}`);
}

const EVIL =
  "x](javascript:alert(1))<img src=x onerror=alert(1)> @octocat #1 |\n# ✅ pass\n`code` \u202egnp.exe\u001b[31m **bold**";

/** Every string that a pull request controls is hostile. */
export const hostile = review({
  verdict: "block",
  base: EVIL,
  head: EVIL,
  environments: [
    environment(EVIL, {
      workloadNames: [`${EVIL}/Deployment/${EVIL}`],
      deltas: [
        delta(`${EVIL}/Deployment/${EVIL}`, {
          added: [
            pods(named(EVIL), [EVIL], "TCP", "named http"),
            { destination: { kind: "name", name: EVIL }, protocol: "TCP", ports: "443" },
          ],
          takesEffect: { when: "manual-sync", by: [EVIL] },
        }),
      ],
    }),
  ],
  findings: [
    finding("203", {
      title: EVIL,
      workloads: [`${EVIL}/Deployment/${EVIL}`],
      destinations: [EVIL],
      message: EVIL,
      remediation: EVIL,
      location: at(`charts/${EVIL}/x.yaml`, 3),
      document: { kind: EVIL, namespace: EVIL, name: EVIL },
    }),
  ],
  unknowns: [unknown({ environment: EVIL, target: EVIL, reason: EVIL })],
  contact: EVIL,
});
