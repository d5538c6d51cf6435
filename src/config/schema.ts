import { z } from "zod";
import { cidrProblem } from "./cidr.ts";
import { PROFILES } from "./config.ts";

/** A label of RFC 1123, as Kubernetes demands of namespace names. */
const NAMESPACE_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_KEY =
  /^(?=.{1,317}$)([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

const text = z.string().min(1, "must not be empty");
const path = text.refine(
  (value) => !value.startsWith("/") && !value.split("/").includes(".."),
  "must be a path inside the repository, without a leading slash or ..",
);
const cidr = z.string().superRefine((value, context) => {
  const problem = cidrProblem(value);
  if (problem !== null) context.addIssue({ code: "custom", message: problem });
});
const namespaceName = z.string().regex(NAMESPACE_NAME, "is no namespace name");
const labels = z.record(
  z.string().regex(LABEL_KEY, "is no label key"),
  z.string("a label value must be a string: put quotes around it").regex(LABEL_VALUE, "is no label value"),
);

const environment = z.strictObject({
  roots: z
    .array(path)
    .min(1, "must name at least one directory")
    .describe("Directories of this repository whose contents land in this cluster."),
  production: z.boolean().optional().describe("Whether findings count in full. Default: true."),
  profile: z.enum(PROFILES).optional().describe("How the cluster's network plugin reads policies."),
  mode: z
    .enum(["enforce", "observe"])
    .optional()
    .describe('"observe" reports and never blocks. Default: enforce.'),
  approvers: z.array(text).optional().describe("Users and teams that may accept a finding."),
});

const namespace = z.strictObject({
  cde: z.boolean().optional().describe("Part of the cardholder data environment (PCI DSS)."),
  baseline: z.boolean().optional().describe("This namespace must keep a default deny for egress."),
  labels: labels.optional().describe("Labels that somebody else puts on this namespace."),
});

const workload = z.strictObject({
  namespace: namespaceName,
  kind: text.optional().describe("Default: Deployment."),
  name: text,
  labels: labels.describe("The labels of its pods."),
  ports: z
    .array(
      z.strictObject({
        name: text.optional(),
        port: z.int().min(1).max(65535),
        protocol: z.enum(["TCP", "UDP", "SCTP"]).optional(),
      }),
    )
    .optional(),
});

const approvals = z.strictObject({
  self: z
    .enum(["off", "recorded"])
    .optional()
    .describe('"recorded": an author may accept, and everything says so. Default: off.'),
  forbidSelf: z
    .boolean()
    .optional()
    .describe("In an organisation's policy: no repository may allow that. Default: false."),
});

/** `.egress-review.yaml` as it is written; the JSON Schema that editors use is generated from it. */
export const configurationSchema = z
  .strictObject({
    environments: z.record(text, environment).optional().describe("Clusters by name."),
    repositories: z.array(text).optional().describe("Addresses under which this repository is deployed."),
    namespaces: z
      .record(namespaceName, namespace)
      .optional()
      .describe("What nobody can read from manifests."),
    workloads: z.array(workload).optional().describe("Workloads that run though Git does not show them."),
    internalRanges: z.array(cidr).optional().describe("Ranges that count as inside."),
    podCIDRs: z.array(cidr).optional().describe("Addresses of pods."),
    unrendered: z
      .enum(["coverage", "undecided"])
      .optional()
      .describe(
        "What a changed target that cannot be rendered means where it cannot matter. Default: coverage.",
      ),
    approvals: approvals.optional().describe("How findings may be accepted."),
    contact: text.optional().describe("Whom a reader may ask."),
  })
  .describe("Configuration of egress-review");

export type WrittenConfiguration = z.infer<typeof configurationSchema>;
