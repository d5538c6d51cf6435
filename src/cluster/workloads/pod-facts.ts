import { type JsonObject, objects, ownField } from "../../policy/schema/decode.ts";
import type { ContainerPort } from "../cluster.ts";

/** What a pod specification says that egress depends on. */
export interface PodFacts {
  readonly hostNetwork: boolean;
  readonly serviceAccount: string | null;
  readonly containerPorts: readonly ContainerPort[];
  /** Image references without tag and digest, sorted. */
  readonly images: readonly string[];
}

export function podFacts(podSpec: JsonObject): PodFacts {
  const containers = objects(ownField(podSpec, "containers"));
  const initContainers = objects(ownField(podSpec, "initContainers"));
  // An init container that restarts is a sidecar and serves beside the others (Kubernetes 1.29).
  const sidecars = initContainers.filter((one) => ownField(one, "restartPolicy") === "Always");
  return {
    hostNetwork: ownField(podSpec, "hostNetwork") === true,
    serviceAccount: serviceAccountOf(podSpec),
    containerPorts: [...containers, ...sidecars].flatMap((one) => containerPorts(ownField(one, "ports"))),
    images: imageNames([...containers, ...initContainers].map((one) => ownField(one, "image"))),
  };
}

/** Left out it is "default" (admission plugin ServiceAccount); the old field is a synonym. */
function serviceAccountOf(podSpec: JsonObject): string {
  const names = [ownField(podSpec, "serviceAccountName"), ownField(podSpec, "serviceAccount")];
  return names.find((name): name is string => typeof name === "string" && name !== "") ?? "default";
}

export function containerPorts(ports: unknown): readonly ContainerPort[] {
  return objects(ports).flatMap((port) => {
    const number = ownField(port, "containerPort");
    const protocol = ownField(port, "protocol") ?? "TCP";
    if (typeof number !== "number" || !isProtocol(protocol)) return [];
    const name = ownField(port, "name");
    return [{ name: typeof name === "string" ? name : null, port: number, protocol }];
  });
}

export function imageNames(references: readonly unknown[]): readonly string[] {
  const names = references
    .filter((one) => typeof one === "string" && one !== "")
    .map((one) => imageName(String(one)));
  return [...new Set(names)].sort();
}

/** "registry.example.com:5000/team/app:1.2@sha256:…" → "registry.example.com:5000/team/app". */
export function imageName(reference: string): string {
  const withoutDigest = reference.split("@", 1)[0] ?? reference;
  const colon = withoutDigest.lastIndexOf(":");
  return colon > withoutDigest.lastIndexOf("/") ? withoutDigest.slice(0, colon) : withoutDigest;
}

function isProtocol(value: unknown): value is ContainerPort["protocol"] {
  return value === "TCP" || value === "UDP" || value === "SCTP";
}
