/** A set of members of a small fixed universe, as bits: kinds of destinations, yes or no, one of n candidates. */
export interface ChoiceSet {
  readonly kind: "choice";
  readonly members: number;
}

/** Bits of a set of members; the sign bit stays free. */
const MOST_CHOICES = 31;

/** The set of the given members, each below 31. */
export function choiceSet(members: readonly number[]): ChoiceSet {
  const beyond = members.find((member) => member >= MOST_CHOICES);
  if (beyond !== undefined) throw new RangeError(`a choice of more than ${MOST_CHOICES} members: ${beyond}`);
  return { kind: "choice", members: members.reduce((bits, member) => bits | (1 << member), 0) };
}

/** Members 0 to size − 1. */
export function allChoices(size: number): ChoiceSet {
  return choiceSet(Array.from({ length: size }, (_, member) => member));
}

export function choiceContains(set: ChoiceSet, member: number): boolean {
  return (set.members & (1 << member)) !== 0;
}
