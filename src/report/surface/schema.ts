import { z } from "zod";
import { assumption, location, meshFact, region, SCHEMA_VERSION, tool, unknown } from "../review/schema.ts";

const workload = z.strictObject({
  workload: z.string(),
  standing: z
    .enum(["isolated", "not-isolated", "not-governed", "unknown"])
    .describe("How policies treat it for egress; not-governed = host network."),
  reach: z.array(region),
  policies: z.array(z.string()).describe("Policies that isolate it."),
});

const idlePolicy = z
  .strictObject({
    kind: z.string(),
    namespace: z.string().nullable(),
    name: z.string(),
    location: location.nullable(),
  })
  .describe("A policy that selects no workload which Git shows.");

const environment = z.strictObject({
  name: z.string(),
  workloads: z.array(workload),
  idlePolicies: z.array(idlePolicy),
  unknowns: z.array(unknown),
  mesh: z
    .array(z.strictObject({ about: z.string(), facts: z.array(meshFact) }))
    .optional()
    .describe("What Istio says of outbound traffic: context, never proof."),
});

/** The output of `egress-review surface --format json`. */
export const surfaceSchema = z
  .strictObject({
    schemaVersion: z.literal(SCHEMA_VERSION),
    revision: z.string(),
    environments: z.array(environment),
    assumptions: z.array(assumption),
    tool,
  })
  .describe("What each workload of a repository may reach, as egress-review reads it.");

export type SurfaceDocument = z.infer<typeof surfaceSchema>;
