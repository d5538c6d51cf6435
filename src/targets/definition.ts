import type { Environment, Target } from "./targets.ts";

/**
 * What a target is, without what only says when it takes effect: pruning. Whether it is synced at all (automated,
 * suspended) and what its namespace gets stay, because they change what the cluster holds.
 */
export function targetDefinition({ source, namespace, delivery }: Target): unknown {
  const { prune: _, ...kept } = delivery;
  return { source, namespace, delivery: kept };
}

/** What an environment is: two sides with equal definitions and no changed input render the same. */
export function environmentDefinition({ destination, targets, unread }: Environment): unknown {
  return {
    destination,
    targets: targets.map((target) => [target.id, targetDefinition(target)]),
    unread: unread.map(({ id, namespace, unknown }) => [id, namespace, unknown.digest]),
  };
}
