import { afterAll, expect, test } from "@jest/globals";
import { locate } from "../../src/blame/locate.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import type { Manifest } from "../../src/render/render.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import type { Source } from "../../src/targets/targets.ts";
import { target } from "../cluster/cluster-builder.ts";
import { memoryTree } from "../engine/memory-tree.ts";

const deny = (namespace: string) => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: ${namespace}
spec:
  podSelector: {}
  policyTypes:
  - Egress
`;

const allow = (role: string) => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-mirror-${role}
  namespace: batch
spec:
  podSelector:
    matchLabels:
      role: ${role}
  policyTypes:
  - Egress
  egress:
  # package mirrors
  - to:
    - namespaceSelector: {}
    ports:
    - port: 443  # https
`;

/** Many documents that read alike, comments in front, one "---" too few. */
const TEMPLATE = `# Policies of the platform

---
# Deny in batch
${deny("batch")}---
# Deny in web
${deny("web")}---
# Mirrors for workers
${allow("worker")}---
# Mirrors for leaders
${allow("leader")}---
# Swallowed
${allow("swallowed")}

# Deny in data
${deny("data")}`;

const TREE = memoryTree({
  "platform/Chart.yaml": "apiVersion: v2\nname: platform\nversion: 1.0.0\n",
  "platform/templates/policies.yaml": TEMPLATE,
  "platform/templates/each.yaml": `{{- range .Values.namespaces }}\n---\n${deny("{{ . }}")}{{- end }}\n`,
  "platform/values.yaml": "namespaces: [one, two]\n",
  "plain/policies.yaml": TEMPLATE,
  "overlay/kustomization.yaml":
    "resources: [policy.yaml]\npatches:\n- target: {kind: NetworkPolicy}\n  patch: |\n    - {op: replace, path: /spec/podSelector/matchLabels/role, value: other}\n",
  "overlay/policy.yaml": `# Mirrors\n${allow("worker")}`,
});

const engine = openEngine();
afterAll(async () => (await engine).close());

async function policies(source: Source): Promise<readonly Manifest[]> {
  const { manifests, unknowns } = await renderTarget(await engine, TREE, target({ source }));
  expect(unknowns).toEqual([]);
  return manifests.filter(({ object }) => object.kind === "NetworkPolicy");
}

/** The text of the line that is cited, to compare without counting. */
async function cited(manifest: Manifest | undefined, pointer: string): Promise<string | null> {
  if (manifest === undefined) throw new Error("it was not rendered");
  const place = await locate(TREE, manifest, pointer);
  const content = place === null ? undefined : await TREE.read(place.path);
  if (place === null || !(content instanceof Uint8Array)) throw new Error("it has no file");
  return place.line === null
    ? null
    : `${place.line}: ${new TextDecoder().decode(content).split("\n")[place.line - 1]}`;
}

const PEER = "/spec/egress/0/to/0";

test.each([
  ["a Helm template", { kind: "helm", request: { chart: "platform" } }],
  ["a plain file", { kind: "directory", path: "plain", files: ["plain/policies.yaml"] }],
] as const)("exact lines in %s with documents that read alike", async (_, source) => {
  const found = new Map(
    (await policies(source)).map((one) => [`${one.namespace}/${one.object.metadata.name}`, one]),
  );
  expect(await cited(found.get("batch/default-deny"), "")).toBe("4: # Deny in batch");
  expect(await cited(found.get("web/default-deny"), "")).toBe("15: # Deny in web");
  expect(await cited(found.get("web/default-deny"), "/apiVersion")).toBe(
    "16: apiVersion: networking.k8s.io/v1",
  );
  expect(await cited(found.get("batch/allow-mirror-worker"), PEER)).toBe("41:     - namespaceSelector: {}");
  expect(await cited(found.get("batch/allow-mirror-leader"), PEER)).toBe("60:     - namespaceSelector: {}");
  expect(found.has("batch/allow-mirror-swallowed")).toBe(false);
  expect(await cited(found.get("data/default-deny"), "")).toBe("84: # Deny in data");
  expect(await cited(found.get("data/default-deny"), "/spec/podSelector")).toBe("91:   podSelector: {}");
});

test("documents of a loop: what is literal has its line, a value none", async () => {
  const found = await policies({ kind: "helm", request: { chart: "platform" } });
  const one = found.find(({ namespace }) => namespace === "one");
  expect(await cited(one, "/spec/podSelector")).toBe("9:   podSelector: {}");
  expect(await cited(one, "/metadata/namespace")).toBeNull();
});

test("a Kustomize overlay: the resource's line, none for what a patch wrote", async () => {
  const [one] = await policies({ kind: "kustomize", path: "overlay", edits: {} });
  expect(one?.origin.path).toBe("overlay/policy.yaml");
  expect(await cited(one, PEER)).toBe("16:     - namespaceSelector: {}");
  expect(await cited(one, "/spec/podSelector")).toBeNull();
});
