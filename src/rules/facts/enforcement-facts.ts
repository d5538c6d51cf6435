import type { FactType } from "../cel.ts";

/** Something of this change that makes less of what is declared count. */
export class EnforcementFacts {
  readonly what: "switch" | "cni" | "policy";
  readonly subject: string;
  readonly before: string;
  readonly after: string;
  readonly certain: boolean;
  readonly told: boolean;

  constructor(facts: {
    readonly what: "switch" | "cni" | "policy";
    readonly subject: string;
    readonly before: string;
    readonly after: string;
    readonly certain: boolean;
    readonly told: boolean;
  }) {
    this.what = facts.what;
    this.subject = facts.subject;
    this.before = facts.before;
    this.after = facts.after;
    this.certain = facts.certain;
    this.told = facts.told;
  }
}

export const enforcementType: FactType = {
  name: "Enforcement",
  description:
    "Something that makes less of what is declared count: a switch of the CNI, another CNI, a policy that stays and denies less.",
  madeBy: EnforcementFacts,
  fields: {
    what: { type: "string", description: '"switch", "cni" or "policy".' },
    subject: { type: "string", description: "The setting and its object, or the policy." },
    before: { type: "string", description: "Its value at base, or what the policy did." },
    after: { type: "string", description: "Its value at head, or what the policy does." },
    certain: { type: "bool", description: "It enforces less; else nobody can say whether it does." },
    told: {
      type: "bool",
      description:
        "A finding that blocks says already what opens because this policy does not deny it any more.",
    },
  },
  methods: [],
};
