import type { Manifest } from "../../render/render.ts";
import { groupOf } from "../model/api-group.ts";
import { type ObjectUnknown, objectUnknown } from "../model/object-unknown.ts";
import { askedKey } from "../model/pod-attribute.ts";
import type { Dialect, Pods, Policy } from "../model/policy.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import type { PolicyReading, PolicyRemark } from "../model/policy-reading.ts";
import {
  type JsonObject,
  type Located,
  objectField,
  objectList,
  ownField,
  stringField,
  stringList,
} from "../schema/decode.ts";
import {
  child,
  type FieldError,
  type FieldPath,
  forbidden,
  invalid,
  notSupported,
  ROOT,
  wrongType,
} from "../schema/field-error.ts";
import { checkMetadata } from "../schema/metadata.ts";
import { refusedByApi } from "../schema/refused-policy.ts";
import { calicoChecks, errorsOf } from "./checks.ts";
import { ofNamespaces, ofServiceAccounts, refuseGlobal, selectorField } from "./entity.ts";
import { ALL, and, isIn } from "./expression.ts";
import { NAMESPACE, NAMESPACE_NAME } from "./pods.ts";
import { CalicoReading } from "./reading.ts";
import { type CalicoDirection, calicoRule } from "./rule.ts";
import type { SelectorExpression } from "./selector.ts";
import { type CalicoTier, calicoTier } from "./tier.ts";

/**
 * NetworkPolicy and GlobalNetworkPolicy of Calico (api/pkg/apis/projectcalico/v3), checked as their schemas, Calico's API
 * server and Felix do; resources of crd.projectcalico.org as what they are stored from.
 */
export function calicoPolicy(manifest: Manifest, inputs: PolicyInputs): PolicyReading {
  const isGlobal = manifest.object.kind === "GlobalNetworkPolicy";
  const checks = calicoChecks();
  const reading = new CalicoReading(inputs, checks, isGlobal ? null : (manifest.namespace ?? "default"));
  const object: Located<JsonObject> = { value: manifest.object, path: ROOT };
  checkMetadata(checks.schema, object);
  checkName(reading, manifest);
  const spec = objectField(checks.schema, object, "spec") ?? { value: {}, path: child(ROOT, "spec") };
  const subject = subjectOf(reading, spec);
  const [egress, ingress] = [rulesOf(reading, spec, "egress"), rulesOf(reading, spec, "ingress")];
  const host = hostOptions(reading, spec);
  const types = typesOf(reading, spec, isStored(manifest));
  const order = orderOf(reading, spec);
  const tierName = stringField(checks.schema, spec, "tier")?.value || DEFAULT_TIER;
  const refusal = refusalOf(reading, manifest);
  if (refusal !== null) return refusal;
  if (host !== null) return nothing([hostRemark(manifest, host)]);
  const subjects = reading.pods(subject, spec.path);
  const tier = calicoTier(tierName, inputs);
  if (tier === null) {
    const detail = "the Tier does not stand in Git, so nobody knows when the policy is asked";
    reading.leaveOpen(child(spec.path, "tier"), detail);
  }
  const digest = digestOf(manifest, reading, tier?.manifest ?? null);
  const unknowns = reading.open.length === 0 ? [] : [{ ...openPolicy(manifest, reading, subjects), digest }];
  if (tier === null || subjects === null) return { policies: [], unknowns, remarks: [] };
  const policy = policyOf(manifest, reading, tier, {
    order,
    subjects,
    types,
    egress: types.has("egress") ? egress : [],
    ingress: types.has("ingress") ? ingress : [],
  });
  return { policies: [policy], unknowns, remarks: [] };
}

/** Kinds that mean something only through policies that name them, and Profiles, which govern no pod of Kubernetes. */
export function calicoInput(): PolicyReading {
  return nothing([]);
}

const DEFAULT_TIER = "default";

function nothing(remarks: readonly PolicyRemark[]): PolicyReading {
  return { policies: [], unknowns: [], remarks };
}

function isStored({ object }: Manifest): boolean {
  return groupOf(object) === "crd.projectcalico.org";
}

function policyOf(
  manifest: Manifest,
  reading: CalicoReading,
  { name, order, defaultAction, manifest: tier }: CalicoTier,
  read: Pick<Policy, "order" | "subjects" | "egress" | "ingress"> & {
    readonly types: ReadonlySet<CalicoDirection>;
  },
): Policy {
  const { types, ...rest } = read;
  const { apiVersion, kind, metadata } = manifest.object;
  const dialect: Dialect =
    reading.namespace === null
      ? "projectcalico.org/v3 GlobalNetworkPolicy"
      : "projectcalico.org/v3 NetworkPolicy";
  // At the end of a tier that passes nothing is decided.
  const deniesByDefault = (direction: CalicoDirection) => defaultAction === "Deny" && types.has(direction);
  return {
    dialect,
    identity: {
      apiVersion,
      kind,
      namespace: reading.namespace,
      name: metadata.name ?? metadata.generateName ?? "",
    },
    manifest,
    digest: digestOf(manifest, reading, tier),
    tier: { name, order },
    isolates: { egress: deniesByDefault("egress"), ingress: deniesByDefault("ingress") },
    ...rest,
  };
}

/** Of the object, and of everything that was read for it. */
function digestOf(manifest: Manifest, { read }: CalicoReading, tier: Manifest | null): string {
  const others = [...read, ...(tier === null ? [] : [tier])].map(({ digest }) => digest);
  return [manifest.digest, ...[...new Set(others)].sort()].join("+");
}

/** Refused by the schema or by Calico's API server: an older version may stand there. Refused by Felix: nothing is enforced. */
function refusalOf({ checks }: CalicoReading, manifest: Manifest): PolicyReading | null {
  const refused = isStored(manifest) ? checks.schema.errors : errorsOf(checks);
  if (refused.length > 0) return refusedByApi(manifest, refused);
  const [first] = checks.felix.errors;
  return isStored(manifest) && first !== undefined
    ? nothing([refusedByFelix(manifest, first, checks.felix.errors)])
    : null;
}

function refusedByFelix(manifest: Manifest, first: FieldError, errors: readonly FieldError[]): PolicyRemark {
  const detail = `Calico takes it as missing: ${errors.map(({ text }) => text).join("; ")}`;
  return { code: "refused-by-enforcer", manifest, pointer: first.pointer, detail };
}

function hostRemark(manifest: Manifest, { pointer, field }: FieldPath): PolicyRemark {
  const detail = `${field}: the policy is for host endpoints, and governs no pod`;
  return { code: "field-without-effect", manifest, pointer, detail };
}

/** Names with one dot at most, which tells the tier; those of Kubernetes that Calico shows have more. */
const NAMES = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)?$/;

function checkName({ checks, namespace }: CalicoReading, { object }: Manifest): void {
  const name: unknown = object.metadata?.name;
  if (typeof name !== "string" || NAMES.test(name)) return;
  if (namespace !== null && /^(knp|ossg)\.default\./.test(name)) return;
  const path = child(child(ROOT, "metadata"), "name");
  const reason = "name must consist of lower case alphanumeric characters or '-', with one '.' at most";
  checks.server.errors.push(invalid(path, name, reason));
}

/** Pods of the policy's namespace; of every namespace, or of those that it selects, where it has none. */
function subjectOf(reading: CalicoReading, spec: Located<JsonObject>): SelectorExpression {
  const pods = selectorField(reading, spec, "selector");
  const accounts = selectorField(reading, spec, "serviceAccountSelector");
  const namespaces = reading.namespace === null ? selectorField(reading, spec, "namespaceSelector") : null;
  for (const selector of [pods, accounts, namespaces]) refuseGlobal(reading, selector);
  return (
    and(
      pods?.expression ?? null,
      reading.namespace === null ? null : isIn(NAMESPACE, [reading.namespace]),
      namespaces === null ? null : ofNamespaces(namespaces.expression),
      accounts === null ? null : ofServiceAccounts(accounts.expression),
    ) ?? ALL
  );
}

const MOST_RULES = 1024;

function rulesOf(
  reading: CalicoReading,
  spec: Located<JsonObject>,
  direction: CalicoDirection,
): Policy["egress"] {
  const { schema } = reading.checks;
  const list = objectList(schema, spec, direction);
  if (list.length > MOST_RULES) {
    const path = child(spec.path, direction);
    schema.errors.push(invalid(path, list.length, `must have at most ${MOST_RULES} items`));
  }
  return list.flatMap((rule) => calicoRule(reading, rule, direction) ?? []);
}

const TYPES = ["Ingress", "Egress"] as const;

/**
 * Without types: those of which there are rules, and ingress where there are none. Calico's API server writes that into the
 * object; what is stored without types by anybody else governs both directions (felix/calc policy_sorter.go).
 */
function typesOf(
  { checks }: CalicoReading,
  spec: Located<JsonObject>,
  stored: boolean,
): ReadonlySet<CalicoDirection> {
  const { errors } = checks.schema;
  const written = stringList(checks.schema, spec, "types");
  const types = new Set<CalicoDirection>();
  for (const { value, path } of written) {
    const type = TYPES.find((one) => one === value);
    if (type === undefined) errors.push(notSupported(path, value, TYPES));
    else types.add(type === "Egress" ? "egress" : "ingress");
  }
  if (types.size < written.length && errors.length === 0) {
    errors.push(
      invalid(
        child(spec.path, "types"),
        written.map(({ value }) => value),
        "duplicate entries in a set",
      ),
    );
  }
  if (written.length > 0) return types;
  if (stored) return new Set(["ingress", "egress"]);
  const has = (field: string) => {
    const list: unknown = ownField(spec.value, field);
    return Array.isArray(list) && list.length > 0;
  };
  if (has("egress")) types.add("egress");
  if (has("ingress") || types.size === 0) types.add("ingress");
  return types;
}

/** Without an order a policy is asked after all others of its tier. */
function orderOf({ checks }: CalicoReading, spec: Located<JsonObject>): number {
  const value = ownField(spec.value, "order");
  if (value === undefined || value === null) return Number.POSITIVE_INFINITY;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  checks.schema.errors.push(wrongType(child(spec.path, "order"), value, "number"));
  return Number.POSITIVE_INFINITY;
}

/** The option that makes it a policy for host endpoints alone (felix/calc event_sequencer.go); null = none. */
function hostOptions({ checks, namespace }: CalicoReading, spec: Located<JsonObject>): FieldPath | null {
  if (namespace !== null) return null;
  const { errors } = checks.schema;
  const isSet = (field: string) => {
    const value = ownField(spec.value, field);
    if (value !== undefined && value !== null && typeof value !== "boolean")
      errors.push(wrongType(child(spec.path, field), value, "boolean"));
    return value === true;
  };
  const [untracked, preDnat, forward] = [isSet("doNotTrack"), isSet("preDNAT"), isSet("applyOnForward")];
  const at = (field: string) => child(spec.path, field);
  if (untracked && preDnat) errors.push(forbidden(spec.path, "preDNAT and doNotTrack cannot both be true"));
  if ((untracked || preDnat) && !forward) {
    const reason = "applyOnForward must be true if either preDNAT or doNotTrack is true";
    errors.push(invalid(at("applyOnForward"), false, reason));
  }
  const egress: unknown = ownField(spec.value, "egress");
  if (preDnat && Array.isArray(egress) && egress.length > 0)
    errors.push(forbidden(at("egress"), "preDNAT policy cannot have any egress rules"));
  const types: unknown = ownField(spec.value, "types");
  if (preDnat && Array.isArray(types) && types.includes("Egress"))
    errors.push(forbidden(at("types"), "preDNAT policy cannot have 'Egress' type"));
  return untracked ? at("doNotTrack") : preDnat ? at("preDNAT") : null;
}

/** What nobody can say of a policy: for the pods that it governs, or may govern. */
function openPolicy(
  manifest: Manifest,
  { open, namespace }: CalicoReading,
  subjects: readonly Pods[] | null,
): ObjectUnknown {
  return objectUnknown(manifest, "open-policy", {
    detail: open.map(({ detail }) => detail).join("; "),
    pointer: open[0]?.pointer ?? "",
    bound: {
      namespaces: namespace === null ? namespacesOf(subjects) : [namespace],
      kinds: [manifest.object.kind],
    },
    selectorKeys:
      subjects === null
        ? null
        : [...new Set(subjects.flatMap(({ pods }) => pods.map(({ key }) => askedKey(key))))].sort(),
  });
}

/** null = of any namespace. */
function namespacesOf(subjects: readonly Pods[] | null): readonly string[] | null {
  if (subjects === null) return null;
  const lists = subjects.map(({ namespaces: match }) => {
    if (match.kind === "named") return [match.name];
    return (
      match.selector.find(({ key, operator }) => key === NAMESPACE_NAME && operator === "In")?.values ?? null
    );
  });
  return lists.some((list) => list === null)
    ? null
    : [...new Set(lists.flatMap((list) => list ?? []))].sort();
}
