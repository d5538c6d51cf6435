import type { LabelRequirement, LabelSelector, NamespaceMatch, Peer, PortMatch } from "./policy.ts";

/** Whether two rules may hold one destination: no only where that is certain. null = everything. */
export function mayMeet(a: readonly Peer[] | null, b: readonly Peer[] | null): boolean {
  if (a === null || b === null) return (a ?? b)?.length !== 0;
  return a.some((one) => b.some((other) => peersMeet(one, other)));
}

function peersMeet(a: Peer, b: Peer): boolean {
  if (a.kind === "pods" && b.kind === "pods") {
    const namespaces = [...namespaceRequirements(a.namespaces), ...namespaceRequirements(b.namespaces)];
    return isSatisfiable(namespaces) && isSatisfiable([...a.pods, ...b.pods]);
  }
  // What is no pod may be several things at once: the API server's node, an address with a name.
  return (a.kind === "pods") === (b.kind === "pods");
}

/** Namespaces as a selector of their labels, of which the name is one. */
export function namespaceRequirements(match: NamespaceMatch): LabelSelector {
  return match.kind === "named"
    ? [{ key: NAME_LABEL, operator: "In", values: [match.name] }]
    : match.selector;
}

/** The label that the API server sets on every namespace. */
export const NAME_LABEL = "kubernetes.io/metadata.name";

/** Whether some labels are what all of it asks for. */
export function isSatisfiable(selector: LabelSelector): boolean {
  return [...new Set(selector.map(({ key }) => key))].every((key) => {
    const own = selector.filter((one) => one.key === key);
    const values = (operator: LabelRequirement["operator"]) =>
      own.filter((one) => one.operator === operator).map((one) => new Set(one.values));
    const has = (operator: LabelRequirement["operator"]) => own.some((one) => one.operator === operator);
    if (has("DoesNotExist")) return key !== NAME_LABEL && !has("In") && !has("Exists");
    const [first, ...others] = values("In");
    if (first === undefined) return true;
    const excluded = values("NotIn");
    return [...first].some(
      (value) => others.every((one) => one.has(value)) && !excluded.some((one) => one.has(value)),
    );
  });
}

export function portsMeet(a: readonly PortMatch[] | null, b: readonly PortMatch[] | null): boolean {
  if (a === null || b === null) return (a ?? b)?.length !== 0;
  return a.some((one) =>
    b.some((other) => one.protocol === other.protocol && portMeets(one.port, other.port)),
  );
}

function portMeets(a: PortMatch["port"], b: PortMatch["port"]): boolean {
  // A name may be that of any port.
  if (a.kind !== "range" || b.kind !== "range") return true;
  return a.first <= b.last && b.first <= a.last;
}
