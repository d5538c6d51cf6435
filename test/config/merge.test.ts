import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Configuration } from "../../src/config/config.ts";
import { configurationDigest } from "../../src/config/configuration-digest.ts";
import { configurationOf, isProblems } from "../../src/config/configuration-of.ts";
import { mergeConfigurations } from "../../src/config/merge-configurations.ts";
import { parseConfiguration } from "../../src/config/parse-configuration.ts";
import {
  APPROVAL_DIRECTIONS,
  MARK_DIRECTIONS,
  NAMESPACE_DIRECTIONS,
  TOP_DIRECTIONS,
} from "../../src/config/safe-direction.ts";
import { weakens } from "../../src/config/weakens.ts";
import { IndexedTree } from "../../src/tree/indexed-tree.ts";
import { overlay } from "../../src/tree/overlay.ts";

function parsed(text: string, path = ".egress-review.yaml"): Configuration {
  const configuration = parseConfiguration(text, path);
  if (isProblems(configuration)) throw new Error(JSON.stringify(configuration));
  return configuration;
}

function merged(organisation: string, repository: string) {
  return mergeConfigurations(parsed(organisation, "organisation.yaml"), parsed(repository));
}

/** "line key" of what is ignored. */
function ignored(organisation: string, repository: string): readonly string[] {
  return merged(organisation, repository).ignored.map(({ path, line, key }) => {
    expect(path).toBe(".egress-review.yaml");
    return `${line} ${key}`;
  });
}

function marks(organisation: string, repository: string, name: string) {
  return merged(organisation, repository).configuration.environments.get(name)?.marks;
}

const LAB =
  "environments:\n  lab: {roots: [clusters/lab], production: false, mode: observe, approvers: [alice, bob]}\n";

describe("without an organisation's policy", () => {
  test("a repository's configuration counts as it stands", () => {
    const own = parsed(LAB);
    expect(mergeConfigurations(null, own)).toEqual({ configuration: own, ignored: [] });
  });
});

describe("under an organisation's policy", () => {
  test("a repository that says nothing has it", () => {
    const organisation = parsed(LAB);
    const { configuration } = mergeConfigurations(organisation, parsed("{}"));
    expect(configurationDigest(configuration)).toBe(configurationDigest(organisation));
  });

  test("marks of an environment get stricter only", () => {
    expect(
      marks(LAB, "environments: {lab: {roots: [x], production: true, mode: enforce}}", "lab"),
    ).toMatchObject({
      production: true,
      mode: "enforce",
    });
    const strict = "environments:\n  prod: {roots: [clusters/prod]}\n";
    const loose = "environments:\n  prod:\n    roots: [x]\n    production: false\n    mode: observe\n";
    expect(marks(strict, loose, "prod")).toMatchObject({ production: true, mode: "enforce" });
    expect(ignored(strict, loose)).toEqual(["4 environments.prod.production", "5 environments.prod.mode"]);
  });

  test("an environment that it does not name is production and enforced", () => {
    const repository =
      "environments: {mine: {roots: [x], production: false, mode: observe, approvers: [carol]}}";
    expect(marks("{}", repository, "mine")).toEqual({
      production: true,
      profile: null,
      mode: "enforce",
      approvers: ["carol"],
    });
    expect(ignored("{}", repository)).toEqual(["1 environments.mine.production", "1 environments.mine.mode"]);
  });

  test.each([
    ["[alice]", ["alice"], false],
    ["[bob, alice]", ["alice", "bob"], false],
    ["[mallory]", ["alice", "bob"], true],
    ["[alice, mallory]", ["alice", "bob"], true],
    ["[]", ["alice", "bob"], true],
  ])("approvers become fewer, and nobody else: %s", (approvers, expected, said) => {
    const repository = `environments: {lab: {roots: [clusters/lab], approvers: ${approvers}}}`;
    expect(marks(LAB, repository, "lab")?.approvers.toSorted()).toEqual(expected);
    expect(ignored(LAB, repository)).toEqual(said ? ["1 environments.lab.approvers"] : []);
  });

  test("its roots stay and a repository adds some, never out of another of its environments", () => {
    const organisation = "environments: {prod: {roots: [clusters/prod]}, lab: {roots: [clusters/lab]}}";
    const roots = (repository: string) =>
      Object.fromEntries(
        [...merged(organisation, repository).configuration.environments].map(([name, one]) => [
          name,
          one.roots,
        ]),
      );
    expect(roots("environments: {lab: {roots: [overlays/lab, clusters/lab/team]}}")).toEqual({
      prod: ["clusters/prod"],
      lab: ["clusters/lab", "overlays/lab", "clusters/lab/team"],
    });
    const stolen =
      "environments:\n  lab:\n    roots: [clusters/prod/team, clusters/lab]\n  mine:\n    roots: [clusters/prod]\n";
    expect(roots(stolen)).toEqual({ prod: ["clusters/prod"], lab: ["clusters/lab"] });
    expect(ignored(organisation, stolen)).toEqual(["3 environments.lab.roots", "5 environments.mine.roots"]);
  });

  test("nothing is added to what it does not enforce as production, but below its own roots", () => {
    const soft = merged(LAB, "environments: {lab: {roots: [., clusters/lab/team]}}");
    expect(soft.configuration.environments.get("lab")?.roots).toEqual(["clusters/lab", "clusters/lab/team"]);
    expect(soft.ignored.map(({ key }) => key)).toEqual(["environments.lab.roots"]);
  });

  test("namespaces are marked, never unmarked; labels count where it says none of that namespace", () => {
    const organisation = "namespaces: {payments: {cde: true, baseline: true, labels: {tier: one}}, web: {}}";
    const repository =
      "namespaces:\n  payments:\n    cde: false\n    baseline: false\n    labels: {tier: two}\n  web: {cde: true, labels: {a: b}}\n  mine: {baseline: true}\n";
    const { configuration } = merged(organisation, repository);
    expect(Object.fromEntries(configuration.namespaces)).toEqual({
      payments: { cde: true, baseline: true, labels: { tier: "one" } },
      web: { cde: true, baseline: false, labels: { a: "b" } },
      mine: { cde: false, baseline: true, labels: {} },
    });
    expect(ignored(organisation, repository)).toEqual([
      "3 namespaces.payments.cde",
      "4 namespaces.payments.baseline",
      "5 namespaces.payments.labels",
    ]);
  });

  test("ranges, workloads and repositories count where it is silent: an empty list is not silence", () => {
    const repository =
      'internalRanges: [198.51.100.0/24]\npodCIDRs: [10.42.0.0/16]\nrepositories: ["https://git.example.com/a"]\nworkloads: [{namespace: kube-system, name: dns, labels: {a: b}}]\n';
    const keys = ["internalRanges", "podCIDRs", "repositories", "workloads"] as const;
    const own = parsed(repository);
    const free = merged("{}", repository);
    for (const key of keys) expect(free.configuration[key]).toEqual(own[key]);
    expect(free.ignored).toEqual([]);
    const organisation = keys.map((key) => `${key}: []\n`).join("");
    const bound = merged(organisation, repository);
    for (const key of keys) expect(bound.configuration[key]).toEqual([]);
    expect(bound.ignored.map(({ key }) => key).toSorted()).toEqual(keys);
  });

  test.each([
    ["{}", "unrendered: undecided", "undecided", []],
    ["unrendered: undecided", "unrendered: coverage", "undecided", ["1 unrendered"]],
    ["unrendered: coverage", "{}", "coverage", []],
  ])("what is not rendered becomes undecided only: %s, %s", (organisation, repository, expected, said) => {
    expect(merged(organisation, repository).configuration.unrendered).toBe(expected);
    expect(ignored(organisation, repository)).toEqual(said);
  });

  test.each([
    ["{}", "approvals: {self: recorded}", { self: "recorded", forbidSelf: false }, []],
    [
      "approvals: {self: off}",
      "approvals: {self: recorded}",
      { self: "off", forbidSelf: false },
      ["1 approvals.self"],
    ],
    ["approvals: {self: recorded}", "approvals: {self: off}", { self: "off", forbidSelf: false }, []],
    ["approvals: {self: recorded}", "{}", { self: "recorded", forbidSelf: false }, []],
    [
      "approvals: {forbidSelf: true}",
      "approvals: {self: recorded}",
      { self: "off", forbidSelf: true },
      ["1 approvals.self"],
    ],
    [
      "approvals: {forbidSelf: true}",
      "approvals: {forbidSelf: false}",
      { self: "off", forbidSelf: true },
      ["1 approvals.forbidSelf"],
    ],
    [
      "{}",
      "approvals: {forbidSelf: true, self: recorded}",
      { self: "off", forbidSelf: true },
      ["1 approvals.self"],
    ],
  ])("who may accept their own change: %s, %s", (organisation, repository, expected, said) => {
    expect(merged(organisation, repository).configuration.approvals).toEqual(expected);
    expect(ignored(organisation, repository)).toEqual(said);
  });

  test("a repository names whom to ask", () => {
    expect(merged("contact: security", "contact: shop").configuration.contact).toBe("shop");
    expect(merged("contact: security", "{}").configuration.contact).toBe("security");
  });

  test("what is ignored is a sentence with its place", () => {
    const [first] = merged("unrendered: undecided", "\nunrendered: coverage").ignored;
    expect(first).toEqual({
      path: ".egress-review.yaml",
      line: 2,
      key: "unrendered",
      message: '"unrendered" is ignored: a repository may only say "undecided"',
    });
  });

  test("a tree's file is read and merged in one step, and its problems come back", async () => {
    const tree = overlay(
      new IndexedTree("empty", new Map()),
      new Map([[".egress-review.yaml", new TextEncoder().encode("unrendered: coverage\n")]]),
    );
    const organisation = parsed("unrendered: undecided");
    expect(await configurationOf({ tree, organisation })).toMatchObject({
      configuration: { unrendered: "undecided" },
      ignored: [{ key: "unrendered", line: 1 }],
    });
    expect(await configurationOf({ tree, path: "other.yaml", organisation })).toMatchObject([
      { code: "missing" },
    ]);
  });
});

const bool = fc.constantFrom("true", "false");
const approvers = fc.subarray(["alice", "bob", "carol"]).map((names) => `[${names.join(", ")}]`);
const environment = fc
  .record({
    roots: fc.subarray(["a", "a/b", "c", "."], { minLength: 1 }),
    production: fc.option(bool),
    mode: fc.option(fc.constantFrom("enforce", "observe")),
    approvers: fc.option(approvers),
  })
  .map(({ roots, ...keys }) =>
    mapping({ roots: `[${roots.map((root) => `"${root}"`).join(", ")}]`, ...keys }),
  );
const ranges = fc
  .subarray(["10.0.0.0/8", "198.51.100.0/24", "203.0.113.0/25"])
  .map((list) => `[${list.join(", ")}]`);

function mapping(keys: Readonly<Record<string, string | null>>): string {
  const written = Object.entries(keys).filter(([, value]) => value !== null);
  return `{${written.map(([key, value]) => `${key}: ${value}`).join(", ")}}`;
}

const anyConfiguration = fc
  .record({
    environments: fc.option(
      fc.dictionary(fc.constantFrom("one", "two"), environment).map((all) => mapping(all)),
    ),
    namespaces: fc.option(
      fc
        .dictionary(
          fc.constantFrom("x", "y"),
          fc
            .record({
              cde: fc.option(bool),
              baseline: fc.option(bool),
              labels: fc.option(fc.constantFrom("{a: b}", "{a: c}")),
            })
            .map(mapping),
        )
        .map((all) => mapping(all)),
    ),
    internalRanges: fc.option(ranges),
    podCIDRs: fc.option(ranges),
    unrendered: fc.option(fc.constantFrom("coverage", "undecided")),
    approvals: fc.option(
      fc
        .record({ self: fc.option(fc.constantFrom("off", "recorded")), forbidSelf: fc.option(bool) })
        .map(mapping),
    ),
  })
  .map(mapping);

/** Keys that a repository may set where the organisation does not speak. */
const FREE_WHERE_SILENT =
  /^(environments\.\w+(\.approvers)?|namespaces\.\w+\.labels|internalRanges|podCIDRs|approvals\.self)$/;

describe("whatever both say", () => {
  test("nothing is weaker than the organisation's policy but where it is silent", () => {
    let loosening = 0;
    fc.assert(
      fc.property(anyConfiguration, anyConfiguration, (theirs, own) => {
        const [organisation, repository] = [parsed(theirs), parsed(own)];
        const { configuration, ignored: vain } = mergeConfigurations(organisation, repository);
        loosening += vain.length;
        const weaker = weakens(organisation, configuration).filter((key) => {
          const [, name = "", mark] = key.split(".");
          const granted = organisation.environments.get(name)?.marks.approvers;
          // A directory that comes under those whom the organisation named.
          if (mark === "approvers" && granted !== undefined && granted.length > 0) return false;
          return !FREE_WHERE_SILENT.test(key) || organisation.written.has(JSON.stringify(key.split(".")));
        });
        expect({ theirs, own, weaker }).toEqual({ theirs, own, weaker: [] });
      }),
      { numRuns: 1000 },
    );
    expect(loosening).toBeGreaterThan(100);
  });

  test("merging again changes nothing, and finds nothing to ignore", () => {
    fc.assert(
      fc.property(anyConfiguration, anyConfiguration, (theirs, own) => {
        const organisation = parsed(theirs);
        const once = mergeConfigurations(organisation, parsed(own)).configuration;
        const again = mergeConfigurations(organisation, once);
        expect(configurationDigest(again.configuration)).toBe(configurationDigest(once));
      }),
      { numRuns: 300 },
    );
  });

  test("what is weaker one way is not weaker the other way where one can tell", () => {
    const keys = ["production", "mode"].map((key) => `environments.lab.${key}`);
    const strict = parsed("environments: {lab: {roots: [a]}}");
    const loose = parsed("environments: {lab: {roots: [a], production: false, mode: observe}}");
    expect(weakens(strict, loose)).toEqual(keys.toSorted());
    expect(weakens(loose, strict)).toEqual([]);
  });
});

describe("a configuration is weaker by", () => {
  test.each([
    ["{}", "internalRanges: [0.0.0.0/0]", ["internalRanges"]],
    ["internalRanges: [0.0.0.0/0]", "internalRanges: [10.0.0.0/8]", []],
    ["{}", "workloads: [{namespace: a, name: b, labels: {}}]", ["workloads"]],
    ["{}", "podCIDRs: [10.0.0.0/8]", ["podCIDRs"]],
    ["podCIDRs: [10.0.0.0/8]", "{}", ["podCIDRs"]],
    ["{}", "repositories: [a]", ["repositories"]],
    ["unrendered: undecided", "{}", ["unrendered"]],
    ["namespaces: {a: {cde: true}}", "{}", ["namespaces.a.cde"]],
    ["namespaces: {a: {baseline: true}}", "namespaces: {b: {baseline: true}}", ["namespaces.a.baseline"]],
    ["{}", "namespaces: {a: {labels: {b: c}}}", ["namespaces.a.labels"]],
    ["namespaces: {a: {labels: {b: c, d: e}}}", "namespaces: {a: {labels: {d: e, b: c}}}", []],
    ["{}", "approvals: {self: recorded}", ["approvals.self"]],
    ["approvals: {forbidSelf: true}", "{}", ["approvals.forbidSelf"]],
    ["{}", "environments: {a: {roots: [x], production: false}}", ["environments.a.production"]],
    ["{}", "environments: {a: {roots: [x], approvers: [mallory]}}", ["environments.a.approvers"]],
    ["environments: {a: {roots: [x], approvers: [b]}}", "{}", ["environments.a.approvers"]],
    // A directory that moves into an environment with softer marks.
    [
      "environments: {a: {roots: [x]}, b: {roots: [y], mode: observe}}",
      "environments: {a: {roots: [x]}, b: {roots: [y, x/z], mode: observe}}",
      ["environments.b.mode"],
    ],
    // Two that are named are two clusters for certain: they are not judged together any more (T4).
    [
      "environments: {a: {roots: [x]}}",
      "environments: {a: {roots: [x]}, b: {roots: [y]}}",
      ["environments.b"],
    ],
    ["contact: a", "contact: b", []],
  ])("%s → %s", (before, after, keys) => {
    expect(weakens(parsed(before), parsed(after))).toEqual(keys);
  });
});

describe("each key", () => {
  const tables = {
    environments: MARK_DIRECTIONS,
    namespaces: NAMESPACE_DIRECTIONS,
    approvals: APPROVAL_DIRECTIONS,
  };
  const keys = [
    ...Object.entries(tables).flatMap(([top, table]) => Object.keys(table).map((key) => `${top}.*.${key}`)),
    ...Object.keys(TOP_DIRECTIONS),
  ].map((key) => key.replace("approvals.*", "approvals"));

  test("declares which way is safe", () => {
    const whole = parsed(
      "environments: {a: {roots: [x]}}\nnamespaces: {a: {cde: true, baseline: true, labels: {}}}\n",
    );
    const written = [
      ...Object.keys(whole.environments.get("a")?.marks ?? {}).map((key) => `environments.*.${key}`),
      ...Object.keys(whole.namespaces.get("a") ?? {}).map((key) => `namespaces.*.${key}`),
      ...Object.keys(whole.approvals).map((key) => `approvals.${key}`),
      ...Object.keys(whole).filter(
        (key) => !["environments", "namespaces", "approvals", "contact", "written"].includes(key),
      ),
    ];
    expect(keys.toSorted()).toEqual(written.toSorted());
  });

  test("is in the table of docs/configuration.md", () => {
    const page = readFileSync("docs/configuration.md", "utf8");
    for (const key of [...keys, "environments.*.roots", "contact"]) expect(page).toContain(`\`${key}\``);
  });
});
