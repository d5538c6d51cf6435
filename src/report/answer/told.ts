import { groupBy } from "../layout/order.ts";
import type { Location } from "../report.ts";
import type {
  Answer,
  AnsweredEnvironment,
  AnsweredFlow,
  AnsweredSide,
  AnsweredStep,
  AnswerNote,
} from "./answer.ts";
import { walkRows } from "./walk-rows.ts";
import { doubtText, nearestText, stepText } from "./walk-text.ts";

/** Flows between the same two ends that are decided alike are told once, with all their ports. */
export interface ToldFlow {
  readonly flow: AnsweredFlow;
  readonly places: readonly string[];
}

export function toldFlows(flows: readonly AnsweredFlow[]): readonly ToldFlow[] {
  const alike = groupBy(flows, ({ from, to, verdict, steps, unresolved }) =>
    JSON.stringify([from, to, verdict, steps?.map(printedOf), unresolved]),
  );
  return [...alike.values()].flatMap((group) => {
    const [flow] = group;
    return flow === undefined
      ? []
      : [{ flow, places: group.map(({ port, protocol }) => `${port}/${protocol}`) }];
  });
}

/** All of a step that is shown. */
function printedOf(step: AnsweredStep): unknown {
  if (step.kind === "fact") return step;
  return [stepText(step), walkRows(step), nearestText(step), doubtText(step)];
}

/** Every place that an answer may cite. */
export function citedPlaces({ environments }: Answer): readonly Location[] {
  const sides = environments.flatMap(({ base, head }) => [base, head]);
  const flows = sides.flatMap((side) => (side?.kind === "answered" ? side.flows : []));
  return flows
    .flatMap(({ steps }) => steps ?? [])
    .flatMap((step) => {
      if (step.kind === "fact") return [];
      const rules = step.policies.flatMap((policy) => [policy, ...policy.rules]);
      return [...rules, ...step.unknowns].flatMap(({ location }) => location ?? []);
    });
}

/** What was taken for granted on any side, once each. */
export function notesOf({ environments }: Answer): readonly AnswerNote[] {
  const sides = environments.flatMap(({ base, head }) => [base, head]);
  return [...new Set(sides.flatMap((side) => (side?.kind === "answered" ? side.notes : [])))];
}

/** Whether both sides are decided alike for the same reasons; lines may have moved. */
export function tellsTheSame(base: AnsweredSide, head: AnsweredSide): boolean {
  const told = (side: AnsweredSide) =>
    JSON.stringify(side, (key, value: unknown) => (key === "location" ? null : value));
  return told(base) === told(head);
}

/** Environments that answer alike are told once. */
export interface ToldEnvironment extends Omit<AnsweredEnvironment, "name"> {
  readonly names: readonly string[];
}

export function toldEnvironments({ environments }: Answer): readonly ToldEnvironment[] {
  const alike = groupBy(environments, ({ base, head }) =>
    JSON.stringify([base, head], (key, value: unknown) => (key === "environment" ? null : value)),
  );
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : [{ names: group.map(({ name: own }) => own), base: first.base, head: first.head }];
  });
}
