import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { isProblems } from "../../src/config/configuration-of.ts";
import { parseConfiguration } from "../../src/config/parse-configuration.ts";
import { memoryCache } from "../../src/engine/cache.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { markdown } from "../../src/report/review/markdown.ts";
import { text } from "../../src/report/review/text.ts";
import { affects, type Configuration, overlay, type Review, type ReviewOptions } from "../../src/review.ts";
import { approvalOf } from "../../src/rules/approval.ts";
import { IndexedTree, type RepositoryTree } from "../../src/tree/indexed-tree.ts";
import { documentOf, judgementOf, reviewTrees } from "../review-case.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ cache: memoryCache() });
});
afterAll(() => engine.close());

type Files = Readonly<Record<string, string | null>>;

function tree(files: Files, from: RepositoryTree = new IndexedTree("tree", new Map())): RepositoryTree {
  const bytes = Object.entries(files).map(
    ([path, content]) => [path, content === null ? null : new TextEncoder().encode(content)] as const,
  );
  return overlay(from, new Map(bytes));
}

function configuration(said: string): Configuration {
  const parsed = parseConfiguration(said, ".egress-review.yaml");
  if (isProblems(parsed)) throw new Error(JSON.stringify(parsed));
  return parsed;
}

function web(namespace: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ${namespace}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example.com/web:1"}]}
`;
}

function policy(namespace: string, name: string, egress: string): string {
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}, namespace: ${namespace}}
spec: {podSelector: {}, policyTypes: [Egress], egress: ${egress}}
`;
}

const LAB = "lab/shop.yaml";
const PROD = "prod/shop.yaml";
const OPEN = "[{}]";
const CONFIG = ".egress-review.yaml";
const TWO = "environments:\n  prod: {roots: [prod]}\n  lab:\n    roots: [lab]\n    mode: observe\n";

function state(files: Files = {}): RepositoryTree {
  return tree({
    [LAB]: `${web("shop")}---\n${policy("shop", "egress", "[]")}`,
    [PROD]: `${web("shop")}---\n${policy("shop", "egress", "[]")}`,
    [CONFIG]: TWO,
    ...files,
  });
}

function opened(path: string): Files {
  return { [path]: `${web("shop")}---\n${policy("shop", "egress", OPEN)}` };
}

function reviewed(
  base: RepositoryTree,
  head: RepositoryTree,
  options: Partial<ReviewOptions> = {},
): Promise<Review> {
  return reviewTrees(engine, base, head, options);
}

describe("an environment that observes", () => {
  test("decides nothing, and everything says what it would do", async () => {
    const result = await reviewed(state(), state(opened(LAB)));
    expect(result).toMatchObject({ verdict: "pass", observed: "block" });
    const blocks = result.findings.filter(({ severity }) => severity === "block");
    expect(new Set(blocks.map(({ observed }) => observed))).toEqual(new Set([true]));
    expect(text(result)).toMatch(/^OBSERVE, WOULD BLOCK: /);
    expect(markdown(result)).toMatch(/^### .* observe, would block\n/);
    expect(documentOf(result)).toMatchObject({ verdict: "pass", observed: "block" });
  });

  test("does not soften one that is enforced", async () => {
    const result = await reviewed(state(), state({ ...opened(LAB), ...opened(PROD) }));
    expect(result).toMatchObject({ verdict: "block", observed: null });
    const blocks = result.findings.filter(({ severity }) => severity === "block");
    const told = blocks.map(({ environments, observed }) => `${environments} ${observed}`);
    expect([...new Set(told)].toSorted()).toEqual(["lab true", "prod false"]);
  });

  test("is enforced where only the change says that it observes", async () => {
    const enforced = "environments: {prod: {roots: [prod]}, lab: {roots: [lab]}}";
    const result = await reviewed(state({ [CONFIG]: enforced }), state(opened(LAB)));
    expect(result.verdict).toBe("block");
    expect(result.proposed).toMatchObject({ verdict: "pass", observed: "block" });
  });
});

describe("an organisation's policy", () => {
  test("counts over the repository's, and what is ignored is said", async () => {
    const organisation = configuration("environments: {lab: {roots: [lab]}}");
    const result = await reviewed(state(), state(opened(LAB)), { organisation });
    expect(result.verdict).toBe("block");
    const [ignored] = result.coverage.remarks;
    expect(ignored?.text).toMatch(/^\.egress-review\.yaml:5: "environments\.lab\.mode" is ignored: /);
    const alone = await reviewed(state(), state(opened(LAB)));
    expect(alone.digests.policy).not.toBe(result.digests.policy);
    expect(alone.coverage.remarks).toEqual([]);
  });

  test("counts over what the change proposes, too", async () => {
    const organisation = configuration("environments: {lab: {roots: [lab]}}");
    const enforced = "environments: {prod: {roots: [prod]}, lab: {roots: [lab]}}";
    const result = await reviewed(state({ [CONFIG]: enforced }), state(opened(LAB)), { organisation });
    expect(result.proposed).toMatchObject({ kind: "judged", verdict: "block", weakens: [] });
  });
});

describe("a change that edits the configuration", () => {
  const ranges = `${TWO}internalRanges: [0.0.0.0/0]\n`;
  const partner = {
    [PROD]: `${web("shop")}---\n${policy("shop", "egress", "[{to: [{ipBlock: {cidr: 12.0.0.0/7}}], ports: [{port: 443}]}]")}`,
  };

  test("is reviewed under the old one, and told what the new one would say", async () => {
    const softer =
      "environments:\n  prod: {roots: [prod], mode: observe}\n  lab: {roots: [lab], mode: observe}\n";
    const result = await reviewed(state(), state({ ...partner, [CONFIG]: softer }));
    expect(result.verdict).toBe("block");
    expect(result.proposed).toEqual({
      kind: "judged",
      path: CONFIG,
      verdict: "pass",
      observed: "block",
      findings: result.findings.filter(({ severity }) => severity === "block").map(({ handle }) => handle),
      weakens: ["environments.prod.mode"],
    });
    for (const page of [text(result), markdown(result)]) expect(page).toContain("environments.prod.mode");
  });

  test("changes nothing of the review itself", async () => {
    const without = await reviewed(state(), state(partner));
    const result = await reviewed(state(), state({ ...partner, [CONFIG]: ranges }));
    expect(judgementOf(result)).toEqual(judgementOf(without));
    expect(result.digests.policy).toBe(without.digests.policy);
    expect(result.proposed).toMatchObject({ kind: "judged", weakens: ["internalRanges"] });
  });

  test("in words alone proposes nothing", async () => {
    const result = await reviewed(state(), state({ [CONFIG]: `# as before\n${TWO}` }));
    expect(result.proposed).toBeNull();
  });

  test("by deleting it is told so", async () => {
    const result = await reviewed(state(), state({ ...partner, [CONFIG]: null }));
    expect(result).toMatchObject({ verdict: "block", proposed: { kind: "judged", verdict: "block" } });
  });

  test("so that it does not parse is told where", async () => {
    const result = await reviewed(state(), state({ [CONFIG]: "environments:\n  prod: {rots: [prod]}\n" }));
    expect(result.verdict).toBe("pass");
    expect(result.proposed).toMatchObject({ kind: "invalid", problems: [{ path: CONFIG, line: 2 }, {}] });
    for (const page of [text(result), markdown(result)]) expect(page).toContain(`${CONFIG}:2`);
  });

  test("is judged as a whole, whatever environments were asked for", async () => {
    const renamed = "environments: {production: {roots: [prod]}}";
    const options = { environments: ["prod"] };
    const result = await reviewed(state(), state({ ...partner, [CONFIG]: renamed }), options);
    expect(result).toMatchObject({ verdict: "block", proposed: { verdict: "block" } });
  });
});

describe("an approval", () => {
  const GIVEN = {
    approver: "alice",
    reason: "until the partner moves",
    at: "2026-01-01T00:00:00Z",
    head: "1".repeat(40),
    self: true,
  };

  test("carries its finding to the next head, and is named", async () => {
    const { approver, reason, at, head: given, self } = GIVEN;
    const [base, head] = [state(), state(opened(PROD))];
    const first = await reviewed(base, head);
    const policyDigest = first.digests.policy;
    const lead = first.findings.find(({ severity }) => severity === "block");
    if (lead === undefined) throw new Error("nothing blocks");
    const approvals = [approvalOf(lead, { ...GIVEN, policyDigest })];
    const next = await reviewed(base, tree({ "readme.md": "more" }, head), { approvals });
    expect(next).toMatchObject({ verdict: "pass", voidApprovals: [] });
    expect(next.digests.approvals).not.toBe(first.digests.approvals);
    for (const page of [text(next), markdown(next)]) expect(page).toMatch(/self-approved by `?alice/);
    const accepted = documentOf(next).findings.flatMap(({ approval }) => approval ?? []);
    expect(new Set(accepted.map((approval) => JSON.stringify(approval)))).toEqual(
      new Set([JSON.stringify({ approver, reason, at, head: given, self })]),
    );
  });

  test("is void under a configuration that the base got since", async () => {
    const [base, head] = [state(), state(opened(PROD))];
    const first = await reviewed(base, head);
    const approvals = first.findings
      .slice(0, 1)
      .map((finding) => approvalOf(finding, { ...GIVEN, policyDigest: first.digests.policy }));
    const stricter = { [CONFIG]: `${TWO}unrendered: undecided\n` };
    const next = await reviewed(tree(stricter, base), tree(stricter, head), { approvals });
    expect(next.verdict).toBe("block");
    expect(next.voidApprovals.map(({ why }) => why)).toEqual(["policy-changed"]);
    expect(documentOf(next).voidApprovals).toMatchObject([{ approver: "alice", why: "policy-changed" }]);
  });

  test("that nothing rests on changes no digest", async () => {
    const quiet = await reviewed(state(), state());
    const stray = approvalOf(
      { fingerprint: "f", extent: { kind: "fact", digest: "1" } },
      { ...GIVEN, policyDigest: quiet.digests.policy },
    );
    const again = await reviewed(state(), state(), { approvals: [stray] });
    expect(again.digests).toEqual(quiet.digests);
  });
});

describe("a configuration that names nothing", () => {
  const changedBoth = { ...opened(LAB), ...opened(PROD) };

  test("is said: a root that is not there, an environment without anything, a namespace that nobody has", async () => {
    const wrong = `environments:
  prod: {roots: [prod, prd]}
  lab: {roots: [lab], mode: observe}
  docs: {roots: [docs]}
  gone: {roots: [gone]}
namespaces:
  shpo: {cde: true}
  shop: {}
workloads: [{namespace: kube-system, name: dns, labels: {a: b}}]
`;
    const files = { [CONFIG]: wrong, "docs/readme.md": "text" };
    const result = await reviewed(state(files), state({ ...changedBoth, ...files }));
    expect(result.coverage.remarks.map((remark) => remark.text)).toEqual([
      `${CONFIG}:2: the path \`prd\` does not exist`,
      `${CONFIG}:4: nothing is deployed from the roots of environment "docs"`,
      `${CONFIG}:5: nothing is deployed from the roots of environment "gone"; there is no \`gone\``,
      `${CONFIG}:7: namespace "shpo" is in no environment of this repository; did you mean "shop"?`,
    ]);
    const pci = result.controls.filter(({ framework }) => framework === "pci-dss");
    expect(pci.map(({ effect }) => effect)).toEqual(["not-assessed", "not-assessed"]);
    expect(pci[0]?.reason).toContain("shpo");
  });

  test("is not called so where an environment was not rendered that may have it", async () => {
    const files = { [CONFIG]: `${TWO}namespaces: {elsewhere: {cde: true}}\n` };
    const result = await reviewed(state(files), state({ ...opened(PROD), ...files }));
    expect(result.coverage.remarks).toEqual([]);
  });
});

describe("a push to the base branch", () => {
  const options = { config: configuration(TWO) };

  function moved(files: Files): Promise<boolean> {
    return affects(state(), state(files), { ...options, engine });
  }

  test.each([
    ["a policy", opened(LAB)],
    ["a new manifest beside the others", { "prod/more.yaml": web("other") }],
    ["a manifest that is gone", { [PROD]: null }],
    ["a new chart", { "charts/a/Chart.yaml": "name: a\nversion: 1.0.0\n" }],
    ["the configuration", { [CONFIG]: `${TWO}unrendered: undecided\n` }],
    ["a configuration that breaks", { [CONFIG]: "environments: 1\n" }],
  ])("may change a verdict: %s", async (_, files) => {
    expect(await moved(files)).toBe(true);
  });

  test.each([
    ["nothing", {}],
    ["a page", { "docs/readme.md": "text", "src/main.c": "int main;" }],
    ["words of the configuration", { [CONFIG]: `# words\n${TWO}` }],
  ])("changes none: %s", async (_, files) => {
    expect(await moved(files)).toBe(false);
  });

  test("may change a verdict where what may render entry points changes", async () => {
    const application = (path: string) => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: root, namespace: argocd}
spec:
  source: {repoURL: "https://git.example.com/a/b", path: ${path}}
  destination: {namespace: argocd, server: "https://kubernetes.default.svc"}
`;
    const template = application("things").replace("name: root", 'name: "{{ .Values.name }}"');
    const base = tree({
      "clusters/a/root.yaml": application("apps"),
      "apps/Chart.yaml": "apiVersion: v2\nname: apps\nversion: 1.0.0\n",
      "apps/values.yaml": "name: one\n",
      "apps/templates/app.yaml": template,
      "things/web.yaml": web("shop"),
    });
    const asked = { engine, config: configuration("{}"), repositoryUrls: ["https://git.example.com/a/b"] };
    expect(await affects(base, tree({ "things/web.yaml": web("other") }, base), asked)).toBe(true);
    expect(await affects(base, tree({ "apps/values.yaml": "name: two\n" }, base), asked)).toBe(true);
    expect(await affects(base, tree({ "readme.md": "text" }, base), asked)).toBe(false);
  });
});
