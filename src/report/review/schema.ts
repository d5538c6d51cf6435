import { z } from "zod";

/** Version of every JSON output. It grows when a key changes its meaning or goes; new keys do not count. */
export const SCHEMA_VERSION = 1;

export const tool = z.strictObject({ name: z.literal("egress-review"), version: z.string() });

export const place = z.strictObject({
  path: z.string().describe("Relative to the repository's root."),
  line: z.int().min(1).nullable().describe("One-based; null where it is not certain."),
});

export const location = z
  .strictObject({ side: z.enum(["base", "head"]), ...place.shape })
  .meta({ id: "Location", description: "Where something stands." });

const namespaces = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("every") }),
  z.strictObject({ kind: z.literal("named"), names: z.array(z.string()) }),
  z.strictObject({ kind: z.literal("every-except"), names: z.array(z.string()) }),
  z
    .strictObject({ kind: z.literal("undeclared"), labels: z.array(z.string()) })
    .describe("Namespaces that Git does not declare, by labels."),
]);

const whole = z
  .strictObject({
    destination: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("any") }).describe("Addresses, pods and nodes alike."),
      z.strictObject({ kind: z.literal("ip"), cidrs: z.array(z.string()) }),
      z.strictObject({ kind: z.literal("pods"), namespaces, labels: z.array(z.string()) }),
      z
        .strictObject({
          kind: z.literal("nodes"),
          which: z.enum(["own", "other", "any"]),
          labels: z.array(z.string()),
        })
        .describe("Addresses of nodes: the one that the pod runs on, the others, or any."),
      z.strictObject({ kind: z.literal("api-server") }),
      z
        .strictObject({ kind: z.literal("name"), name: z.string() })
        .describe('Addresses looked up under a DNS name, or one that a pattern matches; "*" = any.'),
    ]),
    protocol: z.enum(["TCP", "UDP", "SCTP", "any"]),
    ports: z.string().describe('Canonical: "443", "80, 443", "1-1023", "any", "named http".'),
  })
  .meta({ id: "Region", description: "Destinations with protocol and ports. Equal sets have equal lists." });

export const region = z
  .strictObject({
    ...whole.shape,
    before: z
      .array(whole)
      .optional()
      .describe(
        "Of an added or removed region of pods: the part of it that is on both sides. Absent = none.",
      ),
  })
  .meta({ id: "RegionOfDifference" });

const takesEffect = z.strictObject({
  when: z.enum(["next-sync", "manual-sync", "after-prune", "when-applied"]),
  by: z.array(z.string()).describe("The entry points that carry the change."),
});

const delta = z.strictObject({
  workload: z
    .string()
    .describe('"namespace/Kind/name"; "namespace/?key=value" for pods that Git does not show.'),
  added: z.array(region),
  removed: z.array(region),
  takesEffect,
});

export const meshFact = z.strictObject({
  field: z.string().describe('A field of the API: "outboundTrafficPolicy".'),
  values: z.array(z.string()),
  note: z.string(),
});

const mesh = z
  .strictObject({
    kind: z.enum(["object", "workload"]),
    about: z.string(),
    before: z.array(meshFact).nullable().describe("null = it said nothing at base."),
    after: z.array(meshFact).nullable().describe("null = it says nothing at head."),
  })
  .describe("What Istio says of outbound traffic: context, never proof, and no part of the verdict.");

const environment = z.strictObject({
  name: z.string(),
  changed: z.boolean().describe("Whether any of its inputs differ; where none does, nothing is rendered."),
  targets: z.int().min(0),
  rendered: z.int().min(0),
  workloadNames: z.array(z.string()),
  deltas: z.array(delta),
  mesh: z
    .array(mesh)
    .optional()
    .describe("Only where something of a mesh changed, or stands for changed workloads."),
});

const framework = z.enum(["nist-800-53", "cis-kubernetes", "pci-dss"]);

const verdict = z.enum(["pass", "block", "undecided"]);

const approval = z.strictObject({
  approver: z.string(),
  reason: z.string(),
  at: z.iso.datetime({ offset: true }),
  head: z.string().describe("The commit that was the head when it was given."),
  self: z
    .boolean()
    .describe("Given by an author of the change, where configuration allows and records that."),
});

const fix = z
  .strictObject({
    kind: z.literal("delete-lines"),
    path: z.string(),
    first: z.int().min(1),
    last: z.int().min(1),
    verdict: verdict.describe("What the whole review says then."),
    left: z.array(z.string()).describe("Handles of warnings and worse that are left then."),
  })
  .describe("An edit that was evaluated: lines that this change added, taken out again.");

const object = z.strictObject({ kind: z.string(), namespace: z.string().nullable(), name: z.string() });

const edit = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("remove"),
      object,
      pointer: z.string().describe('JSON pointer of the part; "" = the object.'),
      location: location.nullable(),
    }),
    z.strictObject({
      kind: z.literal("restore"),
      object,
      location: location.nullable(),
      documentUnchanged: z
        .boolean()
        .describe("Its document stands in head as it stood at base: what feeds it changed."),
    }),
    z.strictObject({
      kind: z.literal("set-labels"),
      workload: z.string(),
      labels: z.record(z.string(), z.string().nullable()).describe("null = without the label."),
    }),
    z.strictObject({ kind: z.literal("leave-host-network"), workload: z.string() }),
    z.strictObject({ kind: z.literal("add"), object, yaml: z.string() }),
  ])
  .describe(
    "The smallest edit that was found: evaluated, it closes this opening, opens nothing and loses nothing.",
  );

const explanation = z
  .strictObject({
    admits: z.strictObject({
      kind: z.enum(["rule", "not-isolated", "not-governed", "unknown"]),
      policy: object.nullable(),
      location: location.nullable(),
    }),
    stopped: z
      .array(
        z.strictObject({
          policy: object,
          fate: z.enum([
            "removed",
            "not-enforced",
            "no-longer-selects",
            "no-longer-selected",
            "host-network",
            "no-longer-denies",
            "reordered",
            "stands",
          ]),
          location: location.nullable(),
        }),
      )
      .describe("Base policies that denied it, and what became of them."),
    edit: edit.nullable(),
  })
  .describe(
    "What admits it, what stopped it before, what would close it; null where it is about no opening.",
  );

const finding = z.strictObject({
  rule: z.string().regex(/^EGR-\d{3}$/),
  handle: z.string().describe("Rule and the beginning of the fingerprint; how people name this finding."),
  title: z.string(),
  why: z.string(),
  severity: z.enum(["block", "undecided", "warn", "note"]),
  fingerprint: z
    .string()
    .describe("SHA-256 of rule, environment, subject and policy identity; never of lines or regions."),
  environments: z.array(z.string()),
  workloads: z.array(z.string()),
  destinations: z.array(z.string()),
  message: z.string(),
  remediation: z.string(),
  location: location.nullable(),
  lines: z
    .strictObject({ first: z.int().min(1), last: z.int().min(1) })
    .nullable()
    .describe("Lines that make the cause, where they are certain."),
  document: z
    .strictObject({ kind: z.string(), namespace: z.string().nullable(), name: z.string() })
    .nullable(),
  controls: z.array(
    z.strictObject({
      framework,
      id: z.string(),
      title: z.string(),
      relation: z.enum(["evidences", "supports", "context"]),
      limits: z.array(z.string()),
    }),
  ),
  observed: z.boolean().describe("All its environments only observe: it decides nothing."),
  approval: approval.nullable().describe("Who accepted it; an accepted finding decides nothing."),
  rendered: z
    .strictObject({ base: z.string().nullable(), head: z.string().nullable() })
    .nullable()
    .describe(
      "The object of the cause as it was rendered, in YAML, of what blocks or is undecided; null where it must not be shown.",
    ),
  fix: fix.nullable(),
  explanation: explanation.nullable(),
});

const proposed = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("judged"),
    path: z.string(),
    verdict,
    observed: verdict.nullable(),
    findings: z.array(z.string()).describe("Handles of what blocks or is undecided under it."),
    weakens: z.array(z.string()).describe("Keys by which it is, or may be, weaker than the base's."),
  }),
  z.strictObject({
    kind: z.literal("invalid"),
    problems: z.array(
      z.strictObject({ code: z.string(), path: z.string(), line: z.int().nullable(), message: z.string() }),
    ),
  }),
]);

const voidApproval = z.strictObject({
  fingerprint: z.string(),
  ...approval.shape,
  why: z
    .enum(["grew", "policy-changed"])
    .describe("The finding speaks of more than was accepted, or is judged by another policy."),
});

const control = z.strictObject({
  framework,
  id: z.string(),
  title: z.string(),
  effect: z.enum(["stronger", "weaker", "mixed", "unchanged", "not-assessed"]),
  reason: z.string(),
  findings: z.array(z.string()).describe("Handles."),
  limits: z.array(z.string()),
});

export const unknown = z.strictObject({
  handle: z.string(),
  environment: z.string(),
  target: z.string().nullable(),
  code: z.string(),
  reason: z.string(),
  changed: z.boolean().describe("Whether it may differ between the sides."),
  location: location.nullable(),
});

export const assumption = z.strictObject({ code: z.string(), text: z.string() });

const coverage = z.strictObject({
  environments: z.strictObject({ changed: z.int().min(0), unchanged: z.int().min(0) }),
  targets: z.strictObject({ decided: z.int().min(0), partlyRead: z.int().min(0), notRead: z.int().min(0) }),
  workloads: z.int().min(0),
  policies: z.int().min(0),
  listed: z.array(z.string()).describe("Listed and not judged: tests, examples."),
  unmodelledKinds: z.record(z.string(), z.int().min(0)),
  remarks: z.array(z.string()),
});

/** The output of `egress-review review --format json`; `schemas/review.schema.json` is made from it. */
export const reviewSchema = z
  .strictObject({
    schemaVersion: z.literal(SCHEMA_VERSION),
    verdict: verdict.describe("Of what is enforced and nobody accepted."),
    observed: verdict
      .nullable()
      .describe("The verdict if environments that only observe counted, where it is worse."),
    base: z.string(),
    head: z.string(),
    evaluatedAt: z.iso.datetime(),
    digests: z.strictObject({
      inputs: z.string(),
      policy: z.string(),
      engine: z.string(),
      approvals: z.string(),
    }),
    environments: z.array(environment),
    findings: z.array(finding),
    controls: z.array(control),
    unknowns: z.array(unknown),
    assumptions: z.array(assumption),
    coverage,
    proposed: proposed
      .nullable()
      .describe("The change edits the configuration: what the edited one would say. It decides nothing."),
    voidApprovals: z.array(voidApproval),
    tool,
  })
  .describe("A review of egress-review: what a change lets each workload reach that it did not before.");

export type ReviewDocument = z.infer<typeof reviewSchema>;
export type RegionDocument = z.infer<typeof region>;
export type ToolDocument = z.infer<typeof tool>;
