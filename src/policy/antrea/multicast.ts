import { parseCidr } from "../schema/cidr.ts";
import {
  type Decoder,
  isObject,
  type JsonObject,
  type Located,
  nested,
  objects,
  ownField,
} from "../schema/decode.ts";
import { forbidden } from "../schema/field-error.ts";

/**
 * What Antrea refuses of multicast (validateEgressMulticastAddress and validateMulticastIGMP in
 * pkg/controller/networkpolicy/validate.go): a rule is about groups or about hosts, and never passes or rejects a group.
 */
export function checkMulticast(
  decoder: Decoder,
  written: Readonly<Record<"ingress" | "egress", readonly Located<JsonObject>[]>>,
): void {
  for (const rule of written.egress) checkAddresses(decoder, rule);
  // One rule about IGMP, and every rule after it is held to the same: the flag is not reset between them.
  let igmp = false;
  for (const { value, path } of [...written.ingress, ...written.egress]) {
    const protocols = objects(ownField(value, "protocols"));
    const own = protocols.some((one) => isObject(ownField(one, "igmp")));
    igmp ||= own;
    if (own && isPassOrReject(value)) {
      decoder.errors.push(forbidden(path, "protocol IGMP does not support Pass or Reject"));
    }
    const others = ["ports", "toServices", "from", "to"].some(
      (name) => objects(ownField(value, name)).length > 0,
    );
    if (igmp && (others || protocols.some((one) => isObject(ownField(one, "icmp"))))) {
      const text = "protocol IGMP can not be used with other protocols or other properties like from, to";
      decoder.errors.push(forbidden(path, text));
    }
  }
}

function isPassOrReject(rule: JsonObject): boolean {
  const action = ownField(rule, "action");
  return action === "Pass" || action === "Reject";
}

const SELECTORS = [
  "podSelector",
  "namespaceSelector",
  "namespaces",
  "externalEntitySelector",
  "serviceAccount",
  "nodeSelector",
];

function checkAddresses({ errors }: Decoder, { value, path }: Located<JsonObject>): void {
  const blocks = objects(ownField(value, "to")).flatMap((peer) => {
    const cidr = nested(peer, "ipBlock")?.["cidr"];
    return typeof cidr === "string" ? [{ peer, multicast: isMulticast(cidr) }] : [];
  });
  if (!blocks.some(({ multicast }) => multicast)) return;
  if (isPassOrReject(value)) errors.push(forbidden(path, "multicast does not support action Pass or Reject"));
  if (blocks.some(({ multicast }) => !multicast)) {
    errors.push(
      forbidden(path, "can not set multicast groupAddress and unicast ip address at the same time"),
    );
  }
  if (blocks.some(({ peer }) => SELECTORS.some((name) => isObject(ownField(peer, name))))) {
    errors.push(forbidden(path, "can not set multicast groupAddress and selectors at the same time"));
  }
}

/** By the address as it is written: 224.0.0.0/4, ff00::/8. */
function isMulticast(cidr: string): boolean {
  const block = parseCidr(cidr.replace(/\/.*$/, cidr.includes(":") ? "/8" : "/4"));
  return (
    block !== null &&
    block.first >> (block.family === "v4" ? 28n : 120n) === (block.family === "v4" ? 0xen : 0xffn)
  );
}
