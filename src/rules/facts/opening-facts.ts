import type { Opening, WorkloadDelta } from "../../diff/diff.ts";
import { meaning } from "../../policy/meaning.ts";
import { identityKey } from "../../policy/model/identity-key.ts";
import type { Policy } from "../../policy/model/policy.ts";
import { isolates } from "../../surface/selects.ts";
import type { Unknown } from "../../targets/unknown.ts";
import {
  type Addition,
  NO_PREFIX,
  overlaps,
  publicShare,
  type Slice,
  widestPrefix,
} from "../address-space.ts";
import type { FactType } from "../cel.ts";
import { isChanged, podLabels, type Scope } from "../scope.ts";
import { admitsNamespace, governs, labelsOf } from "../selection.ts";
import { opensPodPorts, opensPorts, opensSpecialPorts } from "./port-breadth.ts";
import { mayHoldPolicies, standsForUnread } from "./unknown-reach.ts";
import { everyPodPorts, opensEveryName, type Parts, type WildcardPorts } from "./wildcards.ts";

/** What an opening rests on beside what was read (threat T1). */
export type Condition =
  /** Nothing: it is a widening whatever the unknowns are. */
  | "none"
  /** It is one only if a document of this tree isolates that could not be read, the same on both sides. */
  | "tree"
  /** The same of content from elsewhere, in a namespace that some policy that was read isolates. */
  | "elsewhere-isolated"
  /** The same where no policy that was read isolates. */
  | "elsewhere";

export class OpeningFacts {
  readonly #scope: Scope;
  readonly #workload: WorkloadDelta;
  readonly #opening: Opening;
  #share: number | null = null;
  #prefix: number | null = null;
  #everyPod: WildcardPorts | null = null;
  #everyName: boolean | null = null;

  constructor(scope: Scope, workload: WorkloadDelta, opening: Opening) {
    this.#scope = scope;
    this.#workload = workload;
    this.#opening = opening;
  }

  get cause(): string {
    return this.#opening.cause.kind;
  }

  get labelOpens(): boolean {
    return this.#opening.labelOpens;
  }

  /** Otherwise a change could bring a workload and the rule that frees it into an isolated namespace at once. */
  get addsRule(): boolean {
    const { cause } = this.#opening;
    if (cause.kind !== "rule" || this.#workload.presence !== "head-only") return false;
    const isolating = this.#scope.basePolicies.isolating(this.#workload.namespace, podLabels(this.#workload));
    return isolating.length > 0 && !this.#scope.hadRule(cause.policy, cause.rule);
  }

  get condition(): Condition {
    return conditionOf(this.#scope, this.#workload, this.#opening);
  }

  /** A rule that names no destination. */
  get anyDestination(): boolean {
    const { cause } = this.#opening;
    return cause.kind === "rule" && cause.rule.peers === null;
  }

  get publicShare(): number {
    this.#share ??= publicShare(this.#addition, this.#scope.space);
    return this.#share;
  }

  get widestPrefix(): bigint {
    this.#prefix ??= widestPrefix(this.#addition, this.#scope.space);
    return BigInt(this.#prefix);
  }

  get addsPublic(): boolean {
    return this.widestPrefix < BigInt(NO_PREFIX);
  }

  get policy(): string {
    const { cause } = this.#opening;
    return cause.kind === "rule" ? cause.policy.identity.name : "";
  }

  get waitsFor(): string {
    return this.#opening.condition.map(({ subject }) => subject).join(", ");
  }

  get everyPod(): boolean {
    const { ranges, named } = this.#everyPodPorts();
    return named || ranges.length > 0;
  }

  everyPodBeyond(port: bigint): boolean {
    const only = Number(port);
    const { ranges, named } = this.#everyPodPorts();
    return named || ranges.some(({ first, last }) => first !== only || last !== only);
  }

  get everyName(): boolean {
    this.#everyName ??= this.#opening.cause.kind === "rule" && opensEveryName(this.#parts);
    return this.#everyName;
  }

  reachesName(names: readonly string[]): boolean {
    return names.some((name) => this.#opening.region.holdsName(name));
  }

  reaches(cidrs: readonly string[]): boolean {
    return overlaps(this.#added, cidrs);
  }

  opensPortsOutside(least: bigint): boolean {
    const { space } = this.#scope;
    return (
      opensPorts(this.#added, this.#total, this.#baseTotal, (set) => space.public(set), Number(least)) ||
      opensSpecialPorts(this.#opening.region, this.#opening.total(), ["name"], Number(least))
    );
  }

  opensPortsInside(least: bigint): boolean {
    const { space } = this.#scope;
    return (
      opensPodPorts(this.#scope.pods(this.#opening.region), Number(least)) ||
      opensSpecialPorts(
        this.#opening.region,
        this.#opening.total(),
        ["nodes", "api-server", "ip"],
        Number(least),
      ) ||
      opensPorts(this.#added, this.#total, this.#baseTotal, (set) => space.internal(set), Number(least))
    );
  }

  get wasProtected(): boolean {
    return this.#opening.closers.length > 0;
  }

  get protectors(): readonly string[] {
    return this.#opening.closers.map(({ identity }) => identity.name);
  }

  get protectorDeleted(): boolean {
    const closer = leadingCloser(this.#scope, this.#opening.closers);
    return (
      closer !== null &&
      this.#scope.pair(closer.identity).head === null &&
      !isDeclared(this.#scope, closer.identity)
    );
  }

  get protectorGone(): boolean {
    return this.#opening.closers.some((closer) => !stillIsolates(this.#scope, closer));
  }

  get protectorsIsolate(): boolean {
    return this.#opening.closers.every(isolates);
  }

  get protectorUnread(): boolean {
    return this.#opening.closers.some((closer) => isUnreadAtHead(this.#scope, closer));
  }

  get subjectLeaves(): boolean {
    return subjectLeaves(this.#scope, this.#workload, this.#opening.closers);
  }

  get #addition(): Addition {
    const openings = this.#workload.openings.filter(({ cause }) => cause.kind === "rule");
    const before = openings.indexOf(this.#opening);
    return {
      added: this.#added,
      others: openings
        .filter((opening) => opening !== this.#opening)
        .map(({ region }) => this.#scope.slices(region)),
      before,
      head: this.#total,
      base: this.#baseTotal,
    };
  }

  get #added(): readonly Slice[] {
    return this.#scope.slices(this.#opening.region);
  }

  get #total(): readonly Slice[] {
    return this.#scope.slices(this.#opening.total());
  }

  get #baseTotal(): readonly Slice[] {
    return this.#scope.slices(this.#opening.baseTotal());
  }

  #everyPodPorts(): WildcardPorts {
    this.#everyPod ??= everyPodPorts(this.#parts);
    return this.#everyPod;
  }

  get #parts(): Parts {
    return {
      own: this.#opening.region,
      others: this.#workload.openings.flatMap((one) =>
        one !== this.#opening && one.cause.kind === "rule" ? [one.region] : [],
      ),
      total: this.#opening.total(),
      pods: (region) => this.#scope.pods(region),
    };
  }
}

export function conditionOf(scope: Scope, workload: WorkloadDelta, opening: Opening): Condition {
  const { condition } = opening;
  if (condition.length === 0) return "none";
  if (condition.some(({ content }) => content === "tree")) return "tree";
  const isolated = [scope.basePolicies, scope.headPolicies].some((policies) =>
    policies.inNamespace(workload.namespace).some(isolates),
  );
  return isolated && !onlyTheOpener(scope, workload, opening) ? "elsewhere-isolated" : "elsewhere";
}

/** The policy that opens isolates by its egress type alone; nothing else that was read isolates there on either side. */
function onlyTheOpener(scope: Scope, { namespace }: WorkloadDelta, { cause }: Opening): boolean {
  if (cause.kind !== "rule") return false;
  const opener = identityKey(cause.policy.identity);
  return [...scope.basePolicies.inNamespace(namespace), ...scope.headPolicies.inNamespace(namespace)].every(
    (policy) => !isolates(policy) || identityKey(policy.identity) === opener,
  );
}

/** The object stands at head all the same: who should enforce it refuses it, or does not know its kind. */
function isDeclared({ delta }: Scope, identity: Policy["identity"]): boolean {
  const { apiVersion, kind, namespace, name } = identity;
  const { remarks, unenforced } = delta.head;
  return [...remarks, ...unenforced].some(
    ({ manifest: { object, namespace: own } }) =>
      object.apiVersion === apiVersion &&
      object.kind === kind &&
      object.metadata.name === name &&
      (own ?? namespace) === namespace,
  );
}

/** Whether it would deny the same at head, if it governed the same pods. */
function stillIsolates(scope: Scope, closer: Policy): boolean {
  const { head } = scope.pair(closer.identity);
  if (head === null) return false;
  return isolates(closer)
    ? isolates(head) && denialsOf(head) === denialsOf(closer)
    : meaning(head) === meaning(closer);
}

/** What it denies or passes on by rules of its own; "[]" in dialects that isolate by being there. */
function denialsOf({ egress }: Policy): string {
  return JSON.stringify(
    egress.flatMap(({ pointer: _, ...rule }) => (rule.action === "allow" ? [] : [rule])),
    (key, value: unknown) => (key === "pointer" ? "" : value),
  );
}

/** It is gone because what declared it was not read at head, newly or differently: nobody knows whether it is gone. */
function isUnreadAtHead(scope: Scope, closer: Policy): boolean {
  if (scope.pair(closer.identity).head !== null) return false;
  const { target } = closer.manifest.origin;
  return scope.unknowns.some(
    (pair) =>
      pair.head !== null && isChanged(pair) && pair.head.target === target && hides(pair.head, closer),
  );
}

function hides(unknown: Unknown, { identity }: Policy): boolean {
  return standsForUnread(unknown) && mayHoldPolicies(unknown, identity.namespace);
}

/** Every known workload that the closers protected at base is gone at head: the policy left with its subject. */
function subjectLeaves(scope: Scope, workload: WorkloadDelta, closers: readonly Policy[]): boolean {
  const protectedKeys = scope
    .workloads("base", workload.namespace)
    .filter((known) => closers.some((closer) => governs(closer, labelsOf(known))))
    .map(({ key }) => key);
  return protectedKeys.length > 0 && protectedKeys.every((key) => scope.leaving.has(key));
}

/** The closer whose subject or existence changed, else the first: what a finding about lost isolation cites. */
export function leadingCloser(scope: Scope, closers: readonly Policy[]): Policy | null {
  return closers.find((closer) => !stillIsolates(scope, closer)) ?? closers[0] ?? null;
}

/** Whether a closer still selects the workload's base labels: then its labels moved, not the selector. */
export function selectorStands(scope: Scope, workload: WorkloadDelta, closer: Policy): boolean {
  const { head } = scope.pair(closer.identity);
  if (head === null) return false;
  const before = workload.subject.kind === "known" ? workload.subject.base : null;
  return (
    admitsItsNamespace(scope, workload, head, "head") &&
    governs(head, before === null ? podLabels(workload) : labelsOf(before))
  );
}

/** The closer asks for the same namespaces as at base, and this one is none of them any more: its labels changed. */
export function namespaceLeft(scope: Scope, workload: WorkloadDelta, closer: Policy): boolean {
  const { head } = scope.pair(closer.identity);
  return (
    head !== null &&
    JSON.stringify(head.subjects) === JSON.stringify(closer.subjects) &&
    admitsItsNamespace(scope, workload, closer, "base") &&
    !admitsItsNamespace(scope, workload, head, "head")
  );
}

function admitsItsNamespace(
  { delta }: Scope,
  { namespace }: WorkloadDelta,
  { subjects }: Policy,
  side: "base" | "head",
): boolean {
  return subjects.some(({ namespaces }) => admitsNamespace(namespaces, namespace, delta[side]));
}

export const openingType: FactType = {
  name: "Opening",
  description: "A part of what a workload may reach at head and not at base, with what admits it.",
  madeBy: OpeningFacts,
  fields: {
    cause: {
      type: "string",
      description:
        '"rule" (a policy rule admits it), "not-isolated", "not-governed" (the host network), or "unknown" (something unread may admit it).',
    },
    policy: { type: "string", description: 'The name of the policy whose rule admits it; "" otherwise.' },
    waitsFor: { type: "string", description: "The unread documents of its condition." },
    labelOpens: {
      type: "bool",
      description:
        "For a new workload: the same pod without the labels that open would be denied. Else true.",
    },
    addsRule: {
      type: "bool",
      description:
        "For a new workload: base would have isolated such a pod, and the rule that admits this is new.",
    },
    condition: {
      type: "string",
      description:
        'What must be true of unread documents for it to be a widening: "none", "tree", "elsewhere-isolated", "elsewhere".',
    },
    anyDestination: { type: "bool", description: "The rule names no destination at all." },
    addsPublic: { type: "bool", description: "Some public address is newly reachable." },
    publicShare: {
      type: "double",
      description:
        "The share of public IPv4, or of 2000::/3 if larger, that head admits in total at a port where it adds public addresses; where another rule adds more there, base's total with its own part.",
    },
    widestPrefix: {
      type: "int",
      description:
        "Length of the widest public prefix of that total that holds an added address; 129 = none.",
    },
    everyPod: {
      type: "bool",
      description:
        "It opens every pod of every namespace that Git does not name, by itself or together with other rules.",
    },
    everyName: {
      type: "bool",
      description: "It opens every DNS name, by itself or together with other rules.",
    },
    wasProtected: { type: "bool", description: "At base some policy that was read isolated the workload." },
    protectors: { type: "list<string>", description: "The names of those policies." },
    protectorDeleted: {
      type: "bool",
      description: "The one of them that matters most does not exist at head.",
    },
    protectorGone: {
      type: "bool",
      description: "A policy that isolated it is gone or does not isolate egress any more.",
    },
    protectorsIsolate: {
      type: "bool",
      description: "Each of them denied everything that no rule admits; else it denied a part.",
    },
    protectorUnread: {
      type: "bool",
      description: "A policy that isolated it is missing because its source could not be read at head.",
    },
    subjectLeaves: {
      type: "bool",
      description: "The policies that isolated it had known workloads, and all of them leave in this change.",
    },
  },
  methods: [
    {
      name: "everyPodBeyond",
      parameters: [{ name: "port", type: "int" }],
      returns: "bool",
      description: "It holds every pod of every namespace at some port other than this one.",
    },
    {
      name: "reaches",
      parameters: [{ name: "cidrs", type: "list<string>" }],
      returns: "bool",
      description: "Some address of these CIDR blocks is newly reachable.",
    },
    {
      name: "reachesName",
      parameters: [{ name: "names", type: "list<string>" }],
      returns: "bool",
      description: "A rule about DNS names newly admits some of these.",
    },
    {
      name: "opensPortsOutside",
      parameters: [{ name: "least", type: "int" }],
      returns: "bool",
      description:
        "Some added public address or name has at least so many ports of one protocol at head, and had not at base.",
    },
    {
      name: "opensPortsInside",
      parameters: [{ name: "least", type: "int" }],
      returns: "bool",
      description: "The same for pods, nodes, the API server and addresses inside.",
    },
  ],
};
