import type { Peer } from "../model/policy.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import { resolveBlocks } from "./blocks.ts";
import { type EndpointPeers, endpointPeers, nodePeer } from "./endpoints.ts";
import { entityPeers } from "./entity.ts";
import type { CiliumRule } from "./rule.ts";
import { resolveService } from "./service.ts";

/** Something that a policy may mean besides what was read of it. */
export interface OpenQuestion {
  readonly pointer: string;
  readonly text: string;
  /** What of the object it is about, as written: the same question on both sides has the same answer. */
  readonly about: unknown;
  /** A rule that denies asks it. */
  readonly denies?: boolean;
}

export interface CiliumPeers {
  /** Without names, which depend on what the pods may look up; null = everything. */
  readonly peers: readonly Peer[] | null;
  readonly open: readonly OpenQuestion[];
}

/**
 * Whom a rule names. A rule that names nobody is about everything where it names ports, and about nothing where it does not:
 * `egress: [{}]` admits nothing, and isolates (pkg/policy/utils/parserules.go).
 */
export function ciliumPeers(rule: CiliumRule, namespace: string | null, inputs: PolicyInputs): CiliumPeers {
  if (rule.selectsNothing) return { peers: [], open: [] };
  const required = rule.requires.flatMap(({ selector }) => selector);
  const found: EndpointPeers[] = [
    ...rule.endpoints.map(({ selector, pointer }) =>
      endpointPeers([...selector, ...required], namespace, pointer),
    ),
    ...rule.nodes.map(({ selector, pointer }) => ({ peers: [nodePeer(selector, pointer)], open: null })),
  ];
  const entities = rule.entities.map(({ entity, pointer }) => entityPeers(entity, pointer));
  const blocks = rule.blocks.map((one) => ({ pointer: one.pointer, ...resolveBlocks(one, inputs) }));
  const services = rule.services.map((one) => ({ pointer: one.pointer, ...resolveService(one, inputs) }));
  const pointers = [...rule.endpoints, ...rule.nodes].map(({ pointer }) => pointer);
  const open = [
    ...found.map((one, index) => ({ pointer: pointers[index] ?? rule.pointer, open: one.open })),
    ...blocks,
    ...services,
    ...rule.groups.map((pointer) => ({
      pointer,
      open: "the addresses of a cloud's groups are asked for at run time",
    })),
  ].flatMap(({ pointer, open: text }) => (text === null ? [] : [{ pointer, text, about: rule.written }]));
  if (namesNobody(rule)) {
    const { rules, icmp } = rule.ports;
    return { peers: rules.length > 0 || icmp ? null : [], open };
  }
  if (entities.includes(null)) return { peers: null, open };
  return {
    peers: [
      ...found.flatMap(({ peers }) => peers),
      ...entities.flatMap((peers) => peers ?? []),
      ...blocks.flatMap(({ cidrs, except, pointer }) =>
        cidrs.map((cidr): Peer => ({ kind: "addresses", cidr, except, pointer })),
      ),
      ...services.flatMap(({ peers }) => peers),
    ],
    open,
  };
}

function namesNobody({ endpoints, nodes, entities, blocks, services, names, groups }: CiliumRule): boolean {
  return [endpoints, nodes, entities, blocks, services, names, groups].every(({ length }) => length === 0);
}
