import { OTHER_NAMESPACES } from "../../surface/other-namespaces.ts";
import type { FactType } from "../cel.ts";

/** What a message may say of the finding as a whole: the things judged are many, the finding is one. */
export class FindingFacts {
  readonly #workloads: readonly string[];
  readonly #destinations: readonly string[];
  readonly #assumed: boolean;

  constructor(workloads: readonly string[], destinations: readonly string[], assumed: boolean) {
    this.#workloads = workloads;
    this.#destinations = destinations;
    this.#assumed = assumed;
  }

  get who(): string {
    return whoText(this.#workloads);
  }

  get isOne(): boolean {
    return this.#workloads.length === 1;
  }

  get assumption(): string {
    return this.#assumed ? ASSUMPTION : "";
  }

  get where(): string {
    return listText(this.#destinations, "; ");
  }
}

const ASSUMPTION =
  " Nothing isolates the namespace here; it is judged as if it were, because another environment does.";
const LONGEST_LIST = 3;

/** The workloads of a finding as its sentences name them. */
export function whoText(workloads: readonly string[]): string {
  const known = workloads.filter((key) => !key.includes(POTENTIAL));
  const others = workloads.filter((key) => key.includes(POTENTIAL));
  if (workloads.length === 0) return "no workload";
  if (workloads.length <= LONGEST_LIST) {
    const namespaces = new Set(known.map(namespaceOf));
    return joined([...known, ...others.map((key) => podsText(key, namespaces.has(namespaceOf(key))))]);
  }
  const namespaces = [...new Set(workloads.map(namespaceOf))].sort();
  return `${workloads.length} workloads of ${listText(namespaces, ", ")}`;
}

/** "shop/?app=x" stands for pods that Git does not show. */
const POTENTIAL = "/?";

function podsText(key: string, hasKnown: boolean): string {
  const labels = key.slice(key.indexOf(POTENTIAL) + POTENTIAL.length);
  const namespace = namespaceOf(key);
  const where = namespace === OTHER_NAMESPACES ? "namespaces that Git does not declare" : namespace;
  const pods = `any ${hasKnown ? "other pod" : "pod"} of ${where}`;
  return labels === "" ? pods : `${pods} labelled ${labels}`;
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf("/"));
}

function joined(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1) ?? ""}`;
}

function listText(texts: readonly string[], separator: string): string {
  if (texts.length <= LONGEST_LIST) return texts.join(separator);
  return `${texts.slice(0, LONGEST_LIST).join(separator)} and ${texts.length - LONGEST_LIST} more`;
}

export const findingType: FactType = {
  name: "Finding",
  description: "The finding as a whole, for messages: one cause, and every workload it concerns.",
  madeBy: FindingFacts,
  fields: {
    who: { type: "string", description: "The workloads: three by name, more by number and namespaces." },
    isOne: { type: "bool", description: "It concerns one workload." },
    assumption: {
      type: "string",
      description: 'What it assumes where it was judged as if it were isolated; else "".',
    },
    where: { type: "string", description: "What they could reach, in canonical words." },
  },
  methods: [],
};
