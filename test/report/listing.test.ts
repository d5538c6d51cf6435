import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { surfaceJson } from "../../src/report/surface/json.ts";
import type { SurfaceListing } from "../../src/report/surface/listing.ts";
import { surfaceText } from "../../src/report/surface/text.ts";
import { targetsJson } from "../../src/report/targets/json.ts";
import { targetsText } from "../../src/report/targets/text.ts";
import type {
  Discovery,
  DiscoveryProblem,
  EntryPoint,
  Environment,
  Target,
} from "../../src/targets/targets.ts";
import { expectGolden } from "../golden.ts";
import { at, everyPod, everything, named, pods, unknown } from "./reviews.ts";

const tool = { name: "egress-review", version: "1.2.3" } as const;
const GOLDEN = "test/report/golden";

function hasShape(name: string, text: string): void {
  const ajv = new Ajv2020({ strict: true });
  addFormats.default(ajv);
  const validate = ajv.compile(JSON.parse(readFileSync(`schemas/${name}.schema.json`, "utf8")));
  validate(JSON.parse(text));
  expect(validate.errors).toBeNull();
}

const listing: SurfaceListing = {
  revision: "7e9a1b8",
  environments: [
    {
      name: "clusters/production",
      workloads: [
        ...["web", "api", "jobs"].map((name) => ({
          workload: `shop/Deployment/${name}`,
          standing: "isolated" as const,
          reach: [
            pods(named("data"), ["app=db"], "TCP", "5432"),
            pods(named("kube-system"), [], "UDP", "53"),
          ],
          policies: ["shop/default-deny", "shop/allow-database"],
        })),
        { workload: "edge/DaemonSet/agent", standing: "not-governed", reach: [everything], policies: [] },
        { workload: "tools/Deployment/runner", standing: "not-isolated", reach: [everything], policies: [] },
        { workload: "lab/Job/import", standing: "unknown", reach: [everyPod("TCP", "443")], policies: [] },
      ],
      idlePolicies: [
        {
          kind: "NetworkPolicy",
          namespace: "shop",
          name: "allow-old",
          location: at("charts/shop/policies.yaml", 14),
        },
      ],
      unknowns: [
        unknown({ changed: false, target: "lab", location: at("clusters/production/apps.yaml", 7) }),
      ],
    },
  ],
  assumptions: [{ code: "cni-enforces", text: "the CNI enforces NetworkPolicy" }],
};

describe("surface", () => {
  test("as text", () => expectGolden(`${GOLDEN}/surface.golden.txt`, surfaceText(listing)));
  test("as JSON", () => {
    const text = surfaceJson(listing, tool);
    expectGolden(`${GOLDEN}/surface.golden.json`, text);
    hasShape("surface", text);
  });
});

function application(name: string, line: number): EntryPoint {
  return {
    kind: "Application",
    name,
    namespace: "argocd",
    place: { path: "clusters/production/apps.yaml", line },
  };
}

function target(id: string, line: number, parts: Partial<Target> = {}): Target {
  return {
    id,
    source: { kind: "helm", request: { chart: `charts/${id}` } },
    namespace: id,
    declaredBy: application(id, line),
    delivery: { automated: true, prune: true, suspended: false, createsNamespace: true, namespaceLabels: {} },
    ...parts,
  };
}

const marks = { production: true, profile: "kubernetes", mode: "enforce", approvers: [] } as const;

const cluster: Environment = {
  name: "clusters/production",
  kind: "cluster",
  roots: ["clusters/production"],
  destination: "https://production.example.com",
  marks,
  targets: [
    target("shop", 3),
    target("legacy", 30, {
      source: { kind: "kustomize", path: "overlays/legacy", edits: {} },
      delivery: {
        automated: false,
        prune: false,
        suspended: true,
        createsNamespace: false,
        namespaceLabels: {},
      },
    }),
  ],
  unread: [
    {
      id: "monitoring",
      declaredBy: application("kube-prometheus", 60),
      namespace: "monitoring",
      needs: "chart kube-prometheus-stack 60.0.0 of https://charts.example.com",
      sourceName: "chart kube-prometheus-stack of https://charts.example.com",
      version: "60.0.0",
      claims: [],
      unknown: {
        code: "unread",
        id: "unread:monitoring:chart",
        target: "monitoring",
        subject: "chart kube-prometheus-stack 60.0.0",
        detail: "",
        bound: { namespaces: ["monitoring"], kinds: null },
        selectorKeys: null,
        digest: "0".repeat(64),
        content: "elsewhere",
        place: { path: "clusters/production/apps.yaml", line: 60 },
      },
    },
  ],
};

const problems: readonly DiscoveryProblem[] = (
  [
    "values-file-missing",
    "path-missing",
    "invalid-yaml",
    "invalid-entry-point",
    "file-too-large",
    "duplicate-environment",
    "submodule",
    "lfs-pointer",
  ] as const
).map((code, index) => ({
  code,
  environment: "clusters/production",
  target: index % 2 === 0 ? "shop" : null,
  subject: "charts/shop/values/production.yaml",
  place: { path: "clusters/production/apps.yaml", line: 10 + index },
}));

const discovery: Discovery = {
  held: new Map(),
  environments: [
    cluster,
    {
      name: "unclaimed/charts/old",
      kind: "unclaimed",
      roots: ["charts/old"],
      destination: null,
      marks,
      targets: [target("old", 1, { declaredBy: null, namespace: null })],
      unread: [],
    },
  ],
  listed: [{ path: "charts/shop/ci", line: null }],
  problems,
  repository: { urls: ["git.example.com/shop/platform"], evidence: "remotes" },
};

describe("targets", () => {
  test("as text", () => expectGolden(`${GOLDEN}/targets.golden.txt`, targetsText(discovery, "7e9a1b8")));
  test("as JSON", () => {
    const text = targetsJson(discovery, "7e9a1b8", tool);
    expectGolden(`${GOLDEN}/targets.golden.json`, text);
    hasShape("targets", text);
  });

  test("nothing but ordinary words where nothing was found", () => {
    const none: Discovery = {
      held: new Map(),
      environments: [],
      listed: [],
      problems: [],
      repository: { urls: [], evidence: "none" },
    };
    expect(targetsText(none, "working tree")).toBe(
      "0 environments, 0 targets, 0 not readable here, 0 problems (working tree). Nothing says under which\naddress this repository is known.\n",
    );
  });
});
