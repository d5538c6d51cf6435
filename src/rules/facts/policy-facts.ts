import type { OpenNamespaceReason } from "../../cluster/cluster.ts";
import type { Policy } from "../../policy/model/policy.ts";
import type { FactType } from "../cel.ts";
import { identityText, type Scope } from "../scope.ts";
import { labelsOf, selects } from "../selection.ts";

export class PolicyFacts {
  readonly #scope: Scope;
  readonly #policy: Policy;
  readonly isChanged: boolean;

  constructor(scope: Scope, policy: Policy, isChanged: boolean) {
    this.#scope = scope;
    this.#policy = policy;
    this.isChanged = isChanged;
  }

  get identity(): string {
    return identityText(this.#policy.identity);
  }

  get name(): string {
    return this.#policy.identity.name;
  }

  get namespace(): string {
    return this.#policy.identity.namespace ?? "";
  }

  get isNew(): boolean {
    return this.#scope.pair(this.#policy.identity).base === null;
  }

  get isEgress(): boolean {
    return this.#policy.isolates.egress;
  }

  get selected(): bigint {
    return BigInt(selectedCount(this.#scope, this.#policy, "head"));
  }

  get selectedBefore(): bigint {
    const { base } = this.#scope.pair(this.#policy.identity);
    return BigInt(base === null ? 0 : selectedCount(this.#scope, base, "base"));
  }

  get namespaceWorkloads(): bigint {
    return BigInt(this.#scope.workloads("head", this.namespace).filter(({ ambient }) => !ambient).length);
  }

  get unseenPods(): UnseenPods {
    return unseenPods(this.#scope, this.namespace);
  }
}

/** Whether the pods of a namespace are all in Git, and why not: "" = they are. */
export type UnseenPods = "" | "not-rendered" | "not-read" | "made-at-run-time";

export function unseenPods({ delta }: Scope, namespace: string): UnseenPods {
  const reason = delta.head.openNamespaces.get(namespace) ?? delta.base.openNamespaces.get(namespace);
  // "nothing-rendered" counts where it holds on both sides, any other reason on either.
  if (reason === "nothing-rendered" && delta.head.openNamespaces.get(namespace) !== reason) return "";
  return reason === undefined ? "" : UNSEEN[reason];
}

const UNSEEN: Readonly<Record<OpenNamespaceReason, UnseenPods>> = {
  "nothing-rendered": "not-rendered",
  "unread-target": "not-read",
  "partly-rendered": "not-read",
  carrier: "not-read",
  "pod-making-resource": "made-at-run-time",
};

function selectedCount(scope: Scope, policy: Policy, side: "base" | "head"): number {
  const [only, second] = policy.subjects;
  const cluster = scope.delta[side];
  const candidates =
    only?.namespaces.kind === "named" && second === undefined
      ? scope.workloads(side, only.namespaces.name)
      : [...cluster.workloads.values()];
  return candidates.filter((workload) => selects(policy, workload.namespace, labelsOf(workload), cluster))
    .length;
}

export const policyType: FactType = {
  name: "Policy",
  description: "A policy at head that this change wrote, or that lost the workloads it selected.",
  madeBy: PolicyFacts,
  fields: {
    identity: { type: "string", description: '"NetworkPolicy namespace/name".' },
    name: { type: "string", description: "Its name." },
    namespace: { type: "string", description: 'Its namespace; "" where it has none.' },
    isChanged: {
      type: "bool",
      description: "It is new or means something else than at base; a rename is neither.",
    },
    isNew: { type: "bool", description: "Base has no policy of this identity." },
    isEgress: { type: "bool", description: "It isolates what it selects for egress." },
    selected: { type: "int", description: "Known workloads that it selects at head." },
    selectedBefore: { type: "int", description: "Known workloads that it selected at base." },
    namespaceWorkloads: { type: "int", description: "Known workloads of its namespace at head." },
    unseenPods: {
      type: "string",
      description:
        'Why its namespace may hold pods that Git does not show: "not-rendered", "not-read", "made-at-run-time"; "" = it may not.',
    },
  },
  methods: [],
};
