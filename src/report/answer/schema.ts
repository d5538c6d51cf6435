import { z } from "zod";
import { assumption, location, region, SCHEMA_VERSION, tool, unknown } from "../review/schema.ts";

const verdict = z.enum(["allow", "deny", "unknown"]);
const direction = z.enum(["egress", "ingress"]);
const match = z.enum(["yes", "partly", "no"]);
const label = z.strictObject({
  key: z.string(),
  term: z.string().describe("What the selector asks for."),
  actual: z.string().nullable().describe("The value it has instead; null = no such label."),
});

const miss = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("selector-and-address") }),
    z.strictObject({ kind: z.literal("outside-block"), cidr: z.string() }),
    z.strictObject({ kind: z.literal("excepted"), cidr: z.string(), except: z.array(z.string()) }),
    z.strictObject({ kind: z.literal("part-of-block"), cidr: z.string(), pod: z.boolean() }),
    z.strictObject({ kind: z.literal("own-namespace"), namespace: z.string() }),
    z.strictObject({ kind: z.literal("namespace-label"), namespace: z.string(), label }),
    z.strictObject({ kind: z.literal("pod-label"), label }),
    z.strictObject({
      kind: z.literal("block-never-matches"),
      what: z.enum(["pod", "node"]),
      cidr: z.string(),
    }),
    z.strictObject({ kind: z.literal("leaves-cluster") }),
    z.strictObject({ kind: z.literal("name"), pattern: z.string(), asked: z.string().nullable() }),
    z.strictObject({ kind: z.literal("nodes") }),
    z.strictObject({ kind: z.literal("api-server") }),
    z.strictObject({ kind: z.literal("protocol"), protocols: z.array(z.string()) }),
    z.strictObject({ kind: z.literal("port") }),
    z.strictObject({ kind: z.literal("port-name"), names: z.array(z.string()) }),
    z.strictObject({ kind: z.literal("port-name-and-address"), names: z.array(z.string()) }),
  ])
  .meta({ id: "Miss", description: "Why a rule does not match." });

const rule = z
  .strictObject({
    policy: z.string(),
    location: location.nullable(),
    pointer: z.string().describe("JSON pointer of the rule in its object."),
    offers: z.array(region),
    peer: match,
    port: match,
    misses: z.array(miss),
    action: z.enum(["allow", "deny", "pass"]),
    application: z.boolean().describe("It asks for more than addresses and ports, which is no cut here."),
    decides: z.boolean().describe("It is what allows or denies this."),
    passes: z.boolean().describe("It leaves this to the next tier."),
  })
  .meta({ id: "Rule" });

const step = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("fact"),
    direction,
    verdict: z.enum(["allow", "unknown"]),
    cause: z.enum(["own-pod", "own-node", "host-network", "nobody-isolated", "some-may-be-isolated"]),
  }),
  z.strictObject({
    kind: z.literal("walk"),
    direction,
    subject: z.string().describe("The pod whose policies are asked."),
    verdict,
    cause: z.enum([
      "host-network",
      "not-isolated",
      "admitted",
      "denied",
      "isolated",
      "no-rule",
      "part-admitted",
      "place-not-known",
      "not-read",
      "run-time",
    ]),
    policies: z.array(
      z.strictObject({
        kind: z.string(),
        namespace: z.string().nullable(),
        name: z.string(),
        location: location.nullable(),
        tier: z.string().nullable().describe("Where it is asked; null where there is but one place."),
        order: z.number().nullable().describe("Within its tier, smaller first; null = no order."),
        rules: z.array(rule),
      }),
    ),
    nearest: rule.nullable().describe("Of a denial: the rule that comes closest."),
    admitted: z
      .array(region)
      .describe("Of an answer that holds for a part: all that is admitted at this port."),
    unknowns: z.array(unknown),
  }),
]);

const flow = z.strictObject({
  from: z.string(),
  to: z.string(),
  port: z.int().min(1).max(65_535),
  protocol: z.enum(["TCP", "UDP", "SCTP"]),
  verdict,
  steps: z.array(step).nullable().describe("null = left out of a long list."),
  unresolved: z
    .strictObject({
      reason: z.enum(["addresses-not-in-git", "no-pods-behind", "port-name-not-given"]),
      unknowns: z.array(unknown),
    })
    .nullable(),
  opening: z
    .strictObject({
      yaml: z.string().describe("A policy to add."),
      opens: z.array(region).describe("What it opens to the sender, whole."),
      also: z.array(z.string()).describe("Other workloads with the same labels: it opens the same for them."),
    })
    .nullable()
    .describe("Of a flow that head denies: the smallest addition that opens it alone, evaluated."),
});

const side = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("absent"), what: z.enum(["environment", "source", "destination"]) }),
  z.strictObject({
    kind: z.literal("answered"),
    verdict: verdict.describe("allow = every flow is allowed, deny = none is."),
    flows: z.array(flow),
    notes: z.array(
      z.enum([
        "usual-port",
        "usual-resolver",
        "usual-pod-addresses",
        "version-4-alone",
        "ingress-not-asked",
        "host-network-selectors",
      ]),
    ),
  }),
]);

/** The output of `egress-review can --format json`. */
export const answerSchema = z
  .strictObject({
    schemaVersion: z.literal(SCHEMA_VERSION),
    from: z.string(),
    to: z.string(),
    direction: z.enum(["egress", "both"]),
    revisions: z.strictObject({ base: z.string().nullable(), head: z.string() }),
    environments: z.array(
      z.strictObject({
        name: z.string(),
        base: side.nullable().describe("null = one state was asked."),
        head: side,
      }),
    ),
    assumptions: z.array(assumption),
    tool,
  })
  .describe(
    "Whether one flow is allowed, as egress-review reads a repository, with the walk that decides it.",
  );

export type AnswerDocument = z.infer<typeof answerSchema>;
