import { describe, expect, test } from "@jest/globals";
import { policyInputs } from "../../src/policy/model/policy-inputs.ts";
import { decide } from "../../src/surface/decide.ts";
import { surfaceOf } from "../../src/surface/surface-of.ts";
import { clusterOfWorld } from "../oracle/world.ts";
import { read } from "../policy/read-policy.ts";
import { manifest } from "../render/manifest.ts";

const TIER =
  "{apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: early}, spec: {order: 5, defaultAction: Pass}}";
const DENY =
  "{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: deny}, spec: {tier: early, egress: [{action: Deny, destination: {nets: [192.0.2.0/24]}}]}}";
const open = (tier: string) =>
  `{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: open}, spec: {tier: ${tier}, egress: [{action: Allow, destination: {domains: [example.com]}}]}}`;

function verdict(address: string, ...texts: readonly string[]): string {
  const manifests = texts.map((text) => manifest(text));
  const readings = manifests.flatMap((one) => read(one, "calico", manifests) ?? []);
  const surface = surfaceOf({
    ...clusterOfWorld({ namespaces: { x: {} }, policies: [] }),
    policies: readings.flatMap(({ policies }) => policies),
    unknowns: readings.flatMap(({ unknowns }) => unknowns),
    profile: { name: "calico", source: "assumed", evidence: [] },
    inputs: policyInputs("calico", manifests),
  });
  const subject = { namespace: "x", labels: new Map(), runtimeLabels: new Set<string>(), hostNetwork: false };
  return decide(surface, {
    direction: "egress",
    subject,
    other: { kind: "address", address, protocol: "TCP", port: 80 },
  }).verdict;
}

describe("what nobody can say of a policy is asked in its tier", () => {
  test.each([
    ["an earlier tier decides first", "192.0.2.1", open("default"), "deny"],
    ["what no earlier tier decides is unknown", "198.51.100.1", open("default"), "unknown"],
    ["in the tier itself it may come first", "192.0.2.1", open("early"), "unknown"],
    ["a tier that nobody knows may be before all others", "192.0.2.1", open("elsewhere"), "unknown"],
  ])("%s", (_, address, policy, expected) => {
    expect(verdict(address, TIER, DENY, policy)).toBe(expected);
  });
});
