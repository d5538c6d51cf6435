import type { FactType } from "../cel.ts";
import type { Scope } from "../scope.ts";

export class EnvironmentFacts {
  readonly #scope: Scope;
  #mostlyDefaultDeny: boolean | null = null;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  get name(): string {
    return this.#scope.environment.name;
  }

  get production(): boolean {
    return this.#scope.environment.production;
  }

  get mostlyDefaultDeny(): boolean {
    this.#mostlyDefaultDeny ??= isMostlyDefaultDeny(this.#scope);
    return this.#mostlyDefaultDeny;
  }
}

function isMostlyDefaultDeny({ delta, headPolicies }: Scope): boolean {
  const inhabited = new Set([...delta.head.workloads.values()].map(({ namespace }) => namespace));
  const denied = [...inhabited].filter((namespace) => headPolicies.isDefaultDeny(namespace));
  return inhabited.size > 0 && denied.length * 2 >= inhabited.size;
}

export const environmentType: FactType = {
  name: "Environment",
  description: "The cluster that the judged objects land in.",
  madeBy: EnvironmentFacts,
  fields: {
    name: { type: "string", description: "Its name: the directory of its entry points unless configured." },
    production: { type: "bool", description: "Marked as production, or not marked at all." },
    mostlyDefaultDeny: {
      type: "bool",
      description:
        "At head, at least half of the namespaces that have workloads isolate all their pods for egress.",
    },
  },
  methods: [],
};
