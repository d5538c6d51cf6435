import type { Configuration } from "../config/config.ts";
import type { Environment } from "./targets.ts";

/** Two environments that name no cluster and deploy into the same namespaces: they may be one cluster. */
export interface PossiblyOne {
  readonly environments: readonly [string, string];
  readonly namespaces: readonly string[];
}

/**
 * Which environments may be one cluster. Those that configuration names, or that name their cluster, are known to be
 * apart; so are environments that nobody deploys. `namespacesOf` may add what was rendered to what targets say.
 */
export function possiblyOneCluster(
  environments: readonly Environment[],
  configuration: Configuration,
  namespacesOf: (environment: Environment) => Iterable<string> = declaredNamespaces,
): readonly PossiblyOne[] {
  const local = environments.filter(
    ({ kind, destination, name }) =>
      kind === "cluster" && destination === null && !configuration.environments.has(name),
  );
  const namespaces = local.map((environment) => new Set(namespacesOf(environment)));
  return local.flatMap((one, index) =>
    local.slice(index + 1).flatMap((other, offset) => {
      const theirs = namespaces[index + 1 + offset];
      const shared = [...(namespaces[index] ?? [])].filter((namespace) => theirs?.has(namespace));
      return shared.length > 0
        ? [{ environments: [one.name, other.name] as const, namespaces: shared.sort() }]
        : [];
    }),
  );
}

/** The namespaces that the targets of an environment name themselves. */
function declaredNamespaces({ targets, unread }: Environment): readonly string[] {
  return [...targets, ...unread].flatMap(({ namespace }) => namespace ?? []);
}

/** An environment with everything of another one that may be the same cluster (threat T4). */
export function mergeEnvironments(one: Environment, other: Environment): Environment {
  const taken = new Set([...one.targets, ...one.unread].map(({ id }) => id));
  const apart = (id: string) => (taken.has(id) ? `${other.name}:${id}` : id);
  return {
    ...one,
    roots: [...one.roots, ...other.roots],
    targets: [...one.targets, ...other.targets.map((target) => ({ ...target, id: apart(target.id) }))],
    unread: [
      ...one.unread,
      ...other.unread.map((target) => {
        const id = apart(target.id);
        const unknown = { ...target.unknown, target: id, id: target.unknown.id.replace(target.id, () => id) };
        return { ...target, id, unknown };
      }),
    ],
  };
}
