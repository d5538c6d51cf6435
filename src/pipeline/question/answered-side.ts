import { stringify } from "yaml";
import { locate } from "../../blame/locate.ts";
import { locateUnknown } from "../../blame/locate-unknown.ts";
import { flowOpening } from "../../diff/flow-opening.ts";
import type {
  AnsweredFlow,
  AnsweredOpening,
  AnsweredPolicy,
  AnsweredRule,
  AnsweredSide,
  AnsweredStep,
  AnswerNote,
  AnswerVerdict,
} from "../../report/answer/answer.ts";
import type { Location, ReviewedUnknown } from "../../report/report.ts";
import { reviewedUnknown } from "../../report/reviewed-unknown.ts";
import { selects } from "../../surface/selects.ts";
import { type WalkedPolicy, type WalkedRule, walk } from "../../surface/walk.ts";
import type { Unknown } from "../../targets/unknown.ts";
import type { RepositoryTree } from "../../tree/indexed-tree.ts";
import type { AskedCluster } from "./asked-cluster.ts";
import type { Pods } from "./endpoints.ts";
import { decideFlow, type FlowDecision, waysOf } from "./flow.ts";
import type { Leg, Legs } from "./legs.ts";
import type { Question } from "./question.ts";

/** Where an answer is to be looked up: one environment of one tree. */
export interface AskedSide {
  readonly asked: AskedCluster;
  readonly tree: RepositoryTree;
  readonly side: "base" | "head";
  readonly environment: string;
}

/** More flows than anybody reads: of the others the verdict alone is told, and of each verdict one walk. */
const WALKS = 4;

/** Every flow from the pods to the places, decided and told. */
export async function answeredSide(
  where: AskedSide,
  from: readonly Pods[],
  { legs, assumptions }: Legs,
  direction: Question["direction"],
): Promise<AnsweredSide> {
  const decided = from.flatMap((pods) => legs.map((leg) => decidedFlow(where.asked, pods, leg, direction)));
  const shown = new Set(
    decided.filter(
      ({ verdict }, index) =>
        decided.length <= WALKS || decided.findIndex((other) => other.verdict === verdict) === index,
    ),
  );
  const flows = await Promise.all(decided.map((flow) => toldFlow(where, flow, shown.has(flow))));
  const verdict = together(decided.map((one) => one.verdict));
  return { kind: "answered", verdict, flows, notes: notesOf(where.asked, decided, assumptions, direction) };
}

/** All allowed, or none; else nobody can say it in one word. */
export function together(verdicts: readonly AnswerVerdict[]): AnswerVerdict {
  const [first = "unknown"] = verdicts;
  return verdicts.every((one) => one === first) ? first : "unknown";
}

export interface DecidedFlow {
  readonly from: Pods;
  readonly leg: Leg;
  readonly verdict: AnswerVerdict;
  /** null = nobody can say where it leads. */
  readonly decision: FlowDecision | null;
}

export function decidedFlow(
  asked: AskedCluster,
  from: Pods,
  leg: Leg,
  direction: Question["direction"],
): DecidedFlow {
  const { end } = leg;
  if (end.kind === "unresolved") return { from, leg, verdict: "unknown", decision: null };
  const decision = decideFlow(asked.surface, waysOf(from, { ...leg, end }, direction, asked));
  const verdict = decision.verdict === "partly" ? "unknown" : decision.verdict;
  return { from, leg, verdict, decision };
}

async function toldFlow(where: AskedSide, flow: DecidedFlow, shown: boolean): Promise<AnsweredFlow> {
  const { from, leg, verdict, decision } = flow;
  const { name, port, protocol, end } = leg;
  const steps = (decision?.steps ?? []).map(({ step }) => toldStep(where, from, leg, step));
  return {
    from: from.name,
    to: name,
    port,
    protocol,
    verdict,
    steps: shown ? (await Promise.all(steps)).flat() : null,
    unresolved:
      end.kind === "unresolved"
        ? {
            reason: end.reason,
            unknowns: await Promise.all(end.unknowns.map((one) => toldUnknown(where, one))),
          }
        : null,
    opening: shown && where.side === "head" ? openingOf(where.asked, flow) : null,
  };
}

/** Only where the sender's own policies deny: those of the receiver are another's to change. */
function openingOf({ cluster }: AskedCluster, { verdict, decision }: DecidedFlow): AnsweredOpening | null {
  const denied = decision?.steps.filter(({ decision: { verdict: one } }) => one === "deny") ?? [];
  const [only, second] = denied;
  if (verdict !== "deny" || only === undefined || second !== undefined || only.step.kind !== "asked")
    return null;
  const { direction, subject, other } = only.step.question;
  const found = direction === "egress" ? flowOpening(cluster, { subject, other }) : null;
  return found === null ? null : { yaml: stringify(found.object), opens: found.opens, also: found.also };
}

async function toldStep(
  where: AskedSide,
  from: Pods,
  leg: Leg,
  step: FlowDecision["steps"][number]["step"],
): Promise<readonly AnsweredStep[]> {
  if (step.kind === "fact") return [step];
  const { surface, listed } = where.asked;
  const walked = walk(surface, listed, step.question);
  if (walked === null) return [];
  const { direction, cause, verdict, admitted } = walked;
  return [
    {
      kind: "walk",
      direction,
      subject: direction === "egress" ? from.name : leg.name,
      verdict: verdict === "partly" ? "unknown" : verdict,
      cause,
      policies: await Promise.all(walked.policies.map((policy) => toldPolicy(where, policy))),
      nearest: walked.nearest === null ? null : await toldRule(where, walked.nearest),
      admitted,
      unknowns: await Promise.all(walked.unknowns.map((unknown) => toldUnknown(where, unknown))),
    },
  ];
}

async function toldPolicy(
  where: AskedSide,
  { policy, tier, order, rules }: WalkedPolicy,
): Promise<AnsweredPolicy> {
  const { kind, namespace, name } = policy.identity;
  return {
    kind,
    namespace,
    name,
    location: await placeOf(where, policy, ""),
    tier,
    order,
    rules: await Promise.all(rules.map((rule) => toldRule(where, rule))),
  };
}

async function toldRule(where: AskedSide, { policy, rule, ...told }: WalkedRule): Promise<AnsweredRule> {
  return {
    policy: policy.identity.name,
    location: await placeOf(where, policy, rule.pointer),
    pointer: rule.pointer,
    action: rule.action,
    application: rule.application === true,
    ...told,
  };
}

async function placeOf(
  { tree, side }: AskedSide,
  { manifest }: WalkedPolicy["policy"],
  pointer: string,
): Promise<Location | null> {
  const place = await locate(tree, manifest, pointer);
  return place === null ? null : { side, ...place };
}

async function toldUnknown(
  { tree, side, environment }: AskedSide,
  unknown: Unknown,
): Promise<ReviewedUnknown> {
  const place = await locateUnknown(tree, unknown);
  return reviewedUnknown({
    handle: unknown.id,
    environment,
    unknown,
    place,
    side,
    changed: false,
    decides: true,
  });
}

function notesOf(
  { knowledge, surface }: AskedCluster,
  flows: readonly DecidedFlow[],
  assumptions: Legs["assumptions"],
  direction: Question["direction"],
): readonly AnswerNote[] {
  const asked = flows
    .flatMap(({ decision }) => decision?.steps ?? [])
    .flatMap(({ step }) => (step.kind === "asked" ? [step.question] : []));
  const blocks = asked.some(({ subject, direction: way }) =>
    surface
      .policiesOf(subject.namespace)
      .some(
        (policy) =>
          selects(policy, subject, surface.cluster.namespaces) &&
          policy[way].some(({ peers }) => peers?.some(({ kind }) => kind === "addresses")),
      ),
  );
  const unseen = flows.some(
    ({ leg: { end } }) =>
      (end.kind === "pods" && end.pods.addresses.length === 0) ||
      (end.kind === "any-pods" && end.addresses === null),
  );
  const many = asked.some(
    ({ other }) => other.kind === "addresses" && other.addresses.v4.length + other.addresses.v6.length > 1,
  );
  const hostPods = flows.some(({ leg: { end } }) => end.kind === "pods" && end.pods.subject.hostNetwork);
  return [
    ...assumptions,
    ...(unseen && blocks && !knowledge.configured ? (["usual-pod-addresses"] as const) : []),
    ...(many &&
    blocks &&
    asked.some(({ other }) => other.kind === "addresses" && other.addresses.v6.length === 0)
      ? (["version-4-alone"] as const)
      : []),
    ...(hostPods ? (["host-network-selectors"] as const) : []),
    ...(direction === "egress" && flows.some(({ leg: { end } }) => end.kind === "pods")
      ? (["ingress-not-asked"] as const)
      : []),
  ];
}
