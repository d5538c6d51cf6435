import { passesTest } from "../model/pod-attribute.ts";
import type { LabelTest, SelectorExpression } from "./selector.ts";

export const ALL: SelectorExpression = { kind: "all" };
const NONE: SelectorExpression = { kind: "not", operand: ALL };

export function isIn(key: string, values: readonly string[]): SelectorExpression {
  return { kind: "in", key, values };
}

/** Both, where both are given; null = no condition. */
export function and(...expressions: readonly (SelectorExpression | null)[]): SelectorExpression | null {
  const operands = expressions.filter((one) => one !== null);
  const [first] = operands;
  return first === undefined ? null : operands.length === 1 ? first : { kind: "and", operands };
}

export function or(operands: readonly SelectorExpression[]): SelectorExpression {
  const [first] = operands;
  return first === undefined ? NONE : operands.length === 1 ? first : { kind: "or", operands };
}

/** Each leaf replaced; `negated` says whether what it stands for counts where it does not hold. */
export function replaced(
  expression: SelectorExpression,
  replace: (
    leaf: Exclude<SelectorExpression, { readonly kind: "not" | "and" | "or" }>,
    negated: boolean,
  ) => SelectorExpression,
  negated = false,
): SelectorExpression {
  switch (expression.kind) {
    case "not":
      return { kind: "not", operand: replaced(expression.operand, replace, !negated) };
    case "and":
    case "or":
      return {
        kind: expression.kind,
        operands: expression.operands.map((operand) => replaced(operand, replace, negated)),
      };
    default:
      return replace(expression, negated);
  }
}

/** Whether what has these labels is selected. */
export function holds(expression: SelectorExpression, labels: ReadonlyMap<string, string>): boolean {
  switch (expression.kind) {
    case "all":
    case "global":
      return true;
    case "not":
      return !holds(expression.operand, labels);
    case "and":
      return expression.operands.every((operand) => holds(operand, labels));
    case "or":
      return expression.operands.some((operand) => holds(operand, labels));
    default:
      return testHolds(expression, labels.get(expression.key));
  }
}

export function testHolds(test: LabelTest, value: string | undefined): boolean {
  if (value === undefined) return false;
  switch (test.kind) {
    case "in":
      return test.values.includes(value);
    case "has":
      return true;
    case "text":
      return passesTest(value, test.test, test.text);
  }
}

/** A test that holds, or one that does not. */
export interface Literal {
  readonly test: LabelTest;
  readonly negated: boolean;
}

/** More alternatives than anybody writes; a short selector can stand for millions of them. */
const MOST_ALTERNATIVES = 256;

/** Disjunctive normal form: alternatives of literals that hold together. null = too many to look at. */
export function alternativesOf(
  expression: SelectorExpression,
  negated = false,
): readonly (readonly Literal[])[] | null {
  switch (expression.kind) {
    case "all":
    case "global":
      return negated ? [] : [[]];
    case "not":
      return alternativesOf(expression.operand, !negated);
    case "and":
    case "or": {
      const lists = expression.operands.map((operand) => alternativesOf(operand, negated));
      return (expression.kind === "or") === negated ? product(lists) : union(lists);
    }
    default:
      return [[{ test: expression, negated }]];
  }
}

type Alternatives = readonly (readonly Literal[])[] | null;

function union(lists: readonly Alternatives[]): Alternatives {
  const all = lists.flatMap((list) => list ?? []);
  return lists.includes(null) || all.length > MOST_ALTERNATIVES ? null : all;
}

function product(lists: readonly Alternatives[]): Alternatives {
  return lists.reduce<Alternatives>(
    (left, right) => {
      if (left === null || right === null || left.length * right.length > MOST_ALTERNATIVES) return null;
      return left.flatMap((one) => right.map((other) => [...one, ...other]));
    },
    [[]],
  );
}
