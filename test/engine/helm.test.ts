import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Engine, HelmRequest, Rendering } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { type Files, memoryTree } from "./memory-tree.ts";

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine({ renderers: 1 });
});

afterAll(async () => {
  await engine.close();
});

function render(files: Files, request: Partial<HelmRequest> = {}): Promise<Rendering> {
  return engine.helm(memoryTree(files), { chart: "app", ...request });
}

/** A ConfigMap whose data is one expression. */
function configMap(expression: string, name = "x"): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {value: ${expression}}\n`;
}

/** Files of a chart below a folder. */
function chart(folder: string, files: Files, more = ""): Files {
  const name = folder.split("/").at(-1) ?? folder;
  const entries = Object.entries(files).map(([path, content]) => [`${folder}/${path}`, content]);
  return {
    [`${folder}/Chart.yaml`]: `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n${more}`,
    ...Object.fromEntries(entries),
  };
}

/** The one value of each ConfigMap, by the name of the object. */
function values(rendering: Rendering): Record<string, unknown> {
  return Object.fromEntries(
    rendering.documents.map(({ object }) => {
      const { metadata, data } = object as unknown as {
        metadata: { name: string };
        data: { value: unknown };
      };
      return [metadata.name, data.value];
    }),
  );
}

/** A tar archive of a chart, gzipped. */
function archive(files: Files): Uint8Array {
  const blocks = Object.entries(files).flatMap(([path, content]) => {
    const body = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(path, 0);
    header.write("0000644\0", 100);
    header.write("0000000\0", 108);
    header.write("0000000\0", 116);
    header.write(`${body.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("00000000000\0", 136);
    header.write("        ", 148);
    header.write("0", 156);
    header.write("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

describe("values", () => {
  const files = {
    ...chart("app", {
      "values.yaml": "a: chart\nb: chart\nc: chart\nd: chart\ne: chart\nf: chart\ng: chart\n",
      "templates/x.yaml": configMap(
        '"{{ .Values.a }} {{ .Values.b }} {{ .Values.c }} {{ .Values.d }} {{ .Values.e }} {{ .Values.f }} {{ .Values.g }}"',
      ),
    }),
    "env/one.yaml": "b: one\nc: one\n",
    "env/note.txt": "file",
  };

  test("later layers win, then --set in the order of Helm", async () => {
    const rendering = await render(files, {
      values: [{ path: "env/one.yaml" }, { text: "c: inline\nd: inline" }],
      setJson: ['{"e": "json"}'],
      set: ["d=set", "g=set"],
      setString: ["g=string"],
      setFile: ["f=env/note.txt"],
    });
    expect(values(rendering)).toEqual({ x: "chart one inline set json file string" });
  });

  test("an absent layer fails, an optional one does not, and both are in the trace", async () => {
    const absent = await render(files, { values: [{ path: "env/prod.yaml" }] });
    expect(absent.error).toMatchObject({ kind: "values", message: expect.stringContaining("env/prod.yaml") });
    const optional = await render(files, { values: [{ path: "env/prod.yaml", optional: true }] });
    expect(optional.error).toBeNull();
    expect(optional.trace).toContainEqual(["read", "env/prod.yaml", "missing"]);
  });

  test("a path out of the repository is refused", async () => {
    const { error } = await render(files, { values: [{ path: "../secret.yaml" }] });
    expect(error).toMatchObject({ kind: "values", message: expect.stringContaining("leads out") });
  });

  test("release, namespace, capabilities and upgrade are as asked", async () => {
    const template = configMap(
      '"{{ .Release.Name }} {{ .Release.Namespace }} {{ .Capabilities.KubeVersion }} {{ .Capabilities.APIVersions.Has "example.com/v1" }} {{ .Release.IsUpgrade }}"',
    );
    const rendering = await render(chart("app", { "templates/x.yaml": template }), {
      releaseName: "web",
      namespace: "prod",
      kubeVersion: "1.31",
      apiVersions: ["example.com/v1"],
      isUpgrade: true,
    });
    expect(values(rendering)).toEqual({ x: "web prod v1.31 true true" });
  });

  test("the default API versions are those of a native helm of this version", async () => {
    const expected: unknown = JSON.parse(readFileSync(new URL("api-versions.json", import.meta.url), "utf8"));
    const template = configMap('"{{ .Capabilities.APIVersions | toJson | b64enc }}"');
    const { x } = values(await render(chart("app", { "templates/x.yaml": template })));
    expect(JSON.parse(Buffer.from(String(x), "base64").toString())).toEqual(expected);
  });

  test("a schema is applied; one that refers elsewhere is left out, and this is said", async () => {
    const typed = {
      "values.schema.json": '{"properties": {"a": {"type": "integer"}}}',
      "values.yaml": "a: text\n",
    };
    expect((await render(chart("app", typed))).error?.kind).toBe("schema");
    expect((await render(chart("app", typed), { skipSchemaValidation: true })).error).toBeNull();
    const remote = { "values.schema.json": '{"properties": {"a": {"$ref": "https://example.com/a.json"}}}' };
    const rendering = await render(chart("app", { ...remote, "templates/x.yaml": configMap("v") }));
    expect(rendering.error).toBeNull();
    expect(rendering.warnings).toEqual([expect.stringContaining("https://example.com/a.json")]);
  });
});

describe("documents", () => {
  test("come in Helm's order with their template", async () => {
    const rendering = await render(
      chart("app", {
        "crds/one.yaml": "# first\n---\nkind: CustomResourceDefinition\napiVersion: v1\n",
        "templates/z.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n",
        "templates/a.yaml":
          "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n---\n# empty\n---\nkind: Service\n",
        "templates/hook.yaml": "kind: Job\nmetadata: {name: j, annotations: {helm.sh/hook: pre-install}}\n",
        "templates/test.yaml": "kind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n",
        "templates/NOTES.txt": "thank you",
      }),
      { includeCRDs: true, skipTests: true },
    );
    expect(
      rendering.documents.map(({ object, group, source, line }) => [object?.["kind"], group, source, line]),
    ).toEqual([
      ["CustomResourceDefinition", "crd", "app/crds/one.yaml", 3],
      ["Namespace", "manifest", "app/templates/z.yaml", null],
      ["Service", "manifest", "app/templates/a.yaml", null],
      ["Deployment", "manifest", "app/templates/a.yaml", null],
      ["Job", "hook", "app/templates/hook.yaml", null],
    ]);
  });

  test("the last of duplicate keys wins, and each duplicate is reported", async () => {
    const policy = [
      "apiVersion: v1",
      "kind: NetworkPolicy",
      "metadata: {name: first}",
      "spec:",
      "  egress:",
      "    - to: [{a: 1}]",
      "      to: []",
      "metadata: {name: second}",
    ];
    const { documents } = await render(chart("app", { "templates/x.yaml": `${policy.join("\n")}\n` }));
    expect(documents[0]?.object).toMatchObject({
      metadata: { name: "second" },
      spec: { egress: [{ to: [] }] },
    });
    expect(documents[0]?.duplicateKeys).toEqual([
      { path: [], key: "metadata", line: 8, earlier: 3 },
      { path: ["spec", "egress", 0], key: "to", line: 7, earlier: 6 },
    ]);
  });

  test("a merge key that is overridden is no duplicate", async () => {
    const text = "kind: A\nbase: &base {a: 1}\nuse:\n  <<: *base\n  a: 2\n";
    const { documents } = await render(chart("app", { "templates/x.yaml": text }));
    expect(documents[0]).toMatchObject({ object: { use: { a: 2 } }, duplicateKeys: [] });
  });

  test("random and key functions, the clock and the order of maps repeat", async () => {
    const functions = [
      "randAlphaNum 8",
      "uuidv4",
      "now | unixEpoch",
      'genPrivateKey "rsa" | sha256sum',
      '(genCA "x" 365).Cert | sha256sum',
      '(genSignedCert "x" nil nil 365 (genCA "y" 1)).Key | sha256sum',
      'htpasswd "a" "b"',
      "keys .Values | first",
      "randInt 0 1000000",
    ];
    const template = functions
      .map((body, index) => configMap(`{{ ${body} | quote }}`, `f${index}`))
      .join("---\n");
    const files = chart("app", { "templates/x.yaml": template, "values.yaml": "c: 1\na: 1\nb: 1\n" });
    const one = await render(files);
    expect(one.error).toBeNull();
    const reversed = Object.fromEntries(Object.entries(files).reverse());
    expect((await render(reversed)).documents).toEqual(one.documents);
    expect(values(one)["f7"]).toBe("a");
  });
});

describe("subcharts", () => {
  const subchart = { "templates/x.yaml": configMap("{{ .Values.v }}", "sub"), "values.yaml": "v: one\n" };

  test("keep their place in the repository, also under an alias", async () => {
    const dependencies = "dependencies:\n  - {name: sub, version: 1.0.0, alias: other}\n";
    const rendering = await render({
      ...chart("app", {}, dependencies),
      ...chart("app/charts/sub", subchart),
    });
    expect(rendering.documents[0]).toMatchObject({
      name: "app/charts/other/templates/x.yaml",
      source: "app/charts/sub/templates/x.yaml",
    });
  });

  test("in an archive have the archive as their place", async () => {
    const packed = archive(chart("sub", subchart));
    const rendering = await render({ ...chart("app", {}), "app/charts/sub-1.0.0.tgz": packed });
    expect(rendering.documents[0]).toMatchObject({ source: null, archive: "app/charts/sub-1.0.0.tgz" });
    const root = await engine.helm(memoryTree({ "sub.tgz": packed }), { chart: "sub.tgz" });
    expect(root.documents[0]).toMatchObject({ source: null, archive: "sub.tgz" });
  });

  test("that stand twice are rendered the same way each time, with a warning", async () => {
    const packed = archive(chart("sub", { ...subchart, "values.yaml": "v: packed\n" }));
    const files = { "app/charts/sub-1.0.0.tgz": packed, ...chart("app/charts/sub", subchart) };
    const declared = chart("app", {}, "dependencies:\n  - {name: sub, version: 1.0.0}\n");
    const rendering = await render({ ...files, ...declared });
    expect(values(rendering)).toEqual({ sub: "one" });
    expect(rendering.warnings).toEqual([expect.stringContaining("two copies of subchart sub")]);
  });

  test("of file:// dependencies are read from the repository", async () => {
    const dependencies = 'dependencies:\n  - {name: lib, version: ">=1.0.0", repository: "file://../lib"}\n';
    const files = { ...chart("app", {}, dependencies), ...chart("lib", subchart) };
    const rendering = await render(files);
    expect(rendering.missing).toEqual([]);
    expect(rendering.documents[0]).toMatchObject({
      source: "lib/templates/x.yaml",
      name: "app/charts/lib/templates/x.yaml",
    });
  });

  test.each([
    [
      "a version that does not fit",
      '{name: lib, version: "2.x", repository: "file://../lib"}',
      "valid version",
    ],
    ["another name", '{name: other, version: "1.x", repository: "file://../lib"}', "holds chart lib"],
    ["no directory", '{name: lib, version: "1.x", repository: "file://../none"}', "none"],
    [
      "a path out of the repository",
      '{name: lib, version: "1.x", repository: "file://../../lib"}',
      "leads out",
    ],
    ["nothing vendored", '{name: lib, version: "1.x", repository: "https://example.com"}', null],
  ])("with %s are missing, and the rest is rendered", async (_case, dependency, message) => {
    const files = {
      ...chart(
        "app",
        { "templates/own.yaml": configMap("own", "own") },
        `dependencies:\n  - ${dependency}\n`,
      ),
      ...chart("lib", subchart),
    };
    const rendering = await render(files);
    expect(rendering.error).toBeNull();
    expect(values(rendering)).toEqual({ own: "own" });
    expect(rendering.missing).toMatchObject([
      { enabled: true, message: message === null ? null : expect.stringContaining(message) },
    ]);
  });

  test("that are missing and switched off are marked so", async () => {
    const dependency = "{name: lib, version: 1.x, repository: https://example.com, condition: lib.enabled}";
    const files = chart("app", {}, `dependencies:\n  - ${dependency}\n`);
    expect((await render(files, { set: ["lib.enabled=false"] })).missing).toMatchObject([
      { name: "lib", enabled: false },
    ]);
    expect((await render(files)).missing).toMatchObject([{ name: "lib", enabled: true }]);
  });

  test("a lock that does not fit makes a local dependency missing", async () => {
    const dependencies = 'dependencies:\n  - {name: lib, version: "1.x", repository: "file://../lib"}\n';
    const lock =
      'dependencies:\n  - {name: lib, version: 1.0.0, repository: "file://../lib"}\ndigest: sha256:0\n';
    const files = { ...chart("app", { "Chart.lock": lock }, dependencies), ...chart("lib", subchart) };
    expect((await render(files)).missing).toMatchObject([
      { message: expect.stringContaining("out of sync") },
    ]);
  });
});

describe("partly readable charts", () => {
  const good = { "templates/good.yaml": configMap("fine", "good") };

  test.each([
    ["does not parse", "kind: ConfigMap\na: {{ nothing }}\n", 2],
    ["fails when it runs", 'kind: ConfigMap\n\na: {{ required "x is needed" .Values.x }}\n', 3],
    ["gives no YAML", "kind: ConfigMap\na: b: c\n", null],
  ])("a template that %s is dropped, the rest is rendered", async (_case, text, line) => {
    const rendering = await render(chart("app", { ...good, "templates/bad.yaml": text }));
    expect(rendering.error).toBeNull();
    expect(values(rendering)).toEqual({ good: "fine" });
    expect(rendering.dropped).toMatchObject([
      {
        kind: "template",
        template: "app/templates/bad.yaml",
        source: "app/templates/bad.yaml",
        line,
        kinds: ["ConfigMap"],
      },
    ]);
  });

  test("an error inside a helper drops the template that includes it", async () => {
    const rendering = await render(
      chart("app", {
        ...good,
        "templates/_helpers.tpl": '{{ define "broken" }}{{ fail "no" }}{{ end }}',
        "templates/bad.yaml": 'kind: Secret\na: {{ include "broken" . }}\n',
      }),
    );
    expect(values(rendering)).toEqual({ good: "fine" });
    expect(rendering.dropped).toMatchObject([
      { template: "app/templates/bad.yaml", line: 2, kinds: ["Secret"] },
    ]);
  });

  test("a helper file that does not parse fails the chart", async () => {
    const rendering = await render(chart("app", { ...good, "templates/_helpers.tpl": "\n{{ define }}" }));
    expect(rendering.documents).toEqual([]);
    expect(rendering.error).toMatchObject({
      kind: "template",
      source: "app/templates/_helpers.tpl",
      line: 2,
    });
  });

  test("templates that do not parse are found together, and a helper among them still fails the chart", async () => {
    const bad = { "templates/a.yaml": "kind: A\n{{ end }}", "templates/b.yaml": "kind: B\n\n{{ nothing }}" };
    const rendering = await render(chart("app", { ...good, ...bad }));
    expect(values(rendering)).toEqual({ good: "fine" });
    expect(
      rendering.dropped.map((dropped) => dropped.kind === "template" && [dropped.template, dropped.line]),
    ).toEqual([
      ["app/templates/b.yaml", 3],
      ["app/templates/a.yaml", 2],
    ]);
    const helper = { ...good, ...bad, "templates/_z.tpl": "{{ end }}" };
    expect((await render(chart("app", helper))).error).toMatchObject({
      source: "app/templates/_z.tpl",
      line: 1,
    });
  });

  test("twenty templates may fail, not more", async () => {
    const bad = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`templates/bad${index}.yaml`, "{{ nothing }}"]),
      );
    expect((await render(chart("app", { ...good, ...bad(20) }))).dropped).toHaveLength(20);
    expect((await render(chart("app", { ...good, ...bad(21) }))).error?.kind).toBe("template");
  });

  test.each([
    ['kind: A\n---\nkind: "B" # note\n{{ nothing }}', null],
    ['kind: A\n---\nkind: "B" # note\nx: {{ nothing }}', ["A", "B"]],
    ["kind: {{ .Values.kind }}\nx: {{ nothing }}", null],
    ["x: {{ nothing }}", null],
    ['kind: A\n{{ include "more" . }}\nx: {{ nothing }}', null],
    ['kind: A\n{{- include "labels" . | nindent 4 }}\nx: {{ nothing }}', ["A"]],
    ["{{- if .Values.on }}\nkind: A\n{{- end }}\n{{/* note */}}\nx: {{ nothing }}", ["A"]],
    ['{"kind": "A", "x": {{ nothing }}}', ["A"]],
  ])("the kinds of %j are %j", async (text, kinds) => {
    const rendering = await render(chart("app", { "templates/bad.yaml": text }));
    expect(rendering.dropped).toMatchObject([{ kinds }]);
  });
});

describe("errors", () => {
  test.each<[string, Files, Partial<HelmRequest>, string]>([
    ["no chart", {}, {}, "not-found"],
    ["no Chart.yaml", { "app/values.yaml": "" }, {}, "chart"],
    ["invalid values.yaml", chart("app", { "values.yaml": "a: b: c" }), {}, "chart"],
    ["a library chart", chart("app", {}, "type: library\n"), {}, "not-installable"],
    ["another Kubernetes", chart("app", {}, "kubeVersion: '>=9.0.0'\n"), {}, "kube-version"],
    ["an invalid release name", chart("app", {}), { releaseName: "NO" }, "request"],
    [
      "a link out of the repository",
      { ...chart("app", {}), "app/templates/x.yaml": "-> ../../../x" },
      {},
      "chart",
    ],
    ["an archive that is none", { "app/Chart.yaml": "", "x.tgz": "text" }, { chart: "x.tgz" }, "chart"],
  ])("%s", async (_case, files, request, kind) => {
    const rendering = await render(files, request);
    expect(rendering.error?.kind).toBe(kind);
    expect(rendering.documents).toEqual([]);
  });
});

test("links are followed inside the repository, for charts, folders and files", async () => {
  const files = {
    ...chart("real", { "templates/x.yaml": configMap("v") }),
    app: "-> real",
    "real/templates/y.yaml": "-> ../../shared/y.yaml",
    "shared/y.yaml": configMap("w", "linked"),
  };
  expect(values(await render(files))).toEqual({ x: "v", linked: "w" });
});

test(".helmignore and its defaults hold", async () => {
  const files = chart("app", {
    ".helmignore": "*.skip.yaml\n",
    "templates/a.yaml": configMap("v", "a"),
    "templates/b.skip.yaml": configMap("v", "b"),
    "templates/.c.yaml": configMap("v", "c"),
  });
  expect(values(await render(files))).toEqual({ a: "v" });
});
