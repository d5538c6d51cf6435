import { closest } from "../../config/suggestion.ts";
import type { Review } from "../../report/report.ts";

export type NamedWorkload =
  | { readonly kind: "workload"; readonly key: string }
  | { readonly kind: "unknown"; readonly nearest: string | null };

/**
 * The workload of a review that a person names: "namespace/Kind/name" as it is printed, "namespace/name" where that is only
 * one, "namespace?key=value" for pods that Git does not show.
 */
export function workloadNamed(
  review: Pick<Review, "environments" | "findings">,
  typed: string,
): NamedWorkload {
  const known = [
    ...new Set([
      ...review.environments.flatMap(({ workloadNames, deltas }) => [
        ...workloadNames,
        ...deltas.map(({ workload }) => workload),
      ]),
      ...review.findings.flatMap(({ workloads }) => workloads),
    ]),
  ];
  const wanted = typed.replace(/^([^/?]+)\?/, "$1/?");
  if (known.includes(wanted)) return { kind: "workload", key: wanted };
  const short = known.filter((key) => withoutKind(key) === typed);
  const [only] = short;
  if (short.length === 1 && only !== undefined) return { kind: "workload", key: only };
  return { kind: "unknown", nearest: short[0] ?? closest(typed, known) };
}

/** "namespace/name" of "namespace/Kind/name". */
function withoutKind(key: string): string {
  const [namespace = "", , ...name] = key.split("/");
  return `${namespace}/${name.join("/")}`;
}
