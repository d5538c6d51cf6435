import type { Manifest } from "../../render/render.ts";
import type { AddressBlock, LabelSelector, NamespaceMatch, Pods } from "../model/policy.ts";
import {
  type Decoder,
  type JsonObject,
  type Located,
  objectField,
  objectList,
  stringField,
  stringList,
} from "../schema/decode.ts";
import { type FieldError, forbidden, ROOT } from "../schema/field-error.ts";
import { labelSelector } from "../schema/label-selector.ts";
import { checkMetadata } from "../schema/metadata.ts";
import { antreaBlock } from "./blocks.ts";
import type { AntreaReading } from "./reading.ts";
import { antreaService } from "./service.ts";

/** What a Group or a ClusterGroup stands for. */
export interface AntreaGroup {
  readonly pods: readonly Pods[];
  readonly blocks: readonly AddressBlock[];
  readonly nodes: readonly LabelSelector[];
  /** It says for itself whose namespaces it means: a NetworkPolicy cannot be applied to such pods. */
  readonly acrossNamespaces: boolean;
  /** Why nobody can tell from Git what is in it besides. */
  readonly open: readonly string[];
}

const EMPTY: AntreaGroup = { pods: [], blocks: [], nodes: [], acrossNamespaces: false, open: [] };

/** The group that a policy names: in its own namespace, or for ClusterNetworkPolicy in the cluster. */
export function antreaGroup(reading: AntreaReading, name: string): AntreaGroup {
  const found = groupsNamed(reading, name);
  const [manifest] = found;
  const kind = reading.namespace === null ? "ClusterGroup" : "Group";
  if (manifest === undefined) return { ...EMPTY, open: [`${kind} ${name} does not stand in Git`] };
  if (found.some(({ digest }) => digest !== manifest.digest)) {
    return { ...EMPTY, open: [`${kind} ${name} stands in Git with several contents`] };
  }
  const spec = groupSpec(manifest);
  if (isRefused(spec)) {
    return {
      ...EMPTY,
      open: [`${kind} ${name} would be refused, and what the cluster holds of it does not stand in Git`],
    };
  }
  if (spec.children.length === 0) return membersOf(reading, spec);
  const children = spec.children.map((child) => childOf(reading, child));
  // Groups of groups are not nested any further: such a group has no members ("ChildGroupsNestingExceeded").
  if (children.includes("too-deep")) return EMPTY;
  return united(children.filter((child) => child !== "too-deep"));
}

function childOf(reading: AntreaReading, name: string): AntreaGroup | "too-deep" {
  const [manifest] = groupsNamed(reading, name);
  const spec = manifest === undefined ? null : groupSpec(manifest);
  return spec !== null && !isRefused(spec) && spec.children.length > 0
    ? "too-deep"
    : antreaGroup(reading, name);
}

function united(groups: readonly AntreaGroup[]): AntreaGroup {
  return {
    pods: groups.flatMap(({ pods }) => pods),
    blocks: groups.flatMap(({ blocks }) => blocks),
    nodes: groups.flatMap(({ nodes }) => nodes),
    acrossNamespaces: groups.some(({ acrossNamespaces }) => acrossNamespaces),
    open: groups.flatMap(({ open }) => open),
  };
}

function groupsNamed(reading: AntreaReading, name: string): readonly Manifest[] {
  const { inputs, namespace, others } = reading;
  const found = inputs
    .objects("crd.antrea.io", namespace === null ? "ClusterGroup" : "Group")
    .filter(
      (one) => one.object.metadata.name === name && (namespace === null || one.namespace === namespace),
    );
  for (const manifest of found) others.add(manifest);
  return found;
}

/** The fields of a group, decoded. */
export interface GroupSpec {
  readonly pods: LabelSelector | null;
  readonly namespaces: LabelSelector | null;
  readonly nodes: LabelSelector | null;
  readonly externalEntities: boolean;
  readonly service: { readonly namespace: string; readonly name: string } | null;
  readonly blocks: readonly AddressBlock[];
  readonly children: readonly string[];
}

const FIELDS = [
  "podSelector",
  "nodeSelector",
  "externalEntitySelector",
  "serviceReference",
  "ipBlock",
  "ipBlocks",
  "childGroups",
] as const;

/** What a group says, or why it is refused (validateAntreaGroupSpec in pkg/controller/networkpolicy/validate.go). */
export function groupSpec(manifest: Manifest): GroupSpec | readonly FieldError[] {
  const decoder: Decoder = { errors: [] };
  const object: Located<JsonObject> = { value: manifest.object, path: ROOT };
  checkMetadata(decoder, object);
  const spec = objectField(decoder, object, "spec") ?? {
    value: {},
    path: { field: "spec", pointer: "/spec" },
  };
  const selector = (name: string) => {
    const field = objectField(decoder, spec, name);
    return field === null ? null : labelSelector(decoder, field);
  };
  const single = objectField(decoder, spec, "ipBlock");
  const lists = objectList(decoder, spec, "ipBlocks");
  const service = objectField(decoder, spec, "serviceReference");
  const read: GroupSpec = {
    pods: selector("podSelector"),
    namespaces: selector("namespaceSelector"),
    nodes: selector("nodeSelector"),
    externalEntities: selector("externalEntitySelector") !== null,
    service:
      service === null
        ? null
        : {
            namespace: stringField(decoder, service, "namespace")?.value ?? "",
            name: stringField(decoder, service, "name")?.value ?? "",
          },
    blocks: [...(single === null ? [] : [single]), ...lists].flatMap(
      (block) => antreaBlock(decoder, block) ?? [],
    ),
    children: stringList(decoder, spec, "childGroups").map(({ value }) => value),
  };
  const given = [
    read.pods !== null,
    read.nodes !== null,
    read.externalEntities,
    service !== null,
    single !== null,
    lists.length > 0,
    read.children.length > 0,
  ];
  const count = given.filter(Boolean).length;
  const alone = read.namespaces !== null && read.pods === null && !read.externalEntities && count > 0;
  if (count > 1 || alone) {
    decoder.errors.push(
      forbidden(spec.path, `at most one of ${FIELDS.join(", ")} can be set for a ${manifest.object.kind}`),
    );
  }
  if (read.children.includes(manifest.object.metadata.name ?? "")) {
    decoder.errors.push(forbidden(spec.path, "a group cannot be its own childGroup"));
  }
  return decoder.errors.length > 0 ? decoder.errors : read;
}

export function isRefused(value: GroupSpec | readonly FieldError[]): value is readonly FieldError[] {
  return Array.isArray(value);
}

function membersOf(reading: AntreaReading, spec: GroupSpec): AntreaGroup {
  if (spec.service !== null) return backendsOf(reading, spec.service);
  const selects = spec.pods !== null || spec.namespaces !== null;
  return {
    ...EMPTY,
    blocks: spec.blocks,
    nodes: spec.nodes === null ? [] : [spec.nodes],
    pods:
      selects && !(spec.externalEntities && spec.pods === null)
        ? [{ namespaces: namespacesOf(reading, spec.namespaces), pods: spec.pods ?? [] }]
        : [],
    acrossNamespaces: spec.namespaces !== null,
    open: spec.externalEntities ? ["which ExternalEntity objects it selects does not stand in Git"] : [],
  };
}

/** A Group looks into its own namespace, a ClusterGroup into all, where neither selects any. */
export function namespacesOf({ namespace }: AntreaReading, selector: LabelSelector | null): NamespaceMatch {
  if (selector !== null) return { kind: "selected", selector };
  return namespace === null ? { kind: "selected", selector: [] } : { kind: "named", name: namespace };
}

/** Pods behind a Service, whatever its ports; one without a selector has none ("serviceReference"). */
function backendsOf(
  reading: AntreaReading,
  reference: { readonly namespace: string; readonly name: string },
): AntreaGroup {
  const { name } = reference;
  const namespace = reference.namespace === "" ? (reading.namespace ?? "") : reference.namespace;
  const service = antreaService(reading, namespace, name);
  if (service === null) return { ...EMPTY, open: [`Service ${namespace}/${name} does not stand in Git`] };
  if (service.backing.kind !== "pods") return EMPTY;
  return {
    ...EMPTY,
    pods: [{ namespaces: { kind: "named", name: namespace }, pods: selectorOf(service.backing.labels) }],
    acrossNamespaces: reading.namespace !== null && namespace !== reading.namespace,
  };
}

function selectorOf(labels: ReadonlyMap<string, string>): LabelSelector {
  return [...labels].map(([key, value]) => ({ key, operator: "In", values: [value] }));
}
