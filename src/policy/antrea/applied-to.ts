import { SERVICE_ACCOUNT } from "../model/pod-attribute.ts";
import type { Pods } from "../model/policy.ts";
import { type JsonObject, type Located, objectField, stringField } from "../schema/decode.ts";
import { forbidden } from "../schema/field-error.ts";
import { labelSelector } from "../schema/label-selector.ts";
import { isSet, onlyFields, standAlone } from "./fields.ts";
import { antreaGroup, namespacesOf } from "./group.ts";
import { namespacedName } from "./names.ts";
import { type AntreaReading, leaveOpen, withoutEffect } from "./reading.ts";

/** Fields of one entry; a NetworkPolicy has fewer, as its namespace is given. */
const OF_CLUSTER = ["podSelector", "namespaceSelector", "group", "serviceAccount", "service", "nodeSelector"];
const OF_NAMESPACE = ["podSelector", "externalEntitySelector", "group"];

/** Whom a policy or a rule is applied to: pods that any entry selects. Being selected alone isolates nobody. */
export function appliedTo(
  reading: AntreaReading,
  entries: readonly Located<JsonObject>[],
  holdsEgress: boolean,
): readonly Pods[] {
  const services = entries.filter(({ value }) => isSet(value, "service"));
  if (services.length > 0 && services.length < entries.length) {
    refuse(reading, entries, "a rule/policy cannot be applied to Services and other peers at the same time");
  }
  if (services.length > 0 && holdsEgress)
    refuse(reading, services, "egress rule cannot be applied to Services");
  return entries.flatMap((entry) => podsOf(reading, entry));
}

function refuse({ errors }: AntreaReading, [first]: readonly Located<JsonObject>[], reason: string): void {
  if (first !== undefined) errors.push(forbidden(first.path, reason));
}

function podsOf(reading: AntreaReading, entry: Located<JsonObject>): readonly Pods[] {
  onlyFields(reading, entry, reading.namespace === null ? OF_CLUSTER : OF_NAMESPACE);
  standAlone(reading, entry, {
    alone: ["group", "nodeSelector", "serviceAccount", "service"],
    where: "appliedTo",
  });
  const group = stringField(reading, entry, "group");
  const account = objectField(reading, entry, "serviceAccount");
  const service = objectField(reading, entry, "service");
  const nodes = objectField(reading, entry, "nodeSelector");
  const podSelector = objectField(reading, entry, "podSelector");
  const namespaceSelector = objectField(reading, entry, "namespaceSelector");
  const entities = objectField(reading, entry, "externalEntitySelector");
  if (nodes !== null) {
    labelSelector(reading, nodes);
    withoutEffect(reading, nodes.path, "it is applied to nodes, and governs no pod");
    return [];
  }
  if (group !== null && group.value !== "") return groupPods(reading, group);
  if (service !== null) {
    namespacedName(reading, service);
    withoutEffect(reading, service.path, "it is applied to a NodePort of a Service, and governs no pod");
    return [];
  }
  if (account !== null) {
    const { namespace, name } = namespacedName(reading, account);
    return [
      {
        namespaces: { kind: "named", name: namespace },
        pods: [{ key: SERVICE_ACCOUNT, operator: "In", values: [name] }],
      },
    ];
  }
  const pods = podSelector === null ? [] : labelSelector(reading, podSelector);
  const namespaces = namespaceSelector === null ? null : labelSelector(reading, namespaceSelector);
  if (entities !== null) labelSelector(reading, entities);
  // Entities are no pods. An entry that selects nothing is nothing, but in a namespace it is all of it.
  const selectsNoPod = podSelector === null && namespaceSelector === null;
  if (selectsNoPod && (entities !== null || reading.namespace === null)) return [];
  return [{ namespaces: namespacesOf(reading, namespaces), pods }];
}

function groupPods(reading: AntreaReading, { value, path }: Located<string>): readonly Pods[] {
  const group = antreaGroup(reading, value);
  if (reading.namespace !== null && group.acrossNamespaces) {
    reading.refusals.push({
      pointer: path.pointer,
      detail: `Group ${reading.namespace}/${value} with Pods in other Namespaces can not be used as AppliedTo`,
    });
  }
  if (group.blocks.length > 0 || group.nodes.length > 0) {
    withoutEffect(reading, path, `${value} holds addresses, and it can be applied to pods alone`);
  }
  for (const detail of group.open) leaveOpen(reading, path, detail);
  return group.pods;
}
