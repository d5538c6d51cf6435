import { LIMITS } from "./limits.ts";
import { byText, groupBy, sorted } from "./order.ts";
import { count, enumerate, name, type Phrase, plural } from "./phrase.ts";

/** How many known workloads each namespace of the reviewed environments has, to say "all 57 workloads of". */
export type NamespaceSizes = ReadonlyMap<string, number>;

export function namespaceSizes(workloadNames: readonly (readonly string[])[]): NamespaceSizes {
  const names = [...new Set(workloadNames.flat())];
  return new Map(
    [...groupBy(names, namespaceOf)].map(([namespace, workloads]) => [namespace, workloads.length]),
  );
}

/** Some workloads in a few words; the exact list is in the JSON. */
export function workloadsText(keys: readonly string[], sizes: NamespaceSizes): Phrase {
  const distinct = [...new Set(keys)].sort(byText);
  if (distinct.length === 0) return ["no workload"];
  const known = distinct.filter((key) => !isPotential(key));
  const potential = distinct.filter(isPotential).map(potentialText);
  return enumerate([...knownTexts(known, sizes), ...potential], LIMITS.names + 1);
}

/** The same in fewer words: pods that Git does not show are mentioned once. */
export function workloadsInBrief(keys: readonly string[], sizes: NamespaceSizes): Phrase {
  const known = keys.filter((key) => !isPotential(key));
  if (known.length === 0 || known.length === keys.length) return workloadsText(keys, sizes);
  const texts = knownTexts([...new Set(known)].sort(byText), sizes);
  return enumerate([...texts, ["pods that Git does not show"]]);
}

function knownTexts(keys: readonly string[], sizes: NamespaceSizes): readonly Phrase[] {
  const namespaces = sorted(
    [...groupBy(keys, namespaceOf)],
    ([, workloads]) => -workloads.length,
    ([namespace]) => namespace,
  );
  if (namespaces.length <= LIMITS.names) {
    return namespaces.map(([namespace, workloads]) => ofOneNamespace(namespace, workloads, sizes));
  }
  const named = namespaces.map(([namespace]): Phrase => [name(namespace)]);
  return [[`${plural(keys.length, "workload")} of `, ...enumerate(named, LIMITS.names)]];
}

function ofOneNamespace(namespace: string, keys: readonly string[], sizes: NamespaceSizes): Phrase {
  const [only] = keys;
  if (keys.length === 1 && only !== undefined) return [name(only)];
  if (keys.length === sizes.get(namespace)) {
    return [keys.length === 2 ? "both" : `all ${count(keys.length)}`, " workloads of ", name(namespace)];
  }
  const shown: readonly Phrase[] = keys.map((key) => [name(key.slice(namespace.length + 1))]);
  if (keys.length <= LIMITS.names) return [...enumerate(shown), " of ", name(namespace)];
  return [`${count(keys.length)} workloads of `, name(namespace)];
}

/** "namespace/?app=x,tier=y" stands for pods that Git does not show (design section 2). */
function isPotential(key: string): boolean {
  return key.includes("/?");
}

function potentialText(key: string): Phrase {
  const at = key.indexOf("/?");
  const namespace = name(key.slice(0, at));
  const labels = key.slice(at + 2);
  const pods: Phrase = labels === "" ? ["any pod"] : ["any pod with ", name(labels)];
  return [...pods, " of ", namespace, " (not in Git)"];
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf("/"));
}
