import { effectsOf } from "../../cluster/effects-of.ts";
import { isolates } from "../../surface/selects.ts";
import type { Unknown } from "../../targets/unknown.ts";
import type { FactType } from "../cel.ts";
import type { Scope, UnknownPair } from "../scope.ts";
import { isChanged } from "../scope.ts";
import { governsEveryPod } from "../selection.ts";
import { mayHoldPolicies, standsForUnread, touches } from "./unknown-reach.ts";
import { unknownState } from "./unknown-state.ts";

/** What could not be read or decided: one source, however many targets use it. */
export class UnknownFacts {
  readonly #scope: Scope;
  readonly #pairs: readonly UnknownPair[];
  readonly #carries: boolean;
  readonly #strict: boolean;
  readonly what: string;

  constructor(
    scope: Scope,
    group: { readonly what: string; readonly pairs: readonly UnknownPair[] },
    options: { readonly carries: boolean; readonly strict: boolean },
  ) {
    this.#scope = scope;
    this.#pairs = group.pairs;
    this.#carries = options.carries;
    this.#strict = options.strict;
    this.what = group.what;
  }

  get code(): string {
    return this.#one.code;
  }

  get state(): string {
    return unknownState(this.#one);
  }

  get side(): "both" | "base" | "head" {
    if (this.#pairs.some(({ base, head }) => base !== null && head !== null)) return "both";
    return this.#pairs.some(({ head }) => head !== null) ? "head" : "base";
  }

  get isChanged(): boolean {
    return this.#pairs.some(isChanged);
  }

  get isLimit(): boolean {
    return this.#pairs.some((pair) =>
      codesOf(pair).some((code) => code === "resource-limit" || code === "rule-undecided"),
    );
  }

  get isUnread(): boolean {
    return this.#one.code === "unread";
  }

  get canMatter(): boolean {
    return this.#all.some(({ bound }) => effectsOf(bound).size > 0);
  }

  get isolatedThere(): boolean {
    return this.#all.some((unknown) => isolatedWithin(this.#scope, unknown));
  }

  get carriesWidening(): boolean {
    return this.#carries;
  }

  get strict(): boolean {
    return this.#strict;
  }

  get where(): string {
    if (this.#all.some(({ bound }) => bound.namespaces === null)) return "any namespace";
    return [...new Set(this.#all.flatMap(({ bound }) => bound.namespaces ?? []))].sort().join(", ");
  }

  get openers(): readonly string[] {
    return [...new Set(this.#all.flatMap((unknown) => openersFor(this.#scope, unknown)))].sort();
  }

  get openerNames(): string {
    return named(this.openers);
  }

  get #all(): readonly Unknown[] {
    return this.#pairs.flatMap(({ base, head }) => [base, head].filter((one) => one !== null));
  }

  get #one(): Unknown {
    const unknown = this.#pairs.flatMap(({ base, head }) => head ?? base ?? [])[0];
    if (unknown === undefined) throw new RangeError("a group of unknowns has one");
    return unknown;
  }
}

function codesOf({ base, head }: UnknownPair): readonly string[] {
  return [base?.code ?? "", head?.code ?? ""];
}

/** A policy of either side, a declared baseline or a generator isolates egress of a namespace that the unknown can touch. */
function isolatedWithin({ delta }: Scope, unknown: Unknown): boolean {
  return [delta.base, delta.head].some((cluster) => {
    const isolated = cluster.policies.some(
      (policy) =>
        isolates(policy) &&
        policy.subjects.some(
          ({ namespaces }) => namespaces.kind === "selected" || touches(unknown, namespaces.name),
        ),
    );
    const baseline = [...cluster.namespaces.values()].some(
      (one) => one.baseline && touches(unknown, one.name),
    );
    return isolated || baseline || cluster.unknowns.some((other) => mayIsolate(other, unknown));
  });
}

/** A policy that was read and not understood, something that writes policies, or an unread target whose files hold some. */
function mayIsolate(other: Unknown, unknown: Unknown): boolean {
  if (other.code === "rule-undecided") return false;
  if (standsForUnread(other) && other.holdsPolicies !== true) return false;
  return unknown.bound.namespaces === null
    ? mayHoldPolicies(other, null)
    : unknown.bound.namespaces.some((namespace) => mayHoldPolicies(other, namespace));
}

/** Head policies that admit something to pods with certain labels only: what the labels of an unread pod decide. */
function openersFor({ headPolicies, delta }: Scope, { bound }: Unknown): readonly string[] {
  const namespaces = bound.namespaces ?? [...delta.head.namespaces.keys()];
  return namespaces.flatMap((namespace) =>
    headPolicies
      .inNamespace(namespace)
      .filter((policy) => !governsEveryPod(policy) && policy.egress.length > 0)
      .map(({ identity }) => identity.name),
  );
}

const LONGEST_LIST = 3;

function named(names: readonly string[]): string {
  if (names.length > LONGEST_LIST) {
    return `${names.slice(0, LONGEST_LIST).join(", ")} and ${names.length - LONGEST_LIST} more`;
  }
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

export const unknownType: FactType = {
  name: "Unknown",
  description: "Something that could not be read or decided: one source is one, however many targets use it.",
  madeBy: UnknownFacts,
  fields: {
    what: { type: "string", description: "What it is: a chart with its versions, a template, an object." },
    code: { type: "string", description: 'Why: "unread", "render-failed", "unmodelled-policy" …' },
    state: {
      type: "string",
      description: 'The code in words, with what the tool that gave up said: "does not render (…)".',
    },
    side: { type: "string", description: '"both", or the only side that has it.' },
    isChanged: { type: "bool", description: "Its content differs between the sides, or only one has it." },
    isLimit: { type: "bool", description: "A deadline, a memory cap, a search budget or a failed rule." },
    isUnread: {
      type: "bool",
      description: "Its content was never available here: a remote chart, an unsupported entry point.",
    },
    canMatter: {
      type: "bool",
      description: "It may hold a policy, a workload, a namespace, a service or an entry point.",
    },
    isolatedThere: {
      type: "bool",
      description:
        "A policy of either side, a declared baseline or something that writes policies isolates egress where it can act.",
    },
    carriesWidening: {
      type: "bool",
      description: "Some widening that no other rule decides exists only if it isolates at base.",
    },
    strict: { type: "bool", description: "The configuration says `unrendered: undecided`." },
    where: { type: "string", description: "The namespaces that it can touch." },
    openers: {
      type: "list<string>",
      description: "Policies there that admit something to pods with certain labels.",
    },
    openerNames: { type: "string", description: "Their names: three, more by number." },
  },
  methods: [],
};
