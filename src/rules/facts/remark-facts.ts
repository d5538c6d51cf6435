import type { PolicyRemark } from "../../policy/model/policy-reading.ts";
import type { FactType } from "../cel.ts";
import { objectText } from "./document-facts.ts";

/** What is known of a policy, and its author may not know. */
export class RemarkFacts {
  readonly #remark: PolicyRemark;
  readonly isWritten: boolean;

  constructor(remark: PolicyRemark, isWritten: boolean) {
    this.#remark = remark;
    this.isWritten = isWritten;
  }

  get code(): string {
    return this.#remark.code;
  }

  get object(): string {
    return objectText(this.#remark.manifest);
  }

  get detail(): string {
    return this.#remark.detail.replace(/\.$/, "");
  }
}

export const remarkType: FactType = {
  name: "Remark",
  description: "Something that is known of a policy at head, and that its author may not know.",
  madeBy: RemarkFacts,
  fields: {
    code: {
      type: "string",
      description:
        '"refused-by-enforcer", "kind-not-enforced", "field-without-effect", "needs-feature", "cuts-api-server" or "equal-priority".',
    },
    object: { type: "string", description: '"Kind namespace/name".' },
    detail: { type: "string", description: "One clause in the words of whoever enforces it." },
    isWritten: { type: "bool", description: "This change wrote or changed the object." },
  },
  methods: [],
};
