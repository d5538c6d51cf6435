import type { Manifest } from "../../render/render.ts";
import type { Pods } from "../model/policy.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import type { FieldPath } from "../schema/field-error.ts";
import type { CalicoChecks } from "./checks.ts";
import { podsSelectedBy } from "./pods.ts";
import type { SelectorExpression } from "./selector.ts";
import { byServiceAccount } from "./service-accounts.ts";
import { type LabelledAddresses, setsSelectedBy } from "./sets.ts";

/** Something that a policy means and that does not stand in Git. */
export interface OpenMeaning {
  readonly pointer: string;
  readonly detail: string;
}

/** One policy while it is read: what it is checked against, what was read for it, what nobody can say of it. */
export class CalicoReading {
  readonly inputs: PolicyInputs;
  readonly checks: CalicoChecks;
  /** null = a policy of no namespace. */
  readonly namespace: string | null;
  readonly read = new Set<Manifest>();
  readonly open: OpenMeaning[] = [];

  constructor(inputs: PolicyInputs, checks: CalicoChecks, namespace: string | null) {
    this.inputs = inputs;
    this.checks = checks;
    this.namespace = namespace;
  }

  leaveOpen({ field, pointer }: FieldPath, detail: string): void {
    this.open.push({ pointer, detail: `${field}: ${detail}` });
  }

  /** The pods that an expression selects; null where nobody can say, and that is said. */
  pods(expression: SelectorExpression, path: FieldPath): readonly Pods[] | null {
    const resolved = byServiceAccount(expression, this.inputs);
    for (const manifest of resolved.read) this.read.add(manifest);
    for (const { key } of resolved.unmatched) {
      this.leaveOpen(path, `no ServiceAccount in Git has the label that it asks for: ${key.slice(5)}`);
    }
    const pods = podsSelectedBy(resolved.expression);
    if (pods === null) this.leaveOpen(path, "the selector has more alternatives than can be looked at");
    return pods;
  }

  /** The addresses with labels that an expression selects. */
  sets(expression: SelectorExpression, path: FieldPath): readonly LabelledAddresses[] {
    const sets = setsSelectedBy(expression, this.inputs);
    for (const { manifest, hasDomains } of sets) {
      this.read.add(manifest);
      if (hasDomains) this.leaveOpen(path, `${manifest.object.metadata.name ?? ""} names domains`);
    }
    return sets;
  }
}
