import type { Cluster } from "../cluster/cluster.ts";
import { meaning } from "../policy/meaning.ts";
import { identityKey } from "../policy/model/identity-key.ts";
import type { Policy } from "../policy/model/policy.ts";
import type { Manifest } from "../render/render.ts";
import { choiceSet } from "../sets/choice.ts";
import type { Box } from "../sets/space.ts";
import type { CompiledPolicy } from "./compiled-policy.ts";
import type { Universe } from "./universe.ts";

/**
 * How to read objects that several documents declare under one identity, where the other side declares other candidates:
 * whichever of them stands in the cluster, it admits at least, or at most, this (design section 5, threat T5).
 */
export type Reading = "least" | "most";

/** What stands for several candidates of one identity, compiled. */
export type Contest = (
  universe: Universe,
  candidates: readonly CompiledPolicy[],
  reading: Reading,
) => readonly CompiledPolicy[];

export interface Contests {
  readonly base: ReadonlyMap<string, Contest>;
  readonly head: ReadonlyMap<string, Contest>;
}

/** The objects that a side declares more than once, with several meanings, by identity. */
export function contestsOf(base: Cluster, head: Cluster): Contests {
  const baseMeanings = meaningsByIdentity(base);
  const headMeanings = meaningsByIdentity(head);
  const contests = { base: new Map<string, Contest>(), head: new Map<string, Contest>() };
  for (const identity of new Set([...baseMeanings.keys(), ...headMeanings.keys()])) {
    const atBase = baseMeanings.get(identity) ?? NO_CANDIDATES;
    const atHead = headMeanings.get(identity) ?? NO_CANDIDATES;
    // Equal candidates have one winner on both sides; else each side has its own, and any may stand with any.
    const same = JSON.stringify(atBase.meanings) === JSON.stringify(atHead.meanings);
    if (atBase.meanings.length > 1)
      contests.base.set(identity, contestOf(same ? "" : "base", identity, atBase));
    if (atHead.meanings.length > 1)
      contests.head.set(identity, contestOf(same ? "" : "head", identity, atHead));
  }
  return contests;
}

/** More candidates than anybody declares; beyond it they are read by what each could do at worst. */
const MOST_WINNERS = 30;

function contestOf(side: string, identity: string, candidates: Candidates): Contest {
  return candidates.meanings.length <= MOST_WINNERS
    ? oneWinner(`${side} ${identity}`, candidates)
    : anyWinner;
}

/** Objects of one identity; equal ones are one. */
interface Candidates {
  /** Distinct, sorted. */
  readonly meanings: readonly string[];
  readonly of: ReadonlyMap<Manifest, string>;
}

const NO_CANDIDATES: Candidates = { meanings: [], of: new Map() };

/** One object may hold several policies: which object stands is one question for all of them. */
function meaningsByIdentity(cluster: Cluster): ReadonlyMap<string, Candidates> {
  const byObject = new Map<string, Map<Manifest, Policy[]>>();
  for (const policy of cluster.policies) {
    const identity = objectKey(policy);
    const objects = byObject.get(identity) ?? new Map<Manifest, Policy[]>();
    byObject.set(identity, objects);
    objects.set(policy.manifest, [...(objects.get(policy.manifest) ?? []), policy]);
  }
  const contested = new Map<string, Candidates>();
  for (const [identity, objects] of byObject) {
    if (objects.size < 2) continue;
    const of = new Map([...objects].map(([manifest, list]) => [manifest, JSON.stringify(list.map(meaning))]));
    contested.set(identity, { of, meanings: [...new Set(of.values())].sort() });
  }
  return contested;
}

export function objectKey({ identity: { part: _part, ...object } }: Policy): string {
  return identityKey(object);
}

/** A hidden dimension says which of the candidates stands. */
function oneWinner(name: string, { meanings, of }: Candidates): Contest {
  return (universe, candidates) => {
    const { space } = universe;
    const winner = universe.winner(name, meanings.length);
    return candidates.map((candidate) => {
      const index = meanings.indexOf(of.get(candidate.policy.manifest) ?? "");
      const place = space.box([[winner, choiceSet([Math.max(index, 0)])]]);
      const within = (box: Box) => (place === null ? null : space.intersectBoxes(box, place)) ?? [];
      return {
        ...candidate,
        isolated: candidate.isolated.flatMap(within),
        rules: candidate.rules.map((rule) => ({ ...rule, boxes: rule.boxes.flatMap(within) })),
      };
    });
  };
}

/** At least: every denial, no allowance. At most: every allowance, no denial. */
const anyWinner: Contest = (_universe, candidates, reading) =>
  candidates.map((candidate) =>
    reading === "most"
      ? { ...candidate, isolated: [], rules: candidate.rules.filter(({ action }) => action !== "deny") }
      : { ...candidate, rules: candidate.rules.filter(({ action }) => action === "deny") },
  );
