/**
 * What selectors ask of pods besides the presence and the value of a label, under keys that no label can have: a selector
 * stays a list of requirements on keys, and the algebra needs no other kind of set.
 */

/** The service account of a pod, by name. */
export const SERVICE_ACCOUNT = "(service account)";

/** A label of the pod's namespace. */
export function namespaceLabelKey(label: string): string {
  return `(namespace label) ${label}`;
}

/** The label that such a key asks for; null = the key is about something else. */
export function namespaceLabelOf(key: string): string | null {
  const start = namespaceLabelKey("");
  return key.startsWith(start) ? key.slice(start.length) : null;
}

export type ValueTest = "starts with" | "ends with" | "contains";

const TESTS: readonly ValueTest[] = ["starts with", "ends with", "contains"];

/** "The value of this label starts with x": there (Exists) or not (DoesNotExist). */
export function valueTestKey(label: string, test: ValueTest, text: string): string {
  return `(${label} ${test} ${JSON.stringify(text)})`;
}

export interface AttributedPod {
  readonly labels: ReadonlyMap<string, string>;
  /** Keys of labels that are there with a value nobody knows. */
  readonly runtimeLabels?: ReadonlySet<string>;
  /** null = nobody knows; absent = "default", as the API server sets it. */
  readonly serviceAccount?: string | null;
  /** Asked only of pods of namespaces that Git does not declare: labels of the others are known beforehand. */
  readonly namespaceLabels?: ReadonlyMap<string, string>;
}

export type Attribute =
  | { readonly kind: "value"; readonly value: string }
  | { readonly kind: "absent" }
  /** There, with any value. */
  | { readonly kind: "present" }
  /** Nobody knows whether it is there. */
  | { readonly kind: "unknown" };

/** What a pod has under a key of a selector. */
export function attributeOf(pod: AttributedPod, key: string): Attribute {
  if (key.startsWith("(")) return ofSpecialKey(pod, key);
  if (pod.runtimeLabels?.has(key) === true) return { kind: "present" };
  const value = pod.labels.get(key);
  return value === undefined ? { kind: "absent" } : { kind: "value", value };
}

function ofSpecialKey(pod: AttributedPod, key: string): Attribute {
  if (key === SERVICE_ACCOUNT) {
    return pod.serviceAccount === null
      ? { kind: "present" }
      : { kind: "value", value: pod.serviceAccount ?? "default" };
  }
  const namespaceLabel = namespaceLabelOf(key);
  if (namespaceLabel !== null) {
    return attributeOf({ labels: pod.namespaceLabels ?? new Map<string, string>() }, namespaceLabel);
  }
  const tested = testedBy(key);
  if (tested === null) return { kind: "absent" };
  const attribute = attributeOf(pod, tested.key);
  switch (attribute.kind) {
    case "value":
      return passesTest(attribute.value, tested.test, tested.text)
        ? { kind: "value", value: "" }
        : { kind: "absent" };
    case "absent":
      return attribute;
    case "present":
    case "unknown":
      return { kind: "unknown" };
  }
}

/** A key of `valueTestKey`, taken apart. The text may hold the words of a test, the key cannot. */
function testedBy(
  key: string,
): { readonly key: string; readonly test: ValueTest; readonly text: string } | null {
  const at = TESTS.map((test) => ({ test, position: key.indexOf(` ${test} "`) }))
    .filter(({ position }) => position >= 0)
    .sort((a, b) => a.position - b.position)[0];
  if (at === undefined) return null;
  const text = String(JSON.parse(key.slice(at.position + at.test.length + 2, -1)));
  return { key: key.slice(1, at.position), test: at.test, text };
}

/** The keys of labels, or other attributes, that a key of a selector asks about. */
export function askedKey(key: string): string {
  return (key.startsWith("(") ? testedBy(key)?.key : undefined) ?? key;
}

export function passesTest(value: string, test: ValueTest, text: string): boolean {
  switch (test) {
    case "starts with":
      return value.startsWith(text);
    case "ends with":
      return value.endsWith(text);
    case "contains":
      return value.includes(text);
  }
}
