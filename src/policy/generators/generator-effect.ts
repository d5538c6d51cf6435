import { isObject, type JsonObject, ownField } from "../schema/decode.ts";
import { isPolicyKindName } from "../unmodelled/policy-kinds.ts";

/** What something that works at run time can write or change. */
export interface GeneratorEffect {
  readonly detail: string;
  /** It reaches beyond its own namespace, though it has one. */
  readonly everywhere?: boolean;
  /** null = any namespace. */
  readonly namespaces: readonly string[] | null;
  /** null = any kind. */
  readonly kinds: readonly string[] | null;
}

/** A mutation matters where it can touch policies or namespaces at all, or labels or the host network of pods. */
export function mutation(
  kinds: readonly string[] | null,
  text: string,
  what: string,
): readonly GeneratorEffect[] {
  const touched = kinds?.filter((kind) => changesAnswer(kind, text)) ?? null;
  if (touched?.length === 0) return [];
  if (kinds === null && !/label|hostNetwork|policyTypes|egress|podSelector/i.test(text)) return [];
  return [
    { detail: `${what} changes ${touched?.join(", ") ?? "objects"}`, namespaces: null, kinds: touched },
  ];
}

function changesAnswer(kind: string, text: string): boolean {
  return (
    isPolicyKindName(kind) ||
    (kind === "Namespace" ? /label/i.test(text) : canMatter(kind) && /label|hostNetwork/i.test(text))
  );
}

export function merged(effects: readonly GeneratorEffect[]): GeneratorEffect | null {
  if (effects.length === 0) return null;
  return {
    detail: [...new Set(effects.map(({ detail }) => detail))].join("; "),
    everywhere: effects.some(({ everywhere }) => everywhere === true),
    namespaces: unionOrAny(effects.map(({ namespaces }) => namespaces)),
    kinds: unionOrAny(effects.map(({ kinds }) => kinds)),
  };
}

function unionOrAny(parts: readonly (readonly string[] | null)[]): readonly string[] | null {
  return parts.includes(null) ? null : [...new Set(parts.flatMap((part) => part ?? []))].sort();
}

/** Kinds whose objects can change what a pod may reach; Secrets, quotas and the like cannot. */
export function canMatter(kind: string): boolean {
  return (
    isPolicyKindName(kind) ||
    MATTERS.has(kind) ||
    !/^(ConfigMap|Secret|ServiceAccount|Role|RoleBinding|ClusterRole|ClusterRoleBinding|ResourceQuota|LimitRange|PodDisruptionBudget|HorizontalPodAutoscaler|VerticalPodAutoscaler|Event|PersistentVolumeClaim|PersistentVolume|Ingress|ReferenceGrant|ClusterRoleBinding|PolicyException)$/.test(
      kind,
    )
  );
}

const MATTERS: ReadonlySet<string> = new Set(["Namespace", "Pod"]);

export function isLiteral(value: unknown): boolean {
  return value !== undefined && value !== null && !JSON.stringify(value).includes("{{");
}

export function fieldObject(object: JsonObject | null, name: string): JsonObject | null {
  const value = object === null ? undefined : ownField(object, name);
  return isObject(value) ? value : null;
}

export function fieldList(object: JsonObject | null, name: string): readonly unknown[] {
  const value = object === null ? undefined : ownField(object, name);
  return Array.isArray(value) ? value : [];
}
