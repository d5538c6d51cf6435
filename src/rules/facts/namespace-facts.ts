import type { Workload } from "../../cluster/cluster.ts";
import type { WorkloadDelta } from "../../diff/diff.ts";
import { OTHER_NAMESPACES } from "../../surface/other-namespaces.ts";
import type { FactType } from "../cel.ts";
import type { Scope } from "../scope.ts";
import { labelsOf, restricts } from "../selection.ts";

export class NamespaceFacts {
  readonly #scope: Scope;
  readonly name: string;
  #others: readonly Workload[] | null = null;

  constructor(scope: Scope, name: string) {
    this.#scope = scope;
    this.name = name;
  }

  get isNew(): boolean {
    return !stoodAtBase(this.#scope, this.name);
  }

  get baseline(): boolean {
    return this.#scope.namespace(this.name)?.baseline ?? false;
  }

  get cde(): boolean {
    return this.#scope.namespace(this.name)?.cde ?? false;
  }

  get hasPolicy(): boolean {
    return this.#scope.headPolicies.inNamespace(this.name).length > 0;
  }

  get leftWithoutPolicy(): boolean {
    const hadPolicy = this.#scope.basePolicies.inNamespace(this.name).length > 0;
    return !this.hasPolicy && (hadPolicy || this.isNew) && this.#scope.delta.head.namespaces.has(this.name);
  }

  get isDeclared(): boolean {
    return (this.#scope.delta.head.namespaces.get(this.name)?.manifest ?? null) !== null;
  }

  get defaultDeny(): boolean {
    return this.#scope.headPolicies.isDefaultDeny(this.name);
  }

  get workloads(): bigint {
    return BigInt(this.#scope.workloads("head", this.name).filter(({ ambient }) => !ambient).length);
  }

  get openWorkloads(): bigint {
    return BigInt(openWorkloads(this.#scope, this.name).length);
  }

  /** Known workloads at head that are not new. */
  get others(): bigint {
    return BigInt(this.#standing.length);
  }

  get othersRestricted(): bigint {
    const policies = this.#scope.headPolicies;
    return BigInt(
      this.#standing.filter(
        (workload) => !workload.hostNetwork && restricts(policies.isolating(this.name, labelsOf(workload))),
      ).length,
    );
  }

  get #standing(): readonly Workload[] {
    this.#others ??= this.#scope
      .workloads("head", this.name)
      .filter(({ key }) => this.#scope.delta.base.workloads.has(key));
    return this.#others;
  }
}

/** Workloads of a namespace that are new and that nothing isolates. */
export function openWorkloads({ delta }: Scope, namespace: string): readonly WorkloadDelta[] {
  return delta.workloads.filter(
    (workload) =>
      workload.namespace === namespace &&
      workload.subject.kind === "known" &&
      workload.presence === "head-only" &&
      workload.openings.some(({ cause }) => cause.kind === "not-isolated"),
  );
}

/** Something of the tree put it there at base; that the configuration names it does not count. */
function stoodAtBase({ delta, environment, basePolicies }: Scope, name: string): boolean {
  // Namespaces that Git does not declare are not new because Git does not declare them.
  if (name === OTHER_NAMESPACES) return true;
  const namespace = delta.base.namespaces.get(name);
  if (namespace === undefined) return false;
  return (
    namespace.manifest !== null ||
    [...delta.base.workloads.values()].some((workload) => workload.namespace === name) ||
    basePolicies.inNamespace(name).some(({ identity }) => identity.namespace === name) ||
    (environment.base?.targets.some((target) => target.namespace === name) ?? false) ||
    (environment.base?.unread.some((target) => target.namespace === name) ?? false)
  );
}

export const namespaceType: FactType = {
  name: "Namespace",
  description: "A namespace of the environment.",
  madeBy: NamespaceFacts,
  fields: {
    name: { type: "string", description: "Its name." },
    isNew: { type: "bool", description: "Nothing of the base tree declared or used it." },
    baseline: { type: "bool", description: "The configuration declares that it keeps a default deny." },
    cde: {
      type: "bool",
      description: "The configuration marks it as part of the cardholder data environment.",
    },
    hasPolicy: { type: "bool", description: "At head at least one policy governs pods of it." },
    leftWithoutPolicy: {
      type: "bool",
      description: "At head it has no policy at all, and it had one or is new.",
    },
    isDeclared: { type: "bool", description: "At head a Namespace object declares it." },
    defaultDeny: { type: "bool", description: "At head some policy isolates every pod of it for egress." },
    workloads: { type: "int", description: "Known workloads at head." },
    openWorkloads: { type: "int", description: "Workloads that are new and that nothing isolates." },
    others: { type: "int", description: "Known workloads at head that stood there at base." },
    othersRestricted: {
      type: "int",
      description: "Those of them that are isolated and not allowed everything.",
    },
  },
  methods: [],
};
