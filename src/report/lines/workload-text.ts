import { LIMITS } from "../layout/limits.ts";
import { distinct, groupBy, sorted } from "../layout/order.ts";
import { count, enumerate, join, name, type Phrase, plural } from "../layout/phrase.ts";

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
  const texts = workloadTexts(distinct(keys), sizes);
  return texts.length === 0 ? ["no workload"] : enumerate(texts, LIMITS.names + 1);
}

/** The same in fewer words: pods that Git does not show are mentioned once. */
export function workloadsInBrief(keys: readonly string[], sizes: NamespaceSizes): Phrase {
  const known = distinct(keys).filter((key) => !isPotential(key));
  if (known.length === 0 || known.length === keys.length) return workloadsText(keys, sizes);
  return enumerate([...workloadTexts(known, sizes), ["pods that Git does not show"]]);
}

function workloadTexts(keys: readonly string[], sizes: NamespaceSizes): readonly Phrase[] {
  const namespaces = byNamespace(keys.filter((key) => !isLabelled(key)));
  // "any other pod" of a namespace are those with labels, too.
  const unseen = new Set(namespaces.filter((one) => one.unseen).map(({ namespace }) => namespace));
  const labelled = keys.filter((key) => isLabelled(key) && !unseen.has(namespaceOf(key)));
  return [
    ...(namespaces.length > LIMITS.names
      ? [manyText(namespaces)]
      : namespaces.map((one) => namespaceText(one, sizes))),
    ...[...groupBy(labelled, namespaceOf)].map(labelledText),
  ];
}

interface InNamespace {
  readonly namespace: string;
  readonly known: readonly string[];
  /** Whether pods are meant that Git does not show, whatever their labels. */
  readonly unseen: boolean;
}

function byNamespace(keys: readonly string[]): readonly InNamespace[] {
  const groups = [...groupBy(keys, namespaceOf)].map(([namespace, alike]): InNamespace => {
    const known = alike.filter((key) => !isPotential(key));
    return { namespace, known, unseen: known.length < alike.length };
  });
  return sorted(
    groups,
    ({ known }) => -known.length,
    ({ namespace }) => namespace,
  );
}

function manyText(namespaces: readonly InNamespace[]): Phrase {
  const amount = namespaces.reduce((sum, { known }) => sum + known.length, 0);
  const others = namespaces.some(({ unseen }) => unseen) ? [" and other pods"] : [];
  const names = namespaces.map(({ namespace }): Phrase => [name(namespace)]);
  return [plural(amount, "workload"), ...others, " of ", ...enumerate(names, LIMITS.names)];
}

function namespaceText({ namespace, known, unseen }: InNamespace, sizes: NamespaceSizes): Phrase {
  if (known.length === 0) return ["any pod of ", ...unseenNamespace(namespace)];
  const other: readonly Phrase[] = unseen ? [["any other pod"]] : [];
  const of: Phrase = [" of ", name(namespace)];
  if (known.length === sizes.get(namespace) && known.length > 1) {
    const all = known.length === 2 ? "both" : `all ${count(known.length)}`;
    return [...enumerate([[`${all} workloads`], ...other]), ...of];
  }
  const [only] = known;
  if (known.length === 1 && only !== undefined && !unseen) return [name(only)];
  if (known.length <= LIMITS.names) {
    return [
      ...enumerate([...known.map((key): Phrase => [name(key.slice(namespace.length + 1))]), ...other]),
      ...of,
    ];
  }
  return [...enumerate([[`${count(known.length)} workloads`], ...other]), ...of];
}

/** "namespace/?app=x,tier=y" stands for pods that Git does not show (design section 2). */
function isPotential(key: string): boolean {
  return key.includes("/?");
}

function isLabelled(key: string): boolean {
  return isPotential(key) && !key.endsWith("/?");
}

const NOT_IN_GIT = " (not in Git)";

function labelledText([namespace, keys]: readonly [string, readonly string[]]): Phrase {
  const labels = keys.map((key): Phrase => [name(key.slice(namespace.length + 2))]);
  return ["any pod with ", ...alternatives(labels), " of ", ...unseenNamespace(namespace)];
}

/** "*" stands for the namespaces that Git does not declare. */
function unseenNamespace(namespace: string): Phrase {
  return namespace === "*" ? ["namespaces that Git does not declare"] : [name(namespace), NOT_IN_GIT];
}

/** "a", "a or b", "a, b or 2 more". */
function alternatives(phrases: readonly Phrase[]): Phrase {
  const rest = phrases.length - LIMITS.names;
  const shown = rest > 0 ? [...phrases.slice(0, LIMITS.names), [`${count(rest)} more`]] : phrases;
  const last = shown.at(-1) ?? [];
  return shown.length < 2 ? last : [...join(shown.slice(0, -1), ", "), " or ", ...last];
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf("/"));
}
