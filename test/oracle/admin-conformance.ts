/**
 * What every implementation has to do, as the conformance suite of the API asks it (kubernetes-sigs/network-policy-api
 * conformance/tests), told of objects of our own: four namespaces with two pods each, and a node.
 *
 * "a" has the policies. "b" is met by three rules of different actions, "c" is barred at some ports, "d" is open at some ports
 * alone. Each step changes what the steps before it left.
 */
export interface Table {
  readonly name: string;
  readonly tier: "Admin" | "Baseline";
  /** "Accept b", "Deny c tcp/80 udp/53", "Pass d port:web"; a namespace, "node", or blocks. */
  readonly egress?: readonly string[];
  readonly ingress?: readonly string[];
  readonly steps: readonly Step[];
}

export interface Step {
  /** Rules of both directions that change places. */
  readonly swap?: readonly [number, number];
  /** A rule that is written anew. */
  readonly rewrite?: readonly [index: number, rule: string];
  /** A rule before all others. */
  readonly insert?: string;
  /** A namespace that loses the label by which others select it. */
  readonly unlabel?: string;
  /** "a0 > b1 tcp/80 yes": may the first pod open this connection to the second. */
  readonly probes: readonly string[];
}

/** Each protocol with two ports; pods serve them all, and name two of them. */
const TCP = ["tcp/80", "tcp/8080"] as const;
const UDP = ["udp/5353", "udp/53"] as const;
const SCTP = ["sctp/9003", "sctp/9005"] as const;

type Ends = (peer: string, index: number) => string;
const outward: Ends = (peer, index) => `a${index} > ${peer}0`;
const inward: Ends = (peer, index) => `${peer}${index} > a0`;

/** One protocol in one direction: order decides, a port is barred, a port is open. */
function oneProtocol(
  name: string,
  direction: "egress" | "ingress",
  [barred, other]: readonly [string, string],
  gate: string,
): readonly Table[] {
  const ends = direction === "egress" ? outward : inward;
  const both = (peer: string, first: string, second: string) => [
    `${ends(peer, 0)} ${barred} ${first}`,
    `${ends(peer, 1)} ${other} ${second}`,
  ];
  const closed = gate === barred ? other : barred;
  const first = [
    ...both("b", "yes", "yes"),
    `${ends("d", 0)} ${gate} yes`,
    `${ends("d", 1)} ${closed} no`,
    ...both("c", "no", "yes"),
  ];
  const admin: Table = {
    name: `${name}, Admin`,
    tier: "Admin",
    [direction]: [
      "Accept b",
      "Deny b",
      "Pass b",
      `Deny c ${barred}`,
      `Pass c ${barred}`,
      `Accept d ${gate}`,
      "Deny d",
    ],
    steps: [
      { probes: first },
      { swap: [0, 1], probes: both("b", "no", "no") },
      { swap: [0, 2], probes: both("b", "yes", "yes") },
      { swap: [3, 4], probes: both("c", "yes", "yes") },
    ],
  };
  const baseline: Table = {
    name: `${name}, Baseline`,
    tier: "Baseline",
    [direction]: ["Accept b", "Deny b", `Deny c ${barred}`, `Accept d ${gate}`, "Deny d"],
    steps: [{ probes: first }, { swap: [0, 1], probes: both("b", "no", "no") }],
  };
  return [admin, baseline];
}

/** All protocols and both directions in one policy. */
const BARRED = "tcp/80 udp/53 sctp/9003";
const allProtocols = (pass: boolean): Pick<Table, "egress" | "ingress" | "steps"> => {
  const rules = (gate: string) => [
    "Accept b",
    "Deny b",
    ...(pass ? ["Pass b"] : []),
    `Deny c ${BARRED}`,
    ...(pass ? [`Pass c ${BARRED}`] : []),
    `Accept d ${gate}`,
    "Deny d",
  ];
  const each = (ends: string, verdict: string) =>
    BARRED.split(" ").map((port) => `${ends} ${port} ${verdict}`);
  const rest = (ends: string, verdict: string) =>
    ["tcp/8080", "udp/5353", "sctp/9005"].map((port) => `${ends} ${port} ${verdict}`);
  return {
    egress: rules("tcp/8080 udp/5353 sctp/9003"),
    ingress: rules("tcp/80 udp/5353 sctp/9003"),
    steps: [
      {
        probes: [
          ...each("a0 > b0", "yes"),
          ...each("b1 > a0", "yes"),
          "a0 > d1 tcp/8080 yes",
          "a1 > d1 tcp/80 no",
          "a0 > d1 udp/5353 yes",
          "a1 > d1 udp/53 no",
          "a0 > d1 sctp/9003 yes",
          "a1 > d1 sctp/9005 no",
          "d0 > a1 tcp/80 yes",
          "d1 > a1 tcp/8080 no",
          "d0 > a1 udp/5353 yes",
          "d1 > a1 udp/53 no",
          "d0 > a1 sctp/9003 yes",
          "d1 > a1 sctp/9005 no",
          ...each("a0 > c0", "no"),
          ...rest("a1 > c0", "yes"),
          ...each("c0 > a0", "no"),
          ...rest("c1 > a0", "yes"),
        ],
      },
      { swap: [0, 1], probes: [...each("a0 > b1", "no"), ...each("b1 > a1", "no")] },
      ...(pass
        ? [
            {
              swap: [0, 2] as const,
              probes: [
                "a0 > b0 tcp/80 yes",
                "a0 > b0 udp/5353 yes",
                "a0 > b0 sctp/9003 yes",
                ...each("b1 > a0", "yes"),
              ],
            },
            {
              swap: [3, 4] as const,
              probes: [
                ...each("a0 > c0", "yes"),
                ...rest("a1 > c0", "yes"),
                ...each("c0 > a0", "yes"),
                ...rest("c1 > a0", "yes"),
              ],
            },
          ]
        : []),
    ],
  };
};

const everyProtocol = (ends: string, verdict: string) =>
  ["tcp/80", "udp/53", "sctp/9003"].map((port) => `${ends} ${port} ${verdict}`);

/** Blocks match pods by their addresses: a0 is 10.0.0.10, b0 10.0.1.10, and so on. */
const blocks = (tier: Table["tier"]): Table => ({
  name: `addresses, ${tier}`,
  tier,
  egress: ["Accept labelled-c", "Deny 0.0.0.0/0,::/0"],
  steps: [
    {
      probes: [
        ...everyProtocol("a1 > b0", "no"),
        ...everyProtocol("a1 > d0", "no"),
        ...everyProtocol("a1 > c0", "yes"),
      ],
    },
    {
      insert: "Accept 10.0.1.10/32,10.0.3.10/32",
      probes: [
        ...everyProtocol("a1 > b0", "yes"),
        ...everyProtocol("a1 > d0", "yes"),
        ...everyProtocol("a1 > b1", "no"),
        ...everyProtocol("a1 > d1", "no"),
        ...everyProtocol("a1 > c0", "yes"),
      ],
    },
    { unlabel: "c", probes: everyProtocol("a1 > c0", "no") },
  ],
});

export const TABLES: readonly Table[] = [
  ...oneProtocol("egress over TCP", "egress", TCP, "tcp/8080"),
  ...oneProtocol("egress over UDP", "egress", UDP, "udp/53"),
  ...oneProtocol("egress over SCTP", "egress", SCTP, "sctp/9003"),
  ...oneProtocol("ingress over TCP", "ingress", TCP, "tcp/80"),
  ...oneProtocol("ingress over UDP", "ingress", UDP, "udp/53"),
  ...oneProtocol("ingress over SCTP", "ingress", SCTP, "sctp/9003"),
  { name: "all protocols, Admin", tier: "Admin", ...allProtocols(true) },
  { name: "all protocols, Baseline", tier: "Baseline", ...allProtocols(false) },
  blocks("Admin"),
  blocks("Baseline"),
  {
    name: "ports by name, Admin",
    tier: "Admin",
    egress: ["Accept b", "Deny b", "Accept d tcp/8080", "Deny d"],
    steps: [{ rewrite: [2, "Accept d port:web"], probes: ["a0 > d1 tcp/80 yes", "a1 > d1 tcp/8080 no"] }],
  },
  {
    name: "ports by name, Baseline",
    tier: "Baseline",
    ingress: ["Accept b", "Deny b", "Accept d udp/53", "Deny d"],
    steps: [{ rewrite: [2, "Accept d port:dns"], probes: ["d0 > a1 udp/53 yes", "d1 > a1 udp/5353 no"] }],
  },
  {
    name: "nodes, Admin",
    tier: "Admin",
    egress: ["Accept node tcp/31000", "Pass node udp/31002", "Deny c", "Deny node", "Deny 0.0.0.0/0,::/0"],
    steps: [
      {
        probes: [
          "a1 > node tcp/31000 yes",
          "a1 > node udp/31002 yes",
          "a1 > node tcp/31001 no",
          "a1 > node udp/31004 no",
          "a1 > node sctp/31006 no",
        ],
      },
    ],
  },
  {
    name: "nodes, Baseline",
    tier: "Baseline",
    egress: ["Accept node tcp/31000-31001", "Deny node", "Deny 0.0.0.0/0,::/0"],
    steps: [
      {
        probes: [
          "a0 > node tcp/31000 yes",
          "a1 > node tcp/31001 yes",
          "a1 > node udp/31004 no",
          "a1 > node sctp/31006 no",
        ],
      },
    ],
  },
];
