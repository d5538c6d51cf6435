import { LIMITS } from "../layout/limits.ts";
import { enumerate, name, type Phrase, strong } from "../layout/phrase.ts";
import { namesText } from "../lines/subject-text.ts";
import type { Answer, AnsweredFlow, AnsweredSide, AnswerVerdict } from "./answer.ts";
import type { ToldEnvironment, ToldFlow } from "./told.ts";

/** "a → b:443/TCP", "a → b: 53/UDP and 53/TCP". */
export function flowText({ flow: { from, to }, places }: ToldFlow): Phrase {
  const [only = ""] = places;
  const address = to.includes(":") ? `[${to}]` : to;
  if (places.length === 1 && !to.includes(" ")) return [name(from), " → ", name(`${address}:${only}`)];
  return [name(from), " → ", name(to), ": ", ...enumerate(places.map((place): Phrase => [place]))];
}

/** What was asked and what is so, in one line. */
export function headline(answer: Answer, { names, base, head }: ToldEnvironment): Phrase {
  return [
    strong(name(answer.from), " → ", name(answer.to)),
    " in ",
    ...namesText(names, LIMITS.lines),
    ": ",
    strong(base === null ? isText(head) : changeText(base, head)),
    ".",
  ];
}

function isText(side: AnsweredSide): string {
  return side.kind === "absent" ? ABSENT[side.what] : IS[standing(side)];
}

/** "was allowed, will be denied"; one word where nothing changes. */
function changeText(base: AnsweredSide, head: AnsweredSide): string {
  if (base.kind === "absent") return `${isText(head)} (before, ${ABSENT[base.what]})`;
  if (head.kind === "absent") return `was ${IS[standing(base)]}; now ${ABSENT[head.what]}`;
  const [before, after] = [standing(base), standing(head)];
  if (before === after) return `${IS[after]}, as before`;
  return `was ${IS[before]}, ${after === "unknown" ? "now" : "will be"} ${IS[after]}`;
}

type Standing = AnswerVerdict | "part";

/** An answer that differs between the places that were asked for is known all the same. */
function standing({ verdict, flows }: AnsweredSide & { readonly kind: "answered" }): Standing {
  if (verdict !== "unknown") return verdict;
  const decided = flows.every((flow) => flow.verdict !== "unknown" || holdsForPart(flow));
  return decided && flows.length > 0 ? "part" : "unknown";
}

function holdsForPart({ steps }: AnsweredFlow): boolean {
  return (
    steps?.some(
      (step) => step.kind === "walk" && step.cause === "part-admitted" && step.admitted.length > 0,
    ) === true
  );
}

const ABSENT = {
  environment: "the environment did not exist",
  source: "who sends does not exist there",
  destination: "the destination does not exist there",
} as const;
const IS: Readonly<Record<Standing, string>> = {
  allow: "allowed",
  deny: "denied",
  unknown: "not known",
  part: "allowed in part",
};

/** The first word of one flow. */
export function verdictText(flow: AnsweredFlow): string {
  return flow.verdict === "unknown" && holdsForPart(flow) ? "in part" : flow.verdict;
}
