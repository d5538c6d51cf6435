import { sorted } from "../layout/order.ts";
import {
  assumptionsInOrder,
  locationDocument,
  print,
  regionDocument,
  unknownDocument,
} from "../review/json.ts";
import { SCHEMA_VERSION, type ToolDocument } from "../review/schema.ts";
import type { Answer, AnsweredRule, AnsweredSide, AnsweredStep } from "./answer.ts";
import type { AnswerDocument } from "./schema.ts";

/** An answer for programs. */
export function answerJson(answer: Answer, tool: ToolDocument): string {
  return print(answerDocument(answer, tool));
}

function answerDocument(answer: Answer, tool: ToolDocument): AnswerDocument {
  return {
    schemaVersion: SCHEMA_VERSION,
    from: answer.from,
    to: answer.to,
    direction: answer.direction,
    revisions: answer.revisions,
    environments: sorted(answer.environments, ({ name }) => name).map(({ name, base, head }) => ({
      name,
      base: base === null ? null : sideDocument(base),
      head: sideDocument(head),
    })),
    assumptions: assumptionsInOrder(answer.assumptions),
    tool,
  };
}

type SideDocument = AnswerDocument["environments"][number]["head"];

function sideDocument(side: AnsweredSide): SideDocument {
  if (side.kind === "absent") return side;
  return {
    kind: side.kind,
    verdict: side.verdict,
    flows: side.flows.map(({ from, to, port, protocol, verdict, steps, unresolved, opening }) => ({
      from,
      to,
      port,
      protocol,
      verdict,
      steps: steps?.map(stepDocument) ?? null,
      unresolved:
        unresolved === null
          ? null
          : { reason: unresolved.reason, unknowns: unresolved.unknowns.map(unknownDocument) },
      opening:
        opening === null
          ? null
          : { yaml: opening.yaml, opens: opening.opens.map(regionDocument), also: [...opening.also].sort() },
    })),
    notes: [...side.notes],
  };
}

type StepDocument = NonNullable<(SideDocument & { kind: "answered" })["flows"][number]["steps"]>[number];

function stepDocument(step: AnsweredStep): StepDocument {
  if (step.kind === "fact") return { ...step };
  return {
    kind: step.kind,
    direction: step.direction,
    subject: step.subject,
    verdict: step.verdict,
    cause: step.cause,
    policies: step.policies.map(({ kind, namespace, name, location, tier, order, rules }) => ({
      kind,
      namespace,
      name,
      location: locationDocument(location),
      tier,
      order,
      rules: rules.map(ruleDocument),
    })),
    nearest: step.nearest === null ? null : ruleDocument(step.nearest),
    admitted: step.admitted.map(regionDocument),
    unknowns: step.unknowns.map(unknownDocument),
  };
}

type RuleDocument = (StepDocument & { kind: "walk" })["policies"][number]["rules"][number];

function ruleDocument({
  policy,
  location,
  pointer,
  offers,
  peer,
  port,
  misses,
  action,
  application,
  decides,
  passes,
}: AnsweredRule): RuleDocument {
  return {
    policy,
    location: locationDocument(location),
    pointer,
    offers: offers.map(regionDocument),
    peer,
    port,
    misses: misses.map((miss) => structuredClone(miss) as RuleDocument["misses"][number]),
    action,
    application,
    decides,
    passes,
  };
}
