import type { Manifest } from "../../render/render.ts";
import { type ObjectUnknown, objectUnknown } from "../model/object-unknown.ts";
import type { Dialect, Pods, Policy, Tier } from "../model/policy.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import type { PolicyReading } from "../model/policy-reading.ts";
import { requireField, withinBounds } from "../schema/crd-field.ts";
import {
  type JsonObject,
  type Located,
  numberField,
  objectField,
  objectList,
  ownField,
  stringField,
} from "../schema/decode.ts";
import { child, forbidden, ROOT } from "../schema/field-error.ts";
import { checkMetadata } from "../schema/metadata.ts";
import { refused, refusedByApi } from "../schema/refused-policy.ts";
import { appliedTo } from "./applied-to.ts";
import { groupSpec, isRefused } from "./group.ts";
import { checkMulticast } from "./multicast.ts";
import { type AntreaReading, antreaReading } from "./reading.ts";
import { type AntreaRule, antreaRule } from "./rule.ts";
import { antreaTier, tierPriority } from "./tier.ts";

/** Versions that say the same; Antrea 2 serves v1beta1 alone (docs/api.md). */
const VERSIONS: readonly string[] = ["crd.antrea.io/v1beta1", "crd.antrea.io/v1alpha1"];
const GROUP_VERSIONS: readonly string[] = [
  "crd.antrea.io/v1beta1",
  "crd.antrea.io/v1alpha3",
  "crd.antrea.io/v1alpha2",
];

/**
 * crd.antrea.io/v1beta1 NetworkPolicy (pkg/apis/crd/v1beta1/types.go), validated as its schema does
 * (build/charts/antrea/crds/networkpolicy.yaml), and Antrea's webhook (pkg/controller/networkpolicy/validate.go).
 */
export function antreaNetworkPolicy(manifest: Manifest, inputs: PolicyInputs): PolicyReading {
  const namespace = manifest.namespace ?? "default";
  return read(antreaReading(manifest, inputs, namespace), "crd.antrea.io/v1beta1 NetworkPolicy");
}

/** crd.antrea.io/v1beta1 ClusterNetworkPolicy; policy.networking.k8s.io has a kind of the same name. */
export function antreaClusterNetworkPolicy(manifest: Manifest, inputs: PolicyInputs): PolicyReading {
  return read(antreaReading(manifest, inputs, null), "crd.antrea.io/v1beta1 ClusterNetworkPolicy");
}

const NOTHING: PolicyReading = { policies: [], unknowns: [], remarks: [] };

/** A tier governs nothing by itself; the API server may refuse it. */
export function antreaTierObject(manifest: Manifest): PolicyReading {
  if (!VERSIONS.includes(manifest.object.apiVersion)) return notServed(manifest);
  const priority = tierPriority(manifest);
  return typeof priority === "number" ? NOTHING : refusedByApi(manifest, priority);
}

/** A Group or ClusterGroup governs nothing by itself. */
export function antreaGroupObject(manifest: Manifest): PolicyReading {
  if (!GROUP_VERSIONS.includes(manifest.object.apiVersion)) return notServed(manifest);
  const spec = groupSpec(manifest);
  return isRefused(spec) ? refusedByApi(manifest, spec) : NOTHING;
}

function notServed(manifest: Manifest): PolicyReading {
  const { kind, apiVersion } = manifest.object;
  const detail = `no matches for kind "${kind}" in version "${apiVersion}"`;
  return { ...NOTHING, unknowns: [refused(manifest, detail, "/apiVersion")] };
}

function read(reading: AntreaReading, dialect: Dialect): PolicyReading {
  const { manifest } = reading;
  if (!VERSIONS.includes(manifest.object.apiVersion)) return notServed(manifest);
  const object: Located<JsonObject> = { value: manifest.object, path: ROOT };
  checkMetadata(reading, object);
  requireField(reading, object, "spec");
  const spec = objectField(reading, object, "spec") ?? { value: {}, path: child(ROOT, "spec") };
  const tier = antreaTier(reading, stringField(reading, spec, "tier"));
  const order = priorityOf(reading, spec);
  const entries = objectList(reading, spec, "appliedTo");
  const written = {
    ingress: objectList(reading, spec, "ingress"),
    egress: objectList(reading, spec, "egress"),
  };
  const shared = appliedTo(reading, entries, written.egress.length > 0);
  const ingress = written.ingress.map((rule) => antreaRule(reading, rule, "from"));
  const egress = written.egress.map((rule) => antreaRule(reading, rule, "to"));
  checkAppliedTo(reading, spec, { entries, rules: [...ingress, ...egress] });
  checkNames(reading, written);
  checkPass(reading, tier, [...ingress, ...egress]);
  checkMulticast(reading, written);
  if (reading.errors.length > 0) return refusedByApi(manifest, reading.errors);
  const own = [...ingress, ...egress].flatMap((rule) => rule.appliedTo ?? []);
  const subjects = entries.length > 0 ? shared : own;
  const unknowns = reading.open.length === 0 ? [] : [open(reading, subjects)];
  const [refusal] = reading.refusals;
  if (refusal !== undefined) {
    const detail = `Antrea enforces none of it: ${refusal.detail}`;
    const remark = { code: "refused-by-enforcer", manifest, pointer: refusal.pointer, detail } as const;
    return { policies: [], unknowns: [], remarks: [...reading.remarks, remark] };
  }
  const policies =
    order === null ? [] : [policyOf(reading, dialect, { tier, order, subjects, ingress, egress })];
  return { policies, unknowns, remarks: reading.remarks };
}

function priorityOf(reading: AntreaReading, spec: Located<JsonObject>): number | null {
  requireField(reading, spec, "priority");
  const priority = numberField(reading, spec, "priority");
  return priority !== null && withinBounds(reading, priority, [1, 10_000]) ? priority.value : null;
}

/** For the policy or for each of its rules, and not for both (validateAppliedTo). */
function checkAppliedTo(
  { errors }: AntreaReading,
  spec: Located<JsonObject>,
  { entries, rules }: { readonly entries: readonly unknown[]; readonly rules: readonly AntreaRule[] },
): void {
  const path = child(spec.path, "appliedTo");
  const inRules = rules.filter((rule) => rule.appliedTo !== null).length;
  if (entries.length > 0 && inRules > 0) {
    errors.push(forbidden(path, "appliedTo should not be set in both spec and rules"));
  } else if (entries.length === 0 && inRules === 0) {
    errors.push(forbidden(path, "appliedTo needs to be set in either spec or rules"));
  } else if (inRules > 0 && inRules < rules.length) {
    errors.push(forbidden(path, "appliedTo field should either be set in all rules or in none of them"));
  }
}

/**
 * Names are unique over both directions; a rule without one is named after its content, so that two equal rules have one
 * name (docs/antrea-network-policy.md, "ingress").
 */
function checkNames(
  { errors }: AntreaReading,
  written: Readonly<Record<"ingress" | "egress", readonly Located<JsonObject>[]>>,
): void {
  const names = new Set<string>();
  for (const direction of ["ingress", "egress"] as const) {
    for (const { value, path } of written[direction]) {
      const own = ownField(value, "name");
      const name =
        typeof own === "string" && own !== "" ? own : JSON.stringify([direction, canonical(value)]);
      if (names.has(name)) errors.push(forbidden(path, "rules names must be unique within the policy"));
      names.add(name);
    }
  }
}

/** Equal texts for equal values, whatever the order of keys. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, one]) => [key, canonical(one)]);
}

function checkPass({ errors }: AntreaReading, tier: Tier, rules: readonly AntreaRule[]): void {
  if (tier !== "baseline") return;
  for (const { rule, path } of rules) {
    if (rule.action === "pass") {
      errors.push(forbidden(path, "`Pass` action should not be set for Baseline Tier policy rules"));
    }
  }
}

function open(reading: AntreaReading, subjects: readonly Pods[]): ObjectUnknown {
  const { manifest, namespace } = reading;
  const details = [...new Set(reading.open.map(({ detail }) => detail))];
  const governs = reading.open.some(({ pointer }) => pointer.includes("/appliedTo/"));
  const keys = subjects.flatMap(({ pods }) => pods.map(({ key }) => key));
  return objectUnknown(manifest, "open-policy", {
    detail: details.join("; "),
    pointer: reading.open[0]?.pointer ?? "",
    bound: {
      namespaces: namespace === null ? namespacesIn(governs ? [] : subjects) : [namespace],
      kinds: [manifest.object.kind],
    },
    selectorKeys: governs ? null : [...new Set(keys)].sort(),
  });
}

/** The namespaces of subjects; null where they may be any. */
function namespacesIn(subjects: readonly Pods[]): readonly string[] | null {
  const names = subjects.flatMap(({ namespaces }) => (namespaces.kind === "named" ? [namespaces.name] : []));
  return names.length === 0 || names.length < subjects.length ? null : [...new Set(names)].sort();
}

function policyOf(
  { manifest, namespace, others }: AntreaReading,
  dialect: Dialect,
  parts: {
    readonly tier: Tier;
    readonly order: number;
    readonly subjects: readonly Pods[];
    readonly ingress: readonly AntreaRule[];
    readonly egress: readonly AntreaRule[];
  },
): Policy {
  const { apiVersion, kind, metadata } = manifest.object;
  return {
    dialect,
    identity: { apiVersion, kind, namespace, name: metadata.name ?? metadata.generateName ?? "" },
    manifest,
    digest: [manifest.digest, ...[...others].map(({ digest }) => digest).sort()].join("+"),
    tier: parts.tier,
    order: parts.order,
    subjects: parts.subjects,
    // Whom a policy is applied to is not isolated by that (docs/antrea-network-policy.md, "Key differences").
    isolates: { egress: false, ingress: false },
    egress: parts.egress.map(({ rule }) => rule),
    ingress: parts.ingress.map(({ rule }) => rule),
  };
}
