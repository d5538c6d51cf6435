/** A set of members of a small fixed universe, as bits: kinds of destinations, yes or no, one of n candidates. */
export interface ChoiceSet {
  readonly kind: "choice";
  readonly members: number;
}

export const MOST_CHOICES = 30;

/** The set of the given members, each below `MOST_CHOICES`. */
export function choiceSet(members: readonly number[]): ChoiceSet {
  return { kind: "choice", members: members.reduce((bits, member) => bits | (1 << member), 0) };
}

/** Members 0 to size − 1. */
export function allChoices(size: number): ChoiceSet {
  return choiceSet(Array.from({ length: size }, (_, member) => member));
}

export function choiceContains(set: ChoiceSet, member: number): boolean {
  return (set.members & (1 << member)) !== 0;
}
