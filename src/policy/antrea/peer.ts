import { SERVICE_ACCOUNT } from "../model/pod-attribute.ts";
import type { LabelSelector, Peer } from "../model/policy.ts";
import { tooFewProperties } from "../schema/crd-error.ts";
import { oneOf, onlyProperty } from "../schema/crd-field.ts";
import { type JsonObject, type Located, objectField, stringField, stringList } from "../schema/decode.ts";
import { child, forbidden, invalid } from "../schema/field-error.ts";
import { labelSelector } from "../schema/label-selector.ts";
import { labelKeyErrors, NAME_LABEL } from "../schema/names.ts";
import { antreaBlock } from "./blocks.ts";
import { isSet, onlyFields, standAlone } from "./fields.ts";
import { antreaGroup, namespacesOf } from "./group.ts";
import { antreaName, FQDN_CHARACTERS, namespacedName } from "./names.ts";
import { type AntreaReading, leaveOpen } from "./reading.ts";

const OF_BOTH = ["podSelector", "namespaceSelector", "ipBlock", "group", "nodeSelector", "scope"];
const OF_CLUSTER = [...OF_BOTH, "namespaces", "serviceAccount"];
const OF_NAMESPACE = [...OF_BOTH, "externalEntitySelector"];

export type Side = "from" | "to";

/**
 * What one entry of `to` or `from` means. Where several kinds stand in one, the first of them counts: namespaces, ipBlock,
 * group, fqdn, serviceAccount, nodeSelector (toAntreaPeerForCRD in pkg/controller/networkpolicy/crd_utils.go). null = it is
 * dropped as if it did not stand there.
 */
export function antreaPeers(
  reading: AntreaReading,
  entry: Located<JsonObject>,
  side: Side,
): readonly Peer[] | null {
  const known = reading.namespace === null ? OF_CLUSTER : OF_NAMESPACE;
  onlyFields(reading, entry, side === "to" ? [...known, "fqdn"] : known);
  standAlone(reading, entry, {
    alone: ["group", "serviceAccount", "nodeSelector"],
    where: "rules",
  });
  const { pointer } = entry.path;
  const block = objectField(reading, entry, "ipBlock");
  const read = block === null ? null : antreaBlock(reading, block);
  const group = stringField(reading, entry, "group");
  const name = stringField(reading, entry, "fqdn");
  const account = objectField(reading, entry, "serviceAccount");
  const nodes = objectField(reading, entry, "nodeSelector");
  const namespaces = objectField(reading, entry, "namespaces");
  checkScope(reading, entry);
  if (namespaces !== null) return alikePeers(reading, entry, namespaces);
  if (block !== null) return read === null ? [] : [{ kind: "addresses", ...read, pointer }];
  if (group !== null && group.value !== "") return groupPeers(reading, group, pointer);
  if (name !== null && name.value !== "") return namePeers(reading, name, pointer);
  if (account !== null) {
    const { namespace, name: own } = namespacedName(reading, account);
    const pods: LabelSelector = [{ key: SERVICE_ACCOUNT, operator: "In", values: [own] }];
    return [{ kind: "pods", namespaces: { kind: "named", name: namespace }, pods, pointer }];
  }
  if (nodes !== null) {
    return [{ kind: "nodes", which: "any", nodes: labelSelector(reading, nodes), pointer }];
  }
  return podPeers(reading, entry);
}

/** Beyond this cluster nobody can see from here. */
function checkScope(reading: AntreaReading, entry: Located<JsonObject>): void {
  const scope = stringField(reading, entry, "scope");
  if (scope === null) return;
  if (oneOf(reading, scope, ["Cluster", "ClusterSet"]) === "ClusterSet") {
    leaveOpen(reading, scope.path, "pods of other clusters of the ClusterSet do not stand in Git");
  }
}

function podPeers(reading: AntreaReading, entry: Located<JsonObject>): readonly Peer[] {
  const podSelector = objectField(reading, entry, "podSelector");
  const namespaceSelector = objectField(reading, entry, "namespaceSelector");
  const entities = objectField(reading, entry, "externalEntitySelector");
  const pods = podSelector === null ? [] : labelSelector(reading, podSelector);
  const namespaces = namespaceSelector === null ? null : labelSelector(reading, namespaceSelector);
  if (entities !== null) {
    labelSelector(reading, entities);
    leaveOpen(reading, entities.path, "which ExternalEntity objects it selects does not stand in Git");
    return [];
  }
  // With no selector at all an entry of a ClusterNetworkPolicy selects nothing, one of a NetworkPolicy its namespace.
  if (podSelector === null && namespaceSelector === null && reading.namespace === null) return [];
  return [{ kind: "pods", namespaces: namespacesOf(reading, namespaces), pods, pointer: entry.path.pointer }];
}

/** Pods of namespaces that are like that of the pod the rule is applied to. */
function alikePeers(
  reading: AntreaReading,
  entry: Located<JsonObject>,
  namespaces: Located<JsonObject>,
): readonly Peer[] | null {
  if (isSet(entry.value, "namespaceSelector")) {
    const text =
      "namespaces and namespaceSelector cannot be set at the same time for a single NetworkPolicyPeer";
    reading.errors.push(forbidden(entry.path, text));
  }
  const match = stringField(reading, namespaces, "match");
  const keys = stringList(reading, namespaces, "sameLabels");
  if (onlyProperty(reading, namespaces, ["match", "sameLabels"]) === "newer") {
    reading.errors.push(tooFewProperties(namespaces.path, 0, 1));
  }
  if (match !== null) oneOf(reading, match, ["Self"]);
  for (const { value, path } of keys) {
    for (const reason of labelKeyErrors(value)) reading.errors.push(invalid(path, value, reason));
  }
  const podSelector = objectField(reading, entry, "podSelector");
  const pods = podSelector === null ? [] : labelSelector(reading, podSelector);
  const alike = match === null ? keys.map(({ value }) => value) : [NAME_LABEL];
  // Neither of both: splitPeersByScope leaves the entry out.
  if (alike.length === 0) return null;
  return [
    {
      kind: "pods",
      namespaces: { kind: "selected", selector: [] },
      pods,
      alike: [...new Set(alike)].sort(),
      pointer: child(entry.path, "namespaces").pointer,
    },
  ];
}

function groupPeers(
  reading: AntreaReading,
  { value, path }: Located<string>,
  pointer: string,
): readonly Peer[] {
  const { pods, blocks, nodes, open } = antreaGroup(reading, value);
  for (const detail of open) leaveOpen(reading, path, detail);
  return [
    ...pods.map((one): Peer => ({ kind: "pods", ...one, pointer })),
    ...blocks.map((block): Peer => ({ kind: "addresses", ...block, pointer })),
    ...nodes.map((selector): Peer => ({ kind: "nodes", which: "any", nodes: selector, pointer })),
  ];
}

/** Names of headless Services lead to pods: which ones is for the DNS of the cluster to say. */
function namePeers(
  reading: AntreaReading,
  { value, path }: Located<string>,
  pointer: string,
): readonly Peer[] {
  if (!FQDN_CHARACTERS.test(value)) {
    reading.errors.push(forbidden(path, `invalid characters in egress rule fqdn field: ${value}`));
  }
  const pattern = antreaName(value);
  if (/\.svc(\.|$)/.test(pattern.text)) {
    leaveOpen(
      reading,
      path,
      `whether ${value} is a headless Service, and of which pods, is for the DNS of the cluster to say`,
    );
  }
  return [{ kind: "names", pattern, pointer }];
}
