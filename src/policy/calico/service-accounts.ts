import type { Manifest } from "../../render/render.ts";
import { groupOf } from "../model/api-group.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import { and, isIn, or, replaced, testHolds } from "./expression.ts";
import { NAME, NAMESPACE, OF_SERVICE_ACCOUNT } from "./pods.ts";
import type { LabelTest, SelectorExpression } from "./selector.ts";

export interface ByServiceAccount {
  /** Without tests on labels of service accounts. */
  readonly expression: SelectorExpression;
  /** The service accounts that it was resolved with. */
  readonly read: readonly Manifest[];
  /** Tests that no service account in Git passes: those that pass them stand elsewhere, or nowhere. */
  readonly unmatched: readonly LabelTest[];
}

/**
 * Labels of service accounts ("pcsa." + label, which pods inherit) as names of service accounts: those that Git declares. One
 * that Git does not declare is taken to have no labels, as every namespace's "default" has.
 */
export function byServiceAccount(expression: SelectorExpression, inputs: PolicyInputs): ByServiceAccount {
  const read = new Set<Manifest>();
  const unmatched: LabelTest[] = [];
  const resolved = replaced(expression, (leaf, negated) => {
    if (leaf.kind === "all" || leaf.kind === "global") return leaf;
    if (!leaf.key.startsWith(OF_SERVICE_ACCOUNT) || leaf.key === `${OF_SERVICE_ACCOUNT}${NAME}`) return leaf;
    const label = leaf.key.slice(OF_SERVICE_ACCOUNT.length);
    const passing = inputs
      .objects("", "ServiceAccount")
      .filter(
        ({ object }) => groupOf(object) === "" && testHolds(leaf, labelOf(object.metadata.labels, label)),
      );
    if (passing.length === 0 && !negated) unmatched.push(leaf);
    for (const manifest of passing) read.add(manifest);
    return namedAs(passing);
  });
  return { expression: resolved, read: [...read], unmatched };
}

function labelOf(labels: Readonly<Record<string, unknown>> | undefined, key: string): string | undefined {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  return typeof value === "string" ? value : undefined;
}

function namedAs(accounts: readonly Manifest[]): SelectorExpression {
  const byNamespace = new Map<string, string[]>();
  for (const { namespace, object } of accounts) {
    const key = namespace ?? "default";
    byNamespace.set(key, [...(byNamespace.get(key) ?? []), object.metadata.name ?? ""]);
  }
  return or(
    [...byNamespace].flatMap(
      ([namespace, names]) =>
        and(isIn(NAMESPACE, [namespace]), isIn(`${OF_SERVICE_ACCOUNT}${NAME}`, names)) ?? [],
    ),
  );
}
