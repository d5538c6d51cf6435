/**
 * Sets of DNS names, closed under every operation of the algebra: patterns with wildcards are regular languages, and a set is
 * the smallest automaton that accepts it, so that equal sets have equal keys however they were written.
 *
 * Beside names there is ABSENT: an address that was looked up under no name.
 */
export interface NameSet {
  readonly kind: "name";
  readonly absent: boolean;
  /** States in the order of first visit; the first is the start. */
  readonly states: readonly NameState[];
}

interface NameState {
  readonly accepts: boolean;
  /** Where each character leads that does not lead to `otherwise`, by character, sorted. */
  readonly edges: readonly (readonly [character: string, state: number])[];
  readonly otherwise: number;
}

/** A part of a pattern: text, or a wildcard. */
export type NamePart = string | { readonly any: "within-label" | "anything" };

const NOTHING: readonly NameState[] = [{ accepts: false, edges: [], otherwise: 0 }];

export const NO_NAMES: NameSet = { kind: "name", absent: false, states: NOTHING };
export const NO_NAME_AT_ALL: NameSet = { kind: "name", absent: true, states: NOTHING };

/** Names with at least one character in each label; which characters those are makes no difference here. */
export const EVERY_NAME: NameSet = {
  kind: "name",
  absent: false,
  states: minimal([
    { accepts: false, edges: [[".", 1]], otherwise: 2 },
    { accepts: false, edges: [], otherwise: 1 },
    { accepts: true, edges: [[".", 0]], otherwise: 2 },
  ]),
};

/** Every name, and none. */
export const ANY_NAME: NameSet = { ...EVERY_NAME, absent: true };

/** The names that a pattern matches. */
export function namesMatching(parts: readonly NamePart[]): NameSet {
  const [only, second] = parts;
  if (typeof only === "string" && second === undefined) return oneName(only);
  const matching: NameSet = { kind: "name", absent: false, states: minimal(deterministic(parts)) };
  return intersectNames(matching, EVERY_NAME);
}

/** Its automaton is a chain and a trap, in the order of first visit: made without a search, as questions ask for thousands. */
export function oneName(name: string): NameSet {
  const characters = [...name];
  if (name.split(".").includes("")) return NO_NAMES;
  const chain = (position: number) => (position < TRAP ? position : position + 1);
  const states = characters.map(
    (character, position): NameState => ({
      accepts: false,
      edges: [[character, chain(position + 1)]],
      otherwise: TRAP,
    }),
  );
  states.push({ accepts: true, edges: [], otherwise: TRAP });
  states.splice(TRAP, 0, { accepts: false, edges: [], otherwise: TRAP });
  return { kind: "name", absent: false, states };
}

/** Start, second state, and then what leads nowhere. */
const TRAP = 2;

export function intersectNames(a: NameSet, b: NameSet): NameSet {
  return combined(a, b, (left, right) => left && right);
}

export function uniteNames(a: NameSet, b: NameSet): NameSet {
  return combined(a, b, (left, right) => left || right);
}

export function subtractNames(a: NameSet, b: NameSet): NameSet {
  return combined(a, b, (left, right) => left && !right);
}

/** As `noNames(intersectNames(a, b))`, without making the set: it ends at the first name that both hold. */
export function namesDisjoint(a: NameSet, b: NameSet): boolean {
  return !(a.absent && b.absent) && !someText(a, b, (left, right) => left && right);
}

/** Whether a ⊆ b. */
export function namesInside(a: NameSet, b: NameSet): boolean {
  return (!a.absent || b.absent) && !someText(a, b, (left, right) => left && !right);
}

/** Both automata read the same texts: is there one after which the test holds? */
function someText(a: NameSet, b: NameSet, holds: Operation): boolean {
  const seen = new Set([0]);
  for (const pair of seen) {
    const left = at(a.states, Math.floor(pair / b.states.length));
    const right = at(b.states, pair % b.states.length);
    if (holds(left.accepts, right.accepts)) return true;
    const add = (i: number, j: number) => seen.add(i * b.states.length + j);
    add(left.otherwise, right.otherwise);
    for (const [character, state] of left.edges) add(state, next(right, character));
    for (const [character, state] of right.edges) add(next(left, character), state);
  }
  return false;
}

export function noNames({ absent, states }: NameSet): boolean {
  return !absent && !states.some(({ accepts }) => accepts);
}

/** @param name null = no name at all */
export function namesContain({ absent, states }: NameSet, name: string | null): boolean {
  if (name === null) return absent;
  let state = states[0];
  for (const character of name) state = states[state === undefined ? 0 : next(state, character)];
  return state?.accepts === true;
}

export function nameSetKey({ absent, states }: NameSet): string {
  const texts = states.map(
    ({ accepts, edges, otherwise }) =>
      `${accepts ? "!" : ""}${edges.map(([character, state]) => `${JSON.stringify(character)}${state}`).join("")}_${otherwise}`,
  );
  return `n${absent ? "+" : "-"}${texts.join(";")}`;
}

function next({ edges, otherwise }: NameState, character: string): number {
  return edges.find(([edge]) => edge === character)?.[1] ?? otherwise;
}

function at(states: readonly NameState[], index: number): NameState {
  const state = states[index];
  if (state === undefined) throw new RangeError(`no state ${index}`);
  return state;
}

type Operation = (left: boolean, right: boolean) => boolean;

function combined(a: NameSet, b: NameSet, operation: Operation): NameSet {
  const numbers = new Map<number, number>();
  const pairs: (readonly [number, number])[] = [];
  const numberOf = (left: number, right: number): number => {
    const key = left * b.states.length + right;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, pairs.length);
    pairs.push([left, right]);
    return pairs.length - 1;
  };
  numberOf(0, 0);
  const states: NameState[] = [];
  for (const [i, j] of pairs) {
    const [left, right] = [at(a.states, i), at(b.states, j)];
    const characters = new Set([...left.edges, ...right.edges].map(([character]) => character));
    states.push({
      accepts: operation(left.accepts, right.accepts),
      edges: [...characters].map((one) => [one, numberOf(next(left, one), next(right, one))] as const),
      otherwise: numberOf(left.otherwise, right.otherwise),
    });
  }
  return { kind: "name", absent: operation(a.absent, b.absent), states: minimal(states) };
}

/** The subset construction over the positions of a pattern. */
function deterministic(parts: readonly NamePart[]): readonly NameState[] {
  const steps = parts.flatMap((part): readonly NamePart[] => (typeof part === "string" ? [...part] : [part]));
  const closed = (positions: Iterable<number>): readonly number[] => {
    const reached = new Set<number>();
    for (const position of positions) {
      // A wildcard may stand for nothing.
      for (let at = position; ; at++) {
        reached.add(at);
        if (typeof steps[at] !== "object") break;
      }
    }
    return [...reached].sort((x, y) => x - y);
  };
  const move = (positions: readonly number[], character: string | null): readonly number[] =>
    closed(
      positions.flatMap((position) => {
        const step = steps[position];
        if (step === undefined) return [];
        if (typeof step === "string") return step === character ? [position + 1] : [];
        return step.any === "within-label" && character === "." ? [] : [position];
      }),
    );
  const characters = new Set([".", ...steps.filter((step) => typeof step === "string")]);
  const numbers = new Map<string, number>();
  const sets: (readonly number[])[] = [];
  const numberOf = (positions: readonly number[]): number => {
    const key = positions.join();
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, sets.length);
    sets.push(positions);
    return sets.length - 1;
  };
  numberOf(closed([0]));
  const states: NameState[] = [];
  for (const positions of sets) {
    states.push({
      accepts: positions.includes(steps.length),
      edges: [...characters].map((one) => [one, numberOf(move(positions, one))] as const),
      otherwise: numberOf(move(positions, null)),
    });
  }
  return states;
}

/** Moore's partition refinement, then numbers in the order of first visit: one form for one language. */
function minimal(states: readonly NameState[]): readonly NameState[] {
  const sorted = states.map((state) => ({
    ...state,
    edges: [...state.edges].sort(([x], [y]) => (x < y ? -1 : 1)),
  }));
  const classes = classesOf(sorted);
  const representative = new Map<number, NameState>();
  sorted.forEach((state, index) => {
    const own = classes[index] ?? 0;
    if (!representative.has(own)) representative.set(own, state);
  });
  const order = new Map<number, number>([[classes[0] ?? 0, 0]]);
  const waiting = [classes[0] ?? 0];
  const result: NameState[] = [];
  const numberOf = (own: number): number => {
    const known = order.get(own);
    if (known !== undefined) return known;
    order.set(own, waiting.length);
    waiting.push(own);
    return waiting.length - 1;
  };
  for (const own of waiting) {
    const state = representative.get(own);
    if (state === undefined) continue;
    const otherwiseClass = classes[state.otherwise] ?? 0;
    const edges = state.edges
      .map(([character, target]) => [character, classes[target] ?? 0] as const)
      .filter(([, target]) => target !== otherwiseClass)
      .map(([character, target]) => [character, numberOf(target)] as const);
    result.push({ accepts: state.accepts, edges, otherwise: numberOf(otherwiseClass) });
  }
  return result;
}

/** @param states with sorted edges; states of one class accept the same texts */
function classesOf(states: readonly NameState[]): readonly number[] {
  let classes: readonly number[] = states.map(({ accepts }) => (accepts ? 1 : 0));
  for (let count = 0; ; ) {
    // What a state does is a row of numbers, and a row is numbered step by step: a long list of names has thousands of
    // states, and no text is made for them.
    const [heads, characters, targets] = [pairNumbers(0), pairNumbers(1), pairNumbers(2)];
    const numbers = new Map<number, number>();
    const before = classes;
    classes = states.map((state, index) => {
      const otherwise = before[state.otherwise] ?? 0;
      let row = heads(before[index] ?? 0, otherwise);
      for (const [character, target] of state.edges) {
        const own = before[target] ?? 0;
        if (own !== otherwise) row = targets(characters(row, character.codePointAt(0) ?? 0), own);
      }
      const number = numbers.get(row) ?? numbers.size;
      numbers.set(row, number);
      return number;
    });
    if (numbers.size === count) return classes;
    count = numbers.size;
  }
}

/** Numbers for pairs of numbers; what is numbered by another `rest` never has the same one. */
function pairNumbers(rest: 0 | 1 | 2): (first: number, second: number) => number {
  const known = new Map<number, number>();
  return (first, second) => {
    const pair = first * 2 ** 24 + second;
    let number = known.get(pair);
    if (number === undefined) {
      number = known.size * 3 + rest;
      known.set(pair, number);
    }
    return number;
  };
}
