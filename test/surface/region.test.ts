import { describe, expect, test } from "@jest/globals";
import { diff } from "../../src/diff/environment-delta.ts";
import { reach } from "../../src/surface/reach.ts";
import { surfaceOf } from "../../src/surface/surface-of.ts";
import type { RawPolicy } from "../oracle/network-policy.ts";
import { clusterOfWorld, policy, type RawWorkload, type World, workloadOf } from "../oracle/world.ts";
import { textOf } from "./text.ts";

const NAME = "kubernetes.io/metadata.name";
const namespaces = { x: {}, y: { team: "a" }, "kube-system": {} };
const web: RawWorkload = { namespace: "x", name: "web", labels: { app: "web" } };

function reachOf(egress: RawPolicy["spec"]["egress"], world: Partial<World> = {}, workload = web) {
  const policies =
    egress === undefined ? [] : [policy("x", "rules", { podSelector: {}, policyTypes: ["Egress"], egress })];
  const cluster = clusterOfWorld({ namespaces, policies, ...world });
  return reach(surfaceOf(cluster), workloadOf(workload));
}

function lines(egress: RawPolicy["spec"]["egress"], world: Partial<World> = {}): readonly string[] {
  return reachOf(egress, world).lines().map(textOf);
}

describe("what a workload reaches, in words", () => {
  test("without a policy: any destination", () => {
    expect(lines(undefined)).toEqual(["any: any any"]);
  });

  test("with an empty list of rules: nothing", () => {
    expect(reachOf([]).isEmpty).toBe(true);
    expect(lines([])).toEqual([]);
  });

  test("an empty rule is any destination (semantics fact 3)", () => {
    expect(lines([{}])).toEqual(["any: any any"]);
  });

  test("ports without a peer reach addresses and pods", () => {
    expect(lines([{ ports: [{ port: 443 }, { port: 53, protocol: "UDP" }] }])).toEqual([
      "any: TCP 443",
      "any: UDP 53",
    ]);
  });

  test("every address is both families; a namespace selector reaches no address (fact 4)", () => {
    const everywhere = [{ ipBlock: { cidr: "0.0.0.0/0" } }, { ipBlock: { cidr: "::/0" } }];
    expect(lines([{ to: everywhere }])).toEqual(["0.0.0.0/0 ::/0: any any"]);
    expect(lines([{ to: [{ namespaceSelector: {} }] }])).toEqual(["pods of every namespace: any any"]);
    expect(lines([{ to: [...everywhere, { namespaceSelector: {} }] }])).toEqual(["any: any any"]);
  });

  test("an exception cuts its own block alone (fact 5)", () => {
    expect(
      lines([
        { to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.128.0.0/9"] } }] },
        { to: [{ ipBlock: { cidr: "10.192.0.0/10" } }], ports: [{ port: 443 }] },
      ]),
    ).toEqual(["10.0.0.0/9 10.192.0.0/10: TCP 443", "10.0.0.0/9: any any"]);
  });

  test("a block on any port and a wider one on one port are two lines, not a puzzle of ports", () => {
    expect(
      lines([
        { to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] },
        { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: [{ port: 443 }] },
      ]),
    ).toEqual(["0.0.0.0/0: TCP 443", "10.0.0.0/8: any any"]);
  });

  test("ports that a wider line has said are not said again", () => {
    expect(
      lines([
        { to: [{ ipBlock: { cidr: "10.0.0.0/8" } }], ports: [{ port: 443 }, { port: 80 }] },
        { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: [{ port: 443 }] },
      ]),
    ).toEqual(["0.0.0.0/0: TCP 443", "10.0.0.0/8: TCP 80"]);
  });

  test("a pod selector alone means the own namespace; with a namespace selector both must match", () => {
    expect(lines([{ to: [{ podSelector: { matchLabels: { app: "db" } } }] }])).toEqual([
      "pods [app=db] of x: any any",
    ]);
    expect(
      lines([
        {
          to: [
            {
              podSelector: { matchLabels: { app: "db" } },
              namespaceSelector: { matchLabels: { [NAME]: "y" } },
            },
          ],
        },
      ]),
    ).toEqual(["pods [app=db] of y: any any"]);
  });

  test("labels of namespaces: known ones by name, the others by label", () => {
    expect(lines([{ to: [{ namespaceSelector: { matchLabels: { team: "a" } } }] }])).toEqual([
      "pods of y: any any",
      "pods of undeclared [team=a]: any any",
    ]);
    expect(lines([{ to: [{ namespaceSelector: { matchLabels: { name: "kube-system" } } }] }])).toEqual([
      "pods of undeclared [name=kube-system]: any any",
    ]);
  });

  test("the immutable name is a name, whoever declares it", () => {
    expect(lines([{ to: [{ namespaceSelector: { matchLabels: { [NAME]: "elsewhere" } } }] }])).toEqual([
      "pods of elsewhere: any any",
    ]);
    expect(
      lines([
        {
          to: [
            { namespaceSelector: { matchExpressions: [{ key: NAME, operator: "NotIn", values: ["y"] }] } },
          ],
        },
      ]),
    ).toEqual(["pods of every namespace but y: any any"]);
  });

  test("a named port is said as a name, and joins no number", () => {
    expect(lines([{ to: [{ namespaceSelector: {} }], ports: [{ port: "http" }, { port: 443 }] }])).toEqual([
      "pods of every namespace: TCP 443",
      "pods of every namespace: TCP named http",
    ]);
  });

  test("a named port without a peer reaches no address (fact 8)", () => {
    expect(lines([{ ports: [{ port: "http" }] }])).toEqual(["pods of every namespace: TCP named http"]);
  });

  test("SCTP alone is every SCTP port and nothing else (fact 9)", () => {
    expect(lines([{ ports: [{ protocol: "SCTP" }] }])).toEqual(["any: SCTP any"]);
  });

  test("all ports of all protocols, however written, are any", () => {
    const all = [{ protocol: "TCP", port: 1, endPort: 65_535 }, { protocol: "UDP" }, { protocol: "SCTP" }];
    expect(lines([{ ports: all }])).toEqual(["any: any any"]);
  });
});

describe("the same set in other words", () => {
  const rule = (to: NonNullable<RawPolicy["spec"]["egress"]>[number]["to"]) => [{ to: to ?? [] }];

  test.each([
    [
      "In and NotIn",
      { key: "app", operator: "In", values: ["a"] },
      { key: "app", operator: "NotIn", values: ["a"] },
    ],
    ["Exists and DoesNotExist", { key: "app", operator: "Exists" }, { key: "app", operator: "DoesNotExist" }],
  ])("a selector split into %s is every pod", (_name, one, other) => {
    const split = [one, other].map((term) => ({
      namespaceSelector: {},
      podSelector: { matchExpressions: [term] },
    }));
    expect(lines(rule(split))).toEqual(lines(rule([{ namespaceSelector: {} }])));
  });

  test("split blocks and split ports", () => {
    expect(
      lines([
        { to: [{ ipBlock: { cidr: "10.0.0.0/9" } }], ports: [{ port: 80, endPort: 90 }] },
        { to: [{ ipBlock: { cidr: "10.128.0.0/9" } }], ports: [{ port: 80, endPort: 84 }] },
        { to: [{ ipBlock: { cidr: "10.128.0.0/9" } }], ports: [{ port: 85, endPort: 90 }] },
      ]),
    ).toEqual(["10.0.0.0/8: TCP 80-90"]);
  });

  test("declared namespaces by name and all others by exclusion are every namespace", () => {
    const names = Object.keys(namespaces);
    expect(
      lines(
        rule([
          { namespaceSelector: { matchExpressions: [{ key: NAME, operator: "In", values: names }] } },
          { namespaceSelector: { matchExpressions: [{ key: NAME, operator: "NotIn", values: names }] } },
        ]),
      ),
    ).toEqual(["pods of every namespace: any any"]);
  });
});

describe("a difference, in words", () => {
  test("any destination is said once, with what of it was there", () => {
    const everyPod = policy("x", "before", {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 443 }] }],
    });
    const world = { namespaces, workloads: [web] };
    const delta = diff(
      clusterOfWorld({ ...world, policies: [everyPod] }),
      clusterOfWorld({ ...world, policies: [] }),
      { environment: "test" },
    );
    expect(delta.workloads.flatMap(({ added }) => added.lines().map(textOf))).toEqual([
      "any: any any (before: pods of every namespace: TCP 443)",
    ]);
  });

  test("of a port name, 'before' says the numbers that were reached", () => {
    const rules = (egress: RawPolicy["spec"]["egress"]) =>
      policy("x", "rules", { podSelector: {}, policyTypes: ["Egress"], egress: egress ?? [] });
    const number = { ports: [{ port: 80 }] };
    const name = { ports: [{ port: "http" }] };
    const world = { namespaces, workloads: [web] };
    const delta = diff(
      clusterOfWorld({ ...world, policies: [rules([number])] }),
      clusterOfWorld({ ...world, policies: [rules([number, name])] }),
      { environment: "test" },
    );
    expect(delta.workloads.flatMap(({ added }) => added.lines().map(textOf))).toEqual([
      "pods of every namespace: TCP named http (before: pods of every namespace: TCP 80)",
    ]);
  });

  test("addresses are exact, and need no 'before'", () => {
    const some = policy("x", "before", {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [{ to: [{ ipBlock: { cidr: "128.0.0.0/1" } }] }],
    });
    const all = { ...some, spec: { ...some.spec, egress: [{ to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }] } };
    const world = { namespaces, workloads: [web] };
    const delta = diff(
      clusterOfWorld({ ...world, policies: [some] }),
      clusterOfWorld({ ...world, policies: [all] }),
      { environment: "test" },
    );
    expect(delta.workloads.flatMap(({ added }) => added.lines().map(textOf))).toEqual(["0.0.0.0/1: any any"]);
  });
});

describe("facts of a region for rules", () => {
  test("every undeclared namespace, whatever its labels", () => {
    const facts = (selector: NonNullable<RawPolicy["spec"]["egress"]>[number]["to"]) =>
      reachOf([{ to: selector ?? [], ports: [{ port: 443 }] }])
        .pods()
        .map(({ everyUndeclaredNamespace, everyPod, declaredNamespaces }) => ({
          everyUndeclaredNamespace,
          everyPod,
          declaredNamespaces,
        }));
    const declared = ["kube-system", "x", "y"];
    expect(facts([{ namespaceSelector: {} }])).toEqual([
      { everyUndeclaredNamespace: true, everyPod: true, declaredNamespaces: declared },
    ]);
    expect(facts([{ namespaceSelector: {}, podSelector: { matchLabels: { app: "a" } } }])).toEqual([
      { everyUndeclaredNamespace: true, everyPod: false, declaredNamespaces: declared },
    ]);
    expect(
      facts([{ namespaceSelector: { matchExpressions: [{ key: NAME, operator: "NotIn", values: ["y"] }] } }]),
    ).toEqual([{ everyUndeclaredNamespace: true, everyPod: true, declaredNamespaces: ["kube-system", "x"] }]);
    expect(facts([{ namespaceSelector: { matchLabels: { team: "b" } } }])).toEqual([
      { everyUndeclaredNamespace: false, everyPod: true, declaredNamespaces: [] },
    ]);
  });

  test("addresses are disjoint slices of ports", () => {
    const region = reachOf([
      { to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] },
      { to: [{ ipBlock: { cidr: "11.0.0.0/8" } }], ports: [{ port: 443 }] },
    ]);
    expect(region.addresses().map(({ ports, v4 }) => [ports.length, v4])).toEqual([
      [4, [{ first: 0x0a00_0000, last: 0x0aff_ffff }]],
      [1, [{ first: 0x0a00_0000, last: 0x0bff_ffff }]],
    ]);
  });
});

describe("pod CIDRs", () => {
  const podCIDRs = ["10.244.0.0/16"];

  test("an address of a pod is no outside address: a block over all of them is every pod", () => {
    expect(lines([{ to: [{ ipBlock: { cidr: "10.244.0.0/16" } }] }], { podCIDRs })).toEqual([
      "pods of every namespace: any any",
    ]);
  });

  test("a block over some of them is those addresses, and none of the outside", () => {
    const region = reachOf([{ to: [{ ipBlock: { cidr: "10.244.7.0/24" } }] }], { podCIDRs });
    expect(region.lines().map(textOf)).toEqual(["10.244.7.0/24: any any"]);
    expect(region.addresses()).toEqual([]);
    expect(region.pods().map(({ everyPod }) => everyPod)).toEqual([false]);
  });

  test("all addresses and all pods are any destination", () => {
    expect(
      lines([{ to: [{ ipBlock: { cidr: "0.0.0.0/0" } }, { ipBlock: { cidr: "::/0" } }] }], { podCIDRs }),
    ).toEqual(["any: any any"]);
  });
});

describe("who is governed", () => {
  test("pods on the host network reach everything", () => {
    const region = reachOf([], {}, { ...web, hostNetwork: true });
    expect(region.lines().map(textOf)).toEqual(["any: any any"]);
  });

  test("a label that only run time knows may be any value: what some pod of the workload reaches is reached", () => {
    const specific = policy("x", "first", {
      podSelector: { matchLabels: { "pod-name": "db-0" } },
      policyTypes: ["Egress"],
      egress: [{ to: [{ ipBlock: { cidr: "192.0.2.0/24" } }] }],
    });
    const deny = policy("x", "deny", { podSelector: {}, policyTypes: ["Egress"] });
    const world = { policies: [deny, specific] };
    expect(reachOf(undefined, world).isEmpty).toBe(true);
    const region = reachOf(undefined, world, { ...web, runtimeLabels: ["pod-name"] });
    expect(region.lines().map(textOf)).toEqual(["192.0.2.0/24: any any"]);
  });
});
