import type { Manifest } from "../../render/render.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import { type CidrBlock, parseCidr } from "../schema/cidr.ts";
import { type JsonObject, nested, ownField } from "../schema/decode.ts";
import { holds } from "./expression.ts";
import { NAME, NAMESPACE, NAMESPACE_NAME, OF_NAMESPACE } from "./pods.ts";
import type { SelectorExpression } from "./selector.ts";

/** Addresses with labels: what a selector of a rule matches besides pods. */
export interface LabelledAddresses {
  readonly manifest: Manifest;
  readonly labels: ReadonlyMap<string, string>;
  readonly blocks: readonly CidrBlock[];
  /** It names domains too, which only the commercial edition resolves. */
  readonly hasDomains: boolean;
}

/** Groups that serve the same kinds: Calico's API server, and the resources in which it keeps them. */
export const CALICO_GROUPS = ["projectcalico.org", "crd.projectcalico.org"] as const;

/**
 * Network sets and host endpoints that an expression selects. A NetworkSet has the labels of its namespace, and those alone
 * are in a namespace (libcalico-go updateprocessors, networksetprocessor.go, globalnetworksetprocessor.go).
 */
export function setsSelectedBy(
  expression: SelectorExpression,
  inputs: PolicyInputs,
): readonly LabelledAddresses[] {
  return setsOf(inputs).filter(({ labels }) => holds(expression, labels));
}

const known = new WeakMap<PolicyInputs, readonly LabelledAddresses[]>();

function setsOf(inputs: PolicyInputs): readonly LabelledAddresses[] {
  const sets = known.get(inputs) ?? readSets(inputs);
  known.set(inputs, sets);
  return sets;
}

function readSets(inputs: PolicyInputs): readonly LabelledAddresses[] {
  const ofKind = (kind: string) => CALICO_GROUPS.flatMap((group) => inputs.objects(group, kind));
  return [
    ...ofKind("NetworkSet").map((manifest) => {
      const namespace = manifest.namespace ?? "default";
      return addresses(manifest, "nets", [...namespaceLabels(namespace, inputs), [NAMESPACE, namespace]]);
    }),
    ...ofKind("GlobalNetworkSet").map((manifest) => addresses(manifest, "nets", [])),
    ...ofKind("HostEndpoint").map((manifest) => addresses(manifest, "expectedIPs", [])),
  ];
}

function namespaceLabels(name: string, inputs: PolicyInputs): readonly (readonly [string, string])[] {
  const declared = inputs.objects("", "Namespace").find(({ object }) => object.metadata.name === name);
  return [
    ...stringsOf(declared === undefined ? null : nested(declared.object, "metadata", "labels")).map(
      ([key, value]) => [`${OF_NAMESPACE}${key}`, value] as const,
    ),
    [`${OF_NAMESPACE}${NAMESPACE_NAME}`, name],
    [`${OF_NAMESPACE}${NAME}`, name],
  ];
}

function addresses(
  manifest: Manifest,
  field: "nets" | "expectedIPs",
  labels: readonly (readonly [string, string])[],
): LabelledAddresses {
  const spec = nested(manifest.object, "spec") ?? {};
  const list: unknown = ownField(spec, field);
  const domains: unknown = ownField(spec, "allowedEgressDomains");
  return {
    manifest,
    labels: new Map([...stringsOf(nested(manifest.object, "metadata", "labels")), ...labels]),
    blocks: (Array.isArray(list) ? (list as readonly unknown[]) : []).flatMap((one) =>
      typeof one === "string" ? (blockOrAddress(one) ?? []) : [],
    ),
    hasDomains: Array.isArray(domains) && domains.length > 0,
  };
}

function stringsOf(labels: JsonObject | null): readonly (readonly [string, string])[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) =>
    typeof value === "string" ? [[key, value] as const] : [],
  );
}

/** "10.0.0.0/8", or one address (libcalico-go lib/net ParseCIDROrIP). */
export function blockOrAddress(text: string): CidrBlock | null {
  if (text.includes("/")) return parseCidr(text);
  return parseCidr(`${text}/${text.includes(":") ? 128 : 32}`);
}
