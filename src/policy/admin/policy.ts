import type { Manifest } from "../../render/render.ts";
import { groupOf } from "../model/api-group.ts";
import { objectUnknown } from "../model/object-unknown.ts";
import type { Dialect, Pods, Policy } from "../model/policy.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import type { PolicyReading, PolicyRemark } from "../model/policy-reading.ts";
import { onlyProperty, requiredObject } from "../schema/crd-field.ts";
import type { Decoder, JsonObject, Located } from "../schema/decode.ts";
import { ROOT } from "../schema/field-error.ts";
import { checkMetadata } from "../schema/metadata.ts";
import { refusedByApi } from "../schema/refused-policy.ts";
import { unmodelledPolicy } from "../unmodelled/unmodelled-policy.ts";
import { namespacedPods } from "./peer.ts";
import { adminPolicyRules, type ReadRule, type RuleShape } from "./rule.ts";

/** What tells the kinds of policy.networking.k8s.io apart. */
export interface AdminPolicyKind extends RuleShape {
  /** Objects of another version are not read: what they mean is not known here. */
  readonly version: string;
  readonly dialect: Dialect;
  /** Where the object stands among the others; null: an error was reported. */
  readonly place: (decoder: Decoder, spec: Located<JsonObject>) => Pick<Policy, "tier" | "order"> | null;
  /** What the schema asks of the object as a whole. */
  readonly check?: (decoder: Decoder, object: Located<JsonObject>) => void;
}

/** The name that the API server gives every namespace as a label. */
const NAMESPACE_NAME = "kubernetes.io/metadata.name";

/**
 * Policies of the cluster's administrators (network-policy-api apis/v1alpha1 and v1alpha2): decoded and validated as the
 * schema of the custom resource does. There is no implicit deny: whom they select is not isolated by that.
 */
export function adminPolicy(manifest: Manifest, inputs: PolicyInputs, kind: AdminPolicyKind): PolicyReading {
  if (manifest.object.apiVersion !== kind.version) return ofOtherVersion(manifest);
  const decoder: Decoder = { errors: [] };
  const object: Located<JsonObject> = { value: manifest.object, path: ROOT };
  checkMetadata(decoder, object);
  kind.check?.(decoder, object);
  const spec = requiredObject(decoder, object, "spec");
  if (spec === null) return refusedByApi(manifest, decoder.errors);
  const place = kind.place(decoder, spec);
  const subject = subjectOf(decoder, spec);
  const egress = adminPolicyRules(decoder, spec, "egress", kind, inputs.profile);
  const ingress = adminPolicyRules(decoder, spec, "ingress", kind, inputs.profile);
  if (decoder.errors.length > 0 || place === null || subject === null) {
    return refusedByApi(manifest, decoder.errors);
  }
  const { apiVersion, kind: kindName, metadata } = manifest.object;
  const policy: Policy = {
    dialect: kind.dialect,
    identity: {
      apiVersion,
      kind: kindName,
      namespace: null,
      name: metadata.name ?? metadata.generateName ?? "",
    },
    manifest,
    digest: manifest.digest,
    ...place,
    subjects: subject === "newer" ? [] : [subject],
    isolates: { egress: false, ingress: false },
    egress: egress.flatMap(({ rules }) => rules),
    ingress: ingress.flatMap(({ rules }) => rules),
  };
  return withLimits(policy, subject, [...egress, ...ingress]);
}

function ofOtherVersion(manifest: Manifest): PolicyReading {
  const unknown = unmodelledPolicy(manifest, groupOf(manifest.object));
  return { policies: [], unknowns: unknown === null ? [] : [unknown], remarks: [] };
}

function subjectOf(decoder: Decoder, spec: Located<JsonObject>): Pods | "newer" | null {
  const field = requiredObject(decoder, spec, "subject");
  if (field === null) return null;
  const kind = onlyProperty(decoder, field, ["namespaces", "pods"]);
  return kind === null || kind === "newer" ? kind : namespacedPods(decoder, field, kind);
}

/** The policy, as far as it is known and its enforcer takes it. */
function withLimits(policy: Policy, subject: Pods | "newer", rules: readonly ReadRule[]): PolicyReading {
  const { manifest } = policy;
  const shortfalls = rules.flatMap((rule) => rule.shortfalls);
  const remarks = shortfalls
    .filter(({ effect }) => effect !== "undefined")
    .map(
      ({ effect, detail, pointer }): PolicyRemark => ({
        code: effect === "policy-refused" ? "refused-by-enforcer" : "field-without-effect",
        manifest,
        pointer,
        detail:
          effect === "policy-refused"
            ? `${detail}: nothing of the policy is enforced`
            : `${detail}: a rule with it matches nothing if it allows, and denies everything if it does not`,
      }),
    );
  const doubts = doubtsOf(subject, rules);
  const refused = shortfalls.some(({ effect }) => effect === "policy-refused");
  const [first] = doubts;
  return {
    policies: refused || subject === "newer" ? [] : [policy],
    unknowns:
      first === undefined
        ? []
        : [
            objectUnknown(manifest, "unmodelled-policy", {
              detail: doubts.map(({ detail }) => detail).join("; "),
              pointer: first.pointer,
              bound: { namespaces: namespacesOf(subject), kinds: [manifest.object.kind] },
              selectorKeys: subject === "newer" ? null : keysOf(subject),
            }),
          ],
    remarks,
  };
}

function doubtsOf(
  subject: Pods | "newer",
  rules: readonly ReadRule[],
): readonly { readonly detail: string; readonly pointer: string }[] {
  return [
    ...(subject === "newer"
      ? [{ detail: "spec.subject: of a kind that is not modelled", pointer: "/spec/subject" }]
      : []),
    ...rules.flatMap(({ newer }) =>
      newer.map(({ field, pointer }) => ({ detail: `${field}: of a kind that is not modelled`, pointer })),
    ),
    ...rules.flatMap(({ shortfalls }) => shortfalls.filter(({ effect }) => effect === "undefined")),
  ];
}

/** Namespaces that the subject names one by one; null = it selects them otherwise. */
function namespacesOf(subject: Pods | "newer"): readonly string[] | null {
  if (subject === "newer" || subject.namespaces.kind === "named") return null;
  const named = subject.namespaces.selector.find(
    ({ key, operator }) => key === NAMESPACE_NAME && operator === "In",
  );
  return named?.values ?? null;
}

function keysOf({ pods }: Pods): readonly string[] {
  return [...new Set(pods.map(({ key }) => key))].sort();
}
