import { type JsonObject, nested, objects, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import type { ContainerPort } from "../cluster.ts";
import { imageNames, type PodFacts } from "./pod-facts.ts";
import { type DeclaredWorkloads, specTemplate } from "./pod-template.ts";
import { templatedWorkloads } from "./templated-pods.ts";

/** kubevirt.io VirtualMachine and VirtualMachineInstanceReplicaSet: instances of `spec.template`. */
export function virtualMachine(manifest: Manifest): DeclaredWorkloads {
  // Importer pods fill the volumes that these make (Containerized Data Importer).
  const imports = objects(nested(manifest.object, "spec")?.["dataVolumeTemplates"]).length > 0;
  const named = manifest.object.kind === "VirtualMachine";
  return launcher(manifest, specTemplate(manifest.object), named, imports);
}

export function virtualMachineInstance(manifest: Manifest): DeclaredWorkloads {
  return launcher(manifest, manifest.object, true, false);
}

/**
 * A machine runs in a pod of its own, "virt-launcher", with the labels of the instance (kubevirt/kubevirt,
 * pkg/virt-controller/services/template.go, podLabels and renderLaunchManifest: never on the host network). A migration's
 * target also carries the labels that the node it came from left on the instance; nobody selects by those.
 */
function launcher(
  manifest: Manifest,
  instance: JsonObject | null,
  named: boolean,
  imports: boolean,
): DeclaredWorkloads {
  const spec = (instance === null ? null : nested(instance, "spec")) ?? {};
  const hostname = ownField(spec, "hostname");
  const name = named ? (manifest.object.metadata.name ?? null) : null;
  const inject = (instance === null ? null : nested(instance, "metadata", "annotations"))?.[INJECT];
  return templatedWorkloads(
    manifest,
    [
      {
        role: null,
        template: instance,
        known: {
          "kubevirt.io": "virt-launcher",
          "vm.kubevirt.io/name": typeof hostname === "string" && hostname !== "" ? hostname : name,
          // The mesh reads labels: the annotation of the instance becomes one.
          ...(typeof inject === "string" ? { [INJECT]: inject } : {}),
        },
        anyValue: ["kubevirt.io/created-by", "vmi.kubevirt.io/id"],
        facts: factsOf(spec),
      },
    ],
    imports || plugsDisks(spec),
  );
}

const INJECT = "sidecar.istio.io/inject";

/** A disk that is plugged in later comes through a pod of its own (RenderHotplugAttachmentPodTemplate). */
function plugsDisks(spec: JsonObject): boolean {
  return objects(ownField(spec, "volumes")).some((volume) =>
    ["persistentVolumeClaim", "dataVolume"].some((kind) => nested(volume, kind)?.["hotpluggable"] === true),
  );
}

function factsOf(spec: JsonObject): PodFacts {
  const volumes = objects(ownField(spec, "volumes"));
  const accounts = [
    ownField(spec, "serviceAccountName"),
    ...volumes.map((one) => nested(one, "serviceAccount")?.["serviceAccountName"]),
  ];
  const interfaces = objects(nested(spec, "domain", "devices")?.["interfaces"]);
  return {
    hostNetwork: false,
    serviceAccount: accounts.find((one): one is string => typeof one === "string" && one !== "") ?? "default",
    containerPorts: interfaces.flatMap((one) => objects(ownField(one, "ports"))).flatMap(portOf),
    images: imageNames(volumes.map((one) => nested(one, "containerDisk")?.["image"])),
  };
}

/** Ports of the machine's interfaces become container ports (WithPorts; TCP where nothing is said). */
function portOf(port: JsonObject): readonly ContainerPort[] {
  const number = ownField(port, "port");
  const protocol = ownField(port, "protocol") ?? "TCP";
  const name = ownField(port, "name");
  if (typeof number !== "number" || (protocol !== "TCP" && protocol !== "UDP")) return [];
  return [{ name: typeof name === "string" && name !== "" ? name : null, port: number, protocol }];
}
