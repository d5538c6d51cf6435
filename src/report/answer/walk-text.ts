import { LIMITS } from "../layout/limits.ts";
import { enumerate, name, type Phrase, place, plural, prose } from "../layout/phrase.ts";
import { shortRegion } from "../lines/region-text.ts";
import type { ReviewedUnknown } from "../report.ts";
import type { AnsweredFlow, AnsweredRule, AnsweredStep, AnsweredWalk } from "./answer.ts";
import { missText } from "./miss-text.ts";

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

/** Why rules of an answer that is not known may match. */
export function doubtText({ verdict, policies }: AnsweredWalk): Phrase {
  if (verdict !== "unknown") return [];
  const parts = policies.flatMap(({ rules }) =>
    rules.flatMap(({ misses }) => misses.filter(({ kind }) => kind === "part-of-block")),
  );
  const [first] = parts;
  return first === undefined ? [] : missText(first);
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
