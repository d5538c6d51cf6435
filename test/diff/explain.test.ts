import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { EnvironmentDelta } from "../../src/diff/diff.ts";
import { type Edit, edited } from "../../src/diff/edit.ts";
import { diff } from "../../src/diff/environment-delta.ts";
import { explain } from "../../src/diff/explain.ts";
import type { RawPolicy } from "../oracle/network-policy.ts";
import { clusterOfWorld, policy, type RawWorkload, type World } from "../oracle/world.ts";

const namespaces = { x: {}, y: {} };
const web: RawWorkload = { namespace: "x", name: "web", labels: { app: "web" } };
const deny = policy("x", "deny", { podSelector: {}, policyTypes: ["Egress"] });
const block = (cidr: string) => ({ ipBlock: { cidr } });
const port = (number: number) => ({ port: number });

function allow(
  name: string,
  egress: RawPolicy["spec"]["egress"],
  podSelector: RawPolicy["spec"]["podSelector"] = {},
) {
  return policy("x", name, { podSelector, policyTypes: ["Egress"], egress: egress ?? [] });
}

function compare(base: Partial<World>, head: Partial<World>): EnvironmentDelta {
  return diff(
    clusterOfWorld({ namespaces, policies: [], ...base }),
    clusterOfWorld({ namespaces, policies: [], ...head }),
    { environment: "test" },
  );
}

function explained(delta: EnvironmentDelta) {
  const opened = delta.workloads.filter(({ subject }) => subject.kind === "known");
  const [first] = opened.flatMap((workload) => workload.openings.map((opening) => ({ workload, opening })));
  if (first === undefined) throw new Error("nothing is opened");
  const { admits, stopped, edit } = explain(delta, [first]);
  return {
    admits: admits.kind,
    stopped: stopped.map(({ policy: { identity }, fate }) => `${identity.name} ${fate}`),
    edit: edit === null ? null : textOf(edit),
  };
}

function textOf(edit: Edit): string {
  switch (edit.kind) {
    case "remove":
      return `remove ${edit.manifest.object.metadata.name ?? ""}${edit.pointer}`;
    case "restore":
      return `restore ${edit.manifest.object.metadata.name ?? ""}`;
    case "set-labels":
      return `set ${[...edit.labels].map(([key, value]) => `${key}=${value ?? ""}`).join()}`;
    case "leave-host-network":
      return "leave the host network";
    case "add":
      return `add ${edit.object.metadata.name ?? ""}`;
  }
}

describe("why a region is open, and what closes it", () => {
  test.each<readonly [string, Partial<World>, Partial<World>, ReturnType<typeof explained>]>([
    [
      "a rule of its own",
      { policies: [deny] },
      { policies: [deny, allow("open", [{ to: [block("192.0.2.0/24")] }])] },
      { admits: "rule", stopped: ["deny stands"], edit: "remove open/spec/egress/0" },
    ],
    [
      "one peer of several: the others stay",
      { policies: [deny, allow("open", [{ to: [block("192.0.2.0/24")] }])] },
      { policies: [deny, allow("open", [{ to: [block("192.0.2.0/24"), block("198.51.100.0/24")] }])] },
      {
        admits: "rule",
        stopped: ["deny stands", "open no-longer-denies"],
        edit: "remove open/spec/egress/0/to/1",
      },
    ],
    [
      "one port of several",
      { policies: [deny, allow("open", [{ to: [block("192.0.2.0/24")], ports: [port(80)] }])] },
      { policies: [deny, allow("open", [{ to: [block("192.0.2.0/24")], ports: [port(80), port(443)] }])] },
      {
        admits: "rule",
        stopped: ["deny stands", "open no-longer-denies"],
        edit: "remove open/spec/egress/0/ports/1",
      },
    ],
    [
      "a block that grew: taken out, base would lose what it had, so the policy goes back",
      { policies: [deny, allow("open", [{ to: [block("192.0.2.0/25")] }])] },
      { policies: [deny, allow("open", [{ to: [block("192.0.2.0/24")] }])] },
      { admits: "rule", stopped: ["deny stands", "open no-longer-denies"], edit: "restore open" },
    ],
    [
      "the only rule of a policy that isolates because it has one: without the rule nothing would isolate",
      { policies: [policy("x", "web", { podSelector: {}, egress: [{ to: [block("192.0.2.0/24")] }] })] },
      { policies: [policy("x", "web", { podSelector: {}, egress: [{ to: [block("198.51.100.0/24")] }] })] },
      { admits: "rule", stopped: ["web no-longer-denies"], edit: "restore web" },
    ],
    [
      "a deny that is gone",
      { policies: [deny] },
      { policies: [] },
      { admits: "not-isolated", stopped: ["deny removed"], edit: "restore deny" },
    ],
    [
      "a deny whose selector moved",
      { policies: [deny] },
      {
        policies: [
          policy("x", "deny", { podSelector: { matchLabels: { app: "api" } }, policyTypes: ["Egress"] }),
        ],
      },
      { admits: "not-isolated", stopped: ["deny no-longer-selects"], edit: "restore deny" },
    ],
    [
      "a pod whose label moved",
      {
        policies: [
          policy("x", "deny", { podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Egress"] }),
        ],
      },
      {
        policies: [
          policy("x", "deny", { podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Egress"] }),
        ],
        workloads: [{ ...web, labels: { app: "web2" } }],
      },
      { admits: "not-isolated", stopped: ["deny no-longer-selected"], edit: "set app=web" },
    ],
    [
      "a deny that lost its direction",
      { policies: [deny] },
      { policies: [policy("x", "deny", { podSelector: {}, policyTypes: ["Ingress"] })] },
      { admits: "not-isolated", stopped: ["deny no-longer-denies"], edit: "restore deny" },
    ],
    [
      "a pod on the host network",
      { policies: [deny] },
      { policies: [deny], workloads: [{ ...web, hostNetwork: true }] },
      { admits: "not-governed", stopped: ["deny host-network"], edit: "leave the host network" },
    ],
    [
      "a new workload that nothing isolates",
      { policies: [], workloads: [] },
      { policies: [] },
      { admits: "not-isolated", stopped: [], edit: "add web-deny-egress" },
    ],
  ])("%s", (_, base, head, expected) => {
    const delta = compare({ workloads: [web], ...base }, { workloads: [web], ...head });
    expect(explained(delta)).toEqual(expected);
  });

  test("an edit that is shown closes what it is shown for, opens nothing and keeps what base allowed", () => {
    const cidr = fc.constantFrom("192.0.2.0/24", "192.0.2.0/25", "10.0.0.0/8", "0.0.0.0/0");
    const rule = fc.record({
      to: fc.uniqueArray(cidr.map(block), { maxLength: 2, selector: (one) => one.ipBlock.cidr }),
      ports: fc.uniqueArray(fc.constantFrom(80, 443).map(port), {
        maxLength: 2,
        selector: (one) => one.port,
      }),
    });
    const policies = fc
      .array(fc.tuple(fc.constantFrom("a", "b"), fc.array(rule, { maxLength: 2 }), fc.boolean()), {
        maxLength: 3,
      })
      .map((list) => [
        ...new Map(
          list.map(([name, egress, own]) => [
            name,
            allow(name, egress, own ? { matchLabels: { app: "web" } } : {}),
          ]),
        ).values(),
      ]);
    let edits = 0;
    fc.assert(
      fc.property(policies, policies, (before, after) => {
        const delta = compare({ policies: before, workloads: [web] }, { policies: after, workloads: [web] });
        const workload = delta.workloads.find(({ subject }) => subject.kind === "known");
        for (const opening of workload?.openings ?? []) {
          if (workload === undefined) continue;
          const { edit } = explain(delta, [{ workload, opening }]);
          const head = edit === null ? null : edited(delta.head, edit);
          if (head === null) continue;
          edits++;
          const left = diff(delta.base, head, { environment: "test" }).workloads.find(
            ({ key }) => key === workload.key,
          );
          expect(left?.openings.length ?? 0).toBeLessThan(workload.openings.length);
          if (workload.removed.isEmpty) expect(left?.removed.isEmpty ?? true).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
    expect(edits).toBeGreaterThan(50);
  });
});
