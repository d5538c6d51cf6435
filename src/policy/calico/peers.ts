import { type Service, type ServicePort, servicesOf } from "../kubernetes/services.ts";
import { groupOf } from "../model/api-group.ts";
import type { AddressBlock, Peer, Pods, PortMatch } from "../model/policy.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import { type CidrBlock, isStrictSubset, parseCidr, printCidr } from "../schema/cidr.ts";
import type { CalicoEntity, CalicoService } from "./entity.ts";
import type { CalicoReading } from "./reading.ts";
import type { SelectorExpression } from "./selector.ts";

export type Family = CidrBlock["family"];

/**
 * The other end of a rule. null = any; "unknown" where nobody can say, and that is said. Calico matches addresses: those of
 * the pods that a selector selects, and those that the selected sets list, whoever has them.
 */
export function calicoPeers(
  reading: CalicoReading,
  entity: CalicoEntity,
  family: Family | null,
  ports: readonly PortMatch[] | null,
): readonly Peer[] | null | "unknown" {
  const { path, selector, notSelector } = entity;
  if (entity.domains !== null) {
    reading.leaveOpen(entity.domains, "only the commercial edition of Calico looks up domains");
    return "unknown";
  }
  const blocks = blocksOf(entity, family);
  if (entity.service !== null) {
    const peers = servicePeers(reading, entity.service, path.field.endsWith("source"));
    return peers === "unknown" || blocks === null ? peers : peers.flatMap((peer) => limited(peer, blocks));
  }
  if (selector !== null) return selectedPeers(reading, entity, selector, { blocks, ports });
  if (notSelector !== null) return otherPeers(reading, entity, notSelector, blocks);
  return blocks === null ? null : blocks.map((block) => addressPeer(block, path.pointer));
}

function addressPeer(block: AddressBlock, pointer: string): Peer {
  return { kind: "addresses", ...block, pointer };
}

function podPeer(pods: Pods, within: readonly AddressBlock[] | null, pointer: string): Peer {
  return { kind: "pods", ...pods, ...(within === null ? {} : { within }), pointer };
}

function selectedPeers(
  reading: CalicoReading,
  { path, isGlobal }: CalicoEntity,
  selector: SelectorExpression,
  {
    blocks,
    ports,
  }: { readonly blocks: readonly AddressBlock[] | null; readonly ports: readonly PortMatch[] | null },
): readonly Peer[] | "unknown" {
  const { pointer } = path;
  const pods = reading.pods(selector, path);
  const sets = reading.sets(selector, path);
  if (isGlobal && sets.length === 0) {
    reading.leaveOpen(path, "no GlobalNetworkSet or HostEndpoint in Git has these labels");
  }
  if (pods === null) return "unknown";
  const listed = sets
    .flatMap((set) => set.blocks)
    .flatMap((block) => within(block, blocks))
    .map((block) => addressPeer(block, pointer));
  // A port by its name is one of a pod that the selector itself selects, whatever set lists the pod's address.
  const numbered = ports?.filter(({ port }) => port.kind !== "named") ?? [];
  const isNamed = ports !== null && numbered.length < ports.length;
  return [
    ...pods.map((one) => podPeer(one, blocks, pointer)),
    ...(isNamed ? listed.map((peer): Peer => ({ ...peer, ports: numbered })) : listed),
  ];
}

/** All but what a selector selects: pods that it does not select, and whatever is in none of its sets. */
function otherPeers(
  reading: CalicoReading,
  { path }: CalicoEntity,
  notSelector: SelectorExpression,
  blocks: readonly AddressBlock[] | null,
): readonly Peer[] | "unknown" {
  const { pointer } = path;
  const pods = reading.pods({ kind: "not", operand: notSelector }, path);
  const excluded = reading.sets(notSelector, path).flatMap((set) => set.blocks);
  if (pods === null) return "unknown";
  const left = (blocks ?? EVERY_ADDRESS).flatMap((block) => without(block, excluded));
  return [
    ...pods.map((one) => podPeer(one, blocks === null && excluded.length === 0 ? null : left, pointer)),
    ...left.map((block): Peer => ({ kind: "addresses", leavesCluster: true, ...block, pointer })),
  ];
}

/** Those of its addresses that lie in the blocks. */
function limited(peer: Peer, blocks: readonly AddressBlock[]): readonly Peer[] {
  switch (peer.kind) {
    case "pods":
      return [{ ...peer, within: blocks }];
    case "addresses":
      return within(parsed(peer.cidr), blocks).map((block) => ({ ...peer, ...block }));
    default:
      return [peer];
  }
}

const WHOLE: Readonly<Record<Family, AddressBlock>> = {
  v4: { cidr: "0.0.0.0/0", except: [] },
  v6: { cidr: "::/0", except: [] },
};
const EVERY_ADDRESS: readonly AddressBlock[] = [WHOLE.v4, WHOLE.v6];

/** null = every address. A rule that names blocks of one family says nothing of the other (felix/rules policy.go). */
function blocksOf({ nets, notNets }: CalicoEntity, family: Family | null): readonly AddressBlock[] | null {
  if (family === null) return null;
  const all = nets === null ? [WHOLE[family]] : nets.map((net) => ({ cidr: printCidr(net), except: [] }));
  return all.flatMap((block) => without(block, notNets));
}

function without(block: AddressBlock, excluded: readonly CidrBlock[]): readonly AddressBlock[] {
  const whole = parsed(block.cidr);
  if (excluded.some((one) => contains(one, whole))) return [];
  const holes = excluded.filter((one) => isStrictSubset(one, whole)).map(printCidr);
  return [{ cidr: block.cidr, except: [...new Set([...block.except, ...holes])].sort() }];
}

/** What a block and any of the others share. */
function within(block: CidrBlock, blocks: readonly AddressBlock[] | null): readonly AddressBlock[] {
  const own: AddressBlock = { cidr: printCidr(block), except: [] };
  if (blocks === null) return [own];
  return blocks.flatMap((other) => {
    const whole = parsed(other.cidr);
    if (isStrictSubset(whole, block)) return [other];
    return contains(whole, block) ? without(own, other.except.map(parsed)) : [];
  });
}

function contains(outer: CidrBlock, inner: CidrBlock): boolean {
  return isStrictSubset(inner, outer) || printCidr(inner) === printCidr(outer);
}

function parsed(cidr: string): CidrBlock {
  const block = parseCidr(cidr);
  if (block === null) throw new Error(`a block of Calico's that was read is none: ${cidr}`);
  return block;
}

/**
 * The endpoints of a Service, at their own ports; as a source with any (api policy_common.go ServiceMatch, felix/calc
 * rule_scanner.go). What has no selector is written by somebody: the API server's Service by the API server.
 */
function servicePeers(
  reading: CalicoReading,
  { path, name, namespace }: CalicoService,
  isSource: boolean,
): readonly Peer[] | "unknown" {
  const { inputs } = reading;
  // A policy of no namespace has to say which; Calico finds no Service without one.
  if (namespace === null) return [];
  const service = servicesIn(inputs).get(`${namespace}/${name}`);
  if (service === undefined) {
    if (namespace === "default" && name === "kubernetes")
      return [{ kind: "api-server", pointer: path.pointer }];
    reading.leaveOpen(path, `the Service ${namespace}/${name} does not stand in Git`);
    return "unknown";
  }
  for (const manifest of objectsOf(inputs, service)) reading.read.add(manifest);
  const peers = endpointsOf(service, path.pointer);
  if (peers === null) {
    reading.leaveOpen(path, `the endpoints of the Service ${namespace}/${name} do not stand in Git`);
    return "unknown";
  }
  return isSource ? peers.map(({ ports: _, ...peer }) => peer) : peers;
}

function endpointsOf({ backing, namespace, ports }: Service, pointer: string): readonly Peer[] | null {
  switch (backing.kind) {
    case "pods": {
      const pods = [...backing.labels].map(([key, value]) => ({
        key,
        operator: "In" as const,
        values: [value],
      }));
      return [
        {
          kind: "pods",
          namespaces: { kind: "named", name: namespace },
          pods,
          ports: portsOf(ports, pointer),
          pointer,
        },
      ];
    }
    case "name":
      return [];
    case "addresses":
      return backing.slices.length === 0
        ? null
        : backing.slices.flatMap((slice) =>
            slice.addresses.map(
              (address): Peer => ({
                kind: "addresses",
                cidr: printCidr(
                  address.family === 4
                    ? { family: "v4", first: BigInt(address.first), prefix: 32 }
                    : { family: "v6", first: address.first, prefix: 128 },
                ),
                except: [],
                ports: portsOf(slice.ports, pointer),
                pointer,
              }),
            ),
          );
  }
}

function portsOf(ports: readonly ServicePort[], pointer: string): readonly PortMatch[] {
  return ports.map(({ protocol, target }) => ({
    protocol,
    port:
      typeof target === "number"
        ? { kind: "range", first: target, last: target }
        : { kind: "named", name: target },
    pointer,
  }));
}

const SERVICE_KINDS = [
  ["", "Service"],
  ["discovery.k8s.io", "EndpointSlice"],
  ["", "Endpoints"],
] as const;

const known = new WeakMap<PolicyInputs, ReadonlyMap<string, Service>>();

function servicesIn(inputs: PolicyInputs): ReadonlyMap<string, Service> {
  const services =
    known.get(inputs) ?? servicesOf(SERVICE_KINDS.flatMap(([group, kind]) => inputs.objects(group, kind)));
  known.set(inputs, services);
  return services;
}

/** The objects that a Service's endpoints are read from. */
function objectsOf(inputs: PolicyInputs, { namespace, name }: Service) {
  return SERVICE_KINDS.flatMap(([group, kind]) => inputs.objects(group, kind)).filter((manifest) => {
    const { metadata } = manifest.object;
    const service =
      groupOf(manifest.object) === "" ? metadata.name : metadata.labels?.["kubernetes.io/service-name"];
    return (manifest.namespace ?? "default") === namespace && service === name;
  });
}
