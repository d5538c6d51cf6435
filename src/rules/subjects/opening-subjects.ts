import type { Workload } from "../../cluster/cluster.ts";
import type { Opening, WorkloadDelta } from "../../diff/diff.ts";
import { identityKey } from "../../policy/model/identity-key.ts";
import type { Peer, Policy, Rule } from "../../policy/model/policy.ts";
import type { Manifest } from "../../render/render.ts";
import { addressSetOfCidrs, countV4, countV6 } from "../../sets/ip.ts";
import { isolates } from "../../surface/selects.ts";
import type { Unknown } from "../../targets/unknown.ts";
import { overlaps } from "../address-space.ts";
import { EnvironmentFacts } from "../facts/environment-facts.ts";
import { leadingCloser, namespaceLeft, OpeningFacts, selectorStands } from "../facts/opening-facts.ts";
import { WorkloadFacts } from "../facts/workload-facts.ts";
import type { Cause } from "../finding.ts";
import type { Cites } from "../rules.ts";
import { knownWorkload, type Scope } from "../scope.ts";
import { isEveryPodOfEveryNamespace } from "../selection.ts";
import { changedNamedObject } from "./named-objects.ts";
import { objectSubject, type Subject } from "./subject.ts";

export interface OpeningSubject {
  readonly subject: Subject;
  readonly workload: WorkloadDelta;
  readonly opening: Opening;
}

/** Every opening of every workload: who may reach more, and what admits it. */
export function openingSubjects(scope: Scope, promises: readonly Policy[]): readonly OpeningSubject[] {
  const environment = new EnvironmentFacts(scope);
  return scope.delta.workloads.flatMap((delta) => {
    const workload = new WorkloadFacts(scope, delta, promises);
    return delta.openings.map((opening): OpeningSubject => {
      const base = {
        judged: "opening" as const,
        environment: scope.environment.name,
        assumed: scope.assumed,
        variables: { environment, workload, opening: new OpeningFacts(scope, delta, opening) },
        workloads: [delta.key],
        regions: [opening.region],
        openings: [{ workload: delta, opening }],
        closers: opening.closers.map(({ identity }) => identityKey(identity)),
      };
      return { subject: { ...base, ...restingOn(scope, delta, opening) }, workload: delta, opening };
    });
  });
}

/** Workloads that no policy governs at head and that are new or were governed, whether or not that opens anything. */
export function ungovernedSubjects(scope: Scope): readonly Subject[] {
  const environment = new EnvironmentFacts(scope);
  return scope.delta.workloads
    .filter(({ before, after }) => after?.governed === false && (before === null || before.governed))
    .map((delta) =>
      objectSubject({
        judged: "ungoverned-workload",
        environment: scope.environment.name,
        variables: { environment, workload: new WorkloadFacts(scope, delta, []) },
        workloads: [delta.key],
        regions: delta.openings
          .filter(({ cause, condition }) => cause.kind === "not-governed" && condition.length === 0)
          .map(({ region }) => region),
        about: delta.key,
        cause: () => workloadCause(delta, hostNetworkPointer),
      }),
    );
}

type Resting = Pick<Subject, "about" | "policy" | "cause">;

function restingOn(scope: Scope, delta: WorkloadDelta, opening: Opening): Resting {
  const { cause } = opening;
  switch (cause.kind) {
    case "rule":
      return {
        about: cause.policy.identity.namespace ?? "*",
        policy: identityKey(cause.policy.identity),
        cause: (cites) => {
          const named = changedNamedObject(scope, cause.policy);
          if (named !== null) return { ...named, pointer: "", place: null };
          return headCause(
            cause.policy.manifest,
            citedPointer(cause.rule, cites, (cidr) => overlaps(scope.slices(opening.region), [cidr])),
          );
        },
      };
    case "not-governed":
      return { about: delta.key, policy: "", cause: () => workloadCause(delta, hostNetworkPointer) };
    case "unknown":
      return { about: delta.key, policy: cause.unknown.id, cause: () => unknownCause(cause.unknown) };
    case "not-isolated":
      return opening.closers.length === 0 ? unprotected(delta) : lostProtection(scope, delta, opening);
  }
}

/** A new workload that nothing isolates. */
function unprotected(delta: WorkloadDelta): Resting {
  return { about: delta.key, policy: "", cause: () => workloadCause(delta, () => "") };
}

function lostProtection(scope: Scope, delta: WorkloadDelta, { closers }: Opening): Resting {
  const closer = leadingCloser(scope, closers);
  if (closer === null) return unprotected(delta);
  const policy = identityKey(closer.identity);
  const { head } = scope.pair(closer.identity);
  if (head === null) {
    const cause: Cause = { side: "base", manifest: closer.manifest, pointer: "", place: null };
    return { about: delta.namespace, policy, cause: () => cause };
  }
  if (isolates(head) && selectorStands(scope, delta, closer)) {
    return { about: delta.key, policy, cause: () => workloadCause(delta, labelsPointer) };
  }
  if (isolates(head) && namespaceLeft(scope, delta, closer)) {
    return { about: delta.namespace, policy, cause: () => namespaceCause(scope, delta.namespace, head) };
  }
  const pointer = isolates(head) ? subjectPointer(head.manifest) : "/spec/policyTypes";
  return { about: delta.namespace, policy, cause: () => headCause(head.manifest, pointer) };
}

/** Where a dialect says whom a policy governs. */
const SUBJECT_FIELDS = ["podSelector", "subject", "endpointSelector", "selector", "appliedTo"];

function subjectPointer({ object }: Manifest): string {
  const field = SUBJECT_FIELDS.find((name) => hasField(object, ["spec", name]));
  return field === undefined ? "/spec" : `/spec/${field}`;
}

/** The Namespace object, else the entry point that labels the namespace which it creates; else the policy. */
function namespaceCause({ delta, environment }: Scope, name: string, head: Policy): Cause {
  const manifest = delta.head.namespaces.get(name)?.manifest ?? null;
  if (manifest !== null) {
    return headCause(manifest, hasField(manifest.object, ["metadata", "labels"]) ? "/metadata/labels" : "");
  }
  const target = environment.head?.targets.find(
    ({ namespace, delivery }) => namespace === name && delivery.createsNamespace,
  );
  const place = target?.declaredBy?.place ?? null;
  return place === null
    ? headCause(head.manifest, subjectPointer(head.manifest))
    : { side: "head", manifest: null, pointer: "", place };
}

function unknownCause({ place }: Unknown): Cause {
  return { side: "head", manifest: null, pointer: "", place };
}

function headCause(manifest: Manifest, pointer: string): Cause {
  return { side: "head", manifest, pointer, place: null };
}

function workloadCause(delta: WorkloadDelta, pointerOf: (workload: Workload) => string): Cause | null {
  const workload = knownWorkload(delta);
  if (workload === null || workload.manifest === null) return null;
  return headCause(workload.manifest, pointerOf(workload));
}

/** Where pod templates stand, by shape and not by kind, so that every controller is covered. */
const POD_PATHS = [
  ["spec", "template"],
  ["spec", "jobTemplate", "spec", "template"],
  ["spec", "jobTargetRef", "template"],
] as const;

/** Kinds whose own metadata is that of their pods. */
const OWN_METADATA: ReadonlySet<string> = new Set(["Pod", "VirtualMachineInstance", "TaskRun", "Notebook"]);

function labelsPointer(workload: Workload): string {
  return podPointer(workload, ["metadata", "labels"]);
}

function hostNetworkPointer(workload: Workload): string {
  return podPointer(workload, ["spec", "hostNetwork"]);
}

/** "" where the object has no such field: the whole object is cited then. */
function podPointer({ manifest }: Workload, field: readonly string[]): string {
  if (manifest === null) return "";
  const paths = OWN_METADATA.has(manifest.object.kind) ? [[]] : POD_PATHS;
  const found = paths.map((path) => [...path, ...field]).find((steps) => hasField(manifest.object, steps));
  return found === undefined ? "" : `/${found.join("/")}`;
}

function hasField(object: unknown, steps: readonly string[]): boolean {
  let value = object;
  for (const step of steps) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return false;
    value = (value as Record<string, unknown>)[step];
  }
  return true;
}

/** The peer that a rule is about: the only one, else the widest of the cited kind that opens anything, else the whole rule. */
function citedPointer(rule: Rule, cites: Cites, opens: (cidr: string) => boolean): string {
  const peers = rule.peers ?? [];
  const [only, second] = peers;
  if (only === undefined) return rule.pointer;
  if (second === undefined) return only.pointer;
  if (cites === "rule") return rule.pointer;
  const cited =
    cites === "pods"
      ? peers.find(isEveryPodOfEveryNamespace)
      : widest(peers.filter((peer) => peer.kind === "addresses" && opens(peer.cidr)));
  return cited?.pointer ?? rule.pointer;
}

function widest(peers: readonly Peer[]): Peer | undefined {
  return peers.toSorted((a, b) => extent(b) - extent(a))[0];
}

function extent(peer: Peer): number {
  if (peer.kind !== "addresses") return 0;
  const set = addressSetOfCidrs([peer.cidr]);
  if (set === null) return 0;
  return countV4(set) / 2 ** 32 + Number(countV6(set)) / 2 ** 125;
}
