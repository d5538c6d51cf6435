import { describe, expect, test } from "@jest/globals";
import { surfaceOf } from "../../src/surface/surface-of.ts";
import { TABLES, type Table } from "./admin-conformance.ts";
import { type AdminEnd, type RawAdminPolicy, type RawPeer, type RawRule, verdicts } from "./admin-policy.ts";
import { type AdminWorld, clusterOfAdminWorld, decideFlow } from "./admin-worlds.ts";
import type { OraclePod, RawPolicy } from "./network-policy.ts";

const NAMESPACES = ["a", "b", "c", "d"];
type Version = "v1alpha1" | "v1alpha2";

/** Pods "a0" to "d1", each with the ports of the tables. */
function podsOf(unlabelled: readonly string[]): ReadonlyMap<string, OraclePod> {
  return new Map(
    NAMESPACES.flatMap((namespace, block) =>
      [0, 1].map((index): [string, OraclePod] => [
        `${namespace}${index}`,
        {
          namespace,
          namespaceLabels: labelsOf(namespace, unlabelled),
          labels: { house: namespace },
          address: `10.0.${block}.${10 + index}`,
          ports: [
            { name: "web", port: 80, protocol: "TCP" },
            { name: "dns", port: 53, protocol: "UDP" },
          ],
        },
      ]),
    ),
  );
}

function labelsOf(namespace: string, unlabelled: readonly string[]): Readonly<Record<string, string>> {
  return { house: unlabelled.includes(namespace) ? "none" : namespace };
}

function peerOf(text: string): RawPeer {
  if (text === "node") return { nodes: { matchLabels: { os: "linux" } } };
  if (text.includes("/")) return { networks: text.split(",") };
  if (text.startsWith("labelled-")) {
    const matchLabels = { house: text.slice("labelled-".length) };
    return { pods: { namespaceSelector: { matchLabels }, podSelector: { matchLabels } } };
  }
  return { namespaces: { matchLabels: { "kubernetes.io/metadata.name": text } } };
}

function ruleOf(text: string, peers: "to" | "from", version: Version): RawRule {
  const [action = "", peer = "", ...ports] = text.split(" ");
  const list = ports.map((port) => (version === "v1alpha1" ? portOf(port) : protocolOf(port)));
  const field = version === "v1alpha1" ? "ports" : "protocols";
  return {
    action: version === "v1alpha1" && action === "Accept" ? "Allow" : action,
    [peers]: [peerOf(peer)],
    ...(list.length === 0 ? {} : { [field]: list }),
  };
}

function portOf(text: string) {
  if (text.startsWith("port:")) return { namedPort: text.slice("port:".length) };
  const { protocol, first, last } = partsOf(text);
  return first === last
    ? { portNumber: { protocol: protocol.toUpperCase(), port: first } }
    : { portRange: { protocol: protocol.toUpperCase(), start: first, end: last } };
}

function protocolOf(text: string) {
  if (text.startsWith("port:")) return { destinationNamedPort: text.slice("port:".length) };
  const { protocol, first, last } = partsOf(text);
  const destinationPort = first === last ? { number: first } : { range: { start: first, end: last } };
  return { [protocol]: { destinationPort } };
}

function partsOf(text: string) {
  const [protocol = "", ports = ""] = text.split("/");
  const [first = 0, last = first] = ports.split("-").map(Number);
  return { protocol, first, last };
}

interface State {
  readonly egress: readonly string[];
  readonly ingress: readonly string[];
  readonly unlabelled: readonly string[];
}

function changed(
  rules: readonly string[],
  { swap, rewrite, insert }: Table["steps"][number],
): readonly string[] {
  if (rules.length === 0) return rules;
  const next = [...(insert === undefined ? [] : [insert]), ...rules];
  if (rewrite !== undefined) next[rewrite[0]] = rewrite[1];
  if (swap !== undefined) {
    const [one, two] = swap;
    [next[one], next[two]] = [next[two] ?? "", next[one] ?? ""];
  }
  return next;
}

function policyOf({ tier }: Table, { egress, ingress }: State, version: Version): RawAdminPolicy {
  return {
    apiVersion: `policy.networking.k8s.io/${version}`,
    kind:
      version === "v1alpha2"
        ? "ClusterNetworkPolicy"
        : tier === "Admin"
          ? "AdminNetworkPolicy"
          : "BaselineAdminNetworkPolicy",
    metadata: { name: "default" },
    spec: {
      ...(version === "v1alpha2" ? { tier, priority: 10 } : tier === "Admin" ? { priority: 10 } : {}),
      subject: peerOf("a"),
      egress: egress.map((rule) => ruleOf(rule, "to", version)),
      ingress: ingress.map((rule) => ruleOf(rule, "from", version)),
    },
  };
}

/** Each probe, with what the oracle and the code answer: a connection has to leave the one pod and enter the other. */
function answers(world: AdminWorld, pods: ReadonlyMap<string, OraclePod>, probes: readonly string[]) {
  const surface = surfaceOf(clusterOfAdminWorld(world), "each-pod");
  return probes.map((probe) => {
    const [from = "", , to = "", port = ""] = probe.split(" ");
    const { protocol, first } = partsOf(port);
    const packet = { protocol: protocol.toUpperCase(), port: first };
    const [sender, receiver] = [pods.get(from), pods.get(to)];
    if (sender === undefined) throw new Error(`no pod ${from}`);
    const node: AdminEnd = { node: { address: "192.168.0.1", labels: { os: "linux" } } };
    const out = {
      direction: "egress",
      subject: sender,
      other: receiver === undefined ? node : { pod: receiver },
      packet,
    } as const;
    const flows = [
      out,
      ...(receiver === undefined
        ? []
        : [{ ...out, direction: "ingress", subject: receiver, other: { pod: sender } } as const]),
    ];
    const all = (allows: (flow: (typeof flows)[number]) => boolean) => (flows.every(allows) ? "yes" : "no");
    const named = `${from} > ${to} ${port}`;
    return {
      oracle: `${named} ${all((flow) => verdicts(world.admin, world.networkPolicies, flow).has("allow"))}`,
      code: `${named} ${all((flow) => decideFlow(surface, flow).verdict === "allow")}`,
    };
  });
}

function expectAnswers(
  world: AdminWorld,
  pods: ReadonlyMap<string, OraclePod>,
  probes: readonly string[],
): void {
  const found = answers(world, pods, probes);
  expect(found.map(({ code }) => code)).toEqual(probes);
  expect(found.map(({ oracle }) => oracle)).toEqual(probes);
}

function worldOf(
  admin: readonly RawAdminPolicy[],
  networkPolicies: readonly RawPolicy[] = [],
  unlabelled: readonly string[] = [],
): AdminWorld {
  return {
    namespaces: Object.fromEntries(NAMESPACES.map((name) => [name, labelsOf(name, unlabelled)])),
    pods: [...podsOf(unlabelled).values()],
    admin,
    networkPolicies,
  };
}

describe.each<Version>(["v1alpha1", "v1alpha2"])("the conformance suite, in the words of %s", (version) => {
  test.each(TABLES.map((table) => [table.name, table] as const))("%s", (_, table) => {
    let state: State = { egress: table.egress ?? [], ingress: table.ingress ?? [], unlabelled: [] };
    for (const step of table.steps) {
      state = {
        egress: changed(state.egress, step),
        ingress: changed(state.ingress, step),
        unlabelled: [...state.unlabelled, ...(step.unlabel === undefined ? [] : [step.unlabel])],
      };
      const world = worldOf([policyOf(table, state, version)], [], state.unlabelled);
      expectAnswers(world, podsOf(state.unlabelled), step.probes);
    }
  });

  const both = (tier: Table["tier"], action: string) =>
    policyOf(
      { name: "", tier, steps: [] },
      { egress: [`${action} labelled-c`], ingress: [`${action} labelled-c`], unlabelled: [] },
      version,
    );
  const connections = (verdict: string) =>
    ["c0 > a0 tcp/80", "c1 > a0 tcp/8080", "a0 > c0 tcp/80", "a1 > c0 tcp/8080"].map(
      (probe) => `${probe} ${verdict}`,
    );

  test("the lower priority number is asked first", () => {
    const at = (action: string, priority: number) => {
      const policy = both("Admin", action);
      return { ...policy, metadata: { name: action.toLowerCase() }, spec: { ...policy.spec, priority } };
    };
    const accept = both("Baseline", "Accept");
    const world = (pass: number) => worldOf([at("Deny", 50), at("Pass", pass), accept]);
    expectAnswers(world(60), podsOf([]), connections("no"));
    expectAnswers(world(40), podsOf([]), connections("yes"));
  });

  test("Admin denies; what it passes NetworkPolicy decides; without one Baseline does", () => {
    const peers = [{ namespaceSelector: { matchLabels: { house: "c" } } }];
    const networkPolicy: RawPolicy = {
      metadata: { namespace: "a", name: "allow-c" },
      spec: {
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        egress: [{ to: peers }],
        ingress: [{ from: peers }],
      },
    };
    const baseline = both("Baseline", "Deny");
    expectAnswers(worldOf([both("Admin", "Deny"), baseline], [networkPolicy]), podsOf([]), connections("no"));
    expectAnswers(
      worldOf([both("Admin", "Pass"), baseline], [networkPolicy]),
      podsOf([]),
      connections("yes"),
    );
    expectAnswers(worldOf([both("Admin", "Pass"), baseline]), podsOf([]), connections("no"));
  });
});
