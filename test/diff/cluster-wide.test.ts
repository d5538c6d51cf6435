import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { diff } from "../../src/diff/environment-delta.ts";
import { namespaceLabelOf } from "../../src/policy/model/pod-attribute.ts";
import type { LabelSelector, Policy, Rule } from "../../src/policy/model/policy.ts";
import { clusterOfWorld } from "../oracle/world.ts";
import { manifestOf } from "../render/manifest.ts";

/** Cluster-wide policies over namespace labels: what they do to namespaces that Git does not declare is searched too. */
interface Wide {
  readonly team: LabelSelector;
  readonly pods: LabelSelector;
  readonly rules: readonly { readonly action: Rule["action"]; readonly port: number | null }[];
}

const selectorOf = (key: string) =>
  fc.constantFrom<LabelSelector>(
    [],
    [{ key, operator: "In", values: ["a"] }],
    [{ key, operator: "NotIn", values: ["a"] }],
    [{ key, operator: "Exists", values: [] }],
    [{ key, operator: "DoesNotExist", values: [] }],
  );
const wide = fc.record({
  team: selectorOf("team"),
  pods: selectorOf("app"),
  rules: fc.array(
    fc.record({
      action: fc.constantFrom<Rule["action"]>("allow", "deny"),
      port: fc.constantFrom(null, 80, 443),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

function policyOf({ team, pods, rules }: Wide, order: number): Policy {
  const identity = { apiVersion: "example.com/v1", kind: "Wide", namespace: null, name: `wide-${order}` };
  const manifest = manifestOf({
    ...identity,
    metadata: { name: identity.name },
    spec: { team, pods, rules },
  });
  return {
    dialect: "policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy",
    identity,
    manifest,
    digest: manifest.digest,
    tier: "admin",
    order,
    subjects: [{ namespaces: { kind: "selected", selector: team }, pods }],
    isolates: { egress: false, ingress: false },
    egress: rules.map(({ action, port }, index) => ({
      action,
      peers: null,
      ports:
        port === null
          ? null
          : [{ protocol: "TCP", port: { kind: "range", first: port, last: port }, pointer: "" }],
      pointer: `/spec/rules/${index}`,
    })),
    ingress: [],
  };
}

function clusterOf(policies: readonly Wide[]): Cluster {
  const none = clusterOfWorld({ namespaces: { declared: { team: "a" } }, policies: [] });
  return { ...none, policies: policies.map(policyOf) };
}

type Value = string | undefined;
const VALUES: readonly Value[] = [undefined, "a", "b"];
const PORTS = [1, 80, 443];

function matches(selector: LabelSelector, value: Value): boolean {
  return selector.every(({ operator, values }) => {
    if (operator === "In") return value !== undefined && values.includes(value);
    if (operator === "NotIn") return value === undefined || !values.includes(value);
    return operator === "Exists" ? value !== undefined : value === undefined;
  });
}

function allowed(policies: readonly Wide[], team: Value, app: Value, port: number): boolean {
  for (const { team: teams, pods, rules } of policies) {
    if (!matches(teams, team) || !matches(pods, app)) continue;
    const rule = rules.find((one) => one.port === null || one.port === port);
    if (rule !== undefined) return rule.action === "allow";
  }
  return true;
}

describe("namespaces that Git does not declare", () => {
  test("are searched over all their labels, and what is printed is a widening of exactly those points", () => {
    let widened = 0;
    const list = fc.array(wide, { maxLength: 3 });
    fc.assert(
      fc.property(list, list, (before, after) => {
        const delta = diff(clusterOf(before), clusterOf(after), { environment: "test" });
        const opens = (team: Value, app: Value, port: number) =>
          allowed(after, team, app, port) && !allowed(before, team, app, port);
        const expected = VALUES.some((team) =>
          VALUES.some((app) => PORTS.some((port) => opens(team, app, port))),
        );
        const found = delta.workloads.filter(({ namespace, added }) => namespace === "*" && !added.isEmpty);
        expect(found.length > 0).toBe(expected);
        if (expected) widened++;
        for (const { key, subject, added } of found) {
          if (subject.kind !== "potential") throw new Error(`${key} is known`);
          const labels = [...subject.labels];
          const team = labels.find(([label]) => namespaceLabelOf(label) === "team")?.[1];
          const app = labels.find(([label]) => label === "app")?.[1];
          for (const port of PORTS) {
            const point = { kind: "address", address: "192.0.2.1", protocol: "TCP", port } as const;
            expect(added.contains(point)).toBe(opens(team, app, port));
          }
        }
      }),
      { numRuns: 400 },
    );
    expect(widened).toBeGreaterThan(50);
  });

  test("a policy of one namespace says nothing of them", () => {
    const narrow = {
      team: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["declared"] }],
    } as const;
    const deny = { ...narrow, pods: [], rules: [{ action: "deny", port: null }] } as const;
    const { workloads } = diff(clusterOf([deny]), clusterOf([]), { environment: "test" });
    expect(workloads.map(({ key }) => key)).toEqual(["declared/?"]);
  });
});
