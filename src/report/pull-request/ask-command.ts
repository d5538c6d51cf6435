import { changesReach } from "../lines/group-deltas.ts";
import { type FindingGroup, groupFindings, opens } from "../lines/group-findings.ts";
import { reachesOutside } from "../lines/outside.ts";
import { openFindings } from "../lines/standing.ts";
import type { Review } from "../report.ts";

/** A question about this review that a reader may copy; null where there is nothing to ask about. */
export function askCommand(review: Review): string | null {
  const groups = groupFindings(
    openFindings(review.findings).filter(({ severity }) => severity !== "note"),
    review.environments,
  );
  const [lead] = groups;
  if (lead === undefined) return aboutChange(review);
  return aboutDestination(lead, review) ?? `/egress explain ${lead.handles[0] ?? ""}`;
}

/** What a workload is called may stand in a command only where nobody could read anything else into it. */
const PLAIN_KEY = /^[a-z0-9][\w./#-]{0,100}$/i;

function aboutDestination(group: FindingGroup, review: Review): string | null {
  const workload = group.workloads.find((key) => PLAIN_KEY.test(key));
  if (workload === undefined || group.severity === "undecided") return null;
  if (group.lead.rule === "EGR-401") return `/egress explain ${workload} -> dns`;
  if (group.lead.rule === "EGR-301") return `/egress explain ${workload} -> 169.254.169.254:80`;
  if (opens(group.lead) && reachesOutside(group.lead.regions, review.internalRanges))
    return `/egress explain ${workload} -> internet:443`;
  const other = neighbour(workload, group, review);
  return other === null ? null : `/egress explain ${workload} -> ${other}`;
}

/** A workload of another namespace, for openings inside the cluster. */
function neighbour(workload: string, group: FindingGroup, { environments }: Review): string | null {
  if (!opens(group.lead)) return null;
  const own = workload.slice(0, workload.indexOf("/") + 1);
  const names = environments
    .filter(({ name }) => group.environments.includes(name))
    .flatMap(({ workloadNames }) => workloadNames);
  const everywhere = group.lead.regions.some(
    ({ destination }) => destination.kind === "pods" && destination.namespaces.kind === "every",
  );
  const other = names.find((name) => !name.startsWith(own) && PLAIN_KEY.test(name));
  return everywhere ? (other ?? null) : null;
}

function aboutChange({ environments }: Review): string | null {
  const changed = environments.flatMap(({ deltas }) => deltas.filter(changesReach));
  const workload = changed.find((delta) => PLAIN_KEY.test(delta.workload))?.workload;
  return workload === undefined ? null : `/egress explain ${workload}`;
}
