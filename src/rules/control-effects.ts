import { type ControlFacts, controlFacts, isInGit } from "./facts/control-facts.ts";
import { whoText } from "./facts/finding-facts.ts";
import type { ControlEffect, Finding } from "./finding.ts";
import { type ControlCatalogue, type ControlReference, controlOf } from "./rules.ts";
import type { Scope } from "./scope.ts";

/** The controls that every review states (design section 8). */
const STATED_CONTROLS = {
  denyByDefault: { framework: "nist-800-53", id: "SC-7(5)" },
  namespacePolicies: { framework: "cis-kubernetes", id: "5.3.2" },
  cardholderData: { framework: "pci-dss", id: "1.3" },
  cardholderDataOutbound: { framework: "pci-dss", id: "1.3.2" },
} as const satisfies Readonly<Record<string, ControlReference>>;

/**
 * What the change does to the evidence for each stated control: from facts of both sides and the findings, never without one.
 * `scopes` are the changed environments.
 */
export function controlEffects(
  scopes: readonly Scope[],
  findings: readonly Finding[],
  catalogue: ControlCatalogue,
): readonly ControlEffect[] {
  const all = controlFacts(scopes, () => true);
  const { denyByDefault, namespacePolicies, cardholderData, cardholderDataOutbound } = STATED_CONTROLS;
  const outbound = cardholderEffect(scopes, mapped(findings, cardholderDataOutbound));
  return [
    effectOf(catalogue, denyByDefault, denyEffect(all, mapped(findings, denyByDefault), "")),
    effectOf(catalogue, namespacePolicies, policyEffect(all, mapped(findings, namespacePolicies))),
    effectOf(catalogue, cardholderData, outbound),
    effectOf(catalogue, cardholderDataOutbound, outbound),
  ];
}

type Judged = Pick<ControlEffect, "effect" | "facts" | "findings">;

function effectOf(catalogue: ControlCatalogue, reference: ControlReference, judged: Judged): ControlEffect {
  const control = controlOf(catalogue, reference);
  const limits = (control?.limits ?? []).map((id) => `${id}: ${catalogue.limits.get(id) ?? ""}`);
  const reason = judged.facts.join("; ");
  return { ...reference, title: control?.title ?? "", ...judged, reason, limits };
}

interface Mapped {
  readonly finding: Finding;
  readonly evidences: boolean;
}

function mapped(findings: readonly Finding[], { framework, id }: ControlReference): readonly Mapped[] {
  return findings.flatMap((finding) => {
    const control = finding.controls.find((one) => one.framework === framework && one.id === id);
    return control === undefined ? [] : [{ finding, evidences: control.relation === "evidences" }];
  });
}

function blocking(all: readonly Mapped[]): readonly Finding[] {
  return all
    .filter(({ finding, evidences }) => evidences && finding.severity === "block")
    .map(({ finding }) => finding);
}

function warning(all: readonly Mapped[]): readonly Finding[] {
  return all
    .filter(({ finding, evidences }) => evidences && finding.severity === "warn")
    .map(({ finding }) => finding);
}

function undecided(all: readonly Mapped[]): readonly Finding[] {
  return all.filter(({ finding }) => finding.severity === "undecided").map(({ finding }) => finding);
}

function handles(all: readonly Mapped[]): readonly string[] {
  return all.map(({ finding }) => finding.handle);
}

/** Deny by default (who is isolated) and allow by exception (what the isolated may reach). */
function denyEffect(facts: ControlFacts, findings: readonly Mapped[], inside: string): Judged {
  const blocks = blocking(findings);
  const losses = [
    ...blocks.map(findingText),
    ...(blocks.length === 0 && facts.losing.length > 0
      ? [`${counted(facts.losing, "workload")} ${verb(facts.losing, "loses", "lose")} isolation`]
      : []),
    ...(blocks.length === 0 && facts.opening.length > 0
      ? [`${named(facts.opening)} ${verb(facts.opening, "is", "are")} no longer default-deny`]
      : []),
  ];
  const warned = warning(findings).map(findingText);
  const gains = [
    ...(facts.closing.length > 0
      ? [`${named(facts.closing)} ${verb(facts.closing, "becomes", "become")} default-deny`]
      : []),
    ...(facts.gaining.length > 0
      ? [`${counted(facts.gaining, "workload")} ${verb(facts.gaining, "gains", "gain")} isolation`]
      : []),
    ...(facts.shrinking.length > 0 ? [`exceptions of ${counted(facts.shrinking, "workload")} shrink`] : []),
  ];
  const grows = facts.growing.length > 0 ? [`exceptions of ${counted(facts.growing, "workload")} grow`] : [];
  const standing = isolationText(facts, inside);
  const base = { findings: handles(findings) };
  if (blocks.length > 0) return { ...base, effect: "weaker", facts: [...cut(losses), ...standing] };
  const open = undecided(findings);
  if (open.length > 0) return { ...base, effect: "not-assessed", facts: [undecidedText(open)] };
  const weaker = [...losses, ...warned];
  if (weaker.length > 0) {
    const effect = gains.length > 0 ? "mixed" : "weaker";
    return { ...base, effect, facts: [...cut(weaker), ...gains, ...standing] };
  }
  const onlyExceptions = facts.closing.length === 0 && facts.gaining.length === 0;
  if (gains.length > 0 && grows.length > 0 && onlyExceptions) {
    return { ...base, effect: "mixed", facts: [...gains, ...grows, ...standing] };
  }
  if (gains.length > 0) {
    return {
      ...base,
      effect: "stronger",
      facts: [...gains.slice(0, 1), "no workload loses isolation", ...gains.slice(1), ...grows, ...standing],
    };
  }
  return { ...base, effect: "unchanged", facts: [...grows, ...standing] };
}

/** One policy a namespace, whatever it says: that is all the control asks. */
function policyEffect({ policies }: ControlFacts, findings: readonly Mapped[]): Judged {
  const { total, without, gained, lost, created } = policies;
  const asks = "the control asks for one policy a namespace, whatever it says";
  const losses = [
    ...(lost.length > 0 ? [`${named(lost)} ${verb(lost, "is", "are")} left without any policy`] : []),
    ...(created.length > 0
      ? [`${named(created)} ${verb(created, "is", "are")} created without any policy`]
      : []),
  ];
  const gains =
    gained.length > 0 ? [`${named(gained)} ${verb(gained, "gains its", "gain their")} first policies`] : [];
  const standing =
    total === 0
      ? "no namespace of a changed environment is in Git"
      : `${total - without.length} of ${total} namespaces in Git have a policy`;
  const base = { findings: handles(findings) };
  if (blocking(findings).length > 0 && losses.length > 0) {
    return { ...base, effect: "weaker", facts: [...losses, standing, asks] };
  }
  const open = undecided(findings);
  if (open.length > 0) return { ...base, effect: "not-assessed", facts: [undecidedText(open)] };
  if (losses.length === 0 && gains.length === 0) {
    return {
      ...base,
      effect: "unchanged",
      facts: [standing, "none gains its first policy or loses its last", asks],
    };
  }
  const effect = losses.length === 0 ? "stronger" : gains.length === 0 ? "weaker" : "mixed";
  return { ...base, effect, facts: [...losses, ...gains, standing, asks] };
}

/** The same question for namespaces that the configuration marks; without a mark nobody knows which they are. */
function cardholderEffect(scopes: readonly Scope[], findings: readonly Mapped[]): Judged {
  const { marked, absent } = cardholderNamespaces(scopes);
  if (marked.size === 0) {
    return { effect: "not-assessed", facts: [nothingMarked(scopes, absent)], findings: handles(findings) };
  }
  const inScope = findings.filter(
    ({ finding }) =>
      finding.workloads.length === 0 ||
      finding.workloads.some((key) => marked.has(key.slice(0, Math.max(0, key.indexOf("/"))))),
  );
  const facts = controlFacts(scopes, (namespace) => marked.has(namespace));
  return denyEffect(facts, inScope, `of ${named([...marked].sort())} `);
}

/** Marked namespaces that a changed environment has, and those that the configuration alone names there. */
function cardholderNamespaces(scopes: readonly Scope[]): {
  readonly marked: ReadonlySet<string>;
  readonly absent: readonly string[];
} {
  const marked = new Set<string>();
  const named = new Set<string>();
  for (const { delta, basePolicies, headPolicies } of scopes) {
    for (const [cluster, policies] of [
      [delta.base, basePolicies],
      [delta.head, headPolicies],
    ] as const) {
      for (const { name, cde } of cluster.namespaces.values()) {
        if (!cde) continue;
        named.add(name);
        if (isInGit(cluster, policies, name)) marked.add(name);
      }
    }
  }
  return { marked, absent: [...named].filter((name) => !marked.has(name)).sort() };
}

function nothingMarked(scopes: readonly Scope[], absent: readonly string[]): string {
  if (scopes.length === 0) return "no environment changed";
  return absent.length === 0
    ? "no namespace is marked `cde: true` in .egress-review.yaml"
    : `${named(absent)}, marked \`cde: true\` in .egress-review.yaml, ${verb(absent, "is", "are")} in no environment that changed`;
}

function isolationText({ isolated, defaultDeny }: ControlFacts, inside: string): readonly string[] {
  return [
    `workloads ${inside}isolated for egress: ${isolated.base} at base, ${isolated.head} of ${isolated.of} at head`,
    `default-deny namespaces: ${defaultDeny.base} at base, ${defaultDeny.head} of ${defaultDeny.of} at head`,
  ];
}

function undecidedText(findings: readonly Finding[]): string {
  return `not decided: ${findings.map(({ handle }) => handle).join(", ")}`;
}

const LONGEST_LIST = 3;

function named(names: readonly string[]): string {
  if (names.length <= LONGEST_LIST) return joined(names);
  return `${names.slice(0, LONGEST_LIST).join(", ")} and ${names.length - LONGEST_LIST} more`;
}

function joined(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

function counted(keys: readonly string[], noun: string): string {
  return keys.length === 1 ? whoText(keys) : `${keys.length} ${noun}s`;
}

function verb(list: readonly string[], one: string, many: string): string {
  return list.length === 1 ? one : many;
}

function cut(texts: readonly string[]): readonly string[] {
  if (texts.length <= LONGEST_LIST) return texts;
  return [...texts.slice(0, LONGEST_LIST), `${texts.length - LONGEST_LIST} more findings`];
}

/** "new in-cluster wildcard for 57 workloads of data-platform (203-9f3c)". */
function findingText({ title, handle, workloads }: Finding): string {
  const what = `${title.charAt(0).toLowerCase()}${title.slice(1)}`;
  const who = workloads.length === 0 ? "" : ` for ${counted(workloads, "workload")}`;
  return `${what}${who} (${handle})`;
}
