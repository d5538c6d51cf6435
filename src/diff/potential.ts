import { namespaceLabelOf } from "../policy/model/pod-attribute.ts";
import type { Layer } from "../surface/layers.ts";
import { type Assumption, assuming } from "../surface/subject-layers.ts";
import type { Comparison } from "./comparison.ts";
import { type PodLabels, smallestLabels } from "./potential-labels.ts";
import { unchangedUnknowns } from "./unchanged-unknowns.ts";
import { widenings } from "./widenings.ts";

/** Pods that Git may not show, by labels: for each, something is opened or closed. */
export interface Potential {
  readonly labels: readonly PodLabels[];
  readonly overBudget: boolean;
}

/**
 * The label assignments worth printing for a namespace, found by search: one exact question over all labels for each pair of
 * an opening and a closing item, both ways. Only a namespace whose lists differ is worth asking.
 */
export function potentialSubjects(comparison: Comparison, namespace: string): Potential {
  const { base, head, budget } = comparison;
  const { universe } = head;
  const byText = new Map<string, PodLabels>();
  let overBudget = false;
  const search = (denying: readonly Layer[], allowing: readonly Layer[]) => {
    const { found, overBudget: ended } = widenings(universe.space, denying, allowing, budget);
    if (ended) overBudget = true;
    for (const widening of found) {
      const labels = smallestLabels(universe, widening);
      byText.set(labelsText(labels), labels);
    }
  };
  const assumptions: readonly Assumption[] =
    unchangedUnknowns(base, head, namespace).length === 0
      ? ["unknowns-do-nothing"]
      : ["unknowns-do-nothing", "unknowns-isolate"];
  for (const assumption of assumptions) {
    search(
      assuming(base.layersOf(namespace, "least"), assumption),
      assuming(head.layersOf(namespace, "most"), assumption),
    );
  }
  search(
    assuming(head.layersOf(namespace, "least"), "unknowns-do-nothing"),
    assuming(base.layersOf(namespace, "most"), "unknowns-do-nothing"),
  );
  return {
    labels: [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, labels]) => labels),
    overBudget,
  };
}

/** "app=web,tier=db", keys sorted; "" = no label that anybody asks for. Labels of the namespace say so: "namespace:team=data". */
export function labelsText(labels: PodLabels): string {
  return [...labels]
    .map(([key, value]) => `${keyText(key)}=${value}`)
    .sort()
    .join(",");
}

function keyText(key: string): string {
  const label = namespaceLabelOf(key);
  return label === null ? key : `namespace:${label}`;
}
