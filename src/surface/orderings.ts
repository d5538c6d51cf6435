import { choiceSet } from "../sets/choice.ts";
import type { Box } from "../sets/space.ts";
import type { OrderedRule } from "./compiled-policy.ts";
import type { Universe } from "./universe.ts";

export interface Contender {
  readonly name: string;
  readonly rules: readonly OrderedRule[];
}

/** Four in every order are 24 lists; a choice has 31 members at most. */
const MOST_CONTENDERS = 4;

/**
 * The rules of policies whose order is not defined (equal priority): in every order in which they may be asked, a hidden
 * dimension says which. Where the order makes no difference there is one list. More contenders than `MOST_CONTENDERS` that
 * contradict each other are asked deny first and then, under the other value, allow first.
 */
export function orderings(universe: Universe, contenders: readonly Contender[]): readonly OrderedRule[] {
  const inNames = contenders.flatMap(({ rules }) => rules);
  if (!contradict(universe, contenders)) return inNames;
  const lists =
    contenders.length <= MOST_CONTENDERS
      ? permutations(contenders).map((list) => list.flatMap(({ rules }) => rules))
      : [byAction(inNames, ["deny", "pass", "allow"]), byAction(inNames, ["allow", "pass", "deny"])];
  const dimension = universe.orderOf(
    contenders.map(({ name }) => name),
    lists.length,
  );
  const { space } = universe;
  return lists.flatMap((list, index) => {
    const place = space.box([[dimension, choiceSet([index])]]);
    const within = (box: Box) => (place === null ? null : space.intersectBoxes(box, place)) ?? [];
    return list.map((rule) => ({ ...rule, boxes: rule.boxes.flatMap(within) }));
  });
}

/** Two of them decide some point differently. */
function contradict({ space }: Universe, contenders: readonly Contender[]): boolean {
  return contenders.some(({ rules }, index) =>
    contenders
      .slice(index + 1)
      .some((other) =>
        rules.some((rule) =>
          other.rules.some(
            ({ action, boxes }) =>
              action !== rule.action &&
              boxes.some((box) => rule.boxes.some((own) => !space.boxesDisjoint(own, box))),
          ),
        ),
      ),
  );
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.length === 0
    ? [[]]
    : items.flatMap((item, index) =>
        permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
      );
}

function byAction(
  rules: readonly OrderedRule[],
  actions: readonly OrderedRule["action"][],
): readonly OrderedRule[] {
  return actions.flatMap((action) => rules.filter((rule) => rule.action === action));
}
