import { groupOf } from "../policy/model/api-group.ts";
import { carriedChartNamespaces } from "../render/carriers.ts";
import type { Manifest } from "../render/render.ts";
import type { Environment } from "../targets/targets.ts";
import type { Unknown, UnknownCode } from "../targets/unknown.ts";
import type { Cluster, Namespace, OpenNamespaceReason, Workload } from "./cluster.ts";
import { effectsOf } from "./effects-of.ts";
import { makesPods } from "./pod-making-kinds.ts";

/** What stands for objects that were not read. A refused or unmodelled policy, or a generator, makes no pods. */
const UNREAD_CODES: ReadonlySet<UnknownCode> = new Set([
  "unread",
  "render-failed",
  "part-dropped",
  "invalid-document",
  "resource-limit",
  "unreadable-input",
]);

/**
 * Namespaces that may hold pods Git does not show on this side, with the strongest reason; what two sides make of it says
 * `mayHoldUnseenPods`.
 */
export function openNamespacesOf(cluster: {
  readonly environment: Environment;
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly manifests: readonly Manifest[];
  readonly unknowns: readonly Unknown[];
  /** Namespaces of objects that make pods of a template which could not be found. */
  readonly incomplete: readonly string[];
}): ReadonlyMap<string, OpenNamespaceReason> {
  const open = new Map<string, OpenNamespaceReason>();
  const all = [...cluster.namespaces.keys()];
  const mark = (namespaces: readonly string[] | null, reason: OpenNamespaceReason) => {
    for (const name of namespaces ?? all) if (!open.has(name)) open.set(name, reason);
  };
  for (const manifest of cluster.manifests) {
    const carried = carriedChartNamespaces(manifest);
    if (carried !== null) mark(carried, "carrier");
  }
  for (const unread of cluster.environment.unread) mark(unread.unknown.bound.namespaces, "unread-target");
  for (const unknown of cluster.unknowns) {
    if (UNREAD_CODES.has(unknown.code) && effectsOf(unknown.bound).has("workload")) {
      mark(unknown.bound.namespaces, unknown.code === "unread" ? "unread-target" : "partly-rendered");
    }
  }
  for (const manifest of cluster.manifests) {
    if (makesPods(groupOf(manifest.object), manifest.object.kind))
      mark(ownNamespace(manifest), "pod-making-resource");
  }
  mark(cluster.incomplete, "pod-making-resource");
  const inhabited = new Set(
    [...cluster.workloads.values()].filter((one) => !one.ambient).map((one) => one.namespace),
  );
  mark(
    all.filter((name) => !inhabited.has(name)),
    "nothing-rendered",
  );
  return open;
}

/** A cluster-scoped resource may make pods anywhere. */
function ownNamespace(manifest: Manifest): readonly string[] | null {
  return manifest.namespace === null ? null : [manifest.namespace];
}

/**
 * Whether a namespace may hold pods that Git does not show, on two sides of a change (design section 8): no workload of it
 * was rendered at base, so that whatever runs there runs unseen, or something lands there on at least one side that may hold
 * pods nobody sees. A namespace whose last workload leaves with the change was seen.
 */
export function mayHoldUnseenPods(base: Cluster, head: Cluster, namespace: string): boolean {
  const [before, after] = [base, head].map((side) =>
    side.namespaces.has(namespace) ? side.openNamespaces.get(namespace) : "nothing-rendered",
  );
  return before !== undefined || (after !== undefined && after !== "nothing-rendered");
}
