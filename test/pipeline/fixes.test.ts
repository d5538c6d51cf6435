import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { memoryCache } from "../../src/engine/cache.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import type { Fix } from "../../src/report/report.ts";
import { text } from "../../src/report/review/text.ts";
import { overlay, type Review, type ReviewOptions } from "../../src/review.ts";
import type { RepositoryTree } from "../../src/tree/indexed-tree.ts";
import { isTreeProblem } from "../../src/tree/tree.ts";
import { caseNames, openCase, readCase, reviewTrees } from "../review-case.ts";
import { type Files, treeOf } from "../targets/tree-of.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ cache: memoryCache() });
});
afterAll(() => engine.close());

const CLUSTER = `apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
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
          image: registry.example.com/web:1
`;

const DENY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: deny
  namespace: shop
spec:
  podSelector: {}
  policyTypes:
    - Egress
`;

function allow(name: string, egress: string): string {
  return `${DENY.replace("name: deny", `name: ${name}`)}  egress:\n${egress}`;
}

const DNS = `    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
      ports:
        - protocol: UDP
          port: 53
`;
/** Blocks by one rule, and only by its peer. */
const EVERY_POD = `    - to:
        - namespaceSelector: {}
      ports:
        - port: 443
`;
/** Blocks by one rule: an eighth of all addresses, and no metadata service in it. */
function wide(cidr: string): string {
  return `    - to:
        - ipBlock:
            cidr: ${cidr}
      ports:
        - port: 443
`;
}

async function reviewed(base: Files, head: Files, more: Partial<ReviewOptions> = {}): Promise<Review> {
  const found = await reviewTrees(engine, treeOf(base), treeOf(head), { fixes: true, ...more });
  await expectTrue(treeOf(base), treeOf(head), found);
  return found;
}

/** By rule: where the edit of each blocking finding is, what it leads to, and which rules are left. */
function fixesOf({ findings }: Review): Record<string, string | null> {
  const blocking = findings.filter(({ severity }) => severity === "block");
  return Object.fromEntries(blocking.map(({ rule, fix }) => [rule, fix === null ? null : told(fix)]));
}

function told({ path, first, last, verdict, left }: Fix): string {
  const rules = left.map((handle) => handle.slice(0, 3)).join(" ");
  return `${path}:${first}-${last} ${verdict}${rules === "" ? "" : `, left: ${rules}`}`;
}

/** Whether each edit, made by hand, leads to what it says. */
async function expectTrue(base: RepositoryTree, head: RepositoryTree, { findings }: Review): Promise<number> {
  const fixes = findings.flatMap(({ handle, fix }) => (fix === null ? [] : [{ handle, fix }]));
  for (const { handle, fix } of fixes) {
    const content = await head.read(fix.path);
    if (isTreeProblem(content)) throw new Error(fix.path);
    const lines = new TextDecoder().decode(content).split("\n");
    lines.splice(fix.first - 1, fix.last - fix.first + 1);
    const edited = overlay(head, new Map([[fix.path, new TextEncoder().encode(lines.join("\n"))]]));
    const then = await reviewTrees(engine, base, edited);
    const open = then.findings.filter(({ severity }) => severity !== "note");
    expect({ handle, verdict: then.verdict, left: open.length }).toEqual({
      handle,
      verdict: fix.verdict,
      left: fix.left.length,
    });
  }
  return fixes.length;
}

describe("a plain file", () => {
  const base = { "cluster.yaml": CLUSTER, "deny.yaml": DENY, "web.yaml": allow("web", DNS) };
  const head = (egress: string) => ({ ...base, "web.yaml": allow("web", egress) });

  test("the last peer of a rule would leave a rule for everything: the rule goes", async () => {
    const review = await reviewed(base, head(`${DNS}    # the mirror\n${EVERY_POD}`));
    expect(fixesOf(review)).toEqual({ "EGR-203": "web.yaml:18-22 pass" });
    expect(text(review, { reproduce: "egress-review review" })).toContain(
      "Fix: delete web.yaml:18–22. Checked: this review then passes.",
    );
  });

  test("one peer of several goes alone", async () => {
    const rule = DNS.replace("      ports:", "        - namespaceSelector: {}\n      ports:").replaceAll(
      "53",
      "443",
    );
    expect(fixesOf(await reviewed(base, head(`${DNS}${rule}`)))).toEqual({
      "EGR-203": "web.yaml:22-22 pass",
    });
  });

  test("two wildcards side by side: nothing is left of the rule that blocks", async () => {
    const rule = EVERY_POD.replace(
      "      ports:",
      "        - namespaceSelector:\n            matchExpressions: []\n      ports:",
    );
    expect(fixesOf(await reviewed(base, head(`${DNS}${rule}`)))).toEqual({
      "EGR-203": "web.yaml:18-23 pass",
    });
  });

  test("a fix that leaves a warning names it", async () => {
    const all = {
      ...base,
      "web.yaml": allow(
        "web",
        `${DNS}    - to:\n        - namespaceSelector: {}\n        - podSelector: {}\n`,
      ),
    };
    expect(fixesOf(await reviewed(base, all))).toEqual({ "EGR-203": "web.yaml:19-19 pass, left: 204" });
  });

  test("two causes: each has its own, and what the other blocks is left", async () => {
    const review = await reviewed(base, head(`${DNS}${wide("128.0.0.0/3")}${EVERY_POD}`));
    expect(fixesOf(review)).toEqual({
      "EGR-202": "web.yaml:18-22 block, left: 203",
      "EGR-203": "web.yaml:23-26 block, left: 202",
    });
  });

  test("two causes by one rule: the one that is left keeps its handle", async () => {
    const review = await reviewed(base, head(`${DNS}${wide("128.0.0.0/3")}${wide("64.0.0.0/3")}`));
    const blocking = review.findings.filter(({ severity }) => severity === "block");
    const [one, other] = blocking.toSorted((a, b) => (a.location?.line ?? 0) - (b.location?.line ?? 0));
    expect([one?.rule, other?.rule]).toEqual(["EGR-202", "EGR-202"]);
    expect([one?.fix?.first, other?.fix?.first]).toEqual([18, 23]);
    expect([one?.fix?.left, other?.fix?.left]).toEqual([[other?.handle], [one?.handle]]);
  });

  test("a policy that is new goes as a whole where nothing less stands on lines of its own", async () => {
    const frees = `${allow("frees", "").trimEnd()} [{}]\n`;
    expect(fixesOf(await reviewed(base, { ...base, "frees.yaml": frees }))).toEqual({
      "EGR-201": "frees.yaml:1-10 pass",
      "EGR-203": "frees.yaml:1-10 pass",
      "EGR-204": "frees.yaml:1-10 pass",
      "EGR-301": "frees.yaml:1-10 pass",
    });
  });

  test("a document that is new: its only rule goes, and what then isolates is in the verdict", async () => {
    const document = `---\n# Everything\n${allow("all", EVERY_POD)}`;
    const review = await reviewed(base, { ...base, "deny.yaml": `${DENY}${document}` });
    expect(fixesOf(review)).toEqual({ "EGR-203": "deny.yaml:22-25 pass" });
  });

  test("what would break the file is no fix", async () => {
    const first = EVERY_POD.replace("to:", "to: &wide");
    const second = "    - to: *wide\n      ports:\n        - port: 80\n";
    expect(fixesOf(await reviewed(base, head(`${DNS}${first}${second}`)))).toEqual({ "EGR-203": null });
    expect(fixesOf(await reviewed(base, head(`${DNS}${first}`)))).toEqual({
      "EGR-203": "web.yaml:18-21 pass",
    });
  });

  test("what base allowed and head does not is not brought back by a deletion: a deny that is gone has no fix", async () => {
    const { "deny.yaml": _, ...without } = base;
    const review = await reviewed(base, { ...without, "web.yaml": "" });
    expect(fixesOf(review)).toEqual({ "EGR-101": null });
  });

  test("a line that was changed, and not added, stays", async () => {
    const narrow = EVERY_POD.replace("{}", "{matchLabels: {team: shop}}");
    expect(fixesOf(await reviewed({ ...base, "web.yaml": allow("web", narrow) }, head(EVERY_POD)))).toEqual({
      "EGR-203": null,
    });
  });

  test("the switch that puts a pod on the host network", async () => {
    const host = CLUSTER.replace(
      "    spec:\n      containers",
      "    spec:\n      hostNetwork: true\n      containers",
    );
    expect(fixesOf(await reviewed(base, { ...base, "cluster.yaml": host }))).toEqual({
      "EGR-106": "cluster.yaml:20-20 pass",
    });
  });
});

describe("a chart", () => {
  const chart = (rule: string, values: string) => ({
    "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "charts/shop/values.yaml": values,
    "charts/shop/templates/cluster.yaml": CLUSTER,
    "charts/shop/templates/deny.yaml": `{{- if .Values.isolated }}\n${DENY}{{- end }}\n`,
    "charts/shop/templates/web.yaml": allow("web", `${DNS}${rule}`),
  });
  const values = "isolated: true\nport: 443\nmirror: false\n";

  test("lines of a template that are certain, one of them filled by a value", async () => {
    const rule = EVERY_POD.replace("443", "{{ .Values.port }}");
    expect(fixesOf(await reviewed(chart("", values), chart(rule, values)))).toEqual({
      "EGR-203": "charts/shop/templates/web.yaml:18-21 pass",
    });
  });

  test("a rule within a block that the change adds: the block stays, and gives nothing", async () => {
    const rule = `    {{- if .Values.isolated }}\n${EVERY_POD}    {{- end }}\n`;
    expect(fixesOf(await reviewed(chart("", values), chart(rule, values)))).toEqual({
      "EGR-203": "charts/shop/templates/web.yaml:19-22 pass",
    });
  });

  test("a rule of which a line is not certain", async () => {
    const rule = "    {{- toYaml .Values.rules | nindent 4 }}\n";
    const more = `${values}rules:\n${EVERY_POD}`;
    expect(fixesOf(await reviewed(chart("", values), chart(rule, more)))).toEqual({ "EGR-203": null });
  });

  test("a value that opens a rule of base: the rule is not the change's, and the value is not its line", async () => {
    const rule = `    {{- if .Values.mirror }}\n${EVERY_POD}    {{- end }}\n`;
    const on = values.replace("false", "true");
    expect(fixesOf(await reviewed(chart(rule, values), chart(rule, on)))).toEqual({ "EGR-203": null });
  });
});

describe("what is tried", () => {
  const base = { "cluster.yaml": CLUSTER, "deny.yaml": DENY, "web.yaml": allow("web", DNS) };
  const head = { ...base, "web.yaml": allow("web", `${DNS}${EVERY_POD}`) };

  test("nothing, where nobody asks or the time is over", async () => {
    const none = { "EGR-203": null };
    expect(fixesOf(await reviewed(base, head, { fixes: false }))).toEqual(none);
    expect(fixesOf(await reviewed(base, head, { limits: { fixMilliseconds: 0 } }))).toEqual(none);
    const stopped = AbortSignal.abort();
    expect(fixesOf(await reviewed(base, head, { signal: stopped }))).toEqual(none);
  });

  test("five places, the strongest findings first", async () => {
    const wides = ["16", "32", "64", "80", "128", "144", "208"].map((first) => wide(`${first}.0.0.0/4`));
    const { findings } = await reviewed(base, {
      ...base,
      "web.yaml": allow("web", `${DNS}${wides.join("")}`),
    });
    const fixed = findings.filter(({ severity }) => severity === "block").map(({ fix }) => fix !== null);
    expect(fixed).toEqual([true, true, true, true, true, false, false]);
  });

  test("the edit for what only observes says what would be said if it counted", async () => {
    const config = "environments:\n  shop:\n    roots: [shop]\n    mode: observe\n";
    const within = (files: Files) =>
      Object.fromEntries(Object.entries(files).map(([path, content]) => [`shop/${path}`, content]));
    const observed = (files: Files) => ({ ...within(files), ".egress-review.yaml": config });
    const two = { ...base, "web.yaml": allow("web", `${DNS}${EVERY_POD}${wide("128.0.0.0/3")}`) };
    const review = await reviewTrees(engine, treeOf(observed(base)), treeOf(observed(two)), { fixes: true });
    expect([review.verdict, review.observed]).toEqual(["pass", "block"]);
    expect(fixesOf(review)).toEqual({
      "EGR-202": "shop/web.yaml:22-26 block, left: 203",
      "EGR-203": "shop/web.yaml:18-21 block, left: 202",
    });
  });
});

/** Edits that the cases have; fewer means that a way to find one was lost. */
const LEAST_FIXES = 40;

test("each edit of the blocked cases leads to what it says", async () => {
  let fixes = 0;
  for (const name of caseNames.filter((one) => readCase(one).verdict === "block")) {
    const [base, head] = [await openCase(name, "base"), await openCase(name, "head")];
    fixes += await expectTrue(base, head, await reviewTrees(engine, base, head, { fixes: true }));
  }
  expect(fixes).toBeGreaterThanOrEqual(LEAST_FIXES);
});
