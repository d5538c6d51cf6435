import { beforeAll, describe, expect, test } from "@jest/globals";
import {
  builtInDirectory,
  builtInRules,
  filesOf,
  isRuleSet,
  readRules,
} from "../../src/rules/catalogue/load-rules.ts";
import type { Finding } from "../../src/rules/finding.ts";
import { fingerprintOf, handlesOf } from "../../src/rules/fingerprint.ts";
import { judge } from "../../src/rules/judge.ts";
import type { RuleSet } from "../../src/rules/rules.ts";
import type { Environment, UnreadTarget } from "../../src/targets/targets.ts";
import type { Unknown } from "../../src/targets/unknown.ts";
import { compareSides, judgeSides, type Sides, sidesOf } from "./rule-example.ts";

let rules: RuleSet;

beforeAll(async () => {
  rules = await builtInRules();
});

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example.com/web:1"}]}
`;

function deployment(name: string, namespace = "shop", labels = `{app: ${name}}`): string {
  return WEB.replaceAll("name: web", `name: ${name}`)
    .replace("namespace: shop", `namespace: ${namespace}`)
    .replaceAll("{app: web}", labels)
    .replace("/web:1", `/${name}:1`);
}

function policy(name: string, egress: string, selector = "{}", namespace = "shop"): string {
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  podSelector: ${selector}
  policyTypes: [Egress]
  egress: ${egress}
`;
}

const DENY = policy("deny", "[]");
const ANY = policy("any", "[{}]");
const PARTNER = policy("partner", "[{to: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: 443}]}]");

function all(...documents: readonly string[]): string {
  return documents.join("---\n");
}

function unknown(partial: Partial<Unknown> = {}): Unknown {
  return {
    code: "render-failed",
    id: "render-failed:guard:guard",
    target: "guard",
    subject: "charts/guard",
    detail: "",
    bound: { namespaces: ["shop"], kinds: null },
    selectorKeys: null,
    digest: "1",
    content: "tree",
    place: null,
    ...partial,
  };
}

function speaking(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ rule, severity }) => `${rule} ${severity}`);
}

const OPENED = sidesOf(all(WEB, DENY), all(WEB, ANY));

describe("the verdict", () => {
  test("is pass where nothing changed", async () => {
    const sides = sidesOf(all(WEB, DENY), all(WEB, DENY));
    expect(await judgeSides(sides, rules)).toMatchObject({ verdict: "pass", findings: [], unknowns: [] });
  });

  test("blocks before it is undecided, and is undecided before it passes", async () => {
    const changed = { base: [], head: [unknown()] };
    expect((await judgeSides(OPENED, rules, {}, { unknowns: changed })).verdict).toBe("block");
    const narrowed = sidesOf(all(WEB, DENY, PARTNER), all(WEB, DENY));
    expect((await judgeSides(narrowed, rules, {}, { unknowns: changed })).verdict).toBe("undecided");
  });

  test("does not depend on the order of documents", async () => {
    const documents = [WEB, deployment("api"), DENY, PARTNER, policy("wide", "[{ports: [{port: 443}]}]")];
    const one = await judgeSides(sidesOf(DENY, all(...documents)), rules);
    const other = await judgeSides(sidesOf(DENY, all(...documents.toReversed())), rules);
    const view = ({ findings }: { readonly findings: readonly Finding[] }) =>
      findings.map(({ handle, severity, workloads, message }) => ({ handle, severity, workloads, message }));
    expect(view(other)).toEqual(view(one));
    expect(one.verdict).toBe("block");
  });
});

describe("a rule that cannot be decided", () => {
  const broken = async (replace: (text: string) => string): Promise<RuleSet> => {
    const files = new Map(await filesOf(builtInDirectory()));
    for (const [path, text] of files) if (path.startsWith("EGR-20")) files.set(path, replace(text));
    const result = readRules(files);
    if (!isRuleSet(result)) throw new Error(JSON.stringify(result));
    return result;
  };

  test.each([
    [
      "in its predicate",
      (text: string) =>
        text.replace(/when: (>-\n {2})?opening/, 'when: $1opening.protectors[9] == "" && opening'),
    ],
    ["in its severity", (text: string) => text.replace("!workload.decides", "opening.protectors[9] == ''")],
    [
      "in its message",
      (text: string) => text.replace("message: >-", "message: >-\n  {opening.protectors[9]}"),
    ],
    [
      "in its controls",
      (text: string) =>
        text.replace("relation: evidences}", "relation: evidences, when: \"opening.protectors[9] == ''\"}"),
    ],
  ])("%s is undecided, with its name, and never silent", async (_, replace) => {
    const set = await broken(replace);
    const { verdict, findings, unknowns } = await judgeSides(OPENED, set);
    // 301 is not broken and blocks; without it the verdict would be undecided.
    expect(verdict).toBe("block");
    expect(findings.filter(({ rule }) => rule === "EGR-000")).toContainEqual(
      expect.objectContaining({ severity: "undecided", message: expect.stringContaining("rule EGR-201") }),
    );
    expect(unknowns.filter(({ decides }) => decides).map(({ unknown: one }) => one.id)).toContain(
      "rule-undecided::EGR-201",
    );
  });

  test("makes the verdict undecided", async () => {
    const set = await broken((text) =>
      text.replace(/when: (>-\n {2})?opening/, 'when: $1opening.protectors[9] == "" && opening'),
    );
    const inside = sidesOf(
      all(WEB, DENY),
      all(WEB, DENY, policy("all-pods", "[{to: [{namespaceSelector: {}}], ports: [{port: 443}]}]")),
    );
    expect((await judgeSides(inside, set)).verdict).toBe("undecided");
  });

  test("decides even where the rule about unknowns fails", async () => {
    const files = new Map(await filesOf(builtInDirectory()));
    for (const [path, text] of files) {
      if (path.startsWith("EGR-000"))
        files.set(path, text.replace("unknown.isLimit\n", 'unknown.openers[9] == ""\n'));
    }
    const set = readRules(files);
    if (!isRuleSet(set)) throw new Error(JSON.stringify(set));
    const unknowns = { base: [], head: [unknown()] };
    expect((await judgeSides(sidesOf(WEB, WEB), set, {}, { unknowns })).verdict).toBe("undecided");
  });

  test("for want of evaluations never passes, however few there are", async () => {
    const narrowed = sidesOf(all(WEB, DENY, PARTNER), all(WEB, DENY));
    expect((await judgeSides(narrowed, rules)).verdict).toBe("pass");
    for (const evaluations of [0, 1, 2, 3]) {
      const judgement = await judgeSides(narrowed, rules, {}, { evaluations });
      expect([evaluations, judgement.verdict]).toEqual([evaluations, "undecided"]);
      expect((await judgeSides(OPENED, rules, {}, { evaluations })).verdict).not.toBe("pass");
    }
  });
});

describe("unknowns", () => {
  const base = all(WEB, DENY);

  test("that did not change decide nothing and are named", async () => {
    const same = { base: [unknown()], head: [unknown()] };
    const judgement = await judgeSides(sidesOf(base, base), rules, {}, { unknowns: same });
    expect(judgement).toMatchObject({ verdict: "pass", findings: [] });
    expect(judgement.unknowns).toMatchObject([{ changed: false, decides: false, side: "head" }]);
    expect(judgement.unknowns[0]?.handle).toMatch(/^000-[0-9a-f]{4}$/);
  });

  test.each([
    ["newly broken", { base: [], head: [unknown()] }, WEB, "undecided"],
    ["changed while broken", { base: [unknown()], head: [unknown({ digest: "2" })] }, WEB, "undecided"],
    ["repaired where nothing isolates", { base: [unknown()], head: [] }, WEB, "pass"],
    ["repaired where a policy isolates", { base: [unknown()], head: [] }, base, "undecided"],
    [
      "broken, and of a kind that decides nothing",
      { base: [], head: [unknown({ bound: { namespaces: ["shop"], kinds: ["ConfigMap"] } })] },
      base,
      "pass",
    ],
    [
      "unread and changed where nothing isolates",
      {
        base: [unknown({ code: "unread", content: "elsewhere" })],
        head: [unknown({ code: "unread", content: "elsewhere", digest: "2" })],
      },
      WEB,
      "pass",
    ],
    [
      "unread and changed where a policy isolates",
      {
        base: [unknown({ code: "unread", content: "elsewhere" })],
        head: [unknown({ code: "unread", content: "elsewhere", digest: "2" })],
      },
      base,
      "undecided",
    ],
    [
      "unread and changed in another namespace",
      {
        base: [],
        head: [
          unknown({ code: "unread", content: "elsewhere", bound: { namespaces: ["wiki"], kinds: null } }),
        ],
      },
      base,
      "pass",
    ],
    [
      "unread, changed, and bounded by no namespace",
      {
        base: [],
        head: [unknown({ code: "unread", content: "elsewhere", bound: { namespaces: null, kinds: null } })],
      },
      base,
      "undecided",
    ],
    [
      "a limit that was hit, the same on both sides",
      { base: [unknown({ code: "resource-limit" })], head: [unknown({ code: "resource-limit" })] },
      WEB,
      "undecided",
    ],
    [
      "unread and changed beside a generator",
      {
        base: [
          unknown({ code: "generator", id: "g", bound: { namespaces: null, kinds: ["NetworkPolicy"] } }),
        ],
        head: [
          unknown({ code: "generator", id: "g", bound: { namespaces: null, kinds: ["NetworkPolicy"] } }),
          unknown({ code: "unread", content: "elsewhere" }),
        ],
      },
      WEB,
      "undecided",
    ],
  ])("%s", async (_, unknowns, text, verdict) => {
    expect((await judgeSides(sidesOf(text, text), rules, {}, { unknowns })).verdict).toBe(verdict);
  });

  test("count anywhere where the configuration says so", async () => {
    const unknowns = { base: [], head: [unknown({ code: "unread", content: "elsewhere" })] };
    const strict = { unknowns, unrendered: "undecided" as const };
    expect((await judgeSides(sidesOf(WEB, WEB), rules, {}, strict)).verdict).toBe("undecided");
  });

  test("of one source are one row, however many targets use it", async () => {
    const environment = compareSides(sidesOf(base, base), {}, { base: used("3.6.0"), head: used("3.7.0") });
    const { findings, unknowns } = await judge({
      environments: [
        {
          ...environment,
          base: withUnread(environment.base, "3.6.0"),
          head: withUnread(environment.head, "3.7.0"),
        },
      ],
      rules,
      internalRanges: [],
      unrendered: "coverage",
    });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.message).toContain("chart wiki 3.7.0 (was 3.6.0)");
    expect(unknowns.map(({ handle }) => handle)).toEqual([findings[0]?.handle, findings[0]?.handle]);
  });

  test("that hide a deny at head leave its loss undecided, not blocked", async () => {
    const failed = unknown({ target: "example", id: "render-failed:example:x" });
    const judgement = await judgeSides(
      sidesOf(all(WEB, DENY), WEB),
      rules,
      {},
      { unknowns: { base: [], head: [failed] } },
    );
    expect(judgement.verdict).toBe("undecided");
    expect(speaking(judgement.findings)).toContain("EGR-101 undecided");
  });
});

function used(version: string): readonly Unknown[] {
  return ["one", "two"].map((id) =>
    unknown({ code: "unread", content: "elsewhere", id: `unread:${id}`, target: id, digest: version }),
  );
}

function withUnread(environment: Environment | null, version: string): Environment | null {
  if (environment === null) return null;
  const unread = used(version).map(
    (one): UnreadTarget => ({
      id: one.id,
      declaredBy: {
        kind: "Application",
        name: one.id,
        namespace: null,
        place: { path: "app.yaml", line: 1 },
      },
      namespace: "shop",
      needs: `chart wiki ${version}`,
      sourceName: "chart wiki",
      version,
      claims: [],
      unknown: one,
    }),
  );
  return { ...environment, unread };
}

describe("a widening that an unchanged unknown may forbid (T1)", () => {
  const judged = (head: string, one: Unknown) =>
    judgeSides(sidesOf(WEB, all(WEB, head)), rules, {}, { unknowns: { base: [one], head: [one] } });

  test("blocks as if it did, where the unknown is of this tree and the opening is wide", async () => {
    const judgement = await judged(ANY, unknown());
    expect(judgement.verdict).toBe("block");
    expect(speaking(judgement.findings)).toEqual(expect.arrayContaining(["EGR-201 block", "EGR-301 block"]));
    expect(judgement.findings.find(({ rule }) => rule === "EGR-201")?.message).toContain("charts/guard");
  });

  test("is undecided where the opening is narrow, and says who could reach what", async () => {
    const judgement = await judged(PARTNER, unknown());
    expect(judgement.verdict).toBe("undecided");
    expect(judgement.findings).toContainEqual(
      expect.objectContaining({
        rule: "EGR-000",
        workloads: ["shop/?", "shop/Deployment/web"],
        destinations: ["203.0.113.0/24: TCP 443"],
      }),
    );
    expect(judgement.unknowns).toContainEqual(expect.objectContaining({ changed: false, decides: true }));
  });

  test("is a note where its content comes from elsewhere and nothing that was read isolates", async () => {
    const judgement = await judged(ANY, unknown({ code: "unread", content: "elsewhere" }));
    expect(judgement.verdict).toBe("pass");
    expect(judgement.findings.every(({ severity }) => severity === "note")).toBe(true);
    expect(speaking(judgement.findings)).toContain("EGR-201 note");
  });
});

describe("findings", () => {
  test("of one cause list every workload, and rules that speak of one region share a row", async () => {
    const workloads = [WEB, deployment("api"), deployment("job")];
    const { findings, rows } = await judgeSides(
      sidesOf(all(...workloads, DENY), all(...workloads, DENY, ANY)),
      rules,
    );
    expect(findings.find(({ rule }) => rule === "EGR-201")?.workloads).toEqual([
      "shop/Deployment/api",
      "shop/Deployment/job",
      "shop/Deployment/web",
    ]);
    const [row] = rows;
    expect(row?.lead).toMatch(/^201-/);
    expect(row?.also.map((handle) => handle.slice(0, 3))).toEqual(["203", "204", "301"]);
  });

  test("keep their fingerprint when lines and regions change, and lose it with the policy's name", async () => {
    const fingerprint = async (sides: Sides) =>
      (await judgeSides(sides, rules)).findings.find(({ rule }) => rule === "EGR-201")?.fingerprint;
    const wide = policy("any", "[{ports: [{port: 443}]}]");
    const first = await fingerprint(sidesOf(all(WEB, DENY), all(WEB, DENY, ANY)));
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await fingerprint(sidesOf(all(WEB, DENY), all(PARTNER, WEB, wide, DENY)))).toBe(first);
    expect(await fingerprint(sidesOf(all(WEB, DENY), all(WEB, DENY, policy("other", "[{}]"))))).not.toBe(
      first,
    );
  });

  test("of two causes in one policy have two fingerprints", async () => {
    const two = policy(
      "two",
      "[{to: [{namespaceSelector: {}}], ports: [{port: 443}]}, {to: [{namespaceSelector: {}}], ports: [{port: 8443}]}]",
    );
    const { findings } = await judgeSides(sidesOf(all(WEB, DENY), all(WEB, DENY, two)), rules);
    const own = findings.filter(({ rule }) => rule === "EGR-203");
    expect(new Set(own.map(({ fingerprint }) => fingerprint)).size).toBe(2);
    expect(own.map(({ cause }) => cause?.pointer).sort()).toEqual([
      "/spec/egress/0/to/0",
      "/spec/egress/1/to/0",
    ]);
  });

  test("that are said once a review are notes from the second on", async () => {
    const denied = all(WEB, DENY);
    const fresh = ["one", "two", "three"].map((name) => deployment("report", name));
    const { findings, verdict } = await judgeSides(
      sidesOf(
        denied,
        all(
          denied,
          deployment("db", "data"),
          policy("deny", "[]", "{}", "data"),
          policy("deny", "[]", "{}", "ops"),
          deployment("op", "ops"),
          ...fresh,
        ),
      ),
      rules,
    );
    const own = findings.filter(({ rule }) => rule === "EGR-104");
    expect(own.map(({ severity }) => severity)).toEqual(["warn", "note", "note"]);
    expect(verdict).toBe("pass");
  });

  test("about pods that Git does not show are notes where every pod of the namespace is in Git", async () => {
    const only = policy("open", "[{}]", "{matchLabels: {internet: 'yes'}}");
    const { findings, verdict } = await judgeSides(sidesOf(all(WEB, DENY), all(WEB, DENY, only)), rules);
    expect(verdict).toBe("pass");
    expect(findings.filter(({ severity }) => severity === "block")).toEqual([]);
  });

  test("about them block where nothing of the namespace is rendered", async () => {
    const deny = policy("deny", "[]", "{}", "vault");
    const open = policy("open", "[{}]", "{matchLabels: {internet: 'yes'}}", "vault");
    const { findings, verdict } = await judgeSides(sidesOf(all(WEB, deny), all(WEB, deny, open)), rules);
    expect(verdict).toBe("block");
    expect(findings.find(({ rule }) => rule === "EGR-201")?.workloads).toEqual(["vault/?internet=yes"]);
  });

  test("of an environment that is judged twice are one, the worse, and facts are counted once", async () => {
    const alone = compareSides(sidesOf(WEB, all(WEB, ANY)));
    const merged = { ...compareSides(OPENED), production: false };
    const api = compareSides(sidesOf(all(WEB, deployment("api"), DENY), all(WEB, deployment("api"), ANY)));
    const judgement = await judge({
      environments: [alone, merged, api],
      rules,
      internalRanges: [],
      unrendered: "coverage",
    });
    const own = judgement.findings.filter(({ rule }) => rule === "EGR-203");
    expect(own).toMatchObject([
      { severity: "block", workloads: ["shop/Deployment/api", "shop/Deployment/web"] },
    ]);
    expect(judgement.controls[0]?.reason).toContain("of 1 at head");
  });

  test("judged as if isolated come from four rules and say so", async () => {
    const environment = compareSides(sidesOf(WEB, all(WEB, ANY)));
    const asIfIsolated = compareSides(OPENED).delta;
    const judgement = await judge({
      environments: [{ ...environment, asIfIsolated }],
      rules,
      internalRanges: [],
      unrendered: "coverage",
    });
    expect(speaking(judgement.findings)).toEqual(["EGR-201 block", "EGR-203 block", "EGR-301 block"]);
    expect(judgement.findings[0]?.message).toContain("judged as if it were");
  });
});

describe("handles", () => {
  test("take more digits where four would name two", () => {
    const handles = handlesOf([
      { rule: "EGR-203", fingerprint: "9f3cab00" },
      { rule: "EGR-203", fingerprint: "9f3cb000" },
      { rule: "EGR-204", fingerprint: "9f3cab11" },
    ]);
    expect([...handles.values()]).toEqual(["203-9f3ca", "203-9f3cb", "204-9f3c"]);
  });

  test("come from everything a finding is about", () => {
    const identity = { rule: "EGR-203", environment: "a", about: "b", policy: "c", ordinal: 0 };
    const others = [
      { ...identity, rule: "EGR-204" },
      { ...identity, environment: "x" },
      { ...identity, about: "x" },
      { ...identity, policy: "x" },
      { ...identity, ordinal: 1 },
    ];
    expect(new Set([identity, ...others].map(fingerprintOf)).size).toBe(6);
  });
});
