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
      z.strictObject({ kind: z.literal("nodes") }),
      z.strictObject({ kind: z.literal("name"), name: z.string() }).describe("A DNS name."),
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

const environment = z.strictObject({
  name: z.string(),
  changed: z.boolean().describe("Whether any of its inputs differ; where none does, nothing is rendered."),
  targets: z.int().min(0),
  rendered: z.int().min(0),
  workloadNames: z.array(z.string()),
  deltas: z.array(delta),
});

const framework = z.enum(["nist-800-53", "cis-kubernetes", "pci-dss"]);

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
    verdict: z.enum(["pass", "block", "undecided"]),
    base: z.string(),
    head: z.string(),
    evaluatedAt: z.iso.datetime(),
    digests: z.strictObject({ inputs: z.string(), policy: z.string(), engine: z.string() }),
    environments: z.array(environment),
    findings: z.array(finding),
    controls: z.array(control),
    unknowns: z.array(unknown),
    assumptions: z.array(assumption),
    coverage,
    tool,
  })
  .describe("A review of egress-review: what a change lets each workload reach that it did not before.");

export type ReviewDocument = z.infer<typeof reviewSchema>;
export type RegionDocument = z.infer<typeof region>;
export type ToolDocument = z.infer<typeof tool>;
