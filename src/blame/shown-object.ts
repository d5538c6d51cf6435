import { stringify } from "yaml";
import { groupOf } from "../policy/model/api-group.ts";
import { policyKind } from "../policy/unmodelled/policy-kinds.ts";
import type { KubernetesObject, Manifest } from "../render/render.ts";

/** Longer texts help nobody who reads a review. */
const MAXIMUM_BYTES = 64 * 1024;

/**
 * The object in YAML, keys in the order in which they were rendered; null where it must not be shown or is too long. Policies
 * are shown whole. Of namespaces, services and workloads what egress controls look at, for whatever else they carry may be
 * secret: environments, arguments, annotations. Nothing is shown of any other kind, so never a Secret and no ConfigMap.
 */
export function shownObject({ object, namespace }: Manifest): string | null {
  const group = groupOf(object);
  const policy = policyKind(group, object.kind, namespace !== null);
  const shape = policy === null || policy.holdsMore === true ? shapeOf(group, object) : WHOLE;
  if (shape === null) return null;
  const text = stringify(part(object, shape), { lineWidth: 0, aliasDuplicateObjects: false });
  return Buffer.byteLength(text) > MAXIMUM_BYTES ? null : text;
}

/** Which keys are shown; of a list, of each element. */
type Shape = typeof WHOLE | { readonly [key: string]: Shape };

const WHOLE = "whole";
const NAMES: Shape = { name: WHOLE, generateName: WHOLE, namespace: WHOLE, labels: WHOLE };
const IDENTITY = { apiVersion: WHOLE, kind: WHOLE, metadata: NAMES } as const;
const CONTAINER: Shape = { name: WHOLE, image: WHOLE, ports: WHOLE };
const POD: Shape = {
  metadata: NAMES,
  spec: { hostNetwork: WHOLE, initContainers: CONTAINER, containers: CONTAINER },
};
const CONTROLLER: Shape = { ...IDENTITY, spec: { selector: WHOLE, template: POD } };

const SHAPES: Readonly<Record<string, Shape>> = {
  "/Namespace": IDENTITY,
  "/Service": { ...IDENTITY, spec: WHOLE },
  "/Pod": { ...IDENTITY, ...POD },
  "/ReplicationController": CONTROLLER,
  "apps/ReplicaSet": CONTROLLER,
  "apps/Deployment": CONTROLLER,
  "apps/StatefulSet": CONTROLLER,
  "apps/DaemonSet": CONTROLLER,
  "batch/Job": CONTROLLER,
  // Custom resources with one template where controllers have theirs
  "serving.knative.dev/Service": CONTROLLER,
  "serving.knative.dev/Configuration": CONTROLLER,
  "apps.kruise.io/CloneSet": CONTROLLER,
  "apps.kruise.io/StatefulSet": CONTROLLER,
  "apps.kruise.io/DaemonSet": CONTROLLER,
  "apps.kruise.io/BroadcastJob": CONTROLLER,
  "apps.openshift.io/DeploymentConfig": CONTROLLER,
  "kubevirt.io/VirtualMachine": { ...IDENTITY, spec: { template: { metadata: NAMES } } },
  "batch/CronJob": { ...IDENTITY, spec: { schedule: WHOLE, jobTemplate: { spec: { template: POD } } } },
};

function shapeOf(group: string, { kind }: KubernetesObject): Shape | null {
  const key = `${group}/${kind}`;
  return Object.hasOwn(SHAPES, key) ? (SHAPES[key] ?? null) : null;
}

function part(value: unknown, shape: Shape): unknown {
  if (shape === WHOLE || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((element) => part(element, shape));
  const shown = Object.entries(value).filter(([key]) => Object.hasOwn(shape, key));
  return Object.fromEntries(shown.map(([key, field]) => [key, part(field, shape[key] ?? WHOLE)]));
}
