import type { Collision } from "../../cluster/cluster.ts";
import { identityKey } from "../../policy/model/identity-key.ts";
import type { Policy } from "../../policy/model/policy.ts";
import type { Manifest } from "../../render/render.ts";
import { DeletionFacts } from "../facts/deletion-facts.ts";
import { collisionFacts, duplicateFacts, objectText } from "../facts/document-facts.ts";
import { EnvironmentFacts } from "../facts/environment-facts.ts";
import { LossFacts, lossCause, lossesOf } from "../facts/loss-facts.ts";
import { NamespaceFacts, openWorkloads } from "../facts/namespace-facts.ts";
import { PeerFacts, podPeers } from "../facts/peer-facts.ts";
import { PolicyFacts } from "../facts/policy-facts.ts";
import { RuleTextFacts } from "../facts/rule-text-facts.ts";
import { WorkloadFacts } from "../facts/workload-facts.ts";
import type { Cause } from "../finding.ts";
import { identityText, type Scope } from "../scope.ts";
import { labelsOf, selects } from "../selection.ts";
import { objectSubject, type Subject } from "./subject.ts";

/** Egress rules of policies at head that this change wrote, renamed or commented. */
export function ruleTextSubjects(
  scope: Scope,
): readonly { readonly subject: Subject; readonly policy: Policy }[] {
  const environment = new EnvironmentFacts(scope);
  return scope.delta.head.policies.flatMap((policy) => {
    const { base } = scope.pair(policy.identity);
    if (
      base?.manifest.digest === policy.manifest.digest &&
      base.manifest.origin.text === policy.manifest.origin.text
    ) {
      return [];
    }
    const facts = new PolicyFacts(scope, policy, true);
    // A rule that denies or passes on opens nothing, whatever it says.
    const opening = policy.egress.filter(({ action }) => action === "allow");
    return opening.map((rule) => ({
      policy,
      subject: objectSubject({
        judged: "rule-text",
        environment: scope.environment.name,
        variables: { environment, policy: facts, text: new RuleTextFacts(scope, policy, rule) },
        workloads: selectedWorkloads(scope, policy),
        about: policy.identity.namespace ?? "*",
        policy: identityKey(policy.identity),
        cause: () =>
          at(
            "head",
            policy.manifest,
            rule.peers?.length === 1 ? (rule.peers[0]?.pointer ?? "") : rule.pointer,
          ),
      }),
    }));
  });
}

/** Known workloads at head that a namespaced policy selects, by key. */
function selectedWorkloads(scope: Scope, policy: Policy): readonly string[] {
  const namespace = policy.identity.namespace ?? "";
  return scope
    .workloads("head", namespace)
    .filter((workload) => selects(policy, namespace, labelsOf(workload), scope.delta.head))
    .map(({ key }) => key);
}

export function lossSubjects(scope: Scope, promises: readonly Policy[]): readonly Subject[] {
  const environment = new EnvironmentFacts(scope);
  return scope.delta.workloads.flatMap((delta) => {
    const workload = new WorkloadFacts(scope, delta, promises);
    return lossesOf(scope, delta).map((what): Subject => {
      const cause = lossCause(scope, delta, what);
      return objectSubject({
        judged: "loss",
        environment: scope.environment.name,
        variables: { environment, workload, loss: new LossFacts(what) },
        workloads: [delta.key],
        about: `${delta.namespace} ${what}`,
        policy: cause === null ? "" : identityKey(cause.policy.identity),
        cause: () => (cause === null ? null : at(cause.side, cause.policy.manifest, cause.pointer)),
      });
    });
  });
}

export function createdNamespaceSubjects(scope: Scope): readonly Subject[] {
  const environment = new EnvironmentFacts(scope);
  return [...scope.delta.head.namespaces.values()].flatMap((namespace) => {
    const created = new NamespaceFacts(scope, namespace.name);
    if (!created.isNew) return [];
    const open = openWorkloads(scope, namespace.name);
    const first = open.flatMap(({ subject }) =>
      subject.kind === "known" ? [subject.head?.manifest ?? null] : [],
    )[0];
    const manifest = namespace.manifest ?? first ?? null;
    return [
      objectSubject({
        judged: "created-namespace",
        environment: scope.environment.name,
        variables: { environment, created },
        workloads: open.map(({ key }) => key),
        about: namespace.name,
        cause: () => (manifest === null ? null : at("head", manifest, "")),
      }),
    ];
  });
}

/** Policies of this change, and those whose namespace lost or relabelled workloads. */
export function policySubjects(scope: Scope): readonly Subject[] {
  const environment = new EnvironmentFacts(scope);
  const changed = new Set(scope.changedPolicies.map(({ policy }) => policy));
  const touched = new Set(scope.delta.workloads.map(({ namespace }) => namespace));
  return scope.delta.head.policies
    .filter((policy) => changed.has(policy) || touched.has(policy.identity.namespace ?? ""))
    .map((policy) =>
      objectSubject({
        judged: "policy",
        environment: scope.environment.name,
        variables: { environment, policy: new PolicyFacts(scope, policy, changed.has(policy)) },
        about: policy.identity.namespace ?? "*",
        policy: identityKey(policy.identity),
        cause: () => at("head", policy.manifest, "/spec/podSelector"),
      }),
    );
}

/** Peers of policies of this change, each set of labels once a policy. */
export function peerSubjects(scope: Scope): readonly Subject[] {
  const environment = new EnvironmentFacts(scope);
  return scope.changedPolicies.flatMap(({ policy }) => {
    const facts = new PolicyFacts(scope, policy, true);
    const subjects = podPeers(policy).map((rulePeer) => {
      const peerFacts = new PeerFacts(scope, rulePeer);
      return objectSubject({
        judged: "peer",
        environment: scope.environment.name,
        variables: { environment, policy: facts, peer: peerFacts },
        about: [
          `${policy.identity.namespace ?? "*"} ${peerFacts.unmatched} ${peerFacts.labels}`,
          ...(peerFacts.service === "" ? [] : [peerFacts.service, peerFacts.servicePort]),
        ].join(" "),
        policy: identityKey(policy.identity),
        cause: () => at("head", policy.manifest, rulePeer.peer.pointer),
      });
    });
    return [
      ...new Map(subjects.toReversed().map((subject) => [subject.about, subject])).values(),
    ].toReversed();
  });
}

/** Policies that base declares and head does not, under a target that stays; a rename is no deletion. */
export function deletionSubjects(scope: Scope): readonly Subject[] {
  const environment = new EnvironmentFacts(scope);
  const targets = new Map((scope.environment.head?.targets ?? []).map((target) => [target.id, target]));
  return scope.vanishedPolicies.flatMap((policy) => {
    const target = targets.get(policy.manifest.origin.target);
    if (target === undefined) return [];
    return [
      objectSubject({
        judged: "deletion",
        environment: scope.environment.name,
        variables: { environment, deletion: new DeletionFacts(policy, target) },
        about: policy.identity.namespace ?? "*",
        policy: identityKey(policy.identity),
        cause: () => at("base", policy.manifest, ""),
      }),
    ];
  });
}

/** Duplicate keys and objects with two sources, as far as this change brought, edited or removed them. */
export function documentSubjects(scope: Scope, widened: ReadonlySet<string>): readonly Subject[] {
  const { base, head } = scope.delta;
  const before = new Set(base.duplicates.map(duplicateKey));
  const after = new Set(head.duplicates.map(duplicateKey));
  const standing = new Set(base.collisions.map(collisionKey));
  return [
    ...head.duplicates
      .filter((one) => !before.has(duplicateKey(one)))
      .map((one) => duplicate(scope, one, "head")),
    ...base.duplicates
      .filter((one) => !after.has(duplicateKey(one)))
      .map((one) => duplicate(scope, one, "base")),
    ...head.collisions
      .filter((one) => !standing.has(collisionKey(one)))
      .map((one) => collision(scope, one, widened.has(identityKey(one.identity)))),
  ];
}

function duplicateKey({ namespace, origin }: Manifest): string {
  return JSON.stringify([namespace, origin.path ?? origin.source, origin.text]);
}

function collisionKey({ identity, manifests }: Collision): string {
  return JSON.stringify([identityKey(identity), manifests.map(({ digest }) => digest).sort()]);
}

function duplicate(scope: Scope, manifest: Manifest, side: "base" | "head"): Subject {
  return objectSubject({
    judged: "document",
    environment: scope.environment.name,
    variables: { environment: new EnvironmentFacts(scope), document: duplicateFacts(manifest, side) },
    about: objectText(manifest),
    cause: () => at(side, manifest, lastDuplicate(manifest)),
  });
}

/** A key that stands twice: a pointer finds its last occurrence, the one that won. */
function lastDuplicate({ origin }: Manifest): string {
  const [first] = origin.duplicateKeys;
  if (first === undefined) return "";
  return `${first.pointer}/${first.key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function collision(scope: Scope, one: Collision, widens: boolean): Subject {
  const last = one.manifests.at(-1);
  return objectSubject({
    judged: "document",
    environment: scope.environment.name,
    variables: { environment: new EnvironmentFacts(scope), document: collisionFacts(one, widens) },
    about: identityText(one.identity),
    policy: identityKey(one.identity),
    cause: () => (last === undefined ? null : at("head", last, "")),
    rests: { objects: one.manifests.map(({ digest }) => digest) },
  });
}

function at(side: "base" | "head", manifest: Manifest, pointer: string): Cause {
  return { side, manifest, pointer, place: null };
}
