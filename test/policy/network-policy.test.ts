import { describe, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import type { ObjectUnknown } from "../../src/policy/model/object-unknown.ts";
import type { Policy } from "../../src/policy/model/policy.ts";
import type { PolicyReading } from "../../src/policy/model/policy-reading.ts";
import { manifest } from "../render/manifest.ts";
import { policyIn, read, unknownIn } from "./read-policy.ts";

function readSpec(spec: unknown, metadata: Record<string, unknown> = {}): PolicyReading | null {
  return read(
    manifest(
      stringify({
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "rules", namespace: "shop", ...metadata },
        ...(spec === undefined ? {} : { spec }),
      }),
    ),
  );
}

function policy(spec: unknown): Policy {
  return policyIn(readSpec(spec));
}

function refusal(spec: unknown, metadata: Record<string, unknown> = {}): ObjectUnknown {
  return unknownIn(readSpec(spec, metadata));
}

function egressOf(...rules: readonly unknown[]): Policy {
  return policy({ podSelector: {}, policyTypes: ["Egress"], egress: rules });
}

describe("policyTypes defaulting (semantics 1 to 3)", () => {
  test.each([
    ["nothing at all", undefined, false, true],
    ["an empty spec", {}, false, true],
    ["no types, no rules", { podSelector: {} }, false, true],
    ["no types, ingress rules", { ingress: [{}] }, false, true],
    ["no types, egress rules", { egress: [{}] }, true, true],
    ["no types, egress: []", { egress: [] }, false, true],
    ["empty types, egress rules", { policyTypes: [], egress: [{}] }, true, true],
    ["null types, null rules", { policyTypes: null, egress: null }, false, true],
    ["Egress", { policyTypes: ["Egress"] }, true, false],
    ["Egress twice", { policyTypes: ["Egress", "Egress"] }, true, false],
    ["Ingress", { policyTypes: ["Ingress"] }, false, true],
    ["both", { policyTypes: ["Ingress", "Egress"] }, true, true],
  ])("%s", (_, spec, egress, ingress) => {
    expect(policy(spec).isolates).toEqual({ egress, ingress });
  });

  test("egress rules are ignored where policyTypes leaves Egress out", () => {
    const result = policy({ policyTypes: ["Ingress"], egress: [{}], ingress: [{}] });
    expect(result.egress).toEqual([]);
    expect(result.ingress).toHaveLength(1);
  });
});

describe("rules", () => {
  test.each([
    ["missing", {}],
    ["empty", { to: [], ports: [] }],
    ["null", { to: null, ports: null }],
  ])("%s peers and ports mean any destination and every port", (_, rule) => {
    expect(egressOf(rule).egress).toEqual([
      { action: "allow", peers: null, ports: null, pointer: "/spec/egress/0" },
    ]);
  });

  test("a podSelector alone stays in the own namespace, a namespaceSelector leaves it, both are one peer", () => {
    const labels = { matchLabels: { app: "db" } };
    const [rule] = egressOf({
      to: [
        { podSelector: labels },
        { namespaceSelector: {} },
        { namespaceSelector: {}, podSelector: labels },
      ],
    }).egress;
    const pods = [{ key: "app", operator: "In", values: ["db"] }];
    expect(rule?.peers).toEqual([
      { kind: "pods", namespaces: { kind: "named", name: "shop" }, pods, pointer: "/spec/egress/0/to/0" },
      {
        kind: "pods",
        namespaces: { kind: "selected", selector: [] },
        pods: [],
        pointer: "/spec/egress/0/to/1",
      },
      { kind: "pods", namespaces: { kind: "selected", selector: [] }, pods, pointer: "/spec/egress/0/to/2" },
    ]);
  });

  test("a null selector is an absent one", () => {
    const [rule] = egressOf({ to: [{ namespaceSelector: null, podSelector: {} }] }).egress;
    expect(rule?.peers?.[0]).toMatchObject({ namespaces: { kind: "named", name: "shop" } });
  });

  test.each([
    ["10.1.2.3/8", ["10.64.0.0/10"], "10.0.0.0/8", ["10.64.0.0/10"]],
    ["010.0.0.0/8", [], "10.0.0.0/8", []],
    ["0.0.0.0/0", ["192.168.1.1/16", "10.0.0.0/8"], "0.0.0.0/0", ["192.168.0.0/16", "10.0.0.0/8"]],
    ["2001:DB8::1/32", ["2001:db8:0:1::/64"], "2001:db8::/32", ["2001:db8:0:1::/64"]],
    ["::/0", ["::ffff:10.0.0.0/104"], "::/0", ["::ffff:a00:0/104"]],
  ])("ipBlock %s", (cidr, except, canonical, exceptions) => {
    const [rule] = egressOf({ to: [{ ipBlock: { cidr, except } }] }).egress;
    expect(rule?.peers).toEqual([
      { kind: "addresses", cidr: canonical, except: exceptions, pointer: "/spec/egress/0/to/0" },
    ]);
  });

  test.each([
    ["a missing protocol is TCP", { port: 443 }, "TCP", { kind: "range", first: 443, last: 443 }],
    ["no port is every port of the protocol", { protocol: "SCTP" }, "SCTP", { kind: "all" }],
    ["an empty entry is every TCP port", {}, "TCP", { kind: "all" }],
    [
      "a range",
      { protocol: "UDP", port: 1, endPort: 65535 },
      "UDP",
      { kind: "range", first: 1, last: 65535 },
    ],
    ["a name", { port: "http" }, "TCP", { kind: "named", name: "http" }],
  ])("ports: %s", (_, port, protocol, match) => {
    const [rule] = egressOf({ ports: [port] }).egress;
    expect(rule?.ports).toEqual([{ protocol, port: match, pointer: "/spec/egress/0/ports/0" }]);
  });

  test("every selector operator, sorted and each once", () => {
    const result = policy({
      podSelector: {
        matchLabels: { tier: "web" },
        matchExpressions: [
          { key: "zone", operator: "NotIn", values: ["b", "a", "b"] },
          { key: "team", operator: "Exists" },
          { key: "debug", operator: "DoesNotExist", values: [] },
          { key: "tier", operator: "In", values: ["web"] },
        ],
      },
    });
    expect(result.subjects[0]?.pods).toEqual([
      { key: "debug", operator: "DoesNotExist", values: [] },
      { key: "team", operator: "Exists", values: [] },
      { key: "tier", operator: "In", values: ["web"] },
      { key: "zone", operator: "NotIn", values: ["a", "b"] },
    ]);
  });

  test("a null label value is the empty string, as Go decodes it", () => {
    expect(policy({ podSelector: { matchLabels: { tier: null } } }).subjects[0]?.pods).toEqual([
      { key: "tier", operator: "In", values: [""] },
    ]);
  });

  test("unknown fields are ignored, even where they look like a rule", () => {
    expect(policy({ policyTypes: ["Egress"], egres: [{}] }).egress).toEqual([]);
  });
});

describe("what the API server refuses enforces nothing", () => {
  const to = (peer: unknown) => ({ egress: [{ to: [peer] }] });
  const ports = (port: unknown) => ({ egress: [{ ports: [port] }] });
  test.each([
    [
      "a CIDR without a prefix",
      to({ ipBlock: { cidr: "10.0.0.0" } }),
      "/spec/egress/0/to/0/ipBlock/cidr",
      'spec.egress[0].to[0].ipBlock.cidr: Invalid value: "10.0.0.0": must be a valid CIDR value',
    ],
    [
      "a prefix too long",
      to({ ipBlock: { cidr: "10.0.0.0/33" } }),
      "/spec/egress/0/to/0/ipBlock/cidr",
      "valid CIDR",
    ],
    ["three octets", to({ ipBlock: { cidr: "10.0.0/8" } }), "/spec/egress/0/to/0/ipBlock/cidr", "valid CIDR"],
    [
      "a v6 group too long",
      to({ ipBlock: { cidr: "20011::/16" } }),
      "/spec/egress/0/to/0/ipBlock/cidr",
      "valid CIDR",
    ],
    [
      "a block without cidr",
      to({ ipBlock: {} }),
      "/spec/egress/0/to/0/ipBlock/cidr",
      "spec.egress[0].to[0].ipBlock.cidr: Required value",
    ],
    [
      "an exception outside",
      to({ ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/16"] } }),
      "/spec/egress/0/to/0/ipBlock/except/0",
      "must be a strict subset of `cidr`",
    ],
    [
      "an exception as large",
      to({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.0.0.0/8"] } }),
      "/spec/egress/0/to/0/ipBlock/except/0",
      "strict subset",
    ],
    [
      "an exception of the other family",
      to({ ipBlock: { cidr: "0.0.0.0/0", except: ["fc00::/7"] } }),
      "/spec/egress/0/to/0/ipBlock/except/0",
      "strict subset",
    ],
    [
      "an empty peer",
      to({}),
      "/spec/egress/0/to/0",
      "spec.egress[0].to[0]: Required value: must specify a peer",
    ],
    ["a null peer", to(null), "/spec/egress/0/to/0", "must specify a peer"],
    [
      "ipBlock with a selector",
      to({ ipBlock: { cidr: "10.0.0.0/8" }, podSelector: {} }),
      "/spec/egress/0/to/0",
      "may not specify both ipBlock and another peer",
    ],
    [
      "endPort below port",
      ports({ port: 80, endPort: 79 }),
      "/spec/egress/0/ports/0/endPort",
      "must be greater than or equal to `port`",
    ],
    [
      "endPort with a name",
      ports({ port: "http", endPort: 90 }),
      "/spec/egress/0/ports/0/endPort",
      "may not be specified when `port` is non-numeric",
    ],
    [
      "endPort alone",
      ports({ endPort: 90 }),
      "/spec/egress/0/ports/0/endPort",
      "may not be specified when `port` is not specified",
    ],
    ["port 0", ports({ port: 0 }), "/spec/egress/0/ports/0/port", "must be between 1 and 65535"],
    ["port 65536", ports({ port: 65536 }), "/spec/egress/0/ports/0/port", "must be between 1 and 65535"],
    [
      "a number written as text",
      ports({ port: "80" }),
      "/spec/egress/0/ports/0/port",
      "must contain at least one letter",
    ],
    ["a fraction", ports({ port: 80.5 }), "/spec/egress/0/ports/0/port", "cannot unmarshal number"],
    [
      "a long port name",
      ports({ port: "a-very-long-name" }),
      "/spec/egress/0/ports/0/port",
      "no more than 15",
    ],
    [
      "lower case protocol",
      ports({ protocol: "tcp" }),
      "/spec/egress/0/ports/0/protocol",
      'spec.egress[0].ports[0].protocol: Unsupported value: "tcp": supported values: "TCP", "UDP", "SCTP"',
    ],
    ["an empty protocol", ports({ protocol: "" }), "/spec/egress/0/ports/0/protocol", "Unsupported value"],
    ["an unknown type", { policyTypes: ["egress"] }, "/spec/policyTypes/0", 'Unsupported value: "egress"'],
    [
      "three types",
      { policyTypes: ["Egress", "Ingress", "Egress"] },
      "/spec/policyTypes",
      "more than two policyTypes",
    ],
    [
      "In without values",
      { podSelector: { matchExpressions: [{ key: "a", operator: "In" }] } },
      "/spec/podSelector/matchExpressions/0/values",
      "must be specified when `operator` is 'In' or 'NotIn'",
    ],
    [
      "Exists with values",
      { podSelector: { matchExpressions: [{ key: "a", operator: "Exists", values: ["x"] }] } },
      "/spec/podSelector/matchExpressions/0/values",
      "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    ],
    [
      "an unknown operator",
      { podSelector: { matchExpressions: [{ key: "a", operator: "Gt", values: ["1"] }] } },
      "/spec/podSelector/matchExpressions/0/operator",
      "not a valid selector operator",
    ],
    [
      "a number as label value",
      { podSelector: { matchLabels: { tier: 1 } } },
      "/spec/podSelector/matchLabels/tier",
      "spec.podSelector.matchLabels.tier: cannot unmarshal number into a field of type string",
    ],
    [
      "a boolean as label value",
      { podSelector: { matchLabels: { tier: true } } },
      "/spec/podSelector/matchLabels/tier",
      "cannot unmarshal bool",
    ],
    [
      "a label value with a space",
      { podSelector: { matchLabels: { tier: "a b" } } },
      "/spec/podSelector/matchLabels/tier",
      'spec.podSelector.matchLabels: Invalid value: "a b"',
    ],
    [
      "a label key with two slashes",
      { podSelector: { matchLabels: { "a/b/c": "x" } } },
      "/spec/podSelector/matchLabels/a~1b~1c",
      "qualified name",
    ],
    [
      "rules that are no list",
      { egress: {} },
      "/spec/egress",
      "cannot unmarshal object into a field of type []object",
    ],
    [
      "a selector that is text",
      { podSelector: "app=web" },
      "/spec/podSelector",
      "cannot unmarshal string into a field of type object",
    ],
    [
      "a bad ingress rule of an egress policy",
      { policyTypes: ["Egress"], ingress: [{ from: [{}] }] },
      "/spec/ingress/0/from/0",
      "must specify a peer",
    ],
  ])("%s", (_, spec, pointer, words) => {
    const result = refusal(spec);
    expect(result).toMatchObject({
      code: "invalid-policy",
      pointer,
      bound: { namespaces: ["shop"], kinds: ["NetworkPolicy"] },
      content: "tree",
      place: { path: "shop.yaml", line: null },
    });
    expect(result.detail).toContain(words);
  });

  test.each([
    ["no name", { name: undefined }, "metadata.name: Required value"],
    ["a name in capitals", { name: "Rules" }, "metadata.name: Invalid value"],
    ["a label that is a number", { labels: { version: 1 } }, "metadata.labels.version"],
    ["an annotation that is a number", { annotations: { wave: -1 } }, "metadata.annotations.wave"],
  ])("metadata: %s", (_, metadata, words) => {
    expect(refusal({}, metadata).detail).toContain(words);
  });

  test("every reason is told, and the unknown is the same on both sides while the object is", () => {
    const broken = { egress: [{ to: [{}], ports: [{ port: 0 }] }] };
    const first = refusal(broken);
    expect(first.detail.split("; ")).toHaveLength(2);
    expect(refusal(broken)).toMatchObject({ id: first.id, digest: first.digest });
    expect(refusal({ egress: [{ to: [{}] }] }).digest).not.toBe(first.digest);
  });

  test.each(["extensions/v1beta1", "networking.k8s.io/v1beta1"])("%s is no longer served", (apiVersion) => {
    const result = unknownIn(
      read(manifest(`apiVersion: ${apiVersion}\nkind: NetworkPolicy\nmetadata: {name: old}\n`)),
    );
    expect(result).toMatchObject({ code: "invalid-policy", pointer: "/apiVersion" });
    expect(result).toHaveProperty("detail", `no matches for kind "NetworkPolicy" in version "${apiVersion}"`);
  });
});
