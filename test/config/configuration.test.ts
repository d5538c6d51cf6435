import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { cidrProblem } from "../../src/config/cidr.ts";
import {
  type Configuration,
  type ConfigurationProblem,
  defaultConfiguration,
} from "../../src/config/config.ts";
import { configurationDigest } from "../../src/config/configuration-digest.ts";
import { loadConfiguration } from "../../src/config/load-configuration.ts";
import { parseConfiguration } from "../../src/config/parse-configuration.ts";
import { closest } from "../../src/config/suggestion.ts";
import { IndexedTree } from "../../src/tree/indexed-tree.ts";
import { overlay } from "../../src/tree/overlay.ts";

function valid(text: string): Configuration {
  const parsed = parseConfiguration(text, ".egress-review.yaml");
  if (Array.isArray(parsed)) throw new Error(JSON.stringify(parsed));
  return parsed;
}

function problems(text: string): readonly ConfigurationProblem[] {
  const parsed = parseConfiguration(text, ".egress-review.yaml");
  if (!Array.isArray(parsed)) throw new Error("no problem was found");
  return parsed;
}

/** "line code message" of each problem. */
function lines(text: string): readonly string[] {
  return problems(text).map(({ line, code, message }) => `${line} ${code} ${message}`);
}

describe("a configuration", () => {
  test("is read with its defaults filled in", () => {
    const read = valid(`
environments:
  production: {roots: [./clusters//prod/, .]}
  lab: {roots: [clusters/lab], production: false, mode: observe, approvers: [acme/security]}
repositories: ["https://example.com/acme/platform"]
namespaces:
  payments: {cde: true, baseline: true, labels: {tier: "1"}}
  web: {}
workloads:
  - {namespace: kube-system, name: coredns, labels: {k8s-app: kube-dns}, ports: [{name: dns, port: 53, protocol: UDP}, {port: 53}]}
internalRanges: [198.51.100.0/24]
podCIDRs: [10.0.0.0/8, "fd00::/8"]
unrendered: undecided
contact: "#platform"
`);
    expect(read.environments.get("production")).toEqual({
      roots: ["clusters/prod", "."],
      marks: { production: true, profile: null, mode: "enforce", approvers: [] },
    });
    expect(read.environments.get("lab")?.marks).toEqual({
      production: false,
      profile: null,
      mode: "observe",
      approvers: ["acme/security"],
    });
    expect(read.namespaces.get("payments")).toEqual({ cde: true, baseline: true, labels: { tier: "1" } });
    expect(read.namespaces.get("web")).toEqual({ cde: false, baseline: false, labels: {} });
    expect(read.workloads).toEqual([
      {
        namespace: "kube-system",
        kind: "Deployment",
        name: "coredns",
        labels: { "k8s-app": "kube-dns" },
        ports: [
          { name: "dns", port: 53, protocol: "UDP" },
          { name: null, port: 53, protocol: "TCP" },
        ],
      },
    ]);
    expect(read.podCIDRs).toEqual(["10.0.0.0/8", "fd00::/8"]);
    expect(read).toMatchObject({ unrendered: "undecided", contact: "#platform" });
  });

  test.each(["", "# nothing yet\n", "---\n", "null\n", "{}\n"])("of %j is the default", (text) => {
    expect(valid(text)).toEqual(defaultConfiguration);
  });

  test("absent means the defaults; absent though named is a problem", async () => {
    const empty = new IndexedTree("empty", new Map());
    expect(await loadConfiguration(empty)).toBe(defaultConfiguration);
    expect(await loadConfiguration(empty, "other.yaml")).toEqual([
      { code: "missing", path: "other.yaml", line: null, message: "this configuration file does not exist" },
    ]);
    const directory = overlay(empty, new Map([[".egress-review.yaml/x", new Uint8Array()]]));
    expect(await loadConfiguration(directory)).toMatchObject([{ code: "unreadable" }]);
  });
});

describe("problems have a line and say what was meant", () => {
  test("unknown keys", () => {
    expect(lines("environments:\n  prod:\n    roots: [a]\n    aprovers: [x]\ninternalRange: []\n")).toEqual([
      '4 unknown-key unknown key "aprovers" in "environments.prod"; did you mean "approvers"?',
      '5 unknown-key unknown key "internalRange"; did you mean "internalRanges"?',
    ]);
    expect(lines("namespaces:\n  a:\n    zzz: 1\n")).toEqual([
      '3 unknown-key unknown key "zzz" in "namespaces.a"; known here: baseline, cde, labels',
    ]);
  });

  test.each([
    [
      "environments:\n  a:\n    roots: []\n",
      '3 invalid-value "environments.a.roots" must name at least one directory',
    ],
    ["environments:\n  a: {}\n", '2 invalid-value "environments.a.roots" is missing'],
    [
      "environments:\n  a:\n    roots: [x]\n    mode: observed\n",
      '4 invalid-value "environments.a.mode" must be "enforce" or "observe"; did you mean "observe"?',
    ],
    [
      "environments:\n  a: {roots: [../x]}\n",
      '2 invalid-value "environments.a.roots[0]" "../x" must be a path inside the repository, without a leading slash or ..',
    ],
    [
      "internalRanges:\n  - 10.0.0.0/8\n  - 10.0.0.5/8\n",
      '3 invalid-value "internalRanges[1]" "10.0.0.5/8" has bits set after its first 8: write the network address',
    ],
    [
      "namespaces:\n  a:\n    labels:\n      isolated: true\n",
      '4 invalid-value "namespaces.a.labels.isolated" must be a string; a label value must be a string: put quotes around it',
    ],
    ["namespaces:\n  Payments: {}\n", '2 invalid-value "namespaces.Payments" is no namespace name'],
    ["- a\n", "1 invalid-value the configuration must be a mapping"],
    ["contact: a\ncontact: b\n", "2 duplicate-key this key stands twice in its mapping"],
    ["contact: a\n---\ncontact: b\n", "2 invalid-yaml must be one YAML document, here a second one begins"],
  ])("%j", (text, expected) => {
    expect(lines(text)).toEqual([expected]);
  });

  test("text that is no YAML, or a bomb", () => {
    expect(problems("environments: [\n")[0]).toMatchObject({ code: "invalid-yaml" });
    const levels = ["a: &a [x,x,x,x,x,x,x,x,x]"];
    for (const [below, level] of ["ab", "bc", "cd", "de"].map((pair) => [pair[0], pair[1]])) {
      levels.push(`${level}: &${level} [${new Array(9).fill(`*${below}`).join(",")}]`);
    }
    expect(problems(levels.join("\n"))).toMatchObject([
      { code: "invalid-yaml", message: "uses too many aliases" },
    ]);
    expect(parseConfiguration(new Uint8Array([0xff, 0xfe, 0xfd]), "c")).toMatchObject([
      { code: "invalid-yaml" },
    ]);
  });
});

describe("CIDRs", () => {
  test.each([
    "0.0.0.0/0",
    "10.0.0.0/8",
    "192.0.2.1/32",
    "::/0",
    "fd00::/8",
    "2001:db8::1/128",
    "64:ff9b::/96",
  ])("%s is good", (text) => {
    expect(cidrProblem(text)).toBeNull();
  });

  test.each([
    "10.0.0.0",
    "010.0.0.0/8",
    "10.0.0/8",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/-1",
    "10.0.0.0/",
    "10.1.0.0/8",
    "fd00::1/64",
    "fe80::%eth0/64",
    "::ffff:10.0.0.0/104",
    "example.com/8",
    "::/129",
  ])("%s is not", (text) => {
    expect(cidrProblem(text)).not.toBeNull();
  });

  test("the network address of any prefix is good, and one more bit is not", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 0, max: 31 }),
        (address, length) => {
          const network = length === 0 ? 0 : (address >>> (32 - length)) * 2 ** (32 - length);
          const text = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
          expect(cidrProblem(`${text(network)}/${length}`)).toBeNull();
          expect(cidrProblem(`${text(network + 1)}/${length}`)).not.toBeNull();
        },
      ),
    );
  });
});

describe("the digest", () => {
  test("does not depend on order and spelling, and does on meaning", () => {
    const one = valid("contact: x\nnamespaces: {a: {cde: true}, b: {}}\n");
    const same = valid('namespaces:\n  b: {cde: false}\n  a:\n    cde: true\ncontact: "x"\n');
    const other = valid("contact: x\nnamespaces: {a: {cde: true}, b: {baseline: true}}\n");
    expect(configurationDigest(same)).toBe(configurationDigest(one));
    expect(configurationDigest(other)).not.toBe(configurationDigest(one));
  });
});

test("a suggestion is close, or there is none", () => {
  const known = ["environments", "repositories", "mode"];
  expect(closest("enviroments", known)).toBe("environments");
  expect(closest("environemnts", known)).toBe("environments");
  expect(closest("Mode", known)).toBe("mode");
  expect(closest("waivers", known)).toBeNull();
});
