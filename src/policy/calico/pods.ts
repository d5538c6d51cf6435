import { SERVICE_ACCOUNT, valueTestKey } from "../model/pod-attribute.ts";
import type { LabelRequirement, LabelSelector, NamespaceMatch, Pods } from "../model/policy.ts";
import { canonicalSelector } from "../schema/label-selector.ts";
import { alternativesOf, type Literal, testHolds } from "./expression.ts";
import type { SelectorExpression } from "./selector.ts";

/** Labels that Calico gives every pod (libcalico-go conversion, workload_endpoint_default.go; api constants.go). */
export const NAMESPACE = "projectcalico.org/namespace";
const SERVICE_ACCOUNT_LABEL = "projectcalico.org/serviceaccount";
const ORCHESTRATOR = "projectcalico.org/orchestrator";
/** Labels that a pod inherits from its namespace and from its service account; each has its name under `NAME`. */
export const OF_NAMESPACE = "pcns.";
export const OF_SERVICE_ACCOUNT = "pcsa.";
export const NAME = "projectcalico.org/name";

/** The immutable label of a namespace that is its name. */
export const NAMESPACE_NAME = "kubernetes.io/metadata.name";

/**
 * The pods that an expression selects. Labels of service accounts were replaced before: see `service-accounts.ts`.
 * null = too many alternatives to look at.
 */
export function podsSelectedBy(expression: SelectorExpression): readonly Pods[] | null {
  const alternatives = alternativesOf(expression);
  if (alternatives === null) return null;
  const selected = new Map<string, Pods>();
  for (const literals of alternatives) {
    const pods = podsOf(literals);
    if (pods !== null) selected.set(JSON.stringify(pods), pods);
  }
  const all = [...selected.values()];
  return all.find(isEveryPod) === undefined ? all : [EVERY_POD];
}

const EVERY_POD: Pods = { namespaces: { kind: "selected", selector: [] }, pods: [] };

export function isEveryPod({ namespaces, pods }: Pods): boolean {
  return namespaces.kind === "selected" && namespaces.selector.length === 0 && pods.length === 0;
}

function podsOf(literals: readonly Literal[]): Pods | null {
  const ofNamespace = new Map<string, Literal[]>();
  const ofPod = new Map<string, Literal[]>();
  for (const literal of literals) {
    const { key } = literal.test;
    if (key === ORCHESTRATOR) {
      if (testHolds(literal.test, "k8s") === literal.negated) return null;
    } else if (key === NAMESPACE) add(ofNamespace, NAMESPACE_NAME, literal);
    else if (key.startsWith(OF_NAMESPACE)) add(ofNamespace, namespaceKey(key), literal);
    else add(ofPod, podKey(key), literal);
  }
  const namespaces = selectorOf(ofNamespace);
  const pods = selectorOf(ofPod);
  return namespaces === null || pods === null ? null : { namespaces: matchOf(namespaces), pods };
}

function add(literals: Map<string, Literal[]>, key: string, literal: Literal): void {
  literals.set(key, [...(literals.get(key) ?? []), literal]);
}

function namespaceKey(key: string): string {
  const label = key.slice(OF_NAMESPACE.length);
  return label === NAME ? NAMESPACE_NAME : label;
}

function podKey(key: string): string {
  return key === SERVICE_ACCOUNT_LABEL || key === `${OF_SERVICE_ACCOUNT}${NAME}` ? SERVICE_ACCOUNT : key;
}

function matchOf(selector: LabelSelector): NamespaceMatch {
  const [only, second] = selector;
  const [name, other] = only?.values ?? [];
  return only?.key === NAMESPACE_NAME &&
    only.operator === "In" &&
    name !== undefined &&
    second === undefined &&
    other === undefined
    ? { kind: "named", name }
    : { kind: "selected", selector };
}

/** null = nothing is selected. */
function selectorOf(literals: ReadonlyMap<string, readonly Literal[]>): LabelSelector | null {
  const requirements: LabelRequirement[] = [];
  for (const [key, list] of literals) {
    const own = requirementsOf(key, list);
    if (own === null) return null;
    requirements.push(...own);
  }
  return canonicalSelector(requirements);
}

/** What literals about one key ask for together; null = nothing can be all of it. */
function requirementsOf(key: string, literals: readonly Literal[]): readonly LabelRequirement[] | null {
  const isAlwaysThere = key === NAMESPACE_NAME || key === SERVICE_ACCOUNT;
  const positive = literals.filter(({ negated }) => !negated);
  if (literals.some(({ test, negated }) => negated && test.kind === "has")) {
    return isAlwaysThere || positive.length > 0 ? null : [requirement(key, "DoesNotExist")];
  }
  const allowed = positive.flatMap(({ test }) => (test.kind === "in" ? [test.values] : []));
  const [first] = allowed;
  if (first !== undefined) {
    const values = first.filter((value) =>
      literals.every(({ test, negated }) => testHolds(test, value) !== negated),
    );
    return values.length === 0 ? null : [requirement(key, "In", values)];
  }
  const excluded = literals.flatMap(({ test }) => (test.kind === "in" ? test.values : []));
  return [
    ...(positive.length > 0 && !isAlwaysThere ? [requirement(key, "Exists")] : []),
    ...(excluded.length > 0 ? [requirement(key, "NotIn", excluded)] : []),
    ...literals.flatMap(({ test, negated }) =>
      test.kind === "text"
        ? [requirement(valueTestKey(key, test.test, test.text), negated ? "DoesNotExist" : "Exists")]
        : [],
    ),
  ];
}

function requirement(
  key: string,
  operator: LabelRequirement["operator"],
  values: readonly string[] = [],
): LabelRequirement {
  return { key, operator, values };
}
