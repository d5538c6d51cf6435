import { groupOf } from "../../policy/model/api-group.ts";
import { type JsonObject, nested, objects, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import type { Cluster, Workload } from "../cluster.ts";
import { podMetadata } from "../workloads/pod-metadata.ts";
import { dataPlaneOf, hasMeshLabel } from "./data-plane.ts";
import type { Outbound } from "./outbound.ts";
import { type MeshSettings, meshSettings } from "./settings.ts";
import { hostsOf, outboundOf, sidecarFor, sidecars } from "./sidecar.ts";

/**
 * What Istio says of traffic that leaves workloads: one object, or where one workload stands. It is context and never
 * proof: a sidecar is no point of enforcement ("istio.io: Understanding Traffic Capture", "Egress traffic control:
 * security note"), so nothing here may cut a surface or let a change pass.
 */
export interface MeshStatement {
  /** "Sidecar shop/default", "shop/Deployment/web". */
  readonly about: string;
  readonly facts: readonly MeshFact[];
  /** Equal for statements that say the same, in all of their object and not only in what is shown. */
  readonly digest: string;
}

export interface MeshFact {
  /** A field of the API: "outboundTrafficPolicy". */
  readonly field: string;
  /** As written, or the default. */
  readonly values: readonly string[];
  /** Our own words on it; "" = none. */
  readonly note: string;
}

/** Everything of Istio in one environment. */
export interface Mesh {
  /** Every object that says something of outbound traffic, by name. */
  readonly statements: readonly MeshStatement[];
  /** Where one workload stands; null = it is no part of the mesh, as far as Git shows. */
  readonly standing: (workload: Workload) => MeshStatement | null;
}

/** null = nothing of Istio stands in the environment. */
export function meshOf(cluster: Cluster): Mesh | null {
  const settings = meshSettings(cluster);
  const others = OBJECTS.flatMap(([group, kind, factsOf]) =>
    cluster.inputs.objects(group, kind).flatMap((manifest) => {
      const facts = factsOf(manifest.object);
      const text = JSON.stringify(manifest.object["spec"] ?? {});
      return facts === null ? [] : [statement(manifest, facts, text)];
    }),
  );
  const labelled = [...cluster.namespaces.values()].some(({ labels }) => hasMeshLabel(labels));
  if (settings.length === 0 && others.length === 0 && !labelled) return null;
  const own = settings.map((one) => statement(one.manifest, settingsFacts(one), one.text));
  const all = sidecars(cluster);
  return {
    statements: [...own, ...others].sort((a, b) => (a.about < b.about ? -1 : 1)),
    standing: (workload) => {
      const plane = dataPlaneOf(cluster, workload);
      if (plane.kind === "none") return null;
      const facts = [
        { field: "data plane", values: [plane.kind], note: plane.note },
        ...(plane.kind === "ambient" ? [AMBIENT] : sidecarFacts(all, settings, workload)),
      ];
      return { about: workload.key, facts, digest: JSON.stringify(facts) };
    },
  };
}

/** istio/istio issue 54281, istio/ztunnel issue 369: ztunnel passes what it does not know. */
const AMBIENT: MeshFact = {
  field: "outboundTrafficPolicy",
  values: [],
  note: "has no effect in ambient mode: unknown destinations pass",
};

function sidecarFacts(
  all: readonly Manifest[],
  settings: readonly MeshSettings[],
  workload: Workload,
): readonly MeshFact[] {
  const found = sidecarFor(all, settings, workload);
  if (found.kind === "several") {
    const names = found.sidecars.map(({ object }) => String(object.metadata.name));
    return [
      {
        field: "Sidecar",
        values: names,
        note: "more than one of a kind applies: which one counts is not defined",
      },
      ...bypassFacts(workload),
    ];
  }
  const own = found.kind === "one" ? found.sidecar : null;
  const hosts = own === null ? null : hostsOf(own.object);
  return [
    outboundFact(outboundOf(own?.object ?? null, settings)),
    ...(own === null ? [] : [{ field: "Sidecar", values: [nameOf(own)], note: "" }]),
    ...(hosts === null
      ? []
      : [{ field: "egress hosts", values: hosts, note: "what is imported, no list of what is let through" }]),
    ...bypassFacts(workload),
  ];
}

/** Annotations of the pod that take traffic past the sidecar (istio.io, reference: resource annotations). */
function bypassFacts(workload: Workload): readonly MeshFact[] {
  const metadata = podMetadata(workload);
  const annotations = metadata === null ? null : nested(metadata, "annotations");
  if (metadata === null && workload.manifest !== null) {
    return [{ field: "annotations", values: [], note: "of its pods are not read" }];
  }
  return Object.entries(annotations ?? {})
    .filter(([key]) => BYPASS.has(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([field, value]) => ({
      field,
      values: [String(value)],
      note: "decides what goes past the sidecar",
    }));
}

const BYPASS: ReadonlySet<string> = new Set([
  ...[
    "includeOutboundIPRanges",
    "excludeOutboundIPRanges",
    "includeOutboundPorts",
    "excludeOutboundPorts",
    "excludeInterfaces",
  ].map((name) => `traffic.sidecar.istio.io/${name}`),
  "sidecar.istio.io/interceptionMode",
  "proxy.istio.io/config",
]);

function outboundFact(outbound: Outbound): MeshFact {
  const field = "outboundTrafficPolicy";
  switch (outbound.kind) {
    case "mode":
      return { field, values: [outbound.mode], note: `of ${outbound.from}` };
    case "default":
      return { field, values: ["ALLOW_ANY"], note: "Istio's default: no MeshConfig in Git says otherwise" };
    case "contradictory":
      return { field, values: [], note: "control planes in Git say different things" };
    case "unread":
      return { field, values: [], note: `not read: ${outbound.why}` };
  }
}

function settingsFacts({ outbound }: MeshSettings): readonly MeshFact[] {
  const fact = outboundFact(outbound);
  return [outbound.kind === "mode" ? { ...fact, note: outbound.written ? "" : "the default" } : fact];
}

type FactsOf = (object: JsonObject) => readonly MeshFact[] | null;

const OBJECTS: readonly (readonly [group: string, kind: string, facts: FactsOf])[] = [
  ["networking.istio.io", "Sidecar", sidecarObject],
  ["networking.istio.io", "ServiceEntry", serviceEntry],
  ["security.istio.io", "AuthorizationPolicy", egressAuthorization],
];

function sidecarObject(object: JsonObject): readonly MeshFact[] {
  const labels = nested(object, "spec", "workloadSelector", "labels");
  const outbound = outboundOf(object, []);
  const hosts = hostsOf(object);
  return [
    ...(labels === null
      ? []
      : [
          {
            field: "workloadSelector",
            values: Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`),
            note: "",
          },
        ]),
    ...(outbound.kind === "mode"
      ? [{ field: "outboundTrafficPolicy", values: [outbound.mode], note: "" }]
      : []),
    ...(outbound.kind === "unread" ? [outboundFact(outbound)] : []),
    ...(hosts === null ? [] : [{ field: "egress hosts", values: hosts, note: "" }]),
  ];
}

/** istio/api, networking/v1/service_entry.proto; istio/istio, pkg/config/validation (ValidateServiceEntry). */
function serviceEntry(object: JsonObject): readonly MeshFact[] {
  const spec = nested(object, "spec") ?? {};
  const hosts = texts(ownField(spec, "hosts"));
  const resolution = String(ownField(spec, "resolution") ?? "NONE");
  const exportTo = texts(ownField(spec, "exportTo"));
  const endpoints = objects(ownField(spec, "endpoints")).length > 0;
  return [
    { field: "hosts", values: hosts, note: hosts.includes("*") ? "Istio refuses a host that is only *" : "" },
    { field: "exportTo", values: exportTo.length === 0 ? ["*"] : exportTo, note: "" },
    { field: "resolution", values: [resolution], note: resolutionNote(hosts, resolution, endpoints) },
  ];
}

function resolutionNote(hosts: readonly string[], resolution: string, endpoints: boolean): string {
  if (resolution === "NONE") return "packets go where the application sent them, whatever name they carry";
  const wildcard = hosts.some((host) => host.startsWith("*."));
  return wildcard && /^DNS/.test(resolution) && !endpoints
    ? "Istio refuses a wildcard that has to be looked up"
    : "";
}

/**
 * Only where it is about what leaves: bound to a gateway, a waypoint's service or an outside service (istio/api,
 * security/v1/authorization_policy.proto, targetRefs), or to the pods of an egress gateway.
 */
function egressAuthorization(object: JsonObject): readonly MeshFact[] | null {
  const spec = nested(object, "spec") ?? {};
  const single = nested(spec, "targetRef");
  const targets = [...(single === null ? [] : [single]), ...objects(ownField(spec, "targetRefs"))];
  const labels = nested(spec, "selector", "matchLabels") ?? {};
  const gateway = Object.values(labels).filter((value) => /egress/i.test(String(value)));
  if (targets.length === 0 && gateway.length === 0) return null;
  const to = objects(ownField(spec, "rules")).flatMap((rule) => objects(ownField(rule, "to")));
  const hosts = to.flatMap((one) => texts(nested(one, "operation")?.["hosts"]));
  return [
    { field: "action", values: [String(ownField(spec, "action") ?? "ALLOW")], note: "" },
    {
      field: "for",
      values:
        targets.length === 0
          ? gateway.map(String)
          : targets.map((one) => `${String(ownField(one, "kind"))} ${String(ownField(one, "name"))}`),
      note: "",
    },
    ...(hosts.length === 0 ? [] : [{ field: "hosts", values: hosts, note: "" }]),
  ];
}

function statement(manifest: Manifest, facts: readonly MeshFact[], text: string): MeshStatement {
  return { about: `${kindOf(manifest)} ${nameOf(manifest)}`, facts, digest: text };
}

function kindOf({ object }: Manifest): string {
  return groupOf(object) === "" ? `${object.kind} (MeshConfig)` : object.kind;
}

function nameOf({ object, namespace }: Manifest): string {
  const name = object.metadata.name ?? "";
  return namespace === null ? name : `${namespace}/${name}`;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
