import { type AddressSet, addressesInside, addressSetOfCidrs, NO_ADDRESSES } from "../sets/ip.ts";
import type { AmbientWorkload, ApprovalSettings, Configuration, EnvironmentMarks } from "./config.ts";

/**
 * Which way a key may be turned without loosening anything. Each key declares it here, once: what a repository may say under
 * an organisation's policy and what counts as weakening follow from the same row (threat T11).
 */
export interface SafeDirection<T> {
  /** Whether the second value is at least as strict as the first, whatever a repository holds. */
  readonly keeps: (from: T, to: T) => boolean;
  /** When a value of a repository counts beside an organisation's policy. */
  readonly counts: /** Where it is at least as strict; where the policy does not speak its default stands. */
    | "stricter"
    /** The same, and freely where the policy does not speak. */
    | "stricter-or-silent"
    /** Only where the policy does not speak. */
    | "silent";
  /** What a repository may do, for people. */
  readonly allowed: string;
}

/** From left to right is stricter. */
function upwards<T>(...order: readonly T[]): SafeDirection<T>["keeps"] {
  return (from, to) => order.indexOf(from) <= order.indexOf(to);
}

/** Nobody can say which of two values is stricter. */
function same<T>(from: T, to: T): boolean {
  return JSON.stringify(from) === JSON.stringify(to);
}

/** Nobody named means others decide (design section 9): somebody named instead of them is not one of fewer. */
function fewer(from: readonly string[], to: readonly string[]): boolean {
  return same(from, to) || (to.length > 0 && to.every((one) => from.includes(one)));
}

function insideRanges(from: readonly string[], to: readonly string[]): boolean {
  return addressesInside(addresses(to), addresses(from));
}

function addresses(cidrs: readonly string[]): AddressSet {
  return addressSetOfCidrs(cidrs) ?? NO_ADDRESSES;
}

const WHERE_SILENT = "a repository may say it only where the organisation's policy does not";

interface MarkDirections {
  readonly production: SafeDirection<boolean>;
  readonly mode: SafeDirection<EnvironmentMarks["mode"]>;
  readonly profile: SafeDirection<EnvironmentMarks["profile"]>;
  readonly approvers: SafeDirection<readonly string[]>;
}

export const MARK_DIRECTIONS: MarkDirections = {
  production: {
    keeps: upwards<boolean>(false, true),
    counts: "stricter",
    allowed: "what is not production is named in the organisation's policy; a repository may only turn it on",
  },
  mode: {
    keeps: upwards<EnvironmentMarks["mode"]>("observe", "enforce"),
    counts: "stricter",
    allowed: "what observes is named in the organisation's policy; a repository may only enforce",
  },
  profile: { keeps: same, counts: "silent", allowed: WHERE_SILENT },
  approvers: {
    keeps: fewer,
    counts: "stricter-or-silent",
    allowed: "a repository may name fewer of the organisation's approvers, and nobody else",
  },
};

interface NamespaceDirections {
  readonly cde: SafeDirection<boolean>;
  readonly baseline: SafeDirection<boolean>;
  readonly labels: SafeDirection<Readonly<Record<string, string>>>;
}

const MAY_ONLY_MARK = "a repository may only mark more namespaces";

export const NAMESPACE_DIRECTIONS: NamespaceDirections = {
  cde: { keeps: upwards<boolean>(false, true), counts: "stricter", allowed: MAY_ONLY_MARK },
  baseline: { keeps: upwards<boolean>(false, true), counts: "stricter", allowed: MAY_ONLY_MARK },
  labels: { keeps: sameLabels, counts: "silent", allowed: WHERE_SILENT },
};

function sameLabels(from: Readonly<Record<string, string>>, to: Readonly<Record<string, string>>): boolean {
  const sorted = (labels: Readonly<Record<string, string>>) => Object.entries(labels).sort();
  return same(sorted(from), sorted(to));
}

interface ApprovalDirections {
  readonly self: SafeDirection<ApprovalSettings["self"]>;
  readonly forbidSelf: SafeDirection<boolean>;
}

export const APPROVAL_DIRECTIONS: ApprovalDirections = {
  self: {
    keeps: upwards<ApprovalSettings["self"]>("recorded", "off"),
    counts: "stricter-or-silent",
    allowed: "a repository may only turn it off where the organisation's policy speaks of it",
  },
  forbidSelf: {
    keeps: upwards<boolean>(false, true),
    counts: "stricter",
    allowed: "a repository may only turn it on",
  },
};

interface TopDirections {
  readonly repositories: SafeDirection<readonly string[]>;
  readonly workloads: SafeDirection<readonly AmbientWorkload[]>;
  readonly internalRanges: SafeDirection<readonly string[]>;
  readonly podCIDRs: SafeDirection<readonly string[]>;
  readonly unrendered: SafeDirection<Configuration["unrendered"]>;
}

export const TOP_DIRECTIONS: TopDirections = {
  repositories: { keeps: same, counts: "silent", allowed: WHERE_SILENT },
  workloads: { keeps: same, counts: "silent", allowed: WHERE_SILENT },
  internalRanges: { keeps: insideRanges, counts: "silent", allowed: WHERE_SILENT },
  podCIDRs: { keeps: same, counts: "silent", allowed: WHERE_SILENT },
  unrendered: {
    keeps: upwards<Configuration["unrendered"]>("coverage", "undecided"),
    counts: "stricter",
    allowed: 'a repository may only say "undecided"',
  },
};
