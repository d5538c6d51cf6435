import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Profile } from "../../src/config/config.ts";
import type { PolicyReading } from "../../src/policy/model/policy-reading.ts";
import { manifest, manifestOf } from "../render/manifest.ts";
import { policyIn, read, unknownIn } from "./read-policy.ts";

/** network-policy-api apis/v1alpha2/clusternetworkpolicy_types.go, unless said otherwise. */
function reading(spec: string, profile?: Profile): PolicyReading | null {
  return read(
    manifest(`
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: one}
spec:
${spec.replaceAll(/^/gm, "  ")}`),
    profile,
  );
}

const place = "tier: Admin\npriority: 7\nsubject: {namespaces: {}}\n";
const egress = (rule: string, profile?: Profile) => reading(`${place}egress:\n- ${rule}`, profile);
const ruleOf = (from: PolicyReading | null) => policyIn(from).egress[0];

describe("what a ClusterNetworkPolicy is", () => {
  test.each([
    ["Admin", "admin"],
    ["Baseline", "baseline"],
  ])("one of several of tier %s, by priority", (written, tier) => {
    expect(policyIn(reading(`tier: ${written}\npriority: 0\nsubject: {namespaces: {}}`))).toMatchObject({
      dialect: "policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy",
      tier,
      order: 0,
      isolates: { egress: false, ingress: false },
    });
  });

  test("it says Accept, AdminNetworkPolicy says Allow", () => {
    expect(ruleOf(egress("{action: Accept, to: [{namespaces: {}}]}"))?.action).toBe("allow");
    expect(unknownIn(egress("{action: Allow, to: [{namespaces: {}}]}")).detail).toContain(
      'Unsupported value: "Allow": supported values: "Accept", "Deny", "Pass"',
    );
  });

  test("a Baseline policy may pass: the pod is as if nothing governed it", () => {
    const policy = policyIn(
      reading(
        "tier: Baseline\npriority: 1\nsubject: {namespaces: {}}\negress: [{action: Pass, to: [{namespaces: {}}]}]",
      ),
    );
    expect(policy.egress).toMatchObject([{ action: "pass" }]);
  });

  test("protocols: a port or a range of one protocol, or a name of whatever protocol", () => {
    const protocols = (text: string) =>
      ruleOf(egress(`{action: Deny, to: [{namespaces: {}}], protocols: [${text}]}`))?.ports;
    expect(
      protocols(
        "{tcp: {destinationPort: {number: 80}}}, {sctp: {destinationPort: {range: {start: 1, end: 9}}}}",
      ),
    ).toMatchObject([
      { protocol: "TCP", port: { kind: "range", first: 80, last: 80 } },
      { protocol: "SCTP", port: { kind: "range", first: 1, last: 9 } },
    ]);
    expect(protocols("{udp: {destinationPort: {number: 53}}}")).toMatchObject([{ protocol: "UDP" }]);
    expect(protocols("{destinationNamedPort: web}")).toHaveLength(3);
  });

  test("the kind of Antrea with this name is another one", () => {
    const other = read(
      manifest(
        "apiVersion: crd.antrea.io/v1beta1\nkind: ClusterNetworkPolicy\nmetadata: {name: one}\nspec: {}\n",
      ),
    );
    expect(other?.policies.map(({ dialect }) => dialect)).not.toContain(
      "policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy",
    );
  });

  test.each(["v1alpha1", "v1beta1"])("in version %s it is not known what it means", (version) => {
    const text = `apiVersion: policy.networking.k8s.io/${version}\nkind: ClusterNetworkPolicy\nmetadata: {name: one}\nspec: {}\n`;
    expect(unknownIn(read(manifest(text)))).toMatchObject({
      code: "unmodelled-policy",
      bound: { namespaces: null },
    });
  });
});

describe("what the schema refuses", () => {
  const deny = "action: Deny, to: [{namespaces: {}}]";

  test.each([
    ["priority: 1\nsubject: {namespaces: {}}", "spec.tier: Required value"],
    [
      "tier: admin\npriority: 1\nsubject: {namespaces: {}}",
      'Unsupported value: "admin": supported values: "Admin", "Baseline"',
    ],
    [
      `${place}egress: [${`{${deny}}, `.repeat(26)}]`,
      "spec.egress: Too many: 26: must have at most 25 items",
    ],
    [
      `${place}egress: [{${deny}, protocols: [{tcp: {}}]}]`,
      "protocols[0].tcp in body should have at least 1 properties",
    ],
    [
      `${place}egress: [{${deny}, protocols: [{tcp: {destinationPort: {range: {start: 9, end: 9}}}}]}]`,
      "Start port must be less than End port",
    ],
    [
      `${place}egress: [{${deny}, protocols: [{tcp: {destinationPort: {number: 1, range: {start: 1, end: 9}}}}]}]`,
      "must have at most 1 items",
    ],
    [`${place}egress: [{${deny}, protocols: [{destinationNamedPort: ""}]}]`, "must not be empty"],
    [
      `${place}egress: [{action: Deny, to: [{nodes: {}}], protocols: [{destinationNamedPort: web}]}]`,
      "networks/nodes/domainNames peer cannot be set with namedPorts",
    ],
  ])("%j: %s", (spec, text) => {
    expect(unknownIn(reading(spec))).toMatchObject({
      code: "invalid-policy",
      detail: expect.stringContaining(text),
      bound: { namespaces: null, kinds: ["ClusterNetworkPolicy"] },
    });
  });

  test("a protocol of a kind that nobody knows fails closed", () => {
    for (const protocol of ["{icmp: {}}", "{tcp: {flags: [SYN]}}", "{tcp: {destinationPort: {set: a}}}"]) {
      const found = egress(`{${deny}, protocols: [${protocol}]}`);
      expect(found?.policies[0]?.egress).toMatchObject([{ action: "deny", peers: null, ports: null }]);
      expect(found?.unknowns).toMatchObject([{ code: "unmodelled-policy" }]);
    }
  });
});

describe("under Cilium", () => {
  const addresses = [
    { kind: "addresses", cidr: "0.0.0.0/0" },
    { kind: "addresses", cidr: "::/0" },
    { kind: "nodes", which: "any", nodes: [] },
    { kind: "api-server" },
  ];

  test.each([
    ["{matchExpressions: [{key: team, operator: NotIn, values: [data]}]}", addresses],
    [
      "{matchExpressions: [{key: team, operator: DoesNotExist}, {key: a, operator: DoesNotExist}]}",
      addresses,
    ],
    ["{matchExpressions: [{key: team, operator: DoesNotExist}, {key: a, operator: Exists}]}", []],
    ["{}", []],
    ["{matchLabels: {team: data}}", []],
  ])("namespaces %s match what has no namespace too: %j (measured, 1.20)", (selector, beyond) => {
    const peers = (profile: Profile) =>
      ruleOf(egress(`{action: Deny, to: [{namespaces: ${selector}}]}`, profile))?.peers;
    expect(peers("cilium")).toMatchObject([{ kind: "pods" }, ...beyond]);
    expect(peers("cilium")).toHaveLength(1 + beyond.length);
    expect(peers("kubernetes")).toHaveLength(1);
  });

  test("pods with such a selector are pods alone: the cluster's own label is asked for along with it", () => {
    const namespaces = "{matchExpressions: [{key: team, operator: DoesNotExist}]}";
    const rule = `{action: Deny, to: [{pods: {namespaceSelector: ${namespaces}, podSelector: {}}}]}`;
    expect(ruleOf(egress(rule, "cilium"))?.peers).toHaveLength(1);
  });

  // pkg/k8s/cluster_network_policy.go of Cilium.
  test("a rule that accepts names admits their look-up at the DNS pods", () => {
    const found = policyIn(egress("{action: Accept, to: [{domainNames: ['*.example.com']}]}", "cilium"));
    expect(found.egress).toMatchObject([
      { action: "allow", peers: [{ kind: "names" }] },
      {
        action: "allow",
        application: true,
        peers: [{ kind: "pods", pods: [{ key: "k8s-app", values: ["kube-dns"] }] }],
        pointer: "/spec/egress/0/to/0/domainNames/0",
      },
    ]);
  });

  test.each([
    ["{action: Deny, to: [{nodes: {}}]}", "node selector labels"],
    ["{action: Pass, to: [{domainNames: [a.example.com]}]}", "domainNames only where the action is Accept"],
  ])("refuses a policy with %s", (rule, text) => {
    const found = egress(rule, "cilium");
    expect(found?.policies).toEqual([]);
    expect(found?.unknowns).toEqual([]);
    expect(found?.remarks).toMatchObject([
      {
        code: "refused-by-enforcer",
        detail: expect.stringContaining(text),
        pointer: expect.stringContaining("/spec/egress/0/to/0"),
      },
    ]);
  });

  test("a peer of an unknown kind fails closed by itself, at the ports of its rule", () => {
    const protocols = "protocols: [{tcp: {destinationPort: {number: 80}}}]";
    const rule = (action: string) =>
      egress(`{action: ${action}, to: [{later: {}}, {namespaces: {}}], ${protocols}}`, "cilium")?.policies[0]
        ?.egress;
    expect(rule("Accept")).toMatchObject([{ action: "allow", peers: [{ kind: "pods" }] }]);
    expect(rule("Pass")).toMatchObject([{ action: "deny", peers: null, ports: [{ protocol: "TCP" }] }]);
  });
});

describe("whatever JSON stands in the file", () => {
  const peer = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(
      fc.constantFrom("namespaces", "pods", "nodes", "networks", "domainNames", "podSelector"),
      fc.jsonValue(),
      { maxKeys: 2 },
    ),
  );
  const rule = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(
      fc.constantFrom("action", "to", "from", "ports", "protocols", "name"),
      fc.oneof(
        fc.jsonValue(),
        fc.constantFrom("Allow", "Accept", "Deny", "Pass"),
        fc.array(peer, { maxLength: 2 }),
      ),
    ),
  );
  const spec = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(
      fc.constantFrom("tier", "priority", "subject", "egress", "ingress", "__proto__"),
      fc.oneof(fc.jsonValue(), peer, fc.constantFrom("Admin", 3), fc.array(rule, { maxLength: 2 })),
    ),
  );

  test("it is a policy, or an unknown, and never an error", () => {
    let unknown = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(
          "v1alpha1/AdminNetworkPolicy",
          "v1alpha1/BaselineAdminNetworkPolicy",
          "v1alpha2/ClusterNetworkPolicy",
        ),
        fc.constantFrom<Profile>("kubernetes", "cilium", "calico"),
        spec,
        (name, profile, value) => {
          const [version, kind = ""] = name.split("/");
          const object = {
            apiVersion: `policy.networking.k8s.io/${version}`,
            kind,
            metadata: { name: "default" },
            spec: value,
          };
          const found = read(manifestOf(object), profile);
          const said = [...(found?.policies ?? []), ...(found?.unknowns ?? []), ...(found?.remarks ?? [])];
          expect(said.length).toBeGreaterThan(0);
          if ((found?.unknowns.length ?? 0) > 0) unknown++;
        },
      ),
      { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 1000) },
    );
    expect(unknown).toBeGreaterThan(500);
  });
});
