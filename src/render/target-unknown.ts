import type { Source, Target } from "../targets/targets.ts";
import type { Unknown, UnknownCode } from "../targets/unknown.ts";
import type { Place } from "../tree/place.ts";

/** Objects of a target that name no namespace land here. */
export function ownNamespace(target: Target): string {
  return target.namespace ?? "default";
}

export function unknownOf(
  target: Target,
  code: UnknownCode,
  subject: string,
  what: {
    readonly detail?: string;
    readonly namespaces: readonly string[] | null;
    readonly kinds?: readonly string[] | null;
    readonly digest: string;
    readonly content?: "tree" | "elsewhere";
    readonly place: Place | null;
  },
): Unknown {
  return {
    code,
    id: `${code}:${target.id}:${subject}`,
    target: target.id,
    subject,
    detail: what.detail ?? "",
    bound: { namespaces: what.namespaces, kinds: what.kinds ?? null },
    selectorKeys: null,
    digest: what.digest,
    content: what.content ?? "tree",
    place: what.place,
  };
}

export function withDistinctIds(unknowns: readonly Unknown[]): readonly Unknown[] {
  const counts = new Map<string, number>();
  return unknowns.map((unknown) => {
    const count = (counts.get(unknown.id) ?? 0) + 1;
    counts.set(unknown.id, count);
    return count === 1 ? unknown : { ...unknown, id: `${unknown.id}#${count}` };
  });
}

export function placeOf(path: string | null, line: number | null = null): Place | null {
  return path === null ? null : { path, line };
}

export function sourcePath(source: Source): string {
  return source.kind === "helm" ? source.request.chart : source.path;
}
