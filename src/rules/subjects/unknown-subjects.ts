import { createHash } from "node:crypto";
import type { EnvironmentDelta } from "../../diff/diff.ts";
import { isObjectUnknown } from "../../policy/model/object-unknown.ts";
import type { Environment, UnreadTarget } from "../../targets/targets.ts";
import type { Unknown } from "../../targets/unknown.ts";
import { EnvironmentFacts } from "../facts/environment-facts.ts";
import { UnknownFacts } from "../facts/unknown-facts.ts";
import type { Cause } from "../finding.ts";
import { isChanged, type Scope, type UnknownPair } from "../scope.ts";
import { append } from "../selection.ts";
import { objectSubject, type Subject } from "./subject.ts";

/** Openings that no rule decided and that exist only if an unknown isolates, by the unknown's id. */
export type Carried = ReadonlyMap<string, readonly Subject[]>;

export interface UnknownSubject {
  readonly subject: Subject;
  readonly pairs: readonly UnknownPair[];
}

/** One subject a source: one chart, from → to, is one row and one approval, however many targets use it (design section 5). */
export function unknownSubjects(
  scope: Scope,
  options: {
    readonly carried: Carried;
    readonly strict: boolean;
    readonly failures: readonly Unknown[];
    /** Digest of all that was read, for what gave up on it. */
    readonly inputs: string;
  },
): readonly UnknownSubject[] {
  const environment = new EnvironmentFacts(scope);
  return [...groups(scope, options.failures).values()].map(({ what, source, pairs }) => {
    const carried = pairs.flatMap(({ base, head }) => options.carried.get((head ?? base)?.id ?? "") ?? []);
    const facts = new UnknownFacts(
      scope,
      { what, pairs },
      { carries: carried.length > 0, strict: options.strict },
    );
    return {
      pairs,
      subject: objectSubject({
        judged: "unknown",
        environment: scope.environment.name,
        variables: { environment, unknown: facts },
        workloads: [...new Set(carried.flatMap(({ workloads }) => workloads))],
        regions: carried.flatMap(({ regions }) => regions),
        about: source,
        cause: () => causeOf(pairs),
        rests: { sources: sourceDigests(pairs, options.inputs), opens: carried },
      }),
    };
  });
}

interface Group {
  readonly what: string;
  readonly source: string;
  readonly pairs: UnknownPair[];
}

function groups(scope: Scope, failures: readonly Unknown[]): ReadonlyMap<string, Group> {
  const sources = sourcesOf(scope.environment);
  const grouped = new Map<string, Group>();
  for (const pair of [...scope.unknowns, ...limits(scope.delta), ...failures.map(headOnly)]) {
    const { what, source } = describe(pair, sources);
    // The same source pinned to other versions is another row; changed and unchanged uses stay apart.
    const key = JSON.stringify([source, what, isChanged(pair)]);
    const group = grouped.get(key) ?? { what, source, pairs: [] };
    group.pairs.push(pair);
    grouped.set(key, group);
  }
  return grouped;
}

/** Searches that ran out of their budget belong to the comparison, not to a side. */
function limits({ unknowns }: EnvironmentDelta): readonly UnknownPair[] {
  return unknowns.map(headOnly);
}

function headOnly(unknown: Unknown): UnknownPair {
  return { base: null, head: unknown };
}

interface Sources {
  readonly base: ReadonlyMap<string, UnreadTarget>;
  readonly head: ReadonlyMap<string, UnreadTarget>;
}

function sourcesOf({
  base,
  head,
}: {
  readonly base: Environment | null;
  readonly head: Environment | null;
}): Sources {
  const byUnknown = (environment: Environment | null) =>
    new Map((environment?.unread ?? []).map((target) => [target.unknown.id, target]));
  return { base: byUnknown(base), head: byUnknown(head) };
}

function describe(pair: UnknownPair, sources: Sources): { readonly what: string; readonly source: string } {
  const id = (pair.head ?? pair.base)?.id ?? "";
  const before = pair.base === null ? undefined : sources.base.get(id);
  const after = pair.head === null ? undefined : sources.head.get(id);
  const target = after ?? before;
  if (target === undefined) return { what: subjectText(pair), source: id };
  return { what: versions(target, before, after), source: target.sourceName };
}

function subjectText({ base, head }: UnknownPair): string {
  return (head ?? base)?.subject ?? "";
}

function versions(target: UnreadTarget, before?: UnreadTarget, after?: UnreadTarget): string {
  const from = before?.version ?? null;
  const to = after?.version ?? null;
  if (from === null || to === null || from === to) return target.needs;
  return `${target.needs} (was ${from})`;
}

/** What stood at base and what stands now. What ended by a limit may be anything else as soon as any input is another. */
function sourceDigests(pairs: readonly UnknownPair[], inputs: string): Readonly<Record<string, string>> {
  const side = (unknown: Unknown | null) => {
    if (unknown === null) return null;
    const limited = unknown.code === "resource-limit" || unknown.code === "rule-undecided";
    return [unknown.digest, unknown.bound.namespaces, unknown.bound.kinds, limited ? inputs : ""];
  };
  return Object.fromEntries(
    pairs.map(({ base, head }) => [
      (head ?? base)?.id ?? "",
      createHash("sha256")
        .update(JSON.stringify([side(base), side(head)]))
        .digest("hex"),
    ]),
  );
}

function causeOf(pairs: readonly UnknownPair[]): Cause | null {
  const causes = pairs.flatMap(({ base, head }): readonly Cause[] => {
    if (head !== null) return [causeOn("head", head)];
    return base === null ? [] : [causeOn("base", base)];
  });
  return causes.find(({ manifest, place }) => manifest !== null || place !== null) ?? causes[0] ?? null;
}

function causeOn(side: Cause["side"], unknown: Unknown): Cause {
  return isObjectUnknown(unknown)
    ? { side, manifest: unknown.manifest, pointer: unknown.pointer, place: null }
    : { side, manifest: null, pointer: "", place: unknown.place };
}

/** Collects the openings of one environment that rest on unknowns alone. */
export function carriedBy(
  openings: readonly { readonly subject: Subject; readonly condition: readonly Unknown[] }[],
): Carried {
  const carried = new Map<string, Subject[]>();
  for (const { subject, condition } of openings) {
    for (const { id } of condition) append(carried, id, subject);
  }
  return carried;
}
