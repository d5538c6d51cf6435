import { NAME_LABEL } from "../cluster/namespaces.ts";
import { namespaceLabelKey } from "../policy/model/pod-attribute.ts";
import type { NamespaceMatch, Pods, Policy } from "../policy/model/policy.ts";
import { intersectLabels, isNoneOf, type LabelSet } from "../sets/label.ts";
import type { Box } from "../sets/space.ts";
import { type Direction, type NamespaceLabels, type RuleContext, ruleBoxes } from "./compile-rule.ts";
import type { CompiledPolicy } from "./compiled-policy.ts";
import { OTHER_NAMESPACES } from "./other-namespaces.ts";
import { selectorMatches } from "./selector-match.ts";
import { selectorSets, type Universe } from "./universe.ts";

/**
 * Compiled policies by the digest of their object: base and head share the object of an unchanged policy, and the labels
 * of namespaces too where nothing changed there. Whoever changes what a policy says gives its manifest another digest.
 */
export class CompileCache {
  readonly #known = new Map<RuleContext, Map<string, CompiledPolicy>>();

  compile(policy: Policy, context: RuleContext, namespace: string): CompiledPolicy {
    let known = this.#known.get(context);
    if (known === undefined) {
      known = new Map();
      this.#known.set(context, known);
    }
    const inNamespace = ({ namespaces }: Pods) => admits(namespaces, namespace, context.labels);
    const key = JSON.stringify([
      asksForOwnNamespace(policy) ? namespace : namespace === OTHER_NAMESPACES,
      policy.dialect,
      policy.digest,
      subjectLists(policy).map((list) => list.map(inNamespace)),
    ]);
    let compiled = known.get(key);
    if (compiled === undefined) {
      compiled = compilePolicy(policy, context, inNamespace, namespace);
      known.set(key, compiled);
    }
    return compiled.policy === policy
      ? compiled
      : { ...compiled, ...rebind(compiled, policy, context.direction) };
  }
}

/** The same meaning, cited as the object of this side: rules by position, as several may stand at one place of the object. */
function rebind(
  compiled: CompiledPolicy,
  policy: Policy,
  direction: Direction,
): Pick<CompiledPolicy, "policy" | "rules"> {
  return {
    policy,
    rules: compiled.rules.map((one, index) => ({ ...one, rule: policy[direction][index] ?? one.rule })),
  };
}

/** Subjects of a policy that governs one namespace decide nothing that the policy's place in its list has not decided. */
function subjectLists(policy: Policy): readonly (readonly Pods[])[] {
  const [only, second] = policy.subjects;
  const own = second === undefined && only?.namespaces.kind === "named" ? [] : [policy.subjects];
  return [
    ...own,
    ...[...policy.egress, ...policy.ingress].flatMap(({ subjects }) =>
      subjects === undefined ? [] : [subjects],
    ),
  ];
}

/** A peer of the policy depends on the namespace of the pod that it governs. */
function asksForOwnNamespace({ egress, ingress }: Policy): boolean {
  return [...egress, ...ingress].some(({ peers }) =>
    (peers ?? []).some((peer) => peer.kind === "pods" && peer.alike !== undefined),
  );
}

function compilePolicy(
  policy: Policy,
  context: RuleContext,
  inNamespace: (pods: Pods) => boolean,
  namespace: string,
): CompiledPolicy {
  const { universe, direction } = context;
  const { space } = universe;
  const boxesOf = (pods: readonly Pods[]) =>
    pods
      .filter(inNamespace)
      .flatMap(
        ({ namespaces, pods: selector }) =>
          space.box([
            ...selectorSets(selector).map(([key, set]) => [universe.subjectLabel(key), set] as const),
            ...(namespace === OTHER_NAMESPACES ? namespaceSets(universe, namespaces) : []),
          ]) ?? [],
      );
  const meet = (boxes: readonly Box[], others: readonly Box[]) =>
    boxes.flatMap((box) => others.flatMap((other) => space.intersectBoxes(box, other) ?? []));
  const subjects = boxesOf(policy.subjects);
  return {
    policy,
    isolated: policy.isolates[direction] ? subjects : [],
    rules: policy[direction].map((rule) => ({
      rule,
      action: rule.action,
      boxes: meet(
        ruleBoxes(context, rule, namespace),
        rule.subjects === undefined ? subjects : meet(boxesOf(rule.subjects), subjects),
      ),
    })),
  };
}

/** What a selector asks of a subject's namespace that nobody declares: its name is none of the declared ones. */
function namespaceSets(
  universe: Universe,
  match: NamespaceMatch,
): readonly (readonly [dimension: number, set: LabelSet])[] {
  if (match.kind === "named") return [];
  return selectorSets(match.selector).map(([key, set]) => [
    universe.subjectLabel(namespaceLabelKey(key)),
    key === NAME_LABEL ? intersectLabels(set, isNoneOf(universe.declared)) : set,
  ]);
}

/** Whether policies that ask for such namespaces may govern, or admit, pods of this one. */
export function admits(match: NamespaceMatch, namespace: string, labels: NamespaceLabels): boolean {
  if (namespace === OTHER_NAMESPACES) return match.kind === "selected";
  return match.kind === "named"
    ? match.name === namespace
    : selectorMatches(match.selector, new Map([...(labels.get(namespace) ?? []), [NAME_LABEL, namespace]]));
}
