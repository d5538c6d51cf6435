import { z } from "zod";
import { place, SCHEMA_VERSION, tool } from "../review/schema.ts";

const entryPoint = z
  .strictObject({
    kind: z.string(),
    name: z.string(),
    namespace: z.string().nullable(),
    location: place,
  })
  .describe("The object that declares a target.");

const target = z.strictObject({
  id: z.string(),
  source: z.strictObject({ kind: z.enum(["helm", "kustomize", "directory"]), path: z.string() }),
  namespace: z.string().nullable(),
  declaredBy: entryPoint.nullable().describe("null = nothing claims it."),
  delivery: z.strictObject({
    automated: z.boolean(),
    prune: z.boolean(),
    suspended: z.boolean(),
    createsNamespace: z.boolean(),
  }),
});

const unread = z.strictObject({
  id: z.string(),
  declaredBy: entryPoint,
  namespace: z.string().nullable(),
  needs: z.string().describe("What it would take to read it."),
  version: z.string().nullable(),
  claims: z.array(z.string()).describe("Paths of this repository that it may read."),
  code: z.string(),
  reason: z.string(),
});

const environment = z.strictObject({
  name: z.string(),
  kind: z.enum(["cluster", "unclaimed", "manifests"]),
  roots: z.array(z.string()),
  destination: z.string().nullable(),
  production: z.boolean(),
  targets: z.array(target),
  unread: z.array(unread),
});

const problem = z.strictObject({
  code: z.string(),
  environment: z.string().nullable(),
  target: z.string().nullable(),
  subject: z.string(),
  message: z.string(),
  location: place.nullable(),
});

/** The output of `egress-review targets --format json`. */
export const targetsSchema = z
  .strictObject({
    schemaVersion: z.literal(SCHEMA_VERSION),
    revision: z.string(),
    repository: z.strictObject({
      urls: z.array(z.string()),
      evidence: z.enum(["configured", "remotes", "most-named", "none"]),
    }),
    environments: z.array(environment),
    listed: z.array(z.string()).describe("Listed and not judged: tests, examples, dot-directories."),
    problems: z.array(problem),
    tool,
  })
  .describe("Environments and targets that egress-review finds in a repository, without rendering.");

export type TargetsDocument = z.infer<typeof targetsSchema>;
