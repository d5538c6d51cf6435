import type { WorkloadDelta } from "../../diff/diff.ts";
import type { Policy } from "../../policy/model/policy.ts";
import type { FactType } from "../cel.ts";
import { isIsolated, podLabels, type Scope } from "../scope.ts";
import { governs } from "../selection.ts";
import { NamespaceFacts } from "./namespace-facts.ts";

export class WorkloadFacts {
  readonly #scope: Scope;
  readonly #delta: WorkloadDelta;
  readonly #promises: readonly Policy[];
  readonly namespace: NamespaceFacts;

  /** `promises` = policies of this change whose text promises what their rules do not do (EGR-402). */
  constructor(scope: Scope, delta: WorkloadDelta, promises: readonly Policy[]) {
    this.#scope = scope;
    this.#delta = delta;
    this.#promises = promises;
    this.namespace = new NamespaceFacts(scope, delta.namespace);
  }

  get key(): string {
    return this.#delta.key;
  }

  get isKnown(): boolean {
    return this.#delta.subject.kind === "known";
  }

  get isNew(): boolean {
    return this.#delta.presence === "head-only";
  }

  get decides(): boolean {
    return this.#delta.decides;
  }

  get isIsolated(): boolean {
    return isIsolated(this.#delta.after);
  }

  get wasIsolated(): boolean {
    return isIsolated(this.#delta.before);
  }

  /** Isolated for the first time. */
  get closes(): boolean {
    const { before, after } = this.#delta;
    return before?.governed === true && before.isolating.length === 0 && isIsolated(after);
  }

  get ordinaryPodIsolated(): boolean {
    const { namespace } = this.#delta;
    return this.#scope.headPolicies.isolating(namespace, podLabels(this.#delta)).length > 0;
  }

  get promised(): boolean {
    const { namespace } = this.#delta;
    const labels = podLabels(this.#delta);
    return this.#promises.some(
      (policy) => policy.identity.namespace === namespace && governs(policy, labels),
    );
  }
}

export const workloadType: FactType = {
  name: "Workload",
  description: "A workload, or a pod that Git does not show, whose surface differs between base and head.",
  madeBy: WorkloadFacts,
  fields: {
    key: {
      type: "string",
      description: "namespace/Kind/name, or namespace/?label=value for pods not in Git.",
    },
    namespace: { type: "Namespace", description: "The namespace it runs in." },
    isKnown: { type: "bool", description: "Git shows it; false for a potential workload." },
    isNew: { type: "bool", description: "It exists at head only." },
    decides: {
      type: "bool",
      description: "It counts for the verdict: false where all pods of the namespace are in Git.",
    },
    isIsolated: { type: "bool", description: "At head some policy isolates it for egress." },
    wasIsolated: { type: "bool", description: "At base some policy isolated it for egress." },
    closes: { type: "bool", description: "Isolated at head for the first time." },
    ordinaryPodIsolated: {
      type: "bool",
      description: "A pod with these labels that is not on the host network would be isolated at head.",
    },
    promised: {
      type: "bool",
      description: "A policy of this change selects it and promises what it does not do.",
    },
  },
  methods: [],
};
