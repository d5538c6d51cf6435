import type { NamePattern } from "../model/policy.ts";
import { type JsonObject, type Located, objectList, stringList } from "../schema/decode.ts";
import { notSupported } from "../schema/field-error.ts";
import { blockOf, blocksOf, type CiliumBlocks } from "./blocks.ts";
import { type CiliumDecoder, isWritten, place, refuse } from "./decoder.ts";
import { ENTITIES, type Entity } from "./entity.ts";
import { type CiliumPorts, ciliumPorts, nameSelector } from "./ports.ts";
import { type CiliumSelector, ciliumSelector } from "./selector.ts";
import { type CiliumService, ciliumService } from "./service.ts";

/** A rule as written, of one direction (pkg/policy/api/{egress,ingress}.go). */
export interface CiliumRule {
  /** Endpoints, nodes, entities or blocks stand there as an empty list: it selects nothing. */
  readonly selectsNothing: boolean;
  readonly endpoints: readonly Selected[];
  readonly nodes: readonly Selected[];
  readonly entities: readonly { readonly entity: Entity; readonly pointer: string }[];
  readonly blocks: readonly CiliumBlocks[];
  readonly services: readonly CiliumService[];
  readonly names: readonly { readonly pattern: NamePattern; readonly pointer: string }[];
  /** Groups of a cloud: their addresses are asked for at run time. */
  readonly groups: readonly string[];
  /** What endpoints must have besides (`toRequires`, in releases before 1.19). */
  readonly requires: readonly Selected[];
  readonly ports: CiliumPorts;
  readonly written: JsonObject;
  readonly pointer: string;
}

export interface Selected {
  readonly selector: CiliumSelector;
  readonly pointer: string;
}

export interface RuleContext {
  readonly ingress: boolean;
  readonly deny: boolean;
}

export function ciliumRule(
  decoder: CiliumDecoder,
  rule: Located<JsonObject>,
  context: RuleContext,
): CiliumRule {
  const end = context.ingress ? "from" : "to";
  const selected = (name: string) =>
    objectList(decoder, rule, `${end}${name}`).map(
      (one): Selected => ({
        selector: ciliumSelector(decoder, one),
        pointer: one.path.pointer,
      }),
    );
  const blocks = stringList(decoder, rule, `${end}CIDR`);
  const sets = objectList(decoder, rule, `${end}CIDRSet`);
  const read: CiliumRule = {
    selectsNothing: false,
    endpoints: selected("Endpoints"),
    nodes: selected("Nodes"),
    entities: stringList(decoder, rule, `${end}Entities`).flatMap(({ value, path }) => {
      const entity = ENTITIES.find((one) => one === value);
      if (entity === undefined) decoder.errors.push(notSupported(path, value, ENTITIES));
      return entity === undefined ? [] : [{ entity, pointer: path.pointer }];
    }),
    blocks: [
      ...blocks.flatMap((one) => blockOf(decoder, one) ?? []),
      ...sets.flatMap((one) => blocksOf(decoder, one) ?? []),
    ],
    services: context.ingress
      ? []
      : objectList(decoder, rule, "toServices").map((one) => ciliumService(decoder, one)),
    // What denies knows no names: the schema has no field for them there, and the API server drops it.
    names:
      context.ingress || context.deny
        ? []
        : objectList(decoder, rule, "toFQDNs").flatMap((one) => {
            const pattern = nameSelector(decoder, one);
            return pattern === null ? [] : [{ pattern, pointer: one.path.pointer }];
          }),
    groups: objectList(decoder, rule, `${end}Groups`).map(({ path }) => path.pointer),
    requires: selected("Requires"),
    ports: ciliumPorts(decoder, rule, context),
    written: rule.value,
    pointer: rule.path.pointer,
  };
  const counts = new Map([
    ["CIDR", blocks.length],
    ["CIDRSet", sets.length],
    ["Endpoints", read.endpoints.length],
    ["Entities", read.entities.length],
    ["FQDNs", read.names.length],
    ["Groups", read.groups.length],
    ["Nodes", read.nodes.length],
    ["Services", read.services.length],
  ]);
  checkCombination(decoder, rule, counts, context.ingress ? "From" : "To");
  return {
    ...read,
    selectsNothing: ["Endpoints", "Nodes", "Entities", "CIDR", "CIDRSet"].some(
      (name) => isWritten(rule, `${end}${name}`) && counts.get(name) === 0,
    ),
  };
}

/** One kind of peer a rule: the agent refuses two, whatever the schema says. */
function checkCombination(
  decoder: CiliumDecoder,
  rule: Located<JsonObject>,
  counts: ReadonlyMap<string, number>,
  end: "From" | "To",
): void {
  const [first, second] = [...counts].filter(([, count]) => count > 0).map(([name]) => `${end}${name}`);
  if (first === undefined || second === undefined) return;
  const field = `${second.charAt(0).toLowerCase()}${second.slice(1)}`;
  refuse(decoder, place(rule, field), `combining ${first} and ${second} is not supported yet`);
}
