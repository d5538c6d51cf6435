import { NAME_LABEL } from "../policy/schema/names.ts";
import type { Manifest } from "../render/render.ts";
import type { Environment, Target } from "../targets/targets.ts";
import type { Namespace } from "./cluster.ts";
import type { Declarations } from "./declarations.ts";
import { labelsOf } from "./workloads/pod-template.ts";

export { NAME_LABEL };

/**
 * Every namespace that the environment declares: by an object, as a destination, by use, by configuration. Labels add up:
 * what the deploying controller puts on a namespace it creates, then the Namespace object, then the configuration.
 */
export function namespacesOf(
  environment: Environment,
  manifests: readonly Manifest[],
  declarations: Declarations,
): ReadonlyMap<string, Namespace> {
  const labels = new Map<string, Map<string, string>>();
  const objects = new Map<string, Manifest>();
  const declare = (name: string, added: Iterable<readonly [string, string]> = []) => {
    const known = labels.get(name) ?? new Map<string, string>();
    for (const [key, value] of added) known.set(key, value);
    labels.set(name, known);
  };
  for (const target of environment.targets) declareDestination(target, declare);
  for (const unread of environment.unread) if (unread.namespace !== null) declare(unread.namespace);
  for (const manifest of manifests) {
    if (manifest.namespace !== null) declare(manifest.namespace);
    const name = namespaceObjectName(manifest);
    if (name === null) continue;
    declare(name, labelsOf(manifest.object).labels);
    objects.set(name, manifest);
  }
  for (const { namespace } of declarations.workloads) declare(namespace);
  for (const [name, { labels: added }] of declarations.namespaces) {
    declare(name, Object.entries(added));
  }
  return new Map(
    [...labels]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, known]) => {
        const declared = declarations.namespaces.get(name);
        return [
          name,
          {
            name,
            labels: new Map([...known, [NAME_LABEL, name]]),
            manifest: objects.get(name) ?? null,
            cde: declared?.cde ?? false,
            baseline: declared?.baseline ?? false,
          },
        ];
      }),
  );
}

function declareDestination(
  target: Target,
  declare: (name: string, labels?: Iterable<readonly [string, string]>) => void,
): void {
  if (target.namespace === null) return;
  // Argo CD labels only a namespace that it creates itself (managedNamespaceMetadata needs CreateNamespace=true).
  const { createsNamespace, namespaceLabels } = target.delivery;
  declare(target.namespace, createsNamespace ? Object.entries(namespaceLabels) : []);
}

function namespaceObjectName(manifest: Manifest): string | null {
  const { apiVersion, kind, metadata } = manifest.object;
  return apiVersion === "v1" && kind === "Namespace" ? (metadata.name ?? null) : null;
}
