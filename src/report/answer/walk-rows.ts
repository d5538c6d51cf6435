import { LIMITS } from "../layout/limits.ts";
import { name, type Phrase, place, strong } from "../layout/phrase.ts";
import { shortRegion } from "../lines/region-text.ts";
import type { AnsweredRule, AnsweredWalk } from "./answer.ts";

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
