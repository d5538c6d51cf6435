import { effectsOf } from "../../cluster/effects-of.ts";
import { type EnforcementSwitch, enforcementSwitches } from "../../cluster/enforcement-switches.ts";
import { isStated, profilesOf } from "../../cluster/profile.ts";
import { identityKey } from "../../policy/model/identity-key.ts";
import type { Policy, Rule } from "../../policy/model/policy.ts";
import { nested, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import { EnforcementFacts } from "../facts/enforcement-facts.ts";
import { EnvironmentFacts } from "../facts/environment-facts.ts";
import type { Cause } from "../finding.ts";
import { identityText, type Scope, sameRule } from "../scope.ts";
import { objectSubject, type Subject } from "./subject.ts";

/** What of this change makes less of the declared policies count (threat T16). */
export function enforcementSubjects(scope: Scope, widened: ReadonlySet<string>): readonly Subject[] {
  // What did not exist before had nothing to lose.
  if (scope.environment.base === null) return [];
  return [...switchSubjects(scope), ...cniSubjects(scope), ...weakenedPolicies(scope, widened)];
}

function switchSubjects(scope: Scope): readonly Subject[] {
  const { environment, delta } = scope;
  const sides = {
    base: byName(enforcementSwitches(environment.base, delta.base)),
    head: byName(enforcementSwitches(environment.head, delta.head)),
  };
  return [...new Set([...sides.base.keys(), ...sides.head.keys()])].flatMap((name) => {
    const [base, head] = [sides.base.get(name), sides.head.get(name)];
    const known = head ?? base;
    if (known === undefined || base?.value === head?.value) return [];
    const before = base === undefined ? known.unset : base.level;
    const after = head === undefined ? known.unset : head.level;
    const certain = before !== null && after !== null;
    // Who sets a switch to what it is anyway changes nothing.
    if (certain && after >= before) return [];
    return [
      enforcement(
        scope,
        new EnforcementFacts({
          what: "switch",
          subject: name,
          before: valueText(base),
          after: valueText(head),
          certain,
          told: false,
        }),
        {
          about: name,
          objects: [base?.value ?? "", head?.value ?? ""],
          cause: () => switchCause(head === undefined ? "base" : "head", known),
        },
      ),
    ];
  });
}

/** The first of a name: two objects of one identity are another rule's. */
function byName(switches: readonly EnforcementSwitch[]): ReadonlyMap<string, EnforcementSwitch> {
  return new Map(switches.toReversed().map((one) => [one.name, one]));
}

function valueText(one: EnforcementSwitch | undefined): string {
  if (one === undefined) return "not set";
  // Of values that were not read only their digest is known.
  return one.level === null && one.unset === null ? one.value.slice(0, 8) : `"${one.value}"`;
}

function switchCause(side: Cause["side"], { manifest, pointer, place }: EnforcementSwitch): Cause {
  return { side, manifest, pointer, place };
}

/**
 * Another CNI than before, or two at once, by what is declared alone: both sides are compared under each of them, and beyond
 * that nobody knows which one stands in the cluster.
 */
function cniSubjects(scope: Scope): readonly Subject[] {
  const { base, head } = scope.delta;
  if (isStated(base.profile) || isStated(head.profile) || !declaresPolicies(scope)) return [];
  const [before, after] = [profilesOf(base.profile), profilesOf(head.profile)];
  if (before.toSorted().join() === after.toSorted().join()) return [];
  const installs = [
    ...head.profile.evidence.map((one) => ({ ...one, side: "head" as const })),
    ...base.profile.evidence.map((one) => ({ ...one, side: "base" as const })),
  ].filter(({ kind, profile }) => kind === "install" && before.includes(profile) !== after.includes(profile));
  const [first] = installs;
  if (first === undefined) return [];
  return [
    enforcement(
      scope,
      new EnforcementFacts({
        what: "cni",
        subject: first.subject,
        before: before.join(" or "),
        after: after.join(" or "),
        certain: false,
        told: false,
      }),
      {
        about: "cni",
        objects: [before.join(), after.join()],
        cause: () => ({ side: first.side, manifest: first.manifest, pointer: "", place: first.place }),
      },
    ),
  ];
}

function declaresPolicies({ delta: { base } }: Scope): boolean {
  return (
    base.policies.length + base.unenforced.length > 0 ||
    base.unknowns.some(({ bound }) => effectsOf(bound).has("policy"))
  );
}

/** Policies that are still there, or stand there under another kind, and deny less than they did. */
function weakenedPolicies(scope: Scope, widened: ReadonlySet<string>): readonly Subject[] {
  return scope.delta.base.policies.flatMap((policy) => {
    const weaker = weakened(scope, policy);
    if (weaker === null) return [];
    const identity = identityKey(policy.identity);
    return [
      enforcement(
        scope,
        new EnforcementFacts({
          what: "policy",
          subject: identityText(policy.identity),
          before: weaker.before,
          after: weaker.after,
          certain: true,
          told: widened.has(identity),
        }),
        {
          about: policy.identity.namespace ?? "*",
          policy: identity,
          objects: [policy.manifest.digest, weaker.manifest.digest],
          cause: () => ({ side: "head", manifest: weaker.manifest, pointer: weaker.pointer, place: null }),
        },
      ),
    ];
  });
}

interface Weaker {
  readonly before: string;
  readonly after: string;
  readonly manifest: Manifest;
  readonly pointer: string;
}

function weakened(scope: Scope, policy: Policy): Weaker | null {
  const { head } = scope.pair(policy.identity);
  if (head === null) return staged(scope, policy);
  if (head.digest === policy.digest) return null;
  return withoutDefaultDeny(policy, head) ?? actionTurned(policy, head);
}

/** Calico's staged policies count what they would do, and do nothing (staged network policies). */
function staged(scope: Scope, { identity, manifest }: Policy): Weaker | null {
  const kind = identity.apiVersion.startsWith("networking.k8s.io/")
    ? "StagedKubernetesNetworkPolicy"
    : `Staged${identity.kind}`;
  const found = ["projectcalico.org", "crd.projectcalico.org"]
    .flatMap((group) => scope.delta.head.inputs.objects(group, kind))
    .find(
      ({ object, namespace }) => object.metadata.name === identity.name && namespace === identity.namespace,
    );
  return found === undefined
    ? null
    : { before: manifest.object.kind, after: kind, manifest: found, pointer: "/kind" };
}

/** Cilium: being selected denies what no rule admits, unless the policy says otherwise. */
function withoutDefaultDeny(before: Policy, { manifest, isolates, identity }: Policy): Weaker | null {
  if (!before.isolates.egress || isolates.egress) return null;
  const spec = identity.part === undefined ? "/spec" : `/specs/${identity.part}`;
  const body =
    identity.part === undefined ? nested(manifest.object, "spec") : partOf(manifest, identity.part);
  const setting = nested(body ?? {}, "enableDefaultDeny") ?? {};
  if (ownField(setting, "egress") !== false) return null;
  return {
    before: "a default deny",
    after: "none (enableDefaultDeny.egress: false)",
    manifest,
    pointer: `${spec}/enableDefaultDeny/egress`,
  };
}

function partOf({ object }: Manifest, part: number) {
  const parts = ownField(object, "specs");
  const own: unknown = Array.isArray(parts) ? parts[part] : null;
  return nested({ own }, "own");
}

/** The same rule with another action. */
function actionTurned(before: Policy, after: Policy): Weaker | null {
  for (const rule of before.egress) {
    if (rule.action !== "deny" || after.egress.some((one) => sameRule(one, rule))) continue;
    const turned = after.egress.find((one) => one.action !== "deny" && sameButAction(one, rule));
    if (turned === undefined) continue;
    return {
      before: "deny",
      after: turned.action,
      manifest: after.manifest,
      pointer: `${turned.pointer}/action`,
    };
  }
  return null;
}

function sameButAction(one: Rule, other: Rule): boolean {
  return sameRule({ ...one, action: other.action }, other);
}

function enforcement(
  scope: Scope,
  facts: EnforcementFacts,
  subject: Pick<Subject, "about" | "cause"> & {
    readonly policy?: string;
    /** What an approval is held against. */
    readonly objects: readonly string[];
  },
): Subject {
  const { objects, ...rest } = subject;
  return objectSubject({
    judged: "enforcement",
    environment: scope.environment.name,
    variables: { environment: new EnvironmentFacts(scope), enforcement: facts },
    rests: { objects },
    ...rest,
  });
}
