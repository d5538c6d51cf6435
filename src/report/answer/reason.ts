import type { Direction } from "../../surface/compile-rule.ts";
import type { SetDecision } from "../../surface/decide.ts";
import type { ItemSource } from "../../surface/layers.ts";
import { unknownReason } from "../unknown-reason.ts";

/** One direction of a flow, decided. */
export interface DecidedStep {
  readonly direction: Direction;
  readonly hostNetwork: boolean;
  readonly decision: SetDecision;
}

/** Why, in one line of plain text for a program's log; the steps of the way that speaks for the answer. */
export function answerReason(steps: readonly DecidedStep[]): string {
  const decisive = VERDICTS.map((verdict) => steps.find(({ decision }) => decision.verdict === verdict)).find(
    (step) => step !== undefined,
  );
  if (decisive !== undefined && decisive.decision.verdict !== "allow") return stepReason(decisive);
  return steps.length === 0
    ? "the two have no family of addresses in common"
    : steps.map(stepReason).join("; ");
}

const VERDICTS = ["deny", "unknown", "partly", "allow"] as const;

function stepReason({ direction, hostNetwork, decision: { verdict, by } }: DecidedStep): string {
  switch (verdict) {
    case "allow": {
      if (hostNetwork) return `${direction}: pods on the host network are governed by no policy`;
      const rule = by.find(({ kind }) => kind === "rule");
      if (rule !== undefined) return `${direction}: admitted by ${sourceText(rule)}`;
      return by.length === 0
        ? `${direction}: never stopped by policies`
        : `${direction}: no policy selects the pod`;
    }
    case "deny":
      if (by.some(({ kind }) => kind === "rule")) return `${direction}: denied by ${rulesText(by)}`;
      return `${direction}: isolated by ${by.map(sourceText).slice(0, SOURCES).join(", ")}, and no rule matches`;
    case "partly":
      return `${direction}: some of the destinations are admitted and some are not (${rulesText(by)})`;
    case "unknown":
      return by.length === 0
        ? `${direction}: the address is inside the pod blocks, and no pod is known to have it`
        : `${direction}: it depends on: ${by.filter(isOpen).map(sourceText).slice(0, SOURCES).join(", ")}`;
  }
}

const SOURCES = 3;

function isOpen({ kind }: ItemSource): boolean {
  return kind !== "default";
}

function rulesText(by: readonly ItemSource[]): string {
  const rules = by.filter(({ kind }) => kind === "rule");
  return (rules.length > 0 ? rules : by).map(sourceText).slice(0, SOURCES).join(", ");
}

function sourceText(source: ItemSource): string {
  switch (source.kind) {
    case "default":
      return "the default";
    case "unknown":
      return unknownReason(source.unknown);
    case "isolation":
    case "rule": {
      const { kind, namespace, name } = source.policy.identity;
      const where = source.kind === "rule" ? ` at ${source.rule.pointer}` : "";
      return `${kind} ${namespace === null ? name : `${namespace}/${name}`}${where}`;
    }
  }
}
