import type { Profile } from "../../config/config.ts";
import { DOMAIN_NAME_PATTERN, domainName } from "../model/domain-name.ts";
import { isCilium } from "../model/enforcement.ts";
import type { LabelSelector, Peer, Pods } from "../model/policy.ts";
import { parseCidr, printCidr } from "../schema/cidr.ts";
import { duplicate, outOfBounds, ruleBroken, tooLong } from "../schema/crd-error.ts";
import { checkLength, isAbsent, onlyProperty, requiredObject } from "../schema/crd-field.ts";
import { type Decoder, type JsonObject, type Located, objectField, stringList } from "../schema/decode.ts";
import { labelSelector } from "../schema/label-selector.ts";

export type PeerKind = "namespaces" | "pods" | "nodes" | "networks" | "domainNames";

export interface ReadPeers {
  readonly kind: PeerKind;
  readonly peers: readonly Peer[];
}

const MOST_ENTRIES = 25;
/** The longest text of an address block that there is. */
const LONGEST_CIDR = 43;

/** One element of `to` or `from`: an element of `networks` or `domainNames` is a peer of its own here. */
export function adminPolicyPeers(
  decoder: Decoder,
  value: Located<JsonObject>,
  kinds: readonly PeerKind[],
  profile: Profile,
): ReadPeers | "newer" | null {
  const kind = onlyProperty(decoder, value, kinds);
  if (kind === "newer" || kind === null) return kind;
  const { pointer } = value.path;
  switch (kind) {
    case "namespaces":
    case "pods": {
      const pods = namespacedPods(decoder, value, kind);
      if (pods === null) return null;
      const peer: Peer = { kind: "pods", ...pods, pointer };
      const beyond = kind === "namespaces" && isCilium(profile) && pods.namespaces.kind === "selected";
      return {
        kind,
        peers: beyond ? [peer, ...withoutNamespace(pods.namespaces.selector, pointer)] : [peer],
      };
    }
    case "nodes": {
      const selector = objectField(decoder, value, kind);
      if (selector === null) return null;
      const nodes = labelSelector(decoder, selector);
      return { kind, peers: [{ kind: "nodes", which: "any", nodes, pointer }] };
    }
    case "networks":
      return { kind, peers: networks(decoder, value) };
    case "domainNames":
      return { kind, peers: domainNames(decoder, value) };
  }
}

/** `namespaces`, a selector of namespaces, or `pods`, which has one of pods too; of a subject or of a peer. */
export function namespacedPods(
  decoder: Decoder,
  parent: Located<JsonObject>,
  kind: "namespaces" | "pods",
): Pods | null {
  const field = objectField(decoder, parent, kind);
  if (field === null) return null;
  if (kind === "namespaces") {
    return { namespaces: { kind: "selected", selector: labelSelector(decoder, field) }, pods: [] };
  }
  // v1alpha1 demands both, v1alpha2 the pods alone: an empty selector of namespaces is all of them.
  const namespaceSelector = objectField(decoder, field, "namespaceSelector");
  const podSelector = requiredObject(decoder, field, "podSelector");
  return {
    namespaces: {
      kind: "selected",
      selector: namespaceSelector === null ? [] : labelSelector(decoder, namespaceSelector),
    },
    pods: podSelector === null ? [] : labelSelector(decoder, podSelector),
  };
}

/**
 * Measured on Cilium 1.20: a selector of namespaces that only says what labels must not be matches whatever has no namespace,
 * so addresses and nodes too. By the API pods alone.
 */
function withoutNamespace(selector: LabelSelector, pointer: string): readonly Peer[] {
  const onlyNegative =
    selector.length > 0 &&
    selector.every(({ operator }) => operator === "NotIn" || operator === "DoesNotExist");
  return onlyNegative
    ? [
        { kind: "addresses", cidr: "0.0.0.0/0", except: [], pointer },
        { kind: "addresses", cidr: "::/0", except: [], pointer },
        { kind: "nodes", which: "any", nodes: [], pointer },
        { kind: "api-server", pointer },
      ]
    : [];
}

function networks(decoder: Decoder, value: Located<JsonObject>): readonly Peer[] {
  return entries(decoder, value, "networks").flatMap((network): readonly Peer[] => {
    const block = isStrictCidr(network.value) ? parseCidr(network.value) : null;
    if (network.value.length > LONGEST_CIDR) decoder.errors.push(tooLong(network.path, LONGEST_CIDR));
    if (block !== null) {
      return [{ kind: "addresses", cidr: printCidr(block), except: [], pointer: network.path.pointer }];
    }
    decoder.errors.push(ruleBroken(network.path, "Invalid CIDR format provided"));
    return [];
  });
}

/** isCIDR of the schema's expressions: no leading zeros, no IPv4 within IPv6 (Go's netip.ParsePrefix). */
function isStrictCidr(text: string): boolean {
  return !/(^|[.])0\d/.test(text) && !/\/0\d/.test(text) && !/^::ffff:.*(\.|:[0-9a-f]+\/)/i.test(text);
}

function domainNames(decoder: Decoder, value: Located<JsonObject>): readonly Peer[] {
  return entries(decoder, value, "domainNames").flatMap((name): readonly Peer[] => {
    const pattern = domainName(name.value);
    if (pattern !== null) return [{ kind: "names", pattern, pointer: name.path.pointer }];
    decoder.errors.push(outOfBounds(name.path, name.value, `should match '${DOMAIN_NAME_PATTERN}'`));
    return [];
  });
}

/** A list of texts that is a set. */
function entries(
  decoder: Decoder,
  value: Located<JsonObject>,
  name: "networks" | "domainNames",
): readonly Located<string>[] {
  if (isAbsent(value, name)) return [];
  checkLength(decoder, value, name, [1, MOST_ENTRIES]);
  const list = stringList(decoder, value, name);
  const seen = new Set<string>();
  for (const { value: text, path } of list) {
    if (seen.has(text)) decoder.errors.push(duplicate(path, text));
    seen.add(text);
  }
  return list;
}
