import { describe, expect, test } from "@jest/globals";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { Standing } from "../../src/diff/diff.ts";
import { diff } from "../../src/diff/environment-delta.ts";
import { namesContain } from "../../src/sets/name.ts";
import { decide } from "../../src/surface/decide.ts";
import { isolates } from "../../src/surface/selects.ts";
import { surfaceOf } from "../../src/surface/surface-of.ts";
import { Universe } from "../../src/surface/universe.ts";
import type { Unknown } from "../../src/targets/unknown.ts";
import { clusterOfWorld, policy, unknownOf, workloadOf } from "../oracle/world.ts";
import { read, unknownIn } from "../policy/read-policy.ts";
import { manifest } from "../render/manifest.ts";

const web = { namespace: "x", name: "web", labels: { app: "web" } };
const isolating = policy("x", "deny", { podSelector: {}, policyTypes: ["Egress"] });

const readAdmin = (priority: number, rule: string, name = `at-${priority}`) =>
  read(
    manifest(`
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: ${name}}
spec:
  priority: ${priority}
  subject: {namespaces: {}}
  egress: [${rule}]
`),
  );
const DENY_ALL = "{action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}]}";
const ALLOW_ALL = "{action: Allow, to: [{networks: [0.0.0.0/0, '::/0']}]}";

function cluster(
  rules: readonly (readonly [priority: number, rule: string, name?: string])[],
  unknowns: readonly Unknown[] = [],
  networkPolicies = [isolating],
): Cluster {
  const world = clusterOfWorld({
    namespaces: { x: {} },
    policies: networkPolicies,
    workloads: [web],
    unknowns,
  });
  const policies = rules.flatMap(([priority, rule, name]) => readAdmin(priority, rule, name)?.policies ?? []);
  return { ...world, policies: [...world.policies, ...policies] };
}

function ask(one: Cluster): string {
  return decide(surfaceOf(one), {
    direction: "egress",
    subject: workloadOf(web),
    other: { kind: "address", address: "192.0.2.1", protocol: "TCP", port: 443 },
  }).verdict;
}

describe("policies of administrators beside those of namespaces", () => {
  test("one that nobody can read may decide before every other, an unread chart may not", () => {
    const refused = unknownIn(readAdmin(1001, DENY_ALL));
    expect(ask(cluster([[1, DENY_ALL]], [refused]))).toBe("unknown");
    expect(ask(cluster([[1, ALLOW_ALL]], [refused]))).toBe("unknown");
    expect(ask(cluster([[1, DENY_ALL]], [unknownOf()]))).toBe("deny");
    expect(ask(cluster([[1, ALLOW_ALL]], [unknownOf()]))).toBe("allow");
  });

  test("rules of one priority that contradict each other leave open what both say, and nothing else", () => {
    const some = "{action: Allow, to: [{networks: [192.0.2.0/24]}]}";
    const elsewhere = "{action: Allow, to: [{networks: [198.51.100.0/24]}]}";
    const twice = (first: string, second: string) =>
      ask(
        cluster(
          [
            [5, first],
            [5, second, "another"],
          ],
          [],
          [],
        ),
      );
    expect(twice(DENY_ALL, some)).toBe("unknown");
    expect(twice(DENY_ALL, elsewhere)).toBe("deny");
    expect(
      ask(
        cluster(
          [
            [4, some],
            [5, DENY_ALL],
          ],
          [],
          [],
        ),
      ),
    ).toBe("allow");
  });
});

describe("which of them isolate, as if they denied by default", () => {
  const isolate = (...rules: readonly string[]) =>
    readAdmin(1, rules.join(", "))?.policies.map((one) => isolates(one))[0];
  const everything = "[{namespaces: {}}, {networks: [0.0.0.0/0, '::/0']}]";

  test.each([
    [true, `{action: Deny, to: ${everything}}`],
    [true, `{action: Allow, to: [{namespaces: {}}]}, {action: Deny, to: ${everything}}`],
    [
      true,
      `{action: Deny, to: [{pods: {namespaceSelector: {}, podSelector: {}}}, {networks: [0.0.0.0/1, 128.0.0.0/1, '::/0']}]}`,
    ],
    [false, `{action: Pass, to: ${everything}}`],
    [false, "{action: Deny, to: [{namespaces: {}}, {networks: [0.0.0.0/0]}]}"],
    [true, "{action: Deny, to: [{networks: [0.0.0.0/0]}]}, {action: Deny, to: [{networks: ['::/0']}]}"],
    [false, `{action: Deny, to: ${everything}, ports: [{portNumber: {port: 80}}]}`],
  ])("%s: %s", (expected, rules) => {
    expect(isolate(rules)).toBe(expected);
  });

  test("are what a workload stands under", () => {
    const deny = `{action: Deny, to: ${everything}}`;
    const delta = diff(cluster([[1, ALLOW_ALL]], [], []), cluster([[1, deny]], [], []), {
      environment: "test",
    });
    const own = delta.workloads.find(({ key }) => key === "x/Deployment/web");
    const names = (standing: Standing | null | undefined) =>
      standing?.isolating.map(({ identity }) => identity.name);
    expect([names(own?.before), names(own?.after)]).toEqual([[], ["at-1"]]);
  });
});

describe("what a change of them opens", () => {
  const key = "x/Deployment/web";
  const opened = (base: Cluster, head: Cluster) =>
    diff(base, head, { environment: "test" })
      .workloads.filter(({ key: own }) => own === key)
      .map(({ added, openings }) => ({
        added: !added.isEmpty,
        causes: openings.map(({ cause, closers }) => [
          cause.kind,
          closers.map(({ identity }) => identity.name),
        ]),
      }));

  test("a denial of everything that is taken away is what isolated", () => {
    const base = cluster([[1, DENY_ALL]], [], []);
    expect(opened(base, cluster([], [], []))).toEqual([
      { added: true, causes: [["not-isolated", ["at-1"]]] },
    ]);
  });

  test.each([
    [
      "Allow",
      [
        ["rule", ["at-1"]],
        ["not-isolated", ["at-1"]],
      ],
    ],
    ["Pass", [["not-isolated", ["at-1"]]]],
  ])("Deny that becomes %s", (action, causes) => {
    const base = cluster([[1, DENY_ALL]], [], []);
    const head = cluster([[1, DENY_ALL.replace("Deny", action)]], [], []);
    expect(opened(base, head)).toEqual([{ added: true, causes }]);
  });

  test("Deny that becomes Pass opens nothing where NetworkPolicy isolates", () => {
    expect(opened(cluster([[1, DENY_ALL]]), cluster([[1, DENY_ALL.replace("Deny", "Pass")]]))).toEqual([]);
  });

  test("two policies that change places", () => {
    const base = cluster(
      [
        [1, DENY_ALL],
        [2, ALLOW_ALL],
      ],
      [],
      [],
    );
    const head = cluster(
      [
        [2, DENY_ALL],
        [1, ALLOW_ALL],
      ],
      [],
      [],
    );
    expect(opened(base, head)).toEqual([{ added: true, causes: [["rule", ["at-1"]]] }]);
  });

  test("a rule that allows what NetworkPolicy denies", () => {
    expect(opened(cluster([]), cluster([[1, ALLOW_ALL]]))).toEqual([
      { added: true, causes: [["rule", ["deny"]]] },
    ]);
  });
});

test("one text means what each dialect says it means: *. is one label for Cilium, one or more for administrators", () => {
  const universe = new Universe([]);
  const text = "*.example.com";
  const one = universe.names({ text, parts: [{ any: "within-label" }, ".example.com"] });
  const more = universe.names({ text, parts: [{ any: "anything" }, ".example.com"] });
  expect([one, more].map((names) => namesContain(names, "b.a.example.com"))).toEqual([false, true]);
  expect(universe.namePatterns).toHaveLength(2);
});
