import type { Cluster, ContainerPort, Workload } from "../../cluster/cluster.ts";
import { labelsOf } from "../../cluster/workloads/pod-template.ts";
import { type Service, servicesOf } from "../../policy/kubernetes/services.ts";
import { type JsonObject, nested, objects, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import { type AddressRange, formatV4, formatV6, parseAddress } from "../../sets/ip.ts";
import type { PodSubject } from "../../surface/pod-subject.ts";

/** Pods that one template makes, or one pod: what a question is about. */
export interface Pods {
  /** "namespace/Kind/name", "namespace/?key=value". */
  readonly name: string;
  readonly subject: PodSubject;
  readonly containerPorts: readonly ContainerPort[];
  /** Where its status says so; empty = nobody knows. Of a pod on the host network: its node's. */
  readonly addresses: readonly AddressRange[];
  /** Addresses of the node that it runs on; empty = nobody knows. */
  readonly node: readonly AddressRange[];
  /** One pod, and no other of its kind. */
  readonly single: boolean;
}

/** Who answers where: pods by name, owner and address, and services, of one environment on one side. */
export class Endpoints {
  readonly cluster: Cluster;
  readonly services: ReadonlyMap<string, Service>;
  readonly #byAddress: ReadonlyMap<string, readonly Pods[]>;
  readonly #byOwner: ReadonlyMap<string, readonly Pods[]>;
  readonly #byName: ReadonlyMap<string, readonly Workload[]>;
  readonly #running: ReadonlyMap<string, Pods>;
  readonly #nodes: ReadonlyMap<string, { readonly labels?: ReadonlyMap<string, string> }>;

  constructor(cluster: Cluster, manifests: readonly Manifest[]) {
    this.cluster = cluster;
    this.services = servicesOf(manifests);
    this.#byName = grouped([...cluster.workloads.values()], ({ namespace, name }) => `${namespace}/${name}`);
    const running = manifests.flatMap((manifest) => runningPod(cluster, manifest) ?? []);
    this.#nodes = new Map([
      ...running.flatMap(({ pods }) => pods.node.map((address) => [addressText(address), {}] as const)),
      ...manifests.flatMap((manifest) =>
        nodeAddresses(manifest).map(
          (address) => [addressText(address), { labels: labelsOf(manifest.object).labels }] as const,
        ),
      ),
    ]);
    this.#running = new Map(running.map(({ pods }) => [pods.name, pods]));
    this.#byOwner = grouped(
      running.flatMap(({ pods, owners }) => owners.map((owner) => ({ pods, owner }))),
      ({ owner }) => owner,
      ({ pods }) => pods,
    );
    this.#byAddress = grouped(
      running
        .filter(({ finished }) => !finished)
        .flatMap(({ pods }) => pods.addresses.map((address) => ({ pods, address }))),
      ({ address }) => addressText(address),
      ({ pods }) => pods,
    );
  }

  /** The node that has the address, as far as pods and Node objects show: its labels, absent where no object shows them. */
  nodeAt(address: AddressRange): { readonly labels?: ReadonlyMap<string, string> } | null {
    return this.#nodes.get(addressText(address)) ?? null;
  }

  /** The API server writes its own addresses behind the Service `default/kubernetes`; dumps of a cluster hold them. */
  isOfApiServer(address: AddressRange): boolean {
    const backing = this.services.get("default/kubernetes")?.backing;
    return (
      backing?.kind === "addresses" &&
      backing.slices.some(({ addresses: own }) =>
        own.some((one) => addressText(one) === addressText(address)),
      )
    );
  }

  /** Some pod is seen with an IPv6 address. */
  get hasAddressesOfVersion6(): boolean {
    return [...this.#running.values()].some(({ addresses }) => addresses.some(({ family }) => family === 6));
  }

  /** The pods of a workload by its whole name: those that are seen running, else those of the template. */
  podsOf(namespace: string, kind: string, name: string): readonly Pods[] {
    const key = `${namespace}/${kind}/${name}`;
    const running = this.#running.get(key);
    if (running !== undefined) return [running];
    const replicas = this.#byOwner.get(key);
    if (replicas !== undefined) return replicas;
    const workload = this.cluster.workloads.get(key);
    return workload === undefined ? [] : [podsOfTemplate(workload)];
  }

  podsOfWorkload(workload: Workload): readonly Pods[] {
    const name = workload.role === null ? workload.name : `${workload.name}#${workload.role}`;
    return this.podsOf(workload.namespace, workload.kind, name);
  }

  /** Workloads of a name, whatever their kind, and the roles of one. */
  workloadsNamed(namespace: string, kind: string | null, name: string): readonly Workload[] {
    const [own = "", role] = name.split("#");
    return (this.#byName.get(`${namespace}/${own}`) ?? []).filter(
      (workload) =>
        (kind === null || workload.kind === kind) && (role === undefined || workload.role === role),
    );
  }

  /** Pods at an address, finished ones left out: theirs is used again. */
  podsAt(address: AddressRange): readonly Pods[] {
    return this.#byAddress.get(addressText(address)) ?? [];
  }

  /** Every pod of a namespace that is seen running or has a template. */
  podsIn(namespace: string): readonly Pods[] {
    return [...this.cluster.workloads.values()]
      .filter((workload) => workload.namespace === namespace)
      .flatMap((workload) => this.podsOfWorkload(workload))
      .filter((pods, index, all) => all.findIndex(({ name }) => name === pods.name) === index);
  }
}

/** Nodes are rarely declared, but dumps of a cluster hold them. */
function nodeAddresses({ object }: Manifest): readonly AddressRange[] {
  if (object.kind !== "Node" || object.apiVersion !== "v1") return [];
  return objects(nested(object, "status")?.["addresses"]).flatMap((one) => {
    const text = ownField(one, "address");
    return typeof text === "string" ? (parseAddress(text) ?? []) : [];
  });
}

function podsOfTemplate(workload: Workload): Pods {
  return {
    name: workload.key,
    subject: workload,
    containerPorts: workload.containerPorts,
    addresses: [],
    node: [],
    single: workload.kind === "Pod",
  };
}

export function addressText(address: AddressRange): string {
  return address.family === 4 ? formatV4(address.first) : formatV6(address.first);
}

interface RunningPod {
  readonly pods: Pods;
  /** Workload keys. */
  readonly owners: readonly string[];
  readonly finished: boolean;
}

function runningPod(cluster: Cluster, manifest: Manifest): RunningPod | null {
  const { object, namespace } = manifest;
  if (object.kind !== "Pod" || object.apiVersion !== "v1") return null;
  const workload = cluster.workloads.get(`${namespace ?? "default"}/Pod/${object.metadata.name ?? ""}`);
  if (workload === undefined) return null;
  const status = nested(object, "status") ?? {};
  const node = addresses(status, "hostIP", "hostIPs");
  const own = addresses(status, "podIP", "podIPs");
  const phase = ownField(status, "phase");
  return {
    pods: {
      ...podsOfTemplate(workload),
      addresses: own.length === 0 && workload.hostNetwork ? node : own,
      node: node.length === 0 && workload.hostNetwork ? own : node,
    },
    owners: ownersOf(object.metadata, workload),
    finished: phase === "Succeeded" || phase === "Failed",
  };
}

/** `status.podIP` repeats the first of `status.podIPs`. */
function addresses(status: JsonObject, field: string, list: string): readonly AddressRange[] {
  const elements = ownField(status, list);
  const texts = [
    ownField(status, field),
    ...(Array.isArray(elements) ? elements : []).map((one: unknown) => nested({ one }, "one")?.["ip"]),
  ];
  const known = texts.flatMap((text) => (typeof text === "string" ? (parseAddress(text) ?? []) : []));
  return known.filter(
    (address, index) => known.findIndex((one) => addressText(one) === addressText(address)) === index,
  );
}

/** The controller of the pod; a Deployment's pods belong to a ReplicaSet that is called after the hash of its template. */
function ownersOf(metadata: JsonObject, workload: Workload): readonly string[] {
  const references = ownField(metadata, "ownerReferences");
  if (!Array.isArray(references)) return [];
  return references.flatMap((reference: unknown) => {
    // A reference without a kind (the API server refuses it, dumps have it) is read as other analysers print it.
    const { kind = "Pod", name } = nested({ reference }, "reference") ?? {};
    if (typeof kind !== "string" || typeof name !== "string") return [];
    const hash = workload.labels.get("pod-template-hash");
    const owner = `${workload.namespace}/${kind}/${name}`;
    return kind === "ReplicaSet" && hash !== undefined && name.endsWith(`-${hash}`)
      ? [owner, `${workload.namespace}/Deployment/${name.slice(0, -hash.length - 1)}`]
      : [owner];
  });
}

function grouped<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]>;
function grouped<T, V>(
  items: readonly T[],
  key: (item: T) => string,
  value: (item: T) => V,
): ReadonlyMap<string, readonly V[]>;
function grouped<T>(
  items: readonly T[],
  key: (item: T) => string,
  value: (item: T) => unknown = (item) => item,
): ReadonlyMap<string, readonly unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const item of items) {
    const list = groups.get(key(item));
    if (list === undefined) groups.set(key(item), [value(item)]);
    else list.push(value(item));
  }
  return groups;
}
