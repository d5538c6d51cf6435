import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { stringify } from "yaml";
import type { Profile } from "../../src/config/config.ts";
import { memoryCache } from "../../src/engine/cache.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import type { Review } from "../../src/review.ts";
import { runs } from "../oracle/points.ts";
import { reviewTrees } from "../review-case.ts";
import { type Files, treeOf } from "../targets/tree-of.ts";

/**
 * Laws over whole reviews, for every dialect: what an author may write otherwise without meaning something else leaves no
 * delta; the sides swapped swap what is added and removed; an allow that is added takes nothing away.
 */

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ cache: memoryCache() });
});
afterAll(() => engine.close());

type Json = Readonly<Record<string, unknown>>;

/** A rule that allows: some destinations, each at some ports. */
interface Rule {
  readonly to: readonly Json[];
  readonly ports: readonly Json[];
}

interface Policy {
  readonly name: string;
  readonly rules: readonly Rule[];
}

interface Dialect {
  readonly profile: Profile;
  /** What stands beside the policies on both sides: without a rule, nothing is reached. */
  readonly around: readonly Json[];
  readonly destinations: readonly Json[];
  readonly ports: readonly Json[];
  /** The second policy is asked after the first, where an order has to be said. */
  readonly object: (policy: Policy, index: number) => Json;
  /** Whether names are free, and each rule may be a policy of its own. */
  readonly union: boolean;
}

const meta = (name: string, namespace: string | null) => ({
  metadata: namespace === null ? { name } : { name, namespace },
});
const blocks = (make: (cidr: string) => Json) =>
  ["10.0.0.0/8", "10.1.0.0/16", "198.51.100.0/24", "0.0.0.0/0", "2001:db8::/32"].map(make);
const data = { matchLabels: { "kubernetes.io/metadata.name": "data" } };
const db = { matchLabels: { app: "db" } };

const admin = (version: string, kind: string, action: string, portsField: string, extra: Json): Dialect => ({
  profile: "kubernetes",
  around: [DENY],
  destinations: [
    ...blocks((cidr) => ({ networks: [cidr] })),
    { namespaces: data },
    { pods: { namespaceSelector: {}, podSelector: db } },
  ],
  ports:
    portsField === "ports"
      ? [
          { portNumber: { protocol: "TCP", port: 443 } },
          { portRange: { protocol: "UDP", start: 50, end: 60 } },
        ]
      : [
          { tcp: { destinationPort: { number: 443 } } },
          { udp: { destinationPort: { range: { start: 50, end: 60 } } } },
        ],
  object: ({ name, rules }, index) => ({
    apiVersion: `policy.networking.k8s.io/${version}`,
    kind,
    ...meta(name, null),
    spec: {
      ...extra,
      priority: 10 + index,
      subject: { namespaces: {} },
      egress: rules.map(({ to, ports }) => ({
        action,
        to,
        ...(ports.length === 0 ? {} : { [portsField]: ports }),
      })),
    },
  }),
  union: false,
});

const DENY: Json = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  ...meta("deny", "shop"),
  spec: { podSelector: {}, policyTypes: ["Egress"] },
};

const DIALECTS: Readonly<Record<string, Dialect>> = {
  NetworkPolicy: {
    profile: "kubernetes",
    around: [DENY],
    destinations: [
      ...blocks((cidr) => ({ ipBlock: { cidr } })),
      { namespaceSelector: data },
      { podSelector: {} },
      { namespaceSelector: {}, podSelector: db },
    ],
    ports: [{ port: 443 }, { protocol: "UDP", port: 50, endPort: 60 }, { port: "http" }],
    object: ({ name, rules }) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      ...meta(name, "shop"),
      spec: { podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Egress"], egress: rules },
    }),
    union: true,
  },
  AdminNetworkPolicy: admin("v1alpha1", "AdminNetworkPolicy", "Allow", "ports", {}),
  ClusterNetworkPolicy: admin("v1alpha2", "ClusterNetworkPolicy", "Accept", "protocols", { tier: "Admin" }),
  CiliumNetworkPolicy: {
    profile: "cilium",
    around: [
      {
        apiVersion: "cilium.io/v2",
        kind: "CiliumClusterwideNetworkPolicy",
        ...meta("deny", null),
        spec: { endpointSelector: {}, egress: [{}] },
      },
    ],
    destinations: [
      ...blocks((cidr) => ({ toCIDR: [cidr] })),
      { toEndpoints: [{ matchLabels: { "k8s:io.kubernetes.pod.namespace": "data" } }] },
      { toEntities: ["kube-apiserver"] },
    ],
    ports: [{ port: "443" }, { port: "50", endPort: 60, protocol: "UDP" }],
    // Rules take several destinations of one kind only: one rule for each.
    object: ({ name, rules }) => ({
      apiVersion: "cilium.io/v2",
      kind: "CiliumNetworkPolicy",
      ...meta(name, "shop"),
      spec: {
        endpointSelector: { matchLabels: { app: "web" } },
        egress: rules.flatMap(({ to, ports }) =>
          to.map((one) => ({ ...one, ...(ports.length === 0 ? {} : { toPorts: [{ ports }] }) })),
        ),
      },
    }),
    union: true,
  },
  "Calico GlobalNetworkPolicy": {
    profile: "calico",
    around: [
      {
        apiVersion: "projectcalico.org/v3",
        kind: "GlobalNetworkPolicy",
        ...meta("deny", null),
        spec: { types: ["Egress"] },
      },
    ],
    destinations: [
      ...["10.0.0.0/8", "198.51.100.0/24", "0.0.0.0/0"].map((cidr) => ({ nets: [cidr] })),
      { namespaceSelector: "kubernetes.io/metadata.name == 'data'" },
      { selector: "app == 'db'", namespaceSelector: "all()" },
    ],
    ports: [
      { protocol: "TCP", port: 443 },
      { protocol: "UDP", port: "50:60" },
    ],
    object: ({ name, rules }, index) => ({
      apiVersion: "projectcalico.org/v3",
      kind: "GlobalNetworkPolicy",
      ...meta(name, null),
      spec: {
        order: 10 + index,
        types: ["Egress"],
        egress: rules.flatMap(({ to, ports }) =>
          to.flatMap((destination): readonly Json[] =>
            ports.length === 0
              ? [{ action: "Allow", destination }]
              : ports.map(({ protocol, port }) => ({
                  action: "Allow",
                  protocol,
                  destination: { ...destination, ports: [port] },
                })),
          ),
        ),
      },
    }),
    union: false,
  },
  "Antrea ClusterNetworkPolicy": {
    profile: "antrea",
    around: [
      {
        apiVersion: "crd.antrea.io/v1beta1",
        kind: "ClusterNetworkPolicy",
        ...meta("deny", null),
        spec: { priority: 90, appliedTo: [{ namespaceSelector: {} }], egress: [{ action: "Drop" }] },
      },
    ],
    destinations: [
      ...blocks((cidr) => ({ ipBlock: { cidr } })),
      { namespaceSelector: data },
      { fqdn: "api.example.com" },
      { fqdn: "*.example.com" },
    ],
    ports: [
      { protocol: "TCP", port: 443 },
      { protocol: "UDP", port: 50, endPort: 60 },
    ],
    object: ({ name, rules }, index) => ({
      apiVersion: "crd.antrea.io/v1beta1",
      kind: "ClusterNetworkPolicy",
      ...meta(name, null),
      spec: {
        priority: 5 + index,
        appliedTo: [{ namespaceSelector: {} }],
        // Without a name each is named after its content, and two of one name are refused.
        egress: rules.map(({ to, ports }, at) => ({
          name: `rule-${at}`,
          action: "Allow",
          to,
          ...(ports.length === 0 ? {} : { ports }),
        })),
      },
    }),
    union: false,
  },
  EgressFirewall: {
    profile: "ovn-kubernetes",
    around: [],
    destinations: [
      ...["10.0.0.0/8", "198.51.100.0/24", "0.0.0.0/0"].map((cidrSelector) => ({ cidrSelector })),
      { dnsName: "api.example.com" },
    ],
    ports: [
      { protocol: "TCP", port: 443 },
      { protocol: "UDP", port: 53 },
    ],
    // One object a namespace, called "default"; several policies of ours are its rules, one after the other.
    object: ({ rules }) => ({
      apiVersion: "k8s.ovn.org/v1",
      kind: "EgressFirewall",
      ...meta("default", "shop"),
      spec: {
        egress: [
          ...rules.flatMap(({ to, ports }) =>
            to.map((one) => ({ type: "Allow", to: one, ...(ports.length === 0 ? {} : { ports }) })),
          ),
          { type: "Deny", to: { cidrSelector: "0.0.0.0/0" } },
          { type: "Deny", to: { cidrSelector: "::/0" } },
        ],
      },
    }),
    union: false,
  },
};

const workload = (namespace: string, app: string): readonly Json[] => [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    ...meta(app, namespace),
    spec: {
      selector: { matchLabels: { app } },
      template: {
        metadata: { labels: { app } },
        spec: { containers: [{ name: app, image: `registry.example.com/${app}:1` }] },
      },
    },
  },
];
const WORKLOADS = [...workload("shop", "web"), ...workload("data", "db")];

function rulesOf({ destinations, ports }: Dialect): fc.Arbitrary<readonly Rule[]> {
  const rule = fc.record({
    to: fc.uniqueArray(fc.constantFrom(...destinations), { minLength: 1, maxLength: 3 }),
    ports: fc.uniqueArray(fc.constantFrom(...ports), { maxLength: 2 }),
  });
  return fc.array(rule, { minLength: 1, maxLength: 4 });
}

/** One manifest a document, as its author writes it. */
type Style = (object: Json) => string;
const plain: Style = (object) => stringify(object);

function filesOf(dialect: Dialect, policies: readonly Policy[], style: Style = plain): Files {
  const objects = [...WORKLOADS, ...dialect.around, ...policies.map(dialect.object)];
  return { "all.yaml": objects.map(style).join("---\n") };
}

function reviewed({ profile }: Dialect, base: Files, head: Files): Promise<Review> {
  return reviewTrees(engine, treeOf(base), treeOf(head), { profile });
}

/** By workload: what is added, and what is removed. */
function deltas({ environments }: Review) {
  return environments.flatMap((environment) =>
    environment.deltas.map(({ workload: name, added, removed }) => ({ name, added, removed })),
  );
}

const commented: Style = (object) => `# A note.\n${stringify(object).replace(/\n(?=.)/g, "\n# Another.\n")}`;
const STYLES: readonly Style[] = [
  commented,
  (object) => `${JSON.stringify(object)}\n`,
  (object) => stringify(object, { indent: 4, indentSeq: false }),
  (object) => stringify(object, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "QUOTE_SINGLE" }),
  (object) => stringify(object, { collectionStyle: "flow", defaultStringType: "QUOTE_DOUBLE" }),
];

/** The same rules, each with one destination at one port. */
function split(rules: readonly Rule[]): readonly Rule[] {
  return rules.flatMap(({ to, ports }) =>
    to.flatMap((one) =>
      ports.length === 0 ? [{ to: [one], ports }] : ports.map((port) => ({ to: [one], ports: [port] })),
    ),
  );
}

const policy = (rules: readonly Rule[], name = "rules"): Policy => ({ name, rules });

/** Texts that mean what the rules mean, by what they are to show. */
function sameMeanings(dialect: Dialect, rules: readonly Rule[]): Readonly<Record<string, Files>> {
  const own = filesOf(dialect, [policy(rules)]);
  const documents = String(own["all.yaml"]).split("---\n");
  return {
    "rules in another order": filesOf(dialect, [policy([...rules].reverse())]),
    "rules split": filesOf(dialect, [policy(split(rules))]),
    "destinations in another order": filesOf(dialect, [
      policy(rules.map(({ to, ports }) => ({ to: [...to].reverse(), ports: [...ports].reverse() }))),
    ]),
    "a rule said twice": filesOf(dialect, [policy([...rules, ...rules.slice(0, 1)])]),
    "documents in another order": { "all.yaml": [...documents].reverse().join("---\n") },
    "a file for each document": Object.fromEntries(documents.map((text, at) => [`some/${at}.yaml`, text])),
    "another name": filesOf(dialect, [policy(rules, "renamed")]),
    ...Object.fromEntries(
      STYLES.map((style, at) => [`style ${at}`, filesOf(dialect, [policy(rules)], style)]),
    ),
    ...(dialect.union
      ? {
          "a policy for each rule": filesOf(
            dialect,
            rules.map((rule, at) => policy([rule], `rule-${at}`)),
          ),
        }
      : {}),
  };
}

describe.each(Object.entries(DIALECTS))("%s", (_, dialect) => {
  const rules = rulesOf(dialect);

  test("other words for the same rules leave no delta and no finding, either way", async () => {
    await fc.assert(
      fc.asyncProperty(rules, fc.nat(), async (given, choice) => {
        const meanings = Object.entries(sameMeanings(dialect, given));
        const [words, files] = meanings[choice % meanings.length] ?? ["", {}];
        const own = filesOf(dialect, [policy(given)]);
        for (const [base, head] of [
          [own, files],
          [files, own],
        ] as const) {
          const review = await reviewed(dialect, base, head);
          expect({
            words,
            verdict: review.verdict,
            deltas: deltas(review),
            findings: review.findings,
          }).toEqual({
            words,
            verdict: "pass",
            deltas: [],
            findings: [],
          });
        }
      }),
      { numRuns: runs(8) },
    );
  });

  test("swapping the sides swaps what is added and what is removed", async () => {
    let changes = 0;
    await fc.assert(
      fc.asyncProperty(rules, rules, async (one, other) => {
        const [left, right] = [one, other].map((list) => filesOf(dialect, [policy(list)]));
        if (left === undefined || right === undefined) throw new Error("two sides");
        const there = deltas(await reviewed(dialect, left, right));
        const back = deltas(await reviewed(dialect, right, left));
        changes += there.length;
        expect(back).toEqual(
          there.map(({ name, added, removed }) => ({ name, added: removed, removed: added })),
        );
      }),
      { numRuns: runs(5) },
    );
    expect(changes).toBeGreaterThan(0);
  });

  test("an allow that is added takes nothing away", async () => {
    let added = 0;
    await fc.assert(
      fc.asyncProperty(rules, rules, async (given, more) => {
        const base = filesOf(dialect, [policy(given)]);
        const found = deltas(await reviewed(dialect, base, filesOf(dialect, [policy([...given, ...more])])));
        added += found.filter((one) => one.added.length > 0).length;
        expect(found.flatMap(({ removed }) => removed)).toEqual([]);
      }),
      { numRuns: runs(5) },
    );
    expect(added).toBeGreaterThan(0);
  });
});
