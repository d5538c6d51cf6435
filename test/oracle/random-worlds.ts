import fc from "fast-check";
import type {
  OracleEnd,
  OraclePod,
  Packet,
  RawPeer,
  RawPolicy,
  RawPort,
  RawSelector,
} from "./network-policy.ts";
import type { RawWorkload, World } from "./world.ts";

/**
 * Random clusters whose parts collide on purpose: few keys, few values, blocks that nest and touch, ranges that share
 * bounds. `POINTS` then holds a member of every class that any of them can tell apart.
 */
const CIDRS = [
  "0.0.0.0/0",
  "0.0.0.0/1",
  "128.0.0.0/1",
  "10.0.0.0/8",
  "10.0.0.0/9",
  "10.128.0.0/9",
  "10.1.0.0/16",
];
const CIDRS6 = ["::/0", "2001:db8::/32", "2001:db8::/33", "2001:db8:8000::/33"];
const EXCEPT: Readonly<Record<string, readonly string[]>> = {
  "0.0.0.0/0": ["10.0.0.0/8", "10.1.0.0/16", "128.0.0.0/1"],
  "0.0.0.0/1": ["10.0.0.0/9", "10.1.0.0/16"],
  "10.0.0.0/8": ["10.128.0.0/9", "10.1.0.0/16"],
  "10.0.0.0/9": ["10.1.0.0/16"],
  "::/0": ["2001:db8::/32", "2001:db8::/33"],
  "2001:db8::/32": ["2001:db8:8000::/33"],
};
const ADDRESSES = [
  "9.255.255.255",
  "10.0.0.0",
  "10.1.0.0",
  "10.1.255.255",
  "10.127.255.255",
  "10.128.0.0",
  "10.255.255.255",
  "11.0.0.0",
  "128.0.0.0",
  "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
  "2001:db8::",
  "2001:db8:8000::",
  "2001:db9::",
];
const PACKETS: readonly Packet[] = [
  { protocol: "TCP", port: 1 },
  { protocol: "TCP", port: 80 },
  { protocol: "TCP", port: 81 },
  { protocol: "TCP", port: 100 },
  { protocol: "TCP", port: 443 },
  { protocol: "UDP", port: 1 },
  { protocol: "UDP", port: 53 },
  { protocol: "UDP", port: 80 },
  { protocol: "SCTP", port: 80 },
];

const port: fc.Arbitrary<RawPort> = fc.oneof(
  fc.constantFrom<RawPort>(
    { port: 80 },
    { port: 443, protocol: "TCP" },
    { protocol: "TCP", port: 80, endPort: 81 },
    { protocol: "TCP", port: 81, endPort: 443 },
    { protocol: "TCP", port: 1, endPort: 65_535 },
    { protocol: "TCP" },
    {},
    { protocol: "UDP", port: 53 },
    { protocol: "UDP", port: 53, endPort: 80 },
    { protocol: "SCTP" },
    { port: "http" },
    { port: "http", protocol: "UDP" },
  ),
);

const SUBJECT_KEYS = ["a", "b"];
const VALUES = ["1", "2"];

function selector(keys: readonly string[], values: readonly string[]): fc.Arbitrary<RawSelector> {
  const expression = fc
    .record({
      key: fc.constantFrom(...keys),
      operator: fc.constantFrom("In", "NotIn", "Exists", "DoesNotExist"),
      values: fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }),
    })
    .map(({ key, operator, values: list }) =>
      operator === "In" || operator === "NotIn" ? { key, operator, values: list } : { key, operator },
    );
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant<RawSelector>({}) },
    {
      weight: 3,
      arbitrary: fc.record({ matchExpressions: fc.array(expression, { minLength: 1, maxLength: 2 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        matchLabels: fc.dictionary(fc.constantFrom(...keys), fc.constantFrom(...values), {
          minKeys: 1,
          maxKeys: 2,
        }),
      }),
    },
  );
}

const subjectSelector = selector(SUBJECT_KEYS, VALUES);
const podSelector = selector(["p"], VALUES);
const NAME = "kubernetes.io/metadata.name";
const namespaceSelector: fc.Arbitrary<RawSelector> = fc.oneof(
  selector(["t"], VALUES),
  fc.constantFrom<RawSelector>(
    { matchLabels: { [NAME]: "y" } },
    { matchLabels: { [NAME]: "z" } },
    { matchExpressions: [{ key: NAME, operator: "NotIn", values: ["x", "z"] }] },
    {
      matchExpressions: [
        { key: NAME, operator: "In", values: ["y", "w"] },
        { key: "t", operator: "Exists" },
      ],
    },
    { matchExpressions: [{ key: NAME, operator: "DoesNotExist" }] },
  ),
);

const block: fc.Arbitrary<RawPeer> = fc.constantFrom(...CIDRS, ...CIDRS6).chain((cidr) => {
  const holes = EXCEPT[cidr] ?? [];
  return fc
    .subarray([...holes])
    .map((except) => ({ ipBlock: except.length === 0 ? { cidr } : { cidr, except } }));
});

const peer: fc.Arbitrary<RawPeer> = fc.oneof(
  { weight: 3, arbitrary: block },
  { weight: 2, arbitrary: fc.record({ podSelector }) },
  { weight: 2, arbitrary: fc.record({ namespaceSelector }) },
  { weight: 2, arbitrary: fc.record({ namespaceSelector, podSelector }) },
);

const rule = fc.record(
  { to: fc.array(peer, { maxLength: 2 }), ports: fc.array(port, { maxLength: 2 }) },
  { requiredKeys: [] },
);

const spec: fc.Arbitrary<RawPolicy["spec"]> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      podSelector: subjectSelector,
      policyTypes: fc.constant(["Egress"]),
      egress: fc.array(rule, { maxLength: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ podSelector: subjectSelector, egress: fc.array(rule, { maxLength: 1 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      podSelector: subjectSelector,
      policyTypes: fc.constant(["Ingress"]),
      egress: fc.array(rule, { maxLength: 1 }),
    }),
  },
);

const labels = fc.dictionary(fc.constantFrom(...SUBJECT_KEYS), fc.constantFrom(...VALUES, "3"), {
  maxKeys: 2,
});

const namespaceLabels = fc.dictionary(fc.constant("t"), fc.constantFrom(...VALUES), { maxKeys: 1 });

/** One side: policies of namespace x, declared namespaces x and y. */
export interface RandomPair {
  readonly base: World;
  readonly head: World;
}

const policies = (sizes: { min: number; max: number }): fc.Arbitrary<readonly RawPolicy[]> =>
  fc
    .array(spec, { minLength: sizes.min, maxLength: sizes.max })
    .map((specs) =>
      specs.map((one, index) => ({ metadata: { namespace: "x", name: `policy-${index}` }, spec: one })),
    );

const workloads: fc.Arbitrary<readonly [readonly RawWorkload[], readonly RawWorkload[]]> = fc
  .tuple(fc.array(fc.tuple(labels, fc.option(labels), fc.boolean()), { minLength: 1, maxLength: 3 }))
  .map(([list]) => {
    const at = (side: 0 | 1) =>
      list.map(([own, other, network], index) => ({
        namespace: "x",
        name: `workload-${index}`,
        labels: side === 0 ? own : (other ?? own),
        hostNetwork: network && side === index % 2 && index === 2,
      }));
    return [at(0), at(1)];
  });

/** Two sides that share most of their policies, as a pull request's do. */
export const randomPair: fc.Arbitrary<RandomPair> = fc
  .record({
    shared: policies({ min: 0, max: 4 }),
    removed: policies({ min: 0, max: 2 }),
    added: policies({ min: 0, max: 2 }),
    workloads,
    x: namespaceLabels,
    y: namespaceLabels,
    relabelled: fc.option(namespaceLabels, { freq: 6 }),
  })
  .map(({ shared, removed, added, workloads: [before, after], x, y, relabelled }) => ({
    base: { namespaces: { x, y }, workloads: before, policies: renamed([...shared, ...removed]) },
    head: {
      namespaces: { x, y: relabelled ?? y },
      workloads: after,
      policies: renamed([...shared, ...added]),
    },
  }));

function renamed(list: readonly RawPolicy[]): readonly RawPolicy[] {
  return list.map((one, index) => ({ ...one, metadata: { ...one.metadata, name: `policy-${index}` } }));
}

/** Every labelling of a subject that the selectors can tell apart: "3" stands for any other value. */
export const SUBJECTS: readonly Readonly<Record<string, string>>[] = ["1", "2", "3", null].flatMap((a) =>
  ["1", "2", "3", null].map((b) => ({ ...(a === null ? {} : { a }), ...(b === null ? {} : { b }) })),
);

export interface Destination {
  readonly end: OracleEnd;
  readonly packet: Packet;
}

/** A member of each class of destinations, for one side's namespace labels. */
export function destinations(world: World): readonly Destination[] {
  const undeclared = ["z", "w"].flatMap((name) =>
    [{}, { t: "1" }, { t: "2" }, { t: "3" }].map((own) => [name, own] as const),
  );
  const namespaces = [...Object.entries(world.namespaces), ...undeclared];
  return PACKETS.flatMap((packet) => [
    ...ADDRESSES.map((address) => ({ end: { address }, packet })),
    ...namespaces.flatMap(([namespace, own]) =>
      [{}, { p: "1" }, { p: "2" }, { p: "3" }].flatMap((podLabels) =>
        [true, false].map((named) => {
          const pod: OraclePod = {
            namespace,
            namespaceLabels: own,
            labels: podLabels,
            ports: named ? [{ name: "http", ...packet }] : [],
          };
          return { end: { pod }, packet };
        }),
      ),
    ),
  ]);
}
