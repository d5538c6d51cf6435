import { describe, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { locate } from "../../src/blame/locate.ts";
import { locateUnknown } from "../../src/blame/locate-unknown.ts";
import { memoryTree } from "../engine/memory-tree.ts";
import { read, unknownIn } from "../policy/read-policy.ts";
import { manifest } from "../render/manifest.ts";

const POLICY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-api
spec:
  podSelector: {}
  egress:
  # to the payment provider
  - to:
    - namespaceSelector: {}
    ports:
    - port: 443
`;

describe("plain files", () => {
  const tree = memoryTree({ "a.yaml": `# head\nkind: ConfigMap\n---\n# the policy\n${POLICY}` });
  const origin = { path: "a.yaml", source: "a.yaml", line: 4 };

  test.each([
    ["", 4],
    ["/apiVersion", 5],
    ["/spec/egress/0", 13],
    ["/spec/egress/0/to/0", 14],
    ["/spec/egress/0/ports/0/port", 16],
  ])("%j is line %d", async (pointer, line) => {
    expect(await locate(tree, manifest(`# the policy\n${POLICY}`, origin), pointer)).toEqual({
      path: "a.yaml",
      line,
    });
  });

  test("a file that does not say the same has no line", async () => {
    const other = memoryTree({ "a.yaml": POLICY });
    expect(await locate(other, manifest(`# the policy\n${POLICY}`, origin), "/spec/egress/0")).toEqual({
      path: "a.yaml",
      line: null,
    });
    expect(await locate(memoryTree({}), manifest(POLICY, origin), "")).toEqual({
      path: "a.yaml",
      line: null,
    });
  });
});

describe("Helm templates", () => {
  const template = `# Policies of the shop\n---\n${POLICY.replace("allow-api", "allow-db").replace("443", "5432")}---\n${POLICY}`;
  const tree = memoryTree({ "shop/templates/policies.yaml": template });
  const origin = { path: "shop/templates/policies.yaml", source: "shop/templates/policies.yaml", line: null };

  test("the part of the right document", async () => {
    const second = manifest(POLICY, origin);
    expect(await locate(tree, second, "/spec/egress/0/to/0")).toEqual({ path: origin.path, line: 25 });
    expect(await locate(tree, second, "")).toEqual({ path: origin.path, line: 16 });
    const first = manifest(POLICY.replace("allow-api", "allow-db").replace("443", "5432"), origin);
    expect(await locate(tree, first, "/spec/egress/0/to/0")).toEqual({ path: origin.path, line: 12 });
  });

  test("a part that a value made has no line, its file is named", async () => {
    const templated = memoryTree({
      "shop/templates/policies.yaml": POLICY.replace("443", "{{ .Values.port }}"),
    });
    const one = manifest(POLICY, origin);
    expect(await locate(templated, one, "/spec/egress/0/ports/0/port")).toEqual({
      path: origin.path,
      line: null,
    });
    expect(await locate(templated, one, "/spec/egress/0")).toEqual({ path: origin.path, line: 9 });
  });

  test("an archive is named without a line", async () => {
    const archived = manifest(POLICY, {
      path: null,
      source: "shop/charts/db/templates/p.yaml",
      archive: "shop/charts/db-1.0.0.tgz",
    });
    const files = memoryTree({ "shop/charts/db-1.0.0.tgz": "bytes" });
    expect(await locate(files, archived, "/spec")).toEqual({ path: "shop/charts/db-1.0.0.tgz", line: null });
  });
});

describe("Kustomize writes objects anew", () => {
  const origin = { path: "base/policy.yaml", source: "base/policy.yaml", line: null, built: true };
  const tree = (files: Record<string, string>) =>
    memoryTree({ "base/kustomization.yaml": "resources: [policy.yaml]\n", ...files });
  const built = (
    change: (spec: { egress: { to: unknown[]; ports: { port: number }[] }[] }) => void = () => {},
    name = "allow-api",
  ) => {
    const one = manifest(POLICY.replace("allow-api", name), origin);
    change(
      (one.object as unknown as { spec: { egress: { to: unknown[]; ports: { port: number }[] }[] } }).spec,
    );
    return { ...one, origin: { ...one.origin, text: stringify(one.object, { sortMapEntries: true }) } };
  };

  test("a part that is as its file says has the file's line", async () => {
    const files = tree({ "base/policy.yaml": `kind: ConfigMap\n---\n# the policy\n${POLICY}` });
    expect(await locate(files, built(), "/spec/egress/0/to/0")).toEqual({ path: origin.path, line: 13 });
    expect(await locate(files, built(undefined, "prod-allow-api"), "/spec/egress/0")).toEqual({
      path: origin.path,
      line: 12,
    });
    expect(await locate(files, built(), "")).toEqual({ path: origin.path, line: 3 });
  });

  test("a part that a patch changed has none; its neighbours keep theirs", async () => {
    const files = tree({ "base/policy.yaml": POLICY });
    const patched = built((spec) => {
      for (const rule of spec.egress) for (const port of rule.ports) port.port = 8443;
    });
    expect(await locate(files, patched, "/spec/egress/0/ports/0")).toEqual({ path: origin.path, line: null });
    expect(await locate(files, patched, "/spec/podSelector")).toEqual({ path: origin.path, line: 6 });
    expect(await locate(files, patched, "/spec/egress/0")).toEqual({ path: origin.path, line: null });
  });

  test("an element that a patch put in front shifts nothing silently", async () => {
    const files = tree({ "base/policy.yaml": POLICY });
    const shifted = built((spec) => spec.egress.unshift({ to: [], ports: [] }));
    expect(await locate(files, shifted, "/spec/egress/1")).toEqual({ path: origin.path, line: null });
  });

  test("equal elements are not taken for each other where a patch put one in front", async () => {
    const rule = POLICY.slice(POLICY.indexOf("  - to:"));
    const files = tree({ "base/policy.yaml": `${POLICY}${rule}` });
    const twice = built((spec) => spec.egress.push(...spec.egress));
    expect(await locate(files, twice, "/spec/egress/1")).toEqual({ path: origin.path, line: 13 });
    const shifted = built((spec) => spec.egress.unshift({ to: [], ports: [] }, ...spec.egress));
    expect(await locate(files, shifted, "/spec/egress/1")).toEqual({ path: origin.path, line: null });
  });

  test("two documents that can be the object: no line", async () => {
    const files = tree({ "base/policy.yaml": `${POLICY}---\n${POLICY.replace("443", "80")}` });
    expect(await locate(files, built(), "/spec/egress/0")).toEqual({ path: origin.path, line: null });
  });

  test("what a generator made is the kustomization's", async () => {
    const generated = manifest(POLICY, { path: null, source: "base", built: true });
    expect(await locate(tree({}), generated, "/spec")).toEqual({
      path: "base/kustomization.yaml",
      line: null,
    });
    expect(await locate(memoryTree({}), generated, "/spec")).toBeNull();
  });
});

describe("unknowns", () => {
  test("a refused policy is cited at the field that is wrong", async () => {
    const text = POLICY.replace("443", "70000");
    const unknown = unknownIn(read(manifest(text, { path: "a.yaml", source: "a.yaml", line: 1 })));
    expect(await locateUnknown(memoryTree({ "a.yaml": text }), unknown)).toEqual({
      path: "a.yaml",
      line: 12,
    });
  });

  test("a field that is missing is cited where it would stand; anything else where it came from", async () => {
    const text = POLICY.replace("- namespaceSelector: {}", "- ipBlock: {}");
    const unknown = unknownIn(read(manifest(text, { path: "a.yaml", source: "a.yaml", line: 1 })));
    expect(await locateUnknown(memoryTree({ "a.yaml": text }), unknown)).toEqual({
      path: "a.yaml",
      line: 10,
    });
    const { manifest: _, pointer: __, ...plain } = unknown;
    const place = { path: "b.yaml", line: 7 };
    expect(await locateUnknown(memoryTree({}), { ...plain, place })).toEqual(place);
  });
});
