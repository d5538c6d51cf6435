import { type JsonObject, nested } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import { type PodFacts, podFacts } from "./pod-facts.ts";
import { type DeclaredWorkloads, labelsOf, workloadOfFacts } from "./pod-template.ts";

/** Pods that an operator makes of one template, with what it adds. */
export interface TemplatedPods {
  /** Which of several kinds of pods; null = the object makes one kind. */
  readonly role: string | null;
  /** null = it makes such pods, and their template does not stand in the object. */
  readonly template: JsonObject | null;
  /** Labels that the operator sets whatever the template says. */
  readonly known?: Readonly<Record<string, string | null>>;
  /** Labels that it sets where the template does not. */
  readonly defaults?: Readonly<Record<string, string | null>>;
  /** Keys that it sets to values nobody knows. */
  readonly anyValue?: readonly string[];
  /** Where the specification is no pod's, or the operator changes it. */
  readonly facts?: PodFacts;
}

/**
 * The workloads of one object, in the order given. `incomplete`: the operator makes more pods than its templates say, so
 * that its namespace may hold pods nobody sees. A label without a value (null) is set to a value nobody knows.
 */
export function templatedWorkloads(
  manifest: Manifest,
  pods: readonly TemplatedPods[],
  incomplete = false,
): DeclaredWorkloads {
  const bad = new Set<string>();
  const workloads = pods.flatMap(({ role, template, known = {}, defaults = {}, anyValue = [], facts }) => {
    if (template === null) return [];
    const written = labelsOf(template);
    for (const key of written.bad) bad.add(key);
    const templated = [...written.labels].filter(([, value]) => isTemplated(value)).map(([key]) => key);
    const all = new Map<string, string | null>([
      ...Object.entries(defaults),
      ...written.labels,
      ...templated.map((key) => [key, null] as const),
      ...Object.entries(known),
    ]);
    const labels = new Map(
      [...all].flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])),
    );
    const runtime = [...anyValue, ...[...all].filter(([, value]) => value === null).map(([key]) => key)];
    return [
      workloadOfFacts(
        manifest,
        role,
        labels,
        { known: new Map(), anyValue: [...new Set(runtime)] },
        facts ?? podFacts(nested(template, "spec") ?? {}),
      ),
    ];
  });
  const hidden = pods.some(({ template }) => template === null || hasTemplatedKey(template));
  return { workloads, badLabels: [...bad], incomplete: incomplete || hidden };
}

/** Operators that fill in "{{…}}" or "$(…)" when the pod is made: no label may hold these characters. */
function isTemplated(text: string): boolean {
  return text.includes("{{") || text.includes("$(");
}

function hasTemplatedKey(template: JsonObject): boolean {
  return [...labelsOf(template).labels.keys()].some(isTemplated);
}
