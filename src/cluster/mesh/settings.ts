import { parse } from "yaml";
import { isObject, type JsonObject, nested, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import type { Cluster } from "../cluster.ts";
import { type Outbound, outboundMode } from "./outbound.ts";

/** What one control plane of Istio is configured with. */
export interface MeshSettings {
  readonly manifest: Manifest;
  /** Where objects apply to every namespace. */
  readonly rootNamespace: string;
  readonly outbound: Outbound;
  /** All of it, as text: equal texts say the same. */
  readonly text: string;
}

const ROOT = "istio-system";

/**
 * MeshConfig, wherever it stands: the ConfigMap that istiod reads ("istio", or "istio-REVISION", key "mesh"), or the object
 * from which an operator writes it: IstioOperator, Istio of the Sail operator, ServiceMeshControlPlane of OpenShift.
 */
export function meshSettings(cluster: Pick<Cluster, "inputs">): readonly MeshSettings[] {
  const { objects } = cluster.inputs;
  return [
    ...objects("", "ConfigMap").flatMap((manifest) => configMap(manifest) ?? []),
    ...objects("install.istio.io", "IstioOperator").map((manifest) =>
      settingsOf(
        manifest,
        nested(manifest.object, "spec", "meshConfig") ?? helmValues(manifest.object),
        null,
      ),
    ),
    ...objects("sailoperator.io", "Istio").map((manifest) =>
      settingsOf(manifest, helmValues(manifest.object), textAt(manifest.object, "namespace")),
    ),
    ...objects("maistra.io", "ServiceMeshControlPlane").map(maistra),
  ];
}

function configMap(manifest: Manifest): MeshSettings | null {
  const text = nested(manifest.object, "data")?.["mesh"];
  if (!/^istio(-|$)/.test(manifest.object.metadata.name ?? "") || typeof text !== "string") return null;
  const config = parsed(text);
  if (config !== null) return { ...settingsOf(manifest, config, manifest.namespace), text };
  const outbound: Outbound = { kind: "unread", why: "the mesh configuration is not YAML" };
  return { manifest, rootNamespace: manifest.namespace ?? ROOT, outbound, text };
}

function parsed(text: string): JsonObject | null {
  try {
    const value: unknown = parse(text) ?? {};
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function helmValues(object: JsonObject): JsonObject {
  return nested(object, "spec", "values", "meshConfig") ?? {};
}

function settingsOf(manifest: Manifest, config: JsonObject, installedIn: string | null): MeshSettings {
  const root = ownField(config, "rootNamespace");
  return {
    manifest,
    rootNamespace:
      typeof root === "string" && root !== "" ? root : (installedIn ?? manifest.namespace ?? ROOT),
    outbound: outboundMode(ownField(config, "outboundTrafficPolicy"), {
      from: `${manifest.object.kind} ${manifest.object.metadata.name ?? ""}`,
      absent: "ALLOW_ANY",
      // An empty message may reset the default or leave it: istiod merges YAML into it.
      empty: null,
    }),
    text: JSON.stringify(config),
  };
}

/** maistra.io/v2: spec.proxy.networking.trafficControl.outbound.policy, ALLOW_ANY by default. */
function maistra(manifest: Manifest): MeshSettings {
  const outbound = nested(manifest.object, "spec", "proxy", "networking", "trafficControl", "outbound");
  const mode = outbound === null ? undefined : ownField(outbound, "policy");
  const config = mode === undefined ? {} : { outboundTrafficPolicy: { mode } };
  return settingsOf(manifest, config, manifest.namespace);
}

function textAt(object: JsonObject, field: string): string | null {
  const value = nested(object, "spec")?.[field];
  return typeof value === "string" && value !== "" ? value : null;
}
