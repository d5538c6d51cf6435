import fc from "fast-check";
import type {
  CiliumEnd,
  CiliumPod,
  CiliumWorld,
  Direction,
  RawBlock,
  RawCilium,
  RawName,
  RawPortRule,
  RawRule,
  RawSpec,
} from "./cilium.ts";
import type { Packet, RawPolicy, RawSelector } from "./network-policy.ts";

/** Random clusters under Cilium whose parts collide on purpose; `ENDS` and `PACKETS` hold a member of every class. */
export interface CiliumPair {
  readonly base: CiliumWorld;
  readonly head: CiliumWorld;
}

const source = fc.constantFrom("", "k8s:", "any:");

function expression(
  key: fc.Arbitrary<string>,
  values: readonly string[],
): fc.Arbitrary<NonNullable<RawSelector["matchExpressions"]>[number]> {
  return fc
    .record({
      key,
      operator: fc.constantFrom("In", "NotIn", "Exists", "DoesNotExist"),
      values: fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }),
    })
    .map(({ key: name, operator, values: list }) =>
      operator === "In" || operator === "NotIn"
        ? { key: name, operator, values: list }
        : { key: name, operator },
    );
}

function selectorOf(
  ...terms: readonly fc.Arbitrary<NonNullable<RawSelector["matchExpressions"]>[number]>[]
): fc.Arbitrary<RawSelector> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant<RawSelector>({}) },
    {
      weight: 4,
      arbitrary: fc.record({
        matchExpressions: fc.array(fc.oneof(...terms), { minLength: 1, maxLength: 2 }),
      }),
    },
  );
}

const own = (key: string) => source.map((prefix) => `${prefix}${key}`);
const subjectTerm = expression(fc.constantFrom("a", "b").chain(own), ["1", "2"]);
const podTerm = expression(own("p"), ["1", "2"]);
const namespaceTerm = expression(own("io.kubernetes.pod.namespace"), ["x", "y", "z"]);
const namespaceLabelTerm = expression(
  fc
    .constantFrom("t", "kubernetes.io/metadata.name")
    .chain((key) => own(`io.cilium.k8s.namespace.labels.${key}`)),
  ["1", "2", "y"],
);
const accountTerm = own("io.cilium.k8s.policy.serviceaccount").map((key) => ({
  key,
  operator: "In",
  values: ["robot"],
}));
const reservedTerm = fc
  .record({
    key: fc.constantFrom("host", "remote-node", "world", "kube-apiserver", "health"),
    operator: fc.constantFrom("Exists", "DoesNotExist"),
  })
  // That everything but the API server is meant cannot be said exactly: a test of its own.
  .filter(({ key, operator }) => key !== "kube-apiserver" || operator === "Exists")
  .map(({ key, operator }) => ({ key: `reserved:${key}`, operator }));

const subjectSelector = selectorOf(subjectTerm);
const clusterwideSubject = selectorOf(subjectTerm, namespaceTerm, namespaceLabelTerm, accountTerm);
const endpointSelector = fc.oneof(
  { weight: 6, arbitrary: selectorOf(podTerm, namespaceTerm, namespaceLabelTerm, accountTerm) },
  {
    weight: 1,
    arbitrary: fc.record({ matchExpressions: fc.array(reservedTerm, { minLength: 1, maxLength: 1 }) }),
  },
);

const EXCEPT: Readonly<Record<string, readonly string[]>> = {
  "0.0.0.0/0": ["10.0.0.0/8", "128.0.0.0/1"],
  "10.0.0.0/8": ["10.1.0.0/16"],
  "::/0": ["2001:db8::/32"],
  "2001:db8::/32": [],
};
const block: fc.Arbitrary<RawBlock> = fc.oneof(
  fc
    .constantFrom(...Object.keys(EXCEPT))
    .chain((cidr) =>
      fc
        .subarray([...(EXCEPT[cidr] ?? [])])
        .map((except) => ({ cidr, ...(except.length > 0 ? { except } : {}) })),
    ),
  fc.constantFrom<RawBlock>(
    { cidrGroupRef: "office" },
    { cidrGroupRef: "office", except: ["10.1.0.0/16"] },
    { cidrGroupSelector: { matchLabels: { kind: "cloud" } } },
  ),
);

const names: readonly RawName[] = [
  { matchName: "api.example.com" },
  { matchName: "API.Example.com." },
  { matchPattern: "*.example.com" },
  { matchPattern: "**.example.com" },
  { matchPattern: "a*.example.com" },
  { matchPattern: "*" },
  { matchName: "example.com" },
];
const name = fc.constantFrom(...names);

const port = fc.constantFrom<NonNullable<RawPortRule["ports"]>[number]>(
  { port: "80" },
  { port: "443", protocol: "TCP" },
  { port: "80", endPort: 443, protocol: "TCP" },
  { port: "53", protocol: "ANY" },
  { port: "53", protocol: "UDP" },
  { port: "0" },
  { port: "0", protocol: "UDP" },
  { port: "http" },
  { port: "http", protocol: "TCP" },
  { port: "0", protocol: "ICMP" },
);
const plainPorts: fc.Arbitrary<RawPortRule> = fc.record({
  ports: fc.array(port, { minLength: 1, maxLength: 2 }),
});
const webPorts: fc.Arbitrary<RawPortRule> = fc.constant({
  ports: [{ port: "80", protocol: "TCP" }],
  rules: { http: [] },
});

/** One kind of peer, or none, rarely two: what the agent refuses. */
function rule(direction: Direction, deny: boolean): fc.Arbitrary<RawRule> {
  const end = direction === "egress" ? "to" : "from";
  const list = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 0, maxLength: 2 });
  const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 2 });
  const peers: fc.Arbitrary<RawRule> = fc.oneof(
    { weight: 5, arbitrary: list(endpointSelector).map((one) => ({ [`${end}Endpoints`]: one })) },
    {
      weight: 3,
      arbitrary: list(
        fc.constantFrom(
          ...["all", "world", "cluster", "host", "remote-node", "kube-apiserver", "init", "ingress", "none"],
        ),
      ).map((one) => ({ [`${end}Entities`]: one })),
    },
    { weight: 3, arbitrary: list(block).map((one) => ({ [`${end}CIDRSet`]: one })) },
    {
      weight: 1,
      arbitrary: some(fc.constantFrom("0.0.0.0/0", "10.0.0.0/8", "::/0")).map((one) => ({
        [`${end}CIDR`]: one,
      })),
    },
    { weight: 1, arbitrary: fc.constant<RawRule>({ [`${end}Nodes`]: [{ matchLabels: { role: "edge" } }] }) },
    { weight: 1, arbitrary: fc.constant<RawRule>({}) },
    {
      weight: 1,
      arbitrary: fc.constant<RawRule>({ [`${end}CIDR`]: ["10.0.0.0/8"], [`${end}Entities`]: ["host"] }),
    },
    ...(direction === "egress" && !deny
      ? [{ weight: 3, arbitrary: some(name).map((one): RawRule => ({ toFQDNs: one })) }]
      : []),
  );
  const ports: fc.Arbitrary<RawRule> = fc.oneof(
    { weight: 3, arbitrary: fc.constant<RawRule>({}) },
    {
      weight: 4,
      arbitrary: some(deny ? plainPorts : fc.oneof({ weight: 3, arbitrary: plainPorts }, webPorts)).map(
        (one): RawRule => ({ toPorts: one }),
      ),
    },
    { weight: 1, arbitrary: fc.constant<RawRule>({ icmps: [{}] }) },
  );
  const ordinary = fc.tuple(peers, ports).map(([whom, where]): RawRule => ({ ...whom, ...where }));
  const services = fc.constantFrom<RawRule>(
    { toServices: [{ k8sService: { serviceName: "api", namespace: "y" } }] },
    { toServices: [{ k8sServiceSelector: { selector: { matchLabels: { team: "a" } }, namespace: "y" } }] },
  );
  const lookup = fc
    .record({ allowed: fc.array(name, { minLength: 1, maxLength: 2 }), broad: fc.boolean() })
    .map(
      ({ allowed, broad }): RawRule => ({
        ...(broad
          ? {}
          : {
              toEndpoints: [
                { matchLabels: { "k8s:io.kubernetes.pod.namespace": "kube-system", "k8s-app": "dns" } },
              ],
            }),
        toPorts: [{ ports: [{ port: "53", protocol: "ANY" }], rules: { dns: allowed } }],
      }),
    );
  return direction === "egress" && !deny
    ? fc.oneof(
        { weight: 8, arbitrary: ordinary },
        { weight: 1, arbitrary: services },
        { weight: 2, arbitrary: lookup },
      )
    : ordinary;
}

const rules = (direction: Direction, deny: boolean, most: number) =>
  fc.array(rule(direction, deny), { maxLength: most });

function spec(subject: fc.Arbitrary<RawSelector>): fc.Arbitrary<RawSpec> {
  return fc.record(
    {
      endpointSelector: subject,
      egress: rules("egress", false, 2),
      egressDeny: rules("egress", true, 1),
      ingress: rules("ingress", false, 2),
      ingressDeny: rules("ingress", true, 1),
      enableDefaultDeny: fc.constantFrom(
        { egress: false },
        { ingress: false },
        { egress: false, ingress: false },
      ),
    },
    { requiredKeys: ["endpointSelector"] },
  );
}

/** Every list of rules may be missing; the API server wants one. */
const withRules = (one: RawSpec): RawSpec =>
  (one.egress ?? one.egressDeny ?? one.ingress ?? one.ingressDeny) ? one : { ...one, egress: [] };

const policy: fc.Arbitrary<Omit<RawCilium, "metadata"> & { readonly namespace?: string }> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.array(spec(subjectSelector).map(withRules), { minLength: 1, maxLength: 2 }),
        fc.constantFrom("x", "y"),
      )
      .map(([specs, namespace]) => ({
        kind: "CiliumNetworkPolicy" as const,
        namespace,
        ...(specs.length === 1 && specs[0] !== undefined ? { spec: specs[0] } : { specs }),
      })),
  },
  {
    weight: 3,
    arbitrary: spec(clusterwideSubject)
      .map(withRules)
      .map((one) => ({ kind: "CiliumClusterwideNetworkPolicy" as const, spec: one })),
  },
  {
    weight: 1,
    arbitrary: fc.constant({
      kind: "CiliumClusterwideNetworkPolicy" as const,
      spec: { nodeSelector: {}, egress: [{}] },
    }),
  },
);

const standard: fc.Arbitrary<RawPolicy["spec"]> = fc.record(
  {
    podSelector: fc.constantFrom<RawSelector>({}, { matchLabels: { a: "1" } }),
    policyTypes: fc.constantFrom(["Egress"], ["Ingress"], ["Egress", "Ingress"]),
    egress: fc.array(
      fc.constantFrom<NonNullable<RawPolicy["spec"]["egress"]>[number]>(
        {},
        { to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] } }] },
        { to: [{ namespaceSelector: { matchLabels: { t: "1" } } }], ports: [{ port: 53, protocol: "UDP" }] },
        { to: [{ podSelector: { matchLabels: { p: "1" } } }], ports: [{ port: "http" }] },
      ),
      { maxLength: 1 },
    ),
    ingress: fc.array(
      fc.constantFrom<NonNullable<RawPolicy["spec"]["ingress"]>[number]>({}, { from: [{ podSelector: {} }] }),
      { maxLength: 1 },
    ),
  },
  { requiredKeys: ["podSelector"] },
);

const namespaceLabels = fc.dictionary(fc.constant("t"), fc.constantFrom("1", "2"), { maxKeys: 1 });

const policies = (most: number) => fc.array(policy, { maxLength: most });

export const ciliumPair: fc.Arbitrary<CiliumPair> = fc
  .record({
    shared: policies(3),
    removed: policies(2),
    added: policies(2),
    standard: fc.array(standard, { maxLength: 1 }),
    x: namespaceLabels,
    y: namespaceLabels,
  })
  .map(({ shared, removed, added, standard: specs, x, y }) => {
    const side = (list: typeof shared): CiliumWorld => ({
      namespaces: { x, y, "kube-system": {} },
      policies: list.map(({ namespace, ...one }, index) => ({
        ...one,
        metadata: { name: `policy-${index}`, ...(namespace === undefined ? {} : { namespace }) },
      })),
      networkPolicies: specs.map((one, index) => ({
        metadata: { namespace: "x", name: `standard-${index}` },
        spec: one,
      })),
      groups: [
        { name: "office", labels: {}, cidrs: ["10.0.0.0/8"] },
        { name: "cloud-a", labels: { kind: "cloud" }, cidrs: ["2001:db8::/32"] },
        { name: "cloud-b", labels: { kind: "cloud" }, cidrs: ["192.0.2.0/24"] },
      ],
      services: [{ metadata: { name: "api", namespace: "y", labels: { team: "a" } }, selector: { p: "1" } }],
    });
    return { base: side([...shared, ...removed]), head: side([...shared, ...added]) };
  });

/** Pods whose policies are asked. */
export const SUBJECTS: readonly (Pick<CiliumPod, "namespace" | "labels" | "serviceAccount"> & {
  readonly name: string;
})[] = [
  { namespace: "x", name: "one", labels: { a: "1" }, serviceAccount: "default" },
  { namespace: "x", name: "two", labels: { a: "2", b: "1" }, serviceAccount: "robot" },
  { namespace: "y", name: "three", labels: {}, serviceAccount: "default" },
];

const PACKETS: readonly Packet[] = [
  { protocol: "TCP", port: 80 },
  { protocol: "TCP", port: 443 },
  { protocol: "TCP", port: 9 },
  { protocol: "UDP", port: 53 },
  { protocol: "UDP", port: 80 },
  { protocol: "SCTP", port: 80 },
];

export interface Flow {
  readonly end: CiliumEnd;
  readonly packet: Packet;
  /** Whether the receiving pod calls its port "http". */
  readonly named: boolean;
}

/** A member of every class of other ends. */
export function flows({ namespaces }: CiliumWorld): readonly Flow[] {
  const spaces = [
    ...Object.entries(namespaces),
    ...[{}, { t: "1" }, { t: "2" }, { t: "3" }].map((labels) => ["z", labels] as const),
  ];
  const pods = spaces.flatMap(([namespace, labels]) => {
    const pod = { namespace, namespaceLabels: labels, labels: {}, serviceAccount: "default" };
    return [
      ...["1", "2", "3"].map((p) => ({ ...pod, labels: { p } })),
      pod,
      { ...pod, serviceAccount: "robot" },
      ...(namespace === "kube-system" ? [{ ...pod, labels: { "k8s-app": "dns" } }] : []),
    ];
  });
  const others: readonly CiliumEnd[] = [
    ...["9.0.0.1", "10.0.0.1", "10.1.0.1", "192.0.2.1", "2001:db8::1", "2001:db9::1"].map(
      (address) => ({ kind: "outside", address, name: null }) as const,
    ),
    ...["api.example.com", "b.example.com", "a.b.example.com", "example.com", "other.test"].map(
      (looked) => ({ kind: "outside", address: "9.0.0.1", name: looked }) as const,
    ),
    { kind: "outside", address: "10.1.0.1", name: "api.example.com" },
    { kind: "own node", labels: {} },
    { kind: "other node", labels: {} },
    { kind: "other node", labels: { role: "edge" } },
    { kind: "API server outside", address: "9.0.0.2" },
  ];
  return PACKETS.flatMap((packet) =>
    [true, false].flatMap((named) => [
      ...pods.map(
        (pod): Flow => ({
          end: { kind: "pod", pod: { ...pod, ports: named ? [{ name: "http", ...packet }] : [] } },
          packet,
          named,
        }),
      ),
      ...others.map((end): Flow => ({ end, packet, named })),
    ]),
  );
}
