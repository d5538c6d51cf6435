import { namespaceLabelOf } from "../policy/model/pod-attribute.ts";
import { ABSENT, IS_ABSENT, isOneOf, type LabelSet, labelsContain } from "../sets/label.ts";
import type { Box } from "../sets/space.ts";
import type { PodSubject } from "../surface/pod-subject.ts";
import type { Universe } from "../surface/universe.ts";
import type { Widening } from "./widenings.ts";

export type PodLabels = ReadonlyMap<string, string>;

/**
 * Labels that make a widening one, as few as can be, for people: the opening policy's own required labels where those are
 * enough, then those keys with the witness's values, then the witness without every label that it does not need. A search
 * witness itself is never printed: its values are odd.
 */
export function smallestLabels(universe: Universe, { opener, witness, within }: Widening): PodLabels {
  const own = chosen(universe, opener.box, opener.box);
  if (within(podBox(universe, own))) return own;
  const found = witness();
  const asWitness = chosen(universe, opener.box, found);
  if (within(podBox(universe, asWitness))) return asWitness;
  let labels = chosen(universe, found, found);
  for (const key of [...labels.keys()].sort()) {
    const fewer = new Map([...labels].filter(([other]) => other !== key));
    if (within(podBox(universe, fewer))) labels = fewer;
  }
  return labels;
}

/** For each subject label that `keys` asks for and that must be there, a value that `values` admits. */
function chosen(universe: Universe, keys: Box, values: Box): PodLabels {
  const labels = new Map<string, string>();
  for (const [key, dimension] of universe.subjectLabels) {
    if (!keys.dimensions.includes(dimension)) continue;
    const set = universe.space.setOf(universe.space.setOn(values, dimension));
    if (set.kind === "label" && !set.absent) labels.set(key, anyOf(set));
  }
  return new Map([...labels].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A member; where nearly every string is one, a plain word. */
function anyOf(set: LabelSet): string {
  const [first] = set.values;
  if (!set.cofinite && first !== undefined) return first;
  let word = "any";
  for (let count = 2; !labelsContain(set, word); count++) word = `any${count}`;
  return word;
}

/** Pods with exactly these labels, as far as anybody asks. */
function podBox(universe: Universe, labels: PodLabels): Box {
  return (
    universe.space.box(
      [...universe.subjectLabels].map(([key, dimension]) => {
        const value = labels.get(key) ?? ABSENT;
        return [dimension, value === ABSENT ? IS_ABSENT : isOneOf([value])] as const;
      }),
    ) ?? universe.space.everything
  );
}

/** Labels of a namespace that nobody declares are asked for beside those of the pod. */
export function potentialSubject(namespace: string, labels: PodLabels): PodSubject {
  const ofNamespace = new Map<string, string>();
  const ofPod = new Map<string, string>();
  for (const [key, value] of labels) {
    const label = namespaceLabelOf(key);
    if (label === null) ofPod.set(key, value);
    else ofNamespace.set(label, value);
  }
  return {
    namespace,
    namespaceLabels: ofNamespace,
    labels: ofPod,
    runtimeLabels: new Set<string>(),
    hostNetwork: false,
  };
}
