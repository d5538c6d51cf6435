import { whoText } from "../../rules/facts/finding-facts.ts";
import type { LocatedFinding } from "../report.ts";

/** A finding's sentence, taken apart: what it begins with, and what it says of that. */
export interface Saying {
  readonly about: "workloads" | "object" | "nothing";
  /** The whole sentence where it begins with neither. */
  readonly rest: string;
}

/** Rules write whole sentences; where the row names the subject already, nobody wants to read it twice. */
export function saidOf({ message, workloads, document }: LocatedFinding): Saying {
  const who = workloads.length === 0 ? null : after(message, whoText(workloads));
  if (who !== null) return { about: "workloads", rest: who };
  if (document === null) return { about: "nothing", rest: message };
  const { kind, namespace, name } = document;
  const full = namespace === null ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
  const object = after(message, full) ?? after(message, name);
  return object === null ? { about: "nothing", rest: message } : { about: "object", rest: object };
}

function after(message: string, subject: string): string | null {
  return message.startsWith(`${subject} `) ? message.slice(subject.length + 1) : null;
}

const PLURALS: Readonly<Record<string, string>> = {
  is: "are",
  was: "were",
  has: "have",
  loses: "lose",
  promises: "promise",
  selects: "select",
  stands: "stand",
  stood: "stood",
};

/** "is deleted …" of several: "are deleted …". Null where the verb is none that rules begin with. */
export function ofSeveral(rest: string): string | null {
  const [verb = "", ...words] = rest.split(" ");
  const plural = PLURALS[verb];
  return plural === undefined ? null : [plural, ...words].join(" ");
}

/** Whether the sentence says itself which workloads it is about. */
export function namesWorkloads({ message, workloads }: LocatedFinding): boolean {
  return workloads.length > 0 && message.includes(whoText(workloads));
}

/** The sentence with a pronoun for its workloads. */
export function pronounced({ message, workloads }: LocatedFinding): string {
  if (workloads.length === 0) return message;
  const who = whoText(workloads);
  const pronoun = workloads.length === 1 ? "it" : "them";
  const subject = workloads.length === 1 ? "It" : "They";
  const said = message.startsWith(`${who} `) ? `${subject} ${message.slice(who.length + 1)}` : message;
  return said.replaceAll(` ${who}`, ` ${pronoun}`);
}
