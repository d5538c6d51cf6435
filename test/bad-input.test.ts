import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { builtCommand } from "../scripts/built-command.mjs";
import { commit, emptyRepository, temporaryDirectory } from "../scripts/throwaway-repository.mjs";

let cli: string;
let workplace: string;
beforeAll(() => {
  cli = builtCommand();
  workplace = temporaryDirectory("egress-review-bad-input");
}, 300_000);
afterAll(() => rmSync(workplace, { recursive: true }));

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: readonly string[]): Outcome {
  const environment = { ...process.env, XDG_CACHE_HOME: join(workplace, "cache"), NO_COLOR: "1" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    encoding: "utf8",
    env: environment,
  });
  expect(`${stdout}${stderr}`).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
  return { status, stdout, stderr };
}

function write(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}

const deny = (namespace: string) => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny-egress
  namespace: ${namespace}
spec:
  podSelector: {}
  policyTypes: [Egress]
`;

const application = (name: string, path: string, helm = "") => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ${name}
  namespace: argocd
spec:
  source:
    repoURL: https://git.example.com/shop/platform.git
    targetRevision: main
    path: ${path}
${helm}  destination:
    server: https://kubernetes.default.svc
    namespace: ${name}
`;

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: healthy
spec:
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1.0
`;

describe("wrong usage ends with 64 and one clear message", () => {
  test("a folder that is no repository", () => {
    const directory = join(workplace, "plain");
    mkdirSync(directory);
    const { status, stdout, stderr } = run("review", "--repo", directory, "--base", "main");
    expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
    expect(stderr).toContain(directory);
    expect(stderr).toMatch(/not a git repository/i);
    expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(2);
  });

  test("a folder that does not exist", () => {
    const directory = join(workplace, "nowhere");
    const { status, stderr } = run("review", "--repo", directory);
    expect(status).toBe(64);
    expect(stderr).toContain(directory);
  });

  test("a revision that does not exist", () => {
    const directory = emptyRepository("egress-review-bad-input");
    commit(directory, "first");
    const { status, stdout, stderr } = run("review", "--repo", directory, "--base", "no-such-branch");
    rmSync(directory, { recursive: true });
    expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
    expect(stderr).toContain("no-such-branch");
    expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(2);
  });

  test("a configuration with an unknown key", () => {
    const base = join(workplace, "configured");
    write(base, { ".egress-review.yaml": "contact: us\nenvironment:\n  prod:\n    roots: [clusters]\n" });
    const { status, stdout, stderr } = run("review", "--base-dir", base, "--head-dir", base);
    expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
    expect(stderr).toContain(".egress-review.yaml:2");
    expect(stderr).toContain("environments");
  });
});

describe("bad input is named with path and line, and everything else is reviewed", () => {
  const TARGETS = {
    healthy: "apps/healthy",
    template: "charts/template",
    syntax: "apps/syntax",
    rejected: "apps/rejected",
    values: "charts/values",
    large: "apps/large",
    memory: "charts/memory",
  } as const;
  const base = {
    ...Object.fromEntries(
      Object.entries(TARGETS).map(([name, path]) => [`clusters/prod/${name}.yaml`, application(name, path)]),
    ),
    "apps/healthy/web.yaml": WEB,
    "charts/template/Chart.yaml": "apiVersion: v2\nname: template\nversion: 0.1.0\n",
    "charts/values/Chart.yaml": "apiVersion: v2\nname: values\nversion: 0.1.0\n",
    "charts/memory/Chart.yaml": "apiVersion: v2\nname: memory\nversion: 0.1.0\n",
    ...Object.fromEntries(
      Object.entries(TARGETS).map(([name, path]) => [
        path.startsWith("charts/") ? `${path}/templates/deny.yaml` : `${path}/deny.yaml`,
        deny(name),
      ]),
    ),
  };
  const head = {
    ...base,
    "apps/healthy/open.yaml": deny("healthy")
      .replace("default-deny-egress", "allow-all")
      .concat("  egress: [{}]\n"),
    "charts/template/templates/deny.yaml": deny("template").replace(
      "podSelector: {}",
      "podSelector: {{ .Values.no.such }}",
    ),
    "apps/syntax/deny.yaml": deny("syntax").replace("podSelector: {}", "podSelector: {"),
    "apps/rejected/deny.yaml": deny("rejected").concat(
      "  egress:\n    - to:\n        - ipBlock: {cidr: 10.0.0.0/33}\n",
    ),
    "clusters/prod/values.yaml": application(
      "values",
      "charts/values",
      "    helm:\n      valueFiles: [production.yaml]\n",
    ),
    "charts/memory/templates/deny.yaml": deny("memory").replace(
      "default-deny-egress",
      '{{ repeat 1000000000 "memory" | len }}',
    ),
  };
  interface Document {
    readonly verdict: string;
    readonly findings: readonly {
      readonly rule: string;
      readonly severity: string;
      readonly workloads: readonly string[];
    }[];
    readonly unknowns: readonly {
      readonly target: string | null;
      readonly code: string;
      readonly reason: string;
      readonly changed: boolean;
      readonly location: { readonly path: string; readonly line: number | null } | null;
    }[];
  }
  let status: number | null;
  let review: Document;
  let text: string;

  beforeAll(() => {
    const sides = ["--base-dir", join(workplace, "base"), "--head-dir", join(workplace, "head")];
    write(join(workplace, "base"), base);
    write(join(workplace, "head"), head);
    const large = join(workplace, "head", "apps/large/deny.yaml");
    truncateSync(large, 200 * 1024 * 1024);
    const printed = run("review", ...sides, "--format", "json");
    status = printed.status;
    review = JSON.parse(printed.stdout) as Document;
    text = run("review", ...sides).stdout;
  }, 120_000);

  test("the healthy target is reviewed and its opening blocks", () => {
    expect({ status, verdict: review.verdict }).toEqual({ status: 1, verdict: "block" });
    expect(review.findings).toContainEqual(
      expect.objectContaining({ rule: "EGR-201", severity: "block", workloads: ["healthy/Deployment/web"] }),
    );
  });

  test.each([
    ["a template that fails", "template", "charts/template/templates/deny.yaml", 7, /nil pointer|no\.such/],
    ["invalid YAML", "syntax", "apps/syntax/deny.yaml", 8, /yaml|flow/i],
    ["a policy that the API server rejects", "rejected", "apps/rejected/deny.yaml", 11, /10\.0\.0\.0\/33/],
    ["a values file that does not exist", "values", "clusters/prod/values.yaml", null, /production\.yaml/],
    ["a file of 200 MB", "large", "apps/large/deny.yaml", null, /large|100 MiB/],
    ["a template that takes all memory", "memory", "charts/memory", null, /memory/],
  ])("%s", (_title, target, path, line, reason) => {
    const unknown = review.unknowns.find((each) => each.target === target);
    expect(unknown).toMatchObject({ target, changed: true, reason: expect.stringMatching(reason) });
    expect(unknown?.location?.path).toMatch(new RegExp(`^${path}`));
    if (line !== null) expect(unknown?.location?.line).toBe(line);
    expect(text).toContain(path);
  });
});
