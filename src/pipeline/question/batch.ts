import { z } from "zod";
import type { AnswerVerdict } from "../../report/answer/answer.ts";
import { answerReason } from "../../report/answer/reason.ts";
import { unknownReason } from "../../report/unknown-reason.ts";
import { parseAddress } from "../../sets/ip.ts";
import { type DecidedFlow, decidedFlow, together } from "./answered-side.ts";
import { sourcePods } from "./ask.ts";
import type { AskedCluster } from "./asked-cluster.ts";
import { isMissing, legsOf, type Missing } from "./legs.ts";
import type { Destination, Question, WorkloadName } from "./question.ts";

/** One line of a file of questions, and what is answered to it. */
export interface BatchAnswer {
  readonly id: string | number | null;
  readonly verdict: AnswerVerdict;
  readonly reason: string;
}

const query = z.object({
  id: z.union([z.string(), z.number()]),
  from: z.string(),
  to: z.union([
    z.strictObject({ pod: z.string() }),
    z.strictObject({ ip: z.string() }),
    z.strictObject({ fqdn: z.string() }),
  ]),
  protocol: z.enum(["TCP", "UDP", "SCTP"]).nullish(),
  port: z.int().min(1).max(65_535).nullish(),
  direction: z.enum(["egress", "both"]).nullish(),
});

/** Answers one line; whatever is wrong with it is the reason for an unknown. */
export function answerQuery(clusters: readonly AskedCluster[], line: string): BatchAnswer {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return unknown(null, "the line is no JSON");
  }
  const parsed = query.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return unknown(idOf(value), `no question: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
  }
  const { id } = parsed.data;
  const question = questionOf(parsed.data);
  if (typeof question === "string") return unknown(id, question);
  try {
    return { id, ...answer(clusters, question) };
  } catch (error) {
    return unknown(id, `internal error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const identified = query.pick({ id: true });

function idOf(value: unknown): BatchAnswer["id"] {
  const id = identified.safeParse(value);
  return id.success ? id.data.id : null;
}

/** An answer to a line that nobody can look at. */
export function unknown(id: BatchAnswer["id"], reason: string): BatchAnswer {
  return { id, verdict: "unknown", reason };
}

export function unanswered(line: string, reason: string): BatchAnswer {
  try {
    return unknown(idOf(JSON.parse(line)), reason);
  } catch {
    return unknown(null, "the line is no JSON");
  }
}

function questionOf({ from, to, protocol, port, direction }: z.infer<typeof query>): Question | string {
  const source = workloadName(from);
  if (source === null) return `from: "${from}" is not namespace/Kind/name`;
  const destination = destinationOf(to);
  if (typeof destination === "string") return destination;
  return {
    from: source,
    to: destination,
    port: port ?? null,
    protocol: protocol ?? null,
    direction: direction ?? "egress",
  };
}

function destinationOf(to: z.infer<typeof query>["to"]): Destination | string {
  if ("pod" in to) return workloadName(to.pod) ?? `to: "${to.pod}" is not namespace/Kind/name`;
  if ("fqdn" in to) return { kind: "domain", name: to.fqdn };
  return parseAddress(to.ip) === null ? `to: "${to.ip}" is no address` : { kind: "address", address: to.ip };
}

function workloadName(text: string): WorkloadName | null {
  const [namespace = "", workloadKind = "", name = "", ...rest] = text.split("/");
  return namespace === "" || workloadKind === "" || name === "" || rest.length > 0
    ? null
    : { kind: "workload", namespace, workloadKind, name };
}

function answer(clusters: readonly AskedCluster[], question: Question): Omit<BatchAnswer, "id"> {
  const looked = clusters.map((asked) => flowsIn(asked, question));
  const flows = looked.flatMap((one) => (isMissing(one) ? [] : one));
  if (flows.length === 0) {
    const [first] = looked.filter(isMissing);
    return {
      verdict: "unknown",
      reason: first === undefined ? "nothing is declared here" : missingText(first),
    };
  }
  const verdict = together(flows.map((one) => one.verdict));
  const told = flows.find((one) => one.verdict === verdict) ?? flows[0];
  const reason =
    told === undefined || told.verdict !== verdict ? "its pods are not treated alike" : reasonOf(told);
  return { verdict, reason };
}

function missingText({ what, unknowns }: Missing): string {
  const [unread] = unknowns;
  const may = unread === undefined ? "" : `; it may be in what was not read: ${unknownReason(unread)}`;
  return `no ${what} of this name is declared here${may}`;
}

function flowsIn(asked: AskedCluster, question: Question): readonly DecidedFlow[] | Missing {
  const from = sourcePods(asked.endpoints, question.from);
  if (isMissing(from)) return from;
  const to = legsOf(asked.endpoints, question.to, question, []);
  if (isMissing(to)) return to;
  return from.flatMap((pods) => to.legs.map((leg) => decidedFlow(asked, pods, leg, question.direction)));
}

function reasonOf({ from, leg, decision }: DecidedFlow): string {
  if (decision === null) return "nobody can say where it leads";
  return answerReason(
    decision.steps.map(({ step, decision: decided }) => ({
      direction: step.kind === "fact" ? step.direction : step.question.direction,
      hostNetwork: step.kind === "fact" ? step.cause === "host-network" : step.question.subject.hostNetwork,
      decision: decided,
    })),
  ).concat(leg.name === from.name ? " (its own pods)" : "");
}
