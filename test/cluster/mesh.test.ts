import { describe, expect, test } from "@jest/globals";
import { type MeshStatement, meshOf } from "../../src/cluster/mesh/mesh.ts";
import { cluster } from "./cluster-builder.ts";

const NAMESPACE = (labels: string) =>
  `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {${labels}}}\n`;
const INJECTED = NAMESPACE("istio-injection: enabled");
const WEB = (metadata = "{labels: {app: web}}", spec = "{}") =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {metadata: ${metadata}, spec: ${spec}}}\n`;
const MESH_CONFIG = (mesh: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: ${JSON.stringify(mesh)}}\n`;
const SIDECAR = (name: string, spec: string, namespace = "shop") =>
  `apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: ${spec}\n`;

function meshIn(...documents: readonly string[]) {
  const own = cluster(documents.join("---\n"));
  return { own, mesh: meshOf(own) };
}

function factsOf(statement: MeshStatement | null | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (statement?.facts ?? []).map(({ field, values, note }) => [
      field,
      [...values, ...(note === "" ? [] : [`(${note})`])].join(" "),
    ]),
  );
}

/** What is said of the one workload; null = it is no part of the mesh. */
function standing(...documents: readonly string[]) {
  const { own, mesh } = meshIn(...documents);
  const workload = own.workloads.get("shop/Deployment/web");
  const found = workload === undefined ? undefined : mesh?.standing(workload);
  return found === null || found === undefined ? null : factsOf(found);
}

function objects(...documents: readonly string[]) {
  return Object.fromEntries(
    (meshIn(...documents).mesh?.statements ?? []).map((one) => [one.about, factsOf(one)]),
  );
}

test("an environment without anything of Istio has no mesh", () => {
  expect(meshIn(WEB(), NAMESPACE("team: a")).mesh).toBeNull();
});

describe("outboundTrafficPolicy (istio/api, mesh/v1alpha1 and networking/v1 sidecar.proto)", () => {
  const outbound = (...documents: readonly string[]) =>
    standing(WEB(), INJECTED, ...documents)?.["outboundTrafficPolicy"];
  const REGISTRY = "outboundTrafficPolicy: {mode: REGISTRY_ONLY}";

  test("ALLOW_ANY unless something says otherwise: unknown hosts pass", () => {
    expect(outbound()).toBe("ALLOW_ANY (Istio's default: no MeshConfig in Git says otherwise)");
    expect(objects(MESH_CONFIG("accessLogFile: /dev/stdout"))).toEqual({
      "ConfigMap (MeshConfig) istio-system/istio": { outboundTrafficPolicy: "ALLOW_ANY (the default)" },
    });
  });

  test.each([
    ["the ConfigMap that istiod reads", MESH_CONFIG("outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n")],
    [
      "IstioOperator",
      `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: one}\nspec: {meshConfig: {${REGISTRY}}}\n`,
    ],
    [
      "Istio of the Sail operator",
      `apiVersion: sailoperator.io/v1\nkind: Istio\nmetadata: {name: one}\nspec: {namespace: istio-system, values: {meshConfig: {${REGISTRY}}}}\n`,
    ],
    [
      "ServiceMeshControlPlane of OpenShift",
      "apiVersion: maistra.io/v2\nkind: ServiceMeshControlPlane\nmetadata: {name: one}\nspec: {proxy: {networking: {trafficControl: {outbound: {policy: REGISTRY_ONLY}}}}}\n",
    ],
  ])("REGISTRY_ONLY is read from %s", (_, document) => {
    expect(outbound(document)).toMatch(/^REGISTRY_ONLY \(of /);
  });

  test("a Sidecar's own mode wins over the mesh's, either way", () => {
    expect(
      outbound(MESH_CONFIG(REGISTRY), SIDECAR("open", "{outboundTrafficPolicy: {mode: ALLOW_ANY}}")),
    ).toBe("ALLOW_ANY (of Sidecar open)");
    expect(outbound(SIDECAR("shut", `{${REGISTRY}}`))).toBe("REGISTRY_ONLY (of Sidecar shut)");
    expect(outbound(MESH_CONFIG(REGISTRY), SIDECAR("silent", "{}"))).toBe(
      "REGISTRY_ONLY (of ConfigMap istio)",
    );
  });

  test("without a mode in it a Sidecar's is the first of the enumeration, REGISTRY_ONLY", () => {
    expect(outbound(SIDECAR("empty", "{outboundTrafficPolicy: {}}"))).toBe(
      "REGISTRY_ONLY (of Sidecar empty)",
    );
  });

  test("a Sidecar that selects beats the namespace's own, and that the root namespace's", () => {
    const root = SIDECAR("root", `{${REGISTRY}}`, "istio-system");
    const own = SIDECAR("own", "{outboundTrafficPolicy: {mode: ALLOW_ANY}}");
    const selecting = SIDECAR("web", `{workloadSelector: {labels: {app: web}}, ${REGISTRY}}`);
    const other = SIDECAR("api", `{workloadSelector: {labels: {app: api}}, ${REGISTRY}}`);
    expect(outbound(root)).toBe("REGISTRY_ONLY (of Sidecar root)");
    expect(outbound(root, own, other)).toBe("ALLOW_ANY (of Sidecar own)");
    expect(outbound(root, own, other, selecting)).toBe("REGISTRY_ONLY (of Sidecar web)");
  });

  test("the root namespace is the one that the mesh configuration names", () => {
    const config = MESH_CONFIG("rootNamespace: mesh-root");
    expect(outbound(config, SIDECAR("root", `{${REGISTRY}}`, "mesh-root"))).toBe(
      "REGISTRY_ONLY (of Sidecar root)",
    );
    expect(outbound(config, SIDECAR("root", `{${REGISTRY}}`, "istio-system"))).toMatch(/^ALLOW_ANY/);
  });

  test("a selector in the root namespace reaches no other namespace", () => {
    const selecting = SIDECAR("web", `{workloadSelector: {labels: {app: web}}, ${REGISTRY}}`, "istio-system");
    expect(outbound(selecting)).toMatch(/^ALLOW_ANY/);
  });

  test("two Sidecars of a kind: which one counts is not defined, and that is said", () => {
    const facts = standing(
      WEB(),
      INJECTED,
      SIDECAR("one", `{${REGISTRY}}`),
      SIDECAR("two", "{outboundTrafficPolicy: {mode: ALLOW_ANY}}"),
    );
    expect(facts?.["Sidecar"]).toBe(
      "one two (more than one of a kind applies: which one counts is not defined)",
    );
    expect(facts).not.toHaveProperty("outboundTrafficPolicy");
  });

  test("control planes that say different things, and what nobody could read", () => {
    const operator =
      "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: one}\nspec: {}\n";
    expect(outbound(MESH_CONFIG(REGISTRY), operator)).toBe("(control planes in Git say different things)");
    expect(outbound(MESH_CONFIG("outboundTrafficPolicy: [oops"))).toBe(
      "(not read: the mesh configuration is not YAML)",
    );
    expect(outbound(MESH_CONFIG("outboundTrafficPolicy: {mode: SOMETIMES}"))).toBe(
      "(not read: outboundTrafficPolicy has a mode of its own: SOMETIMES)",
    );
    expect(outbound(MESH_CONFIG("outboundTrafficPolicy: {}"))).toBe(
      "(not read: outboundTrafficPolicy names no mode)",
    );
  });

  test("REGISTRY_ONLY has no effect in ambient mode (istio/istio issue 54281)", () => {
    const ambient = NAMESPACE("istio.io/dataplane-mode: ambient");
    expect(standing(WEB(), ambient, MESH_CONFIG(REGISTRY))).toEqual({
      "data plane": "ambient",
      outboundTrafficPolicy: "(has no effect in ambient mode: unknown destinations pass)",
    });
  });
});

describe("who is in the mesh (istio.io, sidecar injection; pkg/kube/inject)", () => {
  const plane = (namespace: string, metadata?: string, spec?: string) =>
    standing(WEB(metadata, spec), NAMESPACE(namespace))?.["data plane"] ?? null;

  test.each<[string, string, string | null]>([
    ["istio-injection: enabled", "{}", "sidecar"],
    ["istio.io/rev: stable", "{}", "sidecar"],
    ["istio-injection: enabled", "{labels: {sidecar.istio.io/inject: 'false'}}", null],
    ["istio-injection: enabled", "{annotations: {sidecar.istio.io/inject: 'false'}}", null],
    ["istio-injection: disabled", "{labels: {sidecar.istio.io/inject: 'true'}}", null],
    ["istio.io/dataplane-mode: none", "{labels: {sidecar.istio.io/inject: 'true'}}", "sidecar"],
    ["istio.io/dataplane-mode: ambient", "{labels: {istio.io/dataplane-mode: none}}", null],
    ["istio.io/dataplane-mode: ambient", "{labels: {sidecar.istio.io/inject: 'true'}}", "sidecar"],
    ["istio.io/dataplane-mode: none", "{labels: {istio.io/dataplane-mode: ambient}}", "ambient"],
  ])("namespace %s, pod %s: %s", (namespace, metadata, expected) => {
    expect(plane(namespace, metadata)).toBe(expected);
  });

  test("pods on the host network are never in it", () => {
    expect(plane("istio-injection: enabled", "{}", "{hostNetwork: true}")).toBeNull();
  });
});

test("annotations take traffic past the sidecar (istio.io, resource annotations)", () => {
  const facts = standing(
    WEB(
      "{annotations: {traffic.sidecar.istio.io/includeOutboundIPRanges: 10.0.0.0/8, traffic.sidecar.istio.io/excludeOutboundPorts: '443', prometheus.io/scrape: 'true'}}",
    ),
    INJECTED,
  );
  expect(facts).toMatchObject({
    "traffic.sidecar.istio.io/excludeOutboundPorts": "443 (decides what goes past the sidecar)",
    "traffic.sidecar.istio.io/includeOutboundIPRanges": "10.0.0.0/8 (decides what goes past the sidecar)",
  });
  expect(facts).not.toHaveProperty("prometheus.io/scrape");
});

test("a Sidecar's egress hosts are what is imported, never a list of what is let through", () => {
  expect(
    standing(
      WEB(),
      INJECTED,
      SIDECAR("own", "{egress: [{hosts: ['./*', 'istio-system/*']}, {hosts: ['./*']}]}"),
    )?.["egress hosts"],
  ).toBe("./* istio-system/* (what is imported, no list of what is let through)");
});

describe("ServiceEntry (networking/v1 service_entry.proto; ValidateServiceEntry)", () => {
  const entry = (spec: string) =>
    objects(
      `apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: one, namespace: shop}\nspec: ${spec}\n`,
    )["ServiceEntry shop/one"];

  test("without a resolution packets go where the application sent them; exported everywhere unless it says", () => {
    expect(entry("{hosts: ['*.example.com']}")).toEqual({
      hosts: "*.example.com",
      exportTo: "*",
      resolution: "NONE (packets go where the application sent them, whatever name they carry)",
    });
    expect(entry("{hosts: [a.example.com], exportTo: ['.'], resolution: DNS}")).toEqual({
      hosts: "a.example.com",
      exportTo: ".",
      resolution: "DNS",
    });
  });

  test("a wildcard that has to be looked up, and a host that is only a wildcard, are refused", () => {
    expect(entry("{hosts: ['*.example.com'], resolution: DNS}")?.["resolution"]).toBe(
      "DNS (Istio refuses a wildcard that has to be looked up)",
    );
    expect(entry("{hosts: ['*']}")?.["hosts"]).toBe("* (Istio refuses a host that is only *)");
  });
});

test("an AuthorizationPolicy is shown where it is about what leaves: for gateways, waypoints and outside services", () => {
  const policy = (name: string, spec: string) =>
    `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec: ${spec}\n`;
  expect(
    objects(
      policy(
        "out",
        "{action: DENY, targetRefs: [{kind: Gateway, name: egress}], rules: [{to: [{operation: {hosts: [a.example.com]}}]}]}",
      ),
      policy("gateway", "{selector: {matchLabels: {istio: egressgateway}}}"),
      policy("inbound", "{selector: {matchLabels: {app: web}}}"),
    ),
  ).toEqual({
    "AuthorizationPolicy shop/out": { action: "DENY", for: "Gateway egress", hosts: "a.example.com" },
    "AuthorizationPolicy shop/gateway": { action: "ALLOW", for: "egressgateway" },
  });
});
