import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { stringify } from "yaml";
import type { PolicyReading } from "../../src/policy/model/policy-reading.ts";
import type { Manifest } from "../../src/render/render.ts";
import { manifest } from "../render/manifest.ts";
import { policyIn, read, unknownIn } from "./read-policy.ts";

function firewall(spec: unknown, metadata: Record<string, unknown> = { name: "default" }): Manifest {
  return manifest(stringify({ apiVersion: "k8s.ovn.org/v1", kind: "EgressFirewall", metadata, spec }));
}

function legacy(spec: unknown, name = "default"): Manifest {
  return manifest(
    stringify({
      apiVersion: "network.openshift.io/v1",
      kind: "EgressNetworkPolicy",
      metadata: { name },
      spec,
    }),
  );
}

function readOf(one: Manifest, others: readonly Manifest[] = []): PolicyReading | null {
  return read(one, "ovn-kubernetes", others);
}

const rules = (...egress: readonly unknown[]) => readOf(firewall({ egress }));
const oldRules = (...egress: readonly unknown[]) => readOf(legacy({ egress }));
const ANY = { cidrSelector: "0.0.0.0/0" };

describe("EgressFirewall (ovn-kubernetes egressfirewall/v1 types.go)", () => {
  test("governs every pod of its namespace, beside all other policies, in order, and isolates nobody", () => {
    const policy = policyIn(
      rules({ type: "Allow", to: { cidrSelector: "1.2.3.0/24" } }, { type: "Deny", to: ANY }),
    );
    expect(policy).toMatchObject({
      tier: "egress-firewall",
      order: 0,
      subjects: [{ namespaces: { kind: "named", name: "shop" }, pods: [] }],
      isolates: { egress: false, ingress: false },
      ingress: [],
    });
    expect(policy.egress.map(({ action }) => action)).toEqual(["allow", "deny"]);
  });

  test("an empty list denies nothing: what no rule holds is allowed", () => {
    expect(policyIn(rules()).egress).toEqual([]);
  });

  test("a block is about traffic that leaves the cluster alone", () => {
    expect(policyIn(rules({ type: "Deny", to: ANY })).egress[0]?.peers).toMatchObject([
      { kind: "addresses", cidr: "0.0.0.0/0", leavesCluster: true },
    ]);
  });

  test.each([
    ["www.Example.com.", ["www.example.com"]],
    ["*.example.com", [{ any: "within-label" }, ".example.com"]],
  ])("dnsName %s: a star is one label", (dnsName, parts) => {
    expect(rules({ type: "Allow", to: { dnsName } })?.policies[0]?.egress[0]?.peers).toMatchObject([
      { kind: "names", pattern: { parts } },
    ]);
  });

  test("a wildcard needs a feature that may be off, and is said", () => {
    const remarks = rules({ type: "Allow", to: { dnsName: "*.example.com" } })?.remarks;
    expect(remarks).toMatchObject([{ code: "needs-feature", pointer: "/spec/egress/0" }]);
    expect(rules({ type: "Allow", to: { dnsName: "example.com" } })?.remarks).toEqual([]);
  });

  test("nodeSelector means addresses of nodes", () => {
    const to = { nodeSelector: { matchLabels: { role: "edge" } } };
    expect(policyIn(rules({ type: "Allow", to })).egress[0]?.peers).toMatchObject([
      { kind: "nodes", which: "any" },
    ]);
  });

  test("ports: with none every port; a protocol that no packet has matches nothing", () => {
    const portsOf = (ports: unknown) => policyIn(rules({ type: "Deny", to: ANY, ports })).egress[0]?.ports;
    expect(portsOf(undefined)).toBeNull();
    expect(portsOf([])).toBeNull();
    expect(portsOf([{ protocol: "UDP", port: 53 }])).toMatchObject([
      { protocol: "UDP", port: { first: 53, last: 53 } },
    ]);
    expect(portsOf([{ protocol: "TCPX", port: 53 }])).toEqual([]);
  });

  test("what is no Allow and passes the pattern of the schema drops", () => {
    expect(policyIn(rules({ type: "AllowAll", to: { cidrSelector: "1.2.3.4/32" } })).egress[0]?.action).toBe(
      "deny",
    );
  });

  test.each([
    ["another name than default", firewall({ egress: [] }, { name: "rules" }), "should match '^default$'"],
    ["no egress", firewall({}), "spec.egress: Required value"],
    ["no spec", firewall(undefined), "spec: Required value"],
    [
      "a type in lower case",
      firewall({ egress: [{ type: "deny", to: ANY }] }),
      "should match '^Allow|Deny$'",
    ],
    ["no destination", firewall({ egress: [{ type: "Deny", to: {} }] }), "should have at least 1 properties"],
    [
      "two destinations",
      firewall({ egress: [{ type: "Deny", to: { ...ANY, dnsName: "a.b" } }] }),
      "Too many: 2",
    ],
    [
      "a star in the middle",
      firewall({ egress: [{ type: "Deny", to: { dnsName: "a.*.b" } }] }),
      "spec.egress[0].to.dnsName",
    ],
    [
      "a port without protocol",
      firewall({ egress: [{ type: "Deny", to: ANY, ports: [{ port: 1 }] }] }),
      "protocol: Required value",
    ],
    [
      "port 0",
      firewall({ egress: [{ type: "Deny", to: ANY, ports: [{ protocol: "TCP", port: 0 }] }] }),
      "greater than or equal to 1",
    ],
  ])("%s is refused by the API server", (_, one, reason) => {
    const unknown = unknownIn(readOf(one));
    expect(unknown.code).toBe("invalid-policy");
    expect(unknown.detail).toContain(reason);
  });

  test.each([
    ["a block that is none", { cidrSelector: "10.0.0.300/8" }],
    ["an address without a length", { cidrSelector: "10.0.0.1" }],
    ["zeros before an octet", { cidrSelector: "010.0.0.0/8" }],
  ])("%s, and none of the object is enforced", (_, to) => {
    expect(rules({ type: "Deny", to: ANY }, { type: "Deny", to })).toMatchObject({
      policies: [],
      unknowns: [],
      remarks: [{ code: "refused-by-enforcer", pointer: "/spec/egress/1/to/cidrSelector" }],
    });
  });

  test("more rules than there are priorities, and none is enforced", () => {
    const many = (count: number) =>
      Array.from({ length: count }, () => ({ type: "Deny", to: { cidrSelector: "1.2.3.4/32" } }));
    expect(rules(...many(8_001))?.policies).toHaveLength(1);
    expect(rules(...many(8_002))).toMatchObject({
      policies: [],
      remarks: [{ code: "refused-by-enforcer" }],
    });
  });
});

describe("denying every address cuts the API server too (openshift-docs, Configuring an egress firewall for a project)", () => {
  const deny = { type: "Deny", to: ANY };
  test.each([
    ["nothing before it", [deny], true],
    ["only a public address before it", [{ type: "Allow", to: { cidrSelector: "8.8.8.8/32" } }, deny], true],
    ["a name before it", [{ type: "Allow", to: { dnsName: "quay.io" } }, deny], true],
    ["an Allow after it", [deny, { type: "Allow", to: { cidrSelector: "10.0.0.0/16" } }], true],
    [
      "an Allow of another port",
      [{ type: "Allow", to: { cidrSelector: "10.0.0.0/16" }, ports: [{ protocol: "TCP", port: 80 }] }, deny],
      true,
    ],
    ["private addresses before it", [{ type: "Allow", to: { cidrSelector: "10.0.0.0/16" } }, deny], false],
    [
      "the port of an API server there",
      [
        { type: "Allow", to: { cidrSelector: "10.0.0.0/16" }, ports: [{ protocol: "TCP", port: 6443 }] },
        deny,
      ],
      false,
    ],
    ["nodes before it", [{ type: "Allow", to: { nodeSelector: {} } }, deny], false],
    ["a Deny of another port", [{ ...deny, ports: [{ protocol: "TCP", port: 25 }] }], false],
    ["a Deny of some addresses", [{ type: "Deny", to: { cidrSelector: "128.0.0.0/1" } }], false],
  ])("%s", (_, egress, cut) => {
    const codes = rules(...egress)?.remarks.map(({ code }) => code);
    expect(codes).toEqual(cut ? ["cuts-api-server"] : []);
  });
});

describe("EgressNetworkPolicy (openshift/api network/v1; openshift/sdn ovscontroller.go)", () => {
  test("has the same order, under any name", () => {
    const policy = policyIn(
      readOf(
        legacy(
          {
            egress: [
              { type: "Allow", to: { dnsName: "a.b" } },
              { type: "Deny", to: ANY },
            ],
          },
          "rules",
        ),
      ),
    );
    expect(policy).toMatchObject({
      tier: "egress-firewall",
      order: 0,
      egress: [{ action: "allow" }, { action: "deny" }],
    });
  });

  test("0.0.0.0/32 is every address: it used to be written so", () => {
    expect(
      policyIn(oldRules({ type: "Deny", to: { cidrSelector: "0.0.0.0/32" } })).egress[0]?.peers,
    ).toMatchObject([{ cidr: "0.0.0.0/0" }]);
  });

  test("with a block and a name the block counts, with neither nothing does", () => {
    const policy = policyIn(
      oldRules(
        { type: "Deny", to: { cidrSelector: "1.2.3.4/32", dnsName: "a.b" } },
        { type: "Deny", to: {} },
      ),
    );
    expect(policy.egress.map(({ peers }) => peers?.map(({ kind }) => kind))).toEqual([["addresses"], []]);
  });

  test("several in a namespace: no rule counts, and all that leaves is dropped", () => {
    const first = legacy({ egress: [{ type: "Allow", to: ANY }] }, "first");
    const reading = readOf(first, [legacy({ egress: [] }, "second")]);
    expect(policyIn(reading).egress).toMatchObject([
      { action: "deny", ports: null, peers: [{ cidr: "0.0.0.0/0" }, { cidr: "::/0" }] },
    ]);
    expect(reading?.remarks).toMatchObject([{ code: "field-without-effect" }]);
    expect(policyIn(reading).digest).not.toBe(policyIn(readOf(first)).digest);
  });

  test("beside an EgressFirewall it is a left-over: OVN-Kubernetes does not know it", () => {
    expect(readOf(legacy({ egress: [] }), [firewall({ egress: [] })])).toMatchObject({
      policies: [],
      remarks: [{ code: "kind-not-enforced" }],
    });
  });

  test.each([
    ["an IPv6 block", { type: "Deny", to: { cidrSelector: "::/0" } }],
    ["a wildcard", { type: "Deny", to: { dnsName: "*.a.b" } }],
    ["no type", { to: ANY }],
    ["no destination", { type: "Deny" }],
  ])("%s is refused", (_, rule) => {
    expect(unknownIn(oldRules(rule)).code).toBe("invalid-policy");
  });
});

test("whatever stands in an object, reading it never fails", () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const rule = fc.record(
    {
      type: fc.oneof(value, fc.constantFrom("Allow", "Deny")),
      to: fc.oneof(
        value,
        fc.record({ cidrSelector: value, dnsName: value, nodeSelector: value }, { requiredKeys: [] }),
      ),
      ports: fc.oneof(value, fc.array(fc.record({ protocol: value, port: value }), { maxLength: 2 })),
    },
    { requiredKeys: [] },
  );
  const spec = fc.oneof(value, fc.record({ egress: fc.oneof(value, fc.array(rule, { maxLength: 2 })) }));
  fc.assert(
    fc.property(spec, spec, (one, other) => {
      expect(readOf(firewall(one))).not.toBeNull();
      expect(readOf(legacy(one), [legacy(other, "other")])).not.toBeNull();
    }),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 500) },
  );
});
