import type { Cluster } from "../cluster/cluster.ts";
import type { LabelRequirement, LabelSelector, NamePattern } from "../policy/model/policy.ts";
import { allChoices, choiceSet } from "../sets/choice.ts";
import {
  type AddressSet,
  ALL_ADDRESSES,
  addressSetOfCidrs,
  noAddresses,
  subtractAddresses,
} from "../sets/ip.ts";
import {
  ANY_LABEL,
  IS_ABSENT,
  IS_PRESENT,
  intersectLabels,
  isNoneOf,
  isOneOf,
  type LabelSet,
} from "../sets/label.ts";
import {
  ANY_NAME,
  EVERY_NAME,
  intersectNames,
  type NameSet,
  NO_NAME_AT_ALL,
  NO_NAMES,
  nameSetKey,
  namesMatching,
  uniteNames,
} from "../sets/name.ts";
import { ALL_PORTS } from "../sets/port.ts";
import { type Box, Space } from "../sets/space.ts";
import type { ValueSet } from "../sets/value-set.ts";
import { blockMeaning } from "./block-meaning.ts";

/** A pattern of names as an author wrote it, and what it means. */
export interface NamedSet {
  readonly text: string;
  readonly names: NameSet;
}

/**
 * What is known of the addresses of pods: that they lie in configured blocks, if any are, or the address of each pod that a
 * question names (`PodPoint.addresses`).
 */
export type PodAddressKnowledge = "configured-blocks" | "each-pod";

const ADDRESS = 0;
const POD = 1;

/** Whose an address is: nobody's of the cluster, that of the node the pod runs on, of another node. */
const ELSEWHERE = 0;
export const OWN_NODE = 1;
export const OTHER_NODE = 2;
const API_SERVER = 1;

/**
 * The points that surfaces are sets of, shared by the two sides of a comparison.
 *
 * Subject: one dimension a label key. Destination: its kind; an address; or a pod by the name of its namespace, the labels
 * of its namespace, its own labels. Then protocol and port, and for each name in use whether the destination gives that
 * name to the port. Labels of a declared namespace are known, so selectors over them become names; namespaces that neither
 * side declares keep their labels as variables.
 *
 * An address is more than its number: it may be a node's, with the labels of that node, or the API server's, and it may have
 * been looked up under a name. A rule that says nothing of it holds for all of them.
 */
export class Universe {
  readonly space = new Space();
  /** Namespaces that either side declares, by object or by use. */
  readonly declared: ReadonlySet<string>;
  readonly podAddresses: AddressSet;
  /** An address block says something of nodes, too, under every CNI of this comparison. */
  readonly blocksHoldNodes: boolean;
  /** What of a block may be the address of a pod: of those configured, or of any where each pod's address is asked. */
  readonly possiblePodAddresses: AddressSet;
  readonly isAddress: Box;
  readonly isPod: Box;
  /** An address that is nobody's of the cluster, and looked up under no name. */
  readonly isPlainAddress: Box;
  readonly isElsewhere: Box;
  /** A node that is not the API server, looked up under no name. */
  readonly isPlainNode: Box;
  readonly isApiServer: Box;
  readonly isNotApiServer: Box;
  /** An address that is nobody's of the cluster, looked up under some name. */
  readonly isNamed: Box;
  readonly kind: number;
  /** Whose an address is. */
  readonly place: number;
  readonly apiServer: number;
  /** The name under which an address was looked up. */
  readonly name: number;
  readonly address: number;
  /** The address of a pod, asked only where something is known of it: `ipBlock` matches it there (e2e of the API). */
  readonly podAddress: number;
  readonly port: number;
  readonly namespace: number;
  /** The name of a declared, or of another, namespace: the same question as `namespace` where the answer is half known. */
  readonly halves: readonly [declared: number, undeclared: number];
  readonly #labels = {
    subject: new Map<string, number>(),
    node: new Map<string, number>(),
    namespace: new Map<string, number>(),
    pod: new Map<string, number>(),
  };
  readonly #portNames = new Map<string, number>();
  readonly #namePatterns = new Map<string, NamedSet>();
  readonly #hidden = new Set<number>();
  readonly #winners = new Set<number>();
  readonly #subjects = new Set<number>();
  readonly #keys = new Map<number, string>();

  constructor(clusters: readonly Cluster[], knowledge: PodAddressKnowledge = "configured-blocks") {
    this.declared = new Set(
      clusters.flatMap((cluster) => [
        ...cluster.namespaces.keys(),
        ...[...cluster.workloads.values()].map((workload) => workload.namespace),
        ...cluster.policies.flatMap(({ subjects }) =>
          subjects.flatMap(({ namespaces }) => (namespaces.kind === "named" ? [namespaces.name] : [])),
        ),
      ]),
    );
    this.blocksHoldNodes = clusters.every(({ profile }) => blockMeaning(profile.name).nodes);
    this.podAddresses = addressesOf(clusters.flatMap((cluster) => cluster.podCIDRs));
    this.possiblePodAddresses = knowledge === "each-pod" ? ALL_ADDRESSES : this.podAddresses;
    this.kind = this.space.dimension("kind", allChoices(2));
    this.address = this.space.dimension("address", subtractAddresses(ALL_ADDRESSES, this.podAddresses));
    this.podAddress = this.space.dimension(
      "pod address",
      noAddresses(this.possiblePodAddresses) ? ALL_ADDRESSES : this.possiblePodAddresses,
    );
    this.port = this.space.dimension("port", ALL_PORTS);
    this.namespace = this.space.dimension("namespace", IS_PRESENT);
    this.halves = [
      this.space.dimension("declared namespace", isOneOf(this.declared)),
      this.space.dimension("undeclared namespace", intersectLabels(IS_PRESENT, isNoneOf(this.declared))),
    ];
    this.place = this.space.dimension("place", allChoices(3));
    this.apiServer = this.space.dimension("API server", allChoices(2));
    this.name = this.space.dimension("name", ANY_NAME);
    this.isAddress = this.#constant(this.kind, ADDRESS);
    this.isPod = this.#constant(this.kind, POD);
    this.isElsewhere = this.#addresses([this.place, choiceSet([ELSEWHERE])]);
    this.isApiServer = this.#addresses([this.apiServer, choiceSet([API_SERVER])]);
    this.isNotApiServer = this.#addresses([this.apiServer, choiceSet([1 - API_SERVER])]);
    this.isPlainNode = this.#addresses(
      [this.place, choiceSet([OWN_NODE, OTHER_NODE])],
      [this.apiServer, choiceSet([1 - API_SERVER])],
      [this.name, NO_NAME_AT_ALL],
    );
    const outside = [
      [this.place, choiceSet([ELSEWHERE])],
      [this.apiServer, choiceSet([1 - API_SERVER])],
    ] as const;
    this.isPlainAddress = this.#addresses(...outside, [this.name, NO_NAME_AT_ALL]);
    this.isNamed = this.#addresses(...outside, [this.name, EVERY_NAME]);
  }

  #constant(dimension: number, member: number): Box {
    return this.space.box([[dimension, choiceSet([member])]]) ?? this.space.everything;
  }

  #addresses(...constraints: readonly (readonly [dimension: number, set: ValueSet])[]): Box {
    return this.space.box([[this.kind, choiceSet([ADDRESS])], ...constraints]) ?? this.isAddress;
  }

  /** Addresses of the node that a pod runs on, of other nodes, of any. */
  nodes(which: "own" | "other" | "any"): Box {
    const places = { own: [OWN_NODE], other: [OTHER_NODE], any: [OWN_NODE, OTHER_NODE] }[which];
    return this.#addresses([this.place, choiceSet(places)]);
  }

  subjectLabel(key: string): number {
    return this.#label("subject", key);
  }

  namespaceLabel(key: string): number {
    return this.#label("namespace", key);
  }

  podLabel(key: string): number {
    return this.#label("pod", key);
  }

  nodeLabel(key: string): number {
    return this.#label("node", key);
  }

  #label(whose: "subject" | "namespace" | "pod" | "node", key: string): number {
    const known = this.#labels[whose].get(key);
    if (known !== undefined) return known;
    const dimension = this.space.dimension(`${whose} label ${key}`, ANY_LABEL);
    this.#labels[whose].set(key, dimension);
    this.#keys.set(dimension, key);
    if (whose === "subject") {
      this.#hidden.add(dimension);
      this.#subjects.add(dimension);
    }
    return dimension;
  }

  /** "The destination gives this name to the port": free at every point, as no two facts about it are known together. */
  portName(name: string): number {
    let dimension = this.#portNames.get(name);
    if (dimension === undefined) {
      dimension = this.space.dimension(`port name ${name}`, allChoices(2));
      this.#portNames.set(name, dimension);
      this.#keys.set(dimension, name);
    }
    return dimension;
  }

  /** Which of several objects of one identity stands in the cluster. */
  winner(identity: string, candidates: number): number {
    const dimension = this.space.dimension(`winner of ${candidates} for ${identity}`, allChoices(candidates));
    this.#hidden.add(dimension);
    this.#winners.add(dimension);
    return dimension;
  }

  /** In which order policies of one priority are asked. */
  orderOf(policies: readonly string[], permutations: number): number {
    const dimension = this.space.dimension(`order of ${JSON.stringify(policies)}`, allChoices(permutations));
    this.#hidden.add(dimension);
    return dimension;
  }

  /** A pod's namespace has the same value of the label as that of the subject, where neither namespace is known. */
  sameLabel(key: string): number {
    const dimension = this.space.dimension(`same namespace label ${key}`, allChoices(2));
    this.#hidden.add(dimension);
    return dimension;
  }

  /**
   * The names of a pattern, which texts say in its words.
   *
   * @param within of them those that one of these holds, if given
   */
  names(pattern: NamePattern, within?: readonly NamePattern[]): NameSet {
    const own = this.#namesOf(pattern);
    if (within === undefined) return own;
    return within.map((other) => this.#sharedNames(pattern, other)).reduce(uniteNames, NO_NAMES);
  }

  /** One text may mean several things, in several dialects. */
  #namesOf({ text, parts }: NamePattern): NameSet {
    const key = JSON.stringify([text, parts]);
    let named = this.#namePatterns.get(key);
    if (named === undefined) {
      named = { text, names: namesMatching(parts) };
      this.#namePatterns.set(key, named);
    }
    return named.names;
  }

  /** What neither pattern says alone is said in the words of both. */
  #sharedNames(pattern: NamePattern, other: NamePattern): NameSet {
    const [own, others] = [this.#namesOf(pattern), this.#namesOf(other)];
    const names = intersectNames(own, others);
    const isSaid = [own, others, NO_NAMES].some((one) => nameSetKey(one) === nameSetKey(names));
    const key = JSON.stringify([pattern.parts, other.parts]);
    if (!isSaid) this.#namePatterns.set(key, { text: `${pattern.text} that is ${other.text}, too`, names });
    return names;
  }

  /** Every set of names that a rule asked for, with its text. */
  get namePatterns(): readonly NamedSet[] {
    return [...this.#namePatterns.values()];
  }

  /** Dimensions that are no part of a destination: a region is what is left when they are forgotten. */
  readonly isHidden = (dimension: number): boolean => this.#hidden.has(dimension);

  readonly isWinner = (dimension: number): boolean => this.#winners.has(dimension);

  readonly isSubject = (dimension: number): boolean => this.#subjects.has(dimension);

  get subjectLabels(): ReadonlyMap<string, number> {
    return this.#labels.subject;
  }

  get namespaceLabels(): ReadonlyMap<string, number> {
    return this.#labels.namespace;
  }

  get nodeLabels(): ReadonlyMap<string, number> {
    return this.#labels.node;
  }

  get podLabels(): ReadonlyMap<string, number> {
    return this.#labels.pod;
  }

  get portNames(): ReadonlyMap<string, number> {
    return this.#portNames;
  }

  /** The label key, or the port name, of a dimension. */
  keyOf(dimension: number): string {
    return this.#keys.get(dimension) ?? this.space.dimensionOf(dimension).name;
  }
}

function addressesOf(cidrs: readonly string[]): AddressSet {
  const set = addressSetOfCidrs(cidrs);
  if (set === null) throw new Error(`not a list of CIDR blocks: ${cidrs.join(", ")}`);
  return set;
}

/** What a selector admits for each key it mentions; several requirements on one key are several sets. */
export function selectorSets(selector: LabelSelector): readonly (readonly [key: string, set: LabelSet])[] {
  return selector.map((requirement) => [requirement.key, requirementSet(requirement)]);
}

function requirementSet({ operator, values }: LabelRequirement): LabelSet {
  switch (operator) {
    case "In":
      return isOneOf(values);
    case "NotIn":
      return isNoneOf(values);
    case "Exists":
      return IS_PRESENT;
    case "DoesNotExist":
      return IS_ABSENT;
  }
}
