import { describe, expect, test } from "@jest/globals";
import { deletions } from "../../src/blame/deletions.ts";
import type { Cause } from "../../src/rules/finding.ts";
import { overlay } from "../../src/tree/overlay.ts";
import { manifest } from "../render/manifest.ts";
import { type Files, treeOf } from "../targets/tree-of.ts";

const BEFORE = `# Policies of the shop
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {}
  egress:
    - to:
        - podSelector: {}
      ports:
        - port: 80
`;
const RULE = `    # everything inside
    - to:
        - namespaceSelector: {}
      ports:
        - port: 80
`;
const AFTER = BEFORE + RULE;
const NEW = "/spec/egress/1/to/0";

function cause(file: string, pointer: string, more: Partial<Cause> = {}): Cause {
  const start = file.indexOf("apiVersion");
  const line = file.slice(0, start).split("\n").length;
  const text = file.slice(start).split("\n---\n")[0] ?? "";
  const origin = { path: "web.yaml", source: "web.yaml", line, text };
  return { side: "head", manifest: manifest(text, origin), pointer, place: null, ...more };
}

async function tried(base: Files, head: string, pointer: string, more: Partial<Cause> = {}) {
  const trees = { base: treeOf(base), head: treeOf({ "web.yaml": head }) };
  const found = await deletions(cause(head, pointer, more), trees);
  return found.map(({ lines: { first, last } }) => `${first}-${last}`);
}

describe("what may be deleted", () => {
  test("the peer, then its rule with the comment above, and not the policy that was there before", async () => {
    expect(await tried({ "web.yaml": BEFORE }, AFTER, NEW)).toEqual(["16-16", "14-18"]);
  });

  test("a rule in front of one that reads alike, however the difference is told", async () => {
    const head = BEFORE.replace("    - to:\n", `${RULE}    - to:\n`);
    expect(await tried({ "web.yaml": BEFORE }, head, "/spec/egress/0/to/0")).toEqual(["12-12", "10-14"]);
  });

  test("the whole policy with its separator where the file is new", async () => {
    expect(await tried({}, AFTER, NEW)).toEqual(["16-16", "14-18", "2-18"]);
  });

  test("the whole policy where the document is new", async () => {
    const other = "kind: ConfigMap\n";
    const head = `${other}---\n${AFTER.slice(AFTER.indexOf("apiVersion"))}`;
    expect(await tried({ "web.yaml": other }, head, NEW)).toEqual(["16-16", "14-18", "2-18"]);
  });

  test("nothing where the peer was changed and not added: base has the rest of its rule", async () => {
    const head = BEFORE.replace("- podSelector: {}", "- namespaceSelector: {}");
    expect(await tried({ "web.yaml": BEFORE }, head, "/spec/egress/0")).toEqual([]);
    expect(await tried({ "web.yaml": BEFORE }, head, "/spec/egress/0/to/0")).toEqual(["11-11"]);
  });

  test("nothing of what stood there before", async () => {
    expect(await tried({ "web.yaml": BEFORE }, AFTER, "/spec/egress/0/to/0")).toEqual([]);
  });

  test("nothing where something else stands on the line", async () => {
    const rule = "    - {to: [{namespaceSelector: {}}]}\n";
    expect(await tried({ "web.yaml": BEFORE }, BEFORE + rule, "/spec/egress/1/to/0")).toEqual(["14-14"]);
    const shared = `${BEFORE.split("  egress:")[0]}  egress: [{to: [{namespaceSelector: {}}]}]\n`;
    expect(await tried({ "web.yaml": BEFORE }, shared, "/spec/egress/0/to/0")).toEqual([]);
  });

  test("nothing of base, and nothing of a cause without an object", async () => {
    expect(await tried({}, AFTER, NEW, { side: "base" })).toEqual([]);
    expect(await tried({}, AFTER, NEW, { manifest: null })).toEqual([]);
  });

  test("never a workload as a whole: to deploy it is no mistake", async () => {
    const workload = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n";
    expect(await tried({}, workload, "")).toEqual([]);
    expect(await tried({}, workload, "/spec/replicas")).toEqual(["6-6"]);
  });

  test("nothing behind a link: another file would change", async () => {
    const head = treeOf({ "web.yaml": { link: "real.yaml" }, "real.yaml": AFTER });
    expect(await deletions(cause(AFTER, NEW), { base: treeOf({}), head })).toEqual([]);
  });

  test("nothing of two texts that have thousands of differences", async () => {
    const lines = (name: string) =>
      Array.from({ length: 1_500 }, (_, index) => `# ${name} ${index}\n`).join("");
    const base = { "web.yaml": `${BEFORE}${lines("old")}` };
    expect(await tried(base, `${AFTER}${lines("new")}`, NEW)).toEqual([]);
    expect(await tried(base, `${AFTER}${lines("old")}`, NEW)).toEqual(["16-16", "14-18"]);
  });
});

describe("what is left", () => {
  test.each([
    ["with its line breaks", AFTER.replaceAll("\n", "\r\n"), BEFORE.replaceAll("\n", "\r\n")],
    ["with its byte order mark", `\ufeff${AFTER}`, `\ufeff${BEFORE}`],
    ["without a line break at its end", AFTER.trimEnd(), BEFORE.trimEnd()],
  ])("the file %s", async (_title, head, left) => {
    const trees = { base: treeOf({ "web.yaml": left }), head: treeOf({ "web.yaml": head }) };
    const found = await deletions(cause(head, NEW), trees);
    expect(
      found.map(({ content }) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(content)).at(-1),
    ).toBe(left);
  });

  test("nothing is written again that is no text", async () => {
    const bytes = Buffer.concat([Buffer.from(`${AFTER}# `), Buffer.from([0xff])]);
    const head = overlay(treeOf({}), new Map([["web.yaml", bytes]]));
    expect(await deletions(cause(AFTER, NEW), { base: treeOf({}), head })).toEqual([]);
  });
});
