import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { stringify } from "yaml";
import { meaning } from "../../src/policy/meaning.ts";
import { manifest } from "../render/manifest.ts";
import { policyIn, read } from "./read-policy.ts";

function meaningOf(spec: unknown, name = "rules"): string {
  const object = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name }, spec };
  return meaning(policyIn(read(manifest(stringify(object)))));
}

const selector = fc.record({
  matchLabels: fc.dictionary(fc.constantFrom("app", "tier", "team"), fc.constantFrom("a", "b", "c"), {
    maxKeys: 3,
  }),
});
const peer = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: selector, podSelector: selector }),
  fc.constantFrom(
    { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16", "10.2.0.0/16"] } },
    { ipBlock: { cidr: "0.0.0.0/0" } },
  ),
);
const port = fc.oneof(
  fc.record({ protocol: fc.constantFrom("TCP", "UDP"), port: fc.integer({ min: 1, max: 9 }) }),
  fc.constant({ protocol: "TCP", port: "http" }),
  fc.constant({ protocol: "SCTP" }),
);
const rule = fc.record({ to: fc.array(peer, { maxLength: 3 }), ports: fc.array(port, { maxLength: 4 }) });
const spec = fc.record({
  podSelector: selector,
  policyTypes: fc.constant(["Egress"]),
  egress: fc.array(rule, { maxLength: 4 }),
});
type Spec = Readonly<{
  podSelector: { matchLabels: Record<string, string> };
  policyTypes: readonly string[];
  egress: readonly { to: readonly unknown[]; ports: readonly unknown[] }[];
}>;

/** The same policy as another author would write it. */
function respelled(original: Spec): unknown {
  return {
    egress: [...original.egress].reverse().flatMap(({ to, ports }) => {
      const reversed = [...ports].reverse();
      // One rule of several peers is several rules.
      return to.length < 2
        ? [{ ports: reversed, to }]
        : [...to]
            .reverse()
            .map((one) => ({ to: [withExceptReversed(one)], ports: [...reversed, ...reversed] }));
    }),
    policyTypes: original.policyTypes,
    podSelector: {
      matchExpressions: Object.entries(original.podSelector.matchLabels)
        .reverse()
        .map(([key, value]) => ({ key, operator: "In", values: [value, value] })),
    },
    unknownField: true,
  };
}

function withExceptReversed(one: unknown): unknown {
  const { ipBlock } = one as { ipBlock?: { cidr: string; except?: string[] } };
  return ipBlock?.except === undefined
    ? one
    : { ipBlock: { ...ipBlock, except: [...ipBlock.except].reverse() } };
}

describe("meaning", () => {
  test("does not depend on order, spelling, splitting of rules, unknown fields or the name", () => {
    fc.assert(
      fc.property(spec, (original) => {
        expect(meaningOf(respelled(original), "other")).toBe(meaningOf(original));
      }),
      { numRuns: 300 },
    );
  });

  const base = {
    podSelector: {},
    policyTypes: ["Egress"],
    egress: [{ to: [{ podSelector: {} }], ports: [{ port: 80 }] }],
  };
  test.each([
    ["the subject", { ...base, podSelector: { matchLabels: { a: "b" } } }],
    ["the directions", { ...base, policyTypes: ["Egress", "Ingress"] }],
    ["a port", { ...base, egress: [{ to: [{ podSelector: {} }], ports: [{ port: 81 }] }] }],
    [
      "a protocol",
      { ...base, egress: [{ to: [{ podSelector: {} }], ports: [{ port: 80, protocol: "UDP" }] }] },
    ],
    ["every port", { ...base, egress: [{ to: [{ podSelector: {} }] }] }],
    ["the namespaces", { ...base, egress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 80 }] }] }],
    ["any destination", { ...base, egress: [{ ports: [{ port: 80 }] }] }],
    ["no rule", { ...base, egress: [] }],
    ["a rule that allows everything", { ...base, egress: [{}] }],
  ])("changes with %s", (_, changed) => {
    expect(meaningOf(changed)).not.toBe(meaningOf(base));
  });

  test.each([
    ["neighbouring ports and their range", [{ port: 80 }, { port: 81 }], [{ port: 80, endPort: 81 }]],
    ["every port in numbers and in none", [{ port: 1, endPort: 65535 }], [{ protocol: "TCP" }]],
  ])("is the same for %s", (_, one, other) => {
    const withPorts = (ports: unknown) => ({ ...base, egress: [{ ports }] });
    expect(meaningOf(withPorts(one))).toBe(meaningOf(withPorts(other)));
  });
});
