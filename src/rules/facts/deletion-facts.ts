import type { Policy } from "../../policy/model/policy.ts";
import type { Target } from "../../targets/targets.ts";
import type { FactType } from "../cel.ts";
import { identityText } from "../scope.ts";

/** A policy that base declares and head does not, under a target that both declare. */
export class DeletionFacts {
  readonly #policy: Policy;
  readonly #target: Target;

  constructor(policy: Policy, target: Target) {
    this.#policy = policy;
    this.#target = target;
  }

  get identity(): string {
    return identityText(this.#policy.identity);
  }

  get isEgress(): boolean {
    const { isolates, egress } = this.#policy;
    return isolates.egress || egress.length > 0;
  }

  get pruned(): boolean {
    return this.#target.delivery.prune;
  }

  get managed(): boolean {
    return this.#target.declaredBy !== null;
  }

  get deliveredBy(): string {
    const { declaredBy, id } = this.#target;
    return declaredBy === null ? id : `${declaredBy.kind} ${declaredBy.name}`;
  }
}

export const deletionType: FactType = {
  name: "Deletion",
  description: "A policy that this change deletes from a target that stays.",
  madeBy: DeletionFacts,
  fields: {
    identity: { type: "string", description: '"NetworkPolicy namespace/name".' },
    isEgress: { type: "bool", description: "It isolates what it selects for egress, or has rules for it." },
    pruned: { type: "bool", description: "What deploys it removes what Git removes." },
    managed: { type: "bool", description: "An entry point deploys it." },
    deliveredBy: { type: "string", description: '"Application networking".' },
  },
  methods: [],
};
