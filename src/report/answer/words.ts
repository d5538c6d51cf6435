import type { Miss, MissedLabel } from "../../surface/near-miss.ts";
import { LIMITS } from "../layout/limits.ts";
import { groupBy } from "../layout/order.ts";
import { enumerate, name, type Phrase, place, plural, prose, strong } from "../layout/phrase.ts";
import { shortRegion } from "../lines/region-text.ts";
import { namesText } from "../lines/subject-text.ts";
import type { Location, ReviewedUnknown } from "../report.ts";
import type {
  Answer,
  AnsweredEnvironment,
  AnsweredFlow,
  AnsweredRule,
  AnsweredSide,
  AnsweredStep,
  AnsweredWalk,
  AnswerNote,
  AnswerVerdict,
} from "./answer.ts";

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

/** "a → b:443/TCP", "a → b: 53/UDP and 53/TCP". */
export function flowText({ flow: { from, to }, places }: ToldFlow): Phrase {
  const [only = ""] = places;
  const address = to.includes(":") ? `[${to}]` : to;
  if (places.length === 1 && !to.includes(" ")) return [name(from), " → ", name(`${address}:${only}`)];
  return [name(from), " → ", name(to), ": ", ...enumerate(places.map((place): Phrase => [place]))];
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

/** Why, in one sentence. */
export function stepText(step: AnsweredStep): Phrase {
  return step.kind === "fact" ? FACTS[step.cause] : walkText(step);
}

const FACTS: Readonly<Record<(AnsweredStep & { kind: "fact" })["cause"], Phrase>> = {
  "own-pod": ["A pod cannot be kept from itself."],
  "own-node": ["Traffic between a pod and the node that it runs on is always allowed."],
  "host-network": ["Who receives it runs on the host network, which no policy governs."],
  "nobody-isolated": [
    "No policy of its namespace isolates pods for ingress; Kubernetes then allows everything.",
  ],
  "some-may-be-isolated": [
    "Policies of its namespace select some pods for ingress, and which pod is meant is not known.",
  ],
};

function walkText(walk: AnsweredWalk): Phrase {
  const { direction, cause, policies, unknowns, admitted, subject } = walk;
  const selected: Phrase = [
    `${plural(policies.length, "policy", "policies")} ${policies.length === 1 ? "selects" : "select"} `,
    ...(direction === "egress" ? ["it"] : [name(subject)]),
    ` for ${direction}; `,
  ];
  switch (cause) {
    case "host-network":
      return ["It runs on the host network, which no policy governs."];
    case "not-isolated":
      return [
        "No policy selects ",
        ...(direction === "egress" ? ["this pod"] : [name(subject)]),
        ` for ${direction}; Kubernetes then allows everything.`,
      ];
    case "admitted": {
      const rules = policies.flatMap(({ rules: own }) => own.filter(({ decides }) => decides));
      return [...selected, ...rulesText(rules), ` ${rules.length === 1 ? "admits" : "admit"} it.`];
    }
    case "denied": {
      const rules = policies.flatMap(({ rules: own }) => own.filter(({ decides }) => decides));
      return [...selected, ...rulesText(rules), ` ${rules.length === 1 ? "denies" : "deny"} it.`];
    }
    case "isolated":
      return [...selected, "no rule matches."];
    case "no-rule":
      return [
        ...selected,
        "no rule decides it, and none of them denies what no rule admits; Kubernetes then allows it.",
      ];
    case "part-admitted":
      return admitted.length === 0
        ? [...selected, "a rule names some of what is asked for: it depends on the address."]
        : [...selected, "at this port they admit ", ...shortRegion(admitted, LIMITS.destinations), "."];
    case "place-not-known":
      return [...selected, "whether the address is the API server's or a node's does not stand in Git."];
    case "not-read":
      return ["It depends on what was not read: ", ...unknownsText(unknowns), "."];
    case "run-time":
      return [
        ...selected,
        "it depends on a label that only the running pod has, or on which of two objects of one name stands in the cluster.",
      ];
  }
}

function rulesText(rules: readonly AnsweredRule[]): Phrase {
  return enumerate(
    rules.map(
      ({ policy, location }): Phrase => [
        name(policy),
        ...(location === null ? [] : [" at ", place(location)]),
      ],
    ),
    LIMITS.names,
  );
}

function unknownsText(unknowns: readonly ReviewedUnknown[]): Phrase {
  return enumerate(
    unknowns.map(
      ({ reason, location }): Phrase => [
        prose(reason),
        ...(location === null ? [] : [" (", place(location), ")"]),
      ],
    ),
    LIMITS.names,
  );
}

/** Where a flow leads that nobody can follow. */
export function unresolvedText({ unresolved }: AnsweredFlow): Phrase {
  if (unresolved === null) return [];
  const may: Phrase =
    unresolved.unknowns.length === 0
      ? []
      : [" What was not read may hold them: ", ...unknownsText(unresolved.unknowns), "."];
  return [UNRESOLVED[unresolved.reason], ...may];
}

const UNRESOLVED = {
  "addresses-not-in-git": "The Service has no selector, and its addresses do not stand in Git.",
  "no-pods-behind": "No pod in Git is behind the Service.",
  "port-name-not-given": "The pods behind the Service give no port the name that it sends to.",
} as const;

/** A row of the walk: the policy with the line, what it offers, whether that is asked for. */
export interface WalkRow {
  readonly policy: Phrase;
  readonly offers: Phrase;
  readonly match: Phrase;
}

/** The decisive rule and the nearest are always among them. */
export function walkRows({ policies, nearest }: AnsweredWalk): readonly WalkRow[] {
  const late = lateRules(policies);
  const rows = policies.flatMap((policy) => {
    const own: Phrase = [...tierText(policy), name(policy.name)];
    if (policy.rules.length === 0) {
      const where: Phrase = policy.location === null ? [] : [" ", place(policy.location)];
      return [{ key: true, row: { policy: [...own, ...where], offers: ["nothing"], match: ["isolates"] } }];
    }
    return policy.rules.map((rule, index) => ({
      key: rule.decides || rule.passes || rule.pointer === nearest?.pointer,
      row: {
        policy: [
          ...(index === 0 ? own : ["same"]),
          ...(rule.location === null ? [] : [index === 0 ? " " : ", ", place(rule.location)]),
        ],
        offers: [...OFFERS[rule.action], ...shortRegion(rule.offers, LIMITS.destinations), ...moreText(rule)],
        match: matchText(rule, late.has(rule)),
      },
    }));
  });
  if (rows.length <= MAXIMUM_ROWS) return rows.map(({ row }) => row);
  const kept = rows.filter(({ key }, index) => key || index < MAXIMUM_ROWS);
  const rest: WalkRow = { policy: [`and ${rows.length - kept.length} more`], offers: [""], match: [""] };
  return [...kept.map(({ row }) => row), rest];
}

const MAXIMUM_ROWS = 20;

/** "admin 10 · ": where a policy is asked, where that is more than one place. */
function tierText({ tier, order }: AnsweredWalk["policies"][number]): Phrase {
  if (tier === null) return [];
  return [name(tier), ...(order === null ? [] : [` ${order}`]), " · "];
}

const OFFERS: Readonly<Record<AnsweredRule["action"], Phrase>> = {
  allow: [],
  deny: ["denies "],
  pass: ["passes on "],
};

function moreText({ application }: AnsweredRule): Phrase {
  return application ? [" (with conditions on HTTP or DNS)"] : [];
}

/** Rules that would match, and come after the one that decides, or after one of their tier that leaves it to the next. */
function lateRules(policies: AnsweredWalk["policies"]): ReadonlySet<AnsweredRule> {
  const late = new Set<AnsweredRule>();
  const passed = new Set<string>();
  const decided = new Set<string>();
  for (const { tier, rules } of policies) {
    // Where there is no order, nothing is late.
    if (tier === null) continue;
    // A firewall for what leaves the cluster is asked besides all others.
    const list = tier === "egress-firewall" ? tier : "";
    for (const rule of rules) {
      if (!rule.decides && (decided.has(list) || passed.has(tier))) late.add(rule);
      if (rule.passes) passed.add(tier);
      if (rule.decides) decided.add(list);
    }
  }
  return late;
}

function matchText({ peer, port, action, decides, passes }: AnsweredRule, isLate: boolean): Phrase {
  if (decides) return [strong(action === "deny" ? "yes, denies it" : "yes, admits it")];
  if (peer === "yes" && port === "yes" && isLate) return ["yes, but is not asked any more"];
  if (passes) return ["yes, left to the next tier"];
  if (peer === "no" && port === "no") return ["no: port, peer"];
  if (peer === "yes" && port === "yes") return ["yes"];
  return [strong(`port ${port}, peer ${peer}`)];
}

/** Of a denial: the rule that comes closest, and what is missing. */
export function nearestText({ nearest }: AnsweredWalk): Phrase {
  if (nearest === null) return [];
  const { policy, location, misses } = nearest;
  const where: Phrase = location === null ? [name(policy)] : [name(policy), " at ", place(location)];
  return [
    "Nearest: ",
    ...where,
    ". ",
    ...misses.flatMap((miss, index): Phrase => [index === 0 ? "" : " ", ...missText(miss)]),
  ];
}

/** Of a flow that is denied: what would open it alone; the policy itself follows as YAML. */
export function openingText({ opening, port, protocol }: AnsweredFlow): Phrase {
  if (opening === null) return [];
  const also: Phrase =
    opening.also.length === 0
      ? []
      : [`, for ${plural(opening.also.length, "other workload", "other workloads")} with these labels too`];
  return [
    `Opens ${port}/${protocol} alone, as a policy of its own (checked: it opens `,
    ...shortRegion(opening.opens, LIMITS.destinations),
    ...also,
    "):",
  ];
}

/** Why rules of an answer that is not known may match. */
export function doubtText({ verdict, policies }: AnsweredWalk): Phrase {
  if (verdict !== "unknown") return [];
  const parts = policies.flatMap(({ rules }) =>
    rules.flatMap(({ misses }) => misses.filter(({ kind }) => kind === "part-of-block")),
  );
  const [first] = parts;
  return first === undefined ? [] : missText(first);
}

function missText(miss: Miss): Phrase {
  switch (miss.kind) {
    case "selector-and-address":
      return ["A namespaceSelector or podSelector never matches an address outside the cluster."];
    case "outside-block":
      return ["The address is not in ", name(miss.cidr), "."];
    case "excepted":
      return [name(miss.cidr), " leaves it out (except ", ...namesText(miss.except, LIMITS.listed), ")."];
    case "part-of-block":
      return miss.pod
        ? [
            "Whether the pod's address is in ",
            name(miss.cidr),
            " does not stand in Git: ",
            name("podCIDRs"),
            " in the configuration says where pods are.",
          ]
        : [name(miss.cidr), " holds a part of it."];
    case "own-namespace":
      return ["A podSelector alone selects pods of its own namespace, ", name(miss.namespace), "."];
    case "namespace-label":
      return [
        "It asks for namespaces with ",
        name(miss.label.term),
        "; ",
        name(miss.namespace),
        " has ",
        ...actualText(miss.label),
        ".",
      ];
    case "pod-label":
      return [
        "It asks for pods with ",
        name(miss.label.term),
        "; this one has ",
        ...actualText(miss.label),
        ".",
      ];
    case "block-never-matches":
      return [
        `Who enforces policies here never matches a ${miss.what} by its address: `,
        name(miss.cidr),
        " is for addresses outside the cluster.",
      ];
    case "leaves-cluster":
      return ["It is about traffic that leaves the cluster."];
    case "name":
      return miss.asked === null
        ? ["It admits addresses that were looked up as ", name(miss.pattern), "; no name was asked for."]
        : ["It is about ", name(miss.pattern), ", and ", name(miss.asked), " is no such name."];
    case "nodes":
      return ["It is about nodes."];
    case "api-server":
      return ["It is about the API server."];
    case "protocol":
      return ["It admits ", miss.protocols.join(" and "), " only."];
    case "port":
      return ["It admits other ports."];
    case "port-name":
      return [
        "It admits a port by its name, ",
        ...namesText(miss.names, LIMITS.names),
        ", and who receives gives no such name to this one.",
      ];
    case "port-name-and-address":
      return [
        "It admits a port by its name, ",
        ...namesText(miss.names, LIMITS.names),
        ", which never matches an address.",
      ];
  }
}

function actualText({ key, actual }: MissedLabel): Phrase {
  return actual === null ? ["no label ", name(key)] : [name(`${key}=${actual}`)];
}

/** What was taken for granted, one sentence each. */
export function noteText(note: AnswerNote): Phrase {
  return NOTES[note];
}

const NOTES: Readonly<Record<AnswerNote, Phrase>> = {
  "usual-port": ["no port was asked for: TCP 443"],
  "usual-resolver": [
    "the resolver is not in Git: pods with ",
    name("k8s-app=kube-dns"),
    " in ",
    name("kube-system"),
    " on port 53; declare it under ",
    name("workloads"),
    " in the configuration if it is another",
  ],
  "usual-pod-addresses": [
    "addresses of pods do not stand in Git: private IPv4 addresses are taken; ",
    name("podCIDRs"),
    " in the configuration says where they are",
  ],
  "version-4-alone": ["nothing here has an IPv6 address: IPv4 alone was asked for"],
  "ingress-not-asked": ["what the destination's own ingress policies admit was not asked"],
  "host-network-selectors": [
    "pods on the host network have their node's address, and no selector matches it",
  ],
};
