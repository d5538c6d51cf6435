import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Installation, policy, Repository, WEB } from "./installation.ts";

let command: Installation;
let repository: Repository;

beforeAll(() => {
  command = new Installation();
  repository = new Repository({ "shop.yaml": policy("[{}]"), "web.yaml": WEB });
  repository.git("tag", "before");
  repository.write({ "shop.yaml": policy("[]") });
  repository.commit("Close it");
}, 120_000);

afterAll(() => {
  command.remove();
  repository.remove();
});

function can(...args: readonly string[]) {
  return command.run(["can", ...args]);
}

const ASKED = ["--from", "shop/Deployment/web", "--to", "198.51.100.7:443"];

describe("one question", () => {
  test("is answered with the walk, and exit code 0 whatever the answer", () => {
    const { status, stdout, stderr } = can("--repo", repository.folder, ...ASKED);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^shop\/Deployment\/web → 198\.51\.100\.7:443 in manifests: denied\.\n/);
    expect(stdout).toContain("1 policy selects it for egress; no rule matches.");
    expect(stdout).toMatch(/default shop\.yaml:1 +nothing +isolates/);
  });

  test("of another revision, and of a plain directory", () => {
    expect(can("--repo", repository.folder, "--rev", "before", ...ASKED).stdout).toContain(": allowed.\n");
    expect(can("--dir", repository.folder, ...ASKED).stdout).toContain(": denied.\n");
  });

  test("of both sides of a change", () => {
    const sides = ["--repo", repository.folder, "--base", "before", "--head", "main"];
    expect(can(...sides, ...ASKED).stdout).toContain(": was allowed, will be denied.\n");
    const { environments, revisions } = JSON.parse(can(...sides, ...ASKED, "--format", "json").stdout);
    expect(environments).toMatchObject([
      { name: "manifests", base: { verdict: "allow" }, head: { verdict: "deny" } },
    ]);
    expect(revisions.base).not.toBe(revisions.head);
    expect(can(...sides, ...ASKED, "--format", "markdown").stdout).toMatch(
      /\n\*\*Head: deny\.\*\* 1 policy selects it for egress; no rule matches\.\n/,
    );
  });

  test("under another CNI, of both directions, and of a name", () => {
    const asked = ["--dir", repository.folder, "--from", "shop/web", "--profile", "cilium"];
    const { stdout } = can(...asked, "--to", "shop/web:80", "--both");
    expect(stdout).toContain("the CNI enforces policies as profile cilium does, as --profile says");
    const named = can(...asked, "--to", "api.example.com:443", "--format", "json");
    expect(JSON.parse(named.stdout).environments).toMatchObject([{ head: { verdict: "deny" } }]);
  });

  test("with the port and protocol as options", () => {
    const asked = ["--from", "shop/web", "--to", "dns", "--port", "53", "--protocol", "udp"];
    expect(can("--dir", repository.folder, ...asked).stdout).toMatch(/^shop\/web → dns:53\/UDP in /);
  });
});

describe("wrong usage is one line that helps, and exit code 64", () => {
  test.each([
    ["no source", ["--to", "dns"], /--from is missing/],
    ["no destination", ["--from", "shop/web"], /--to is missing/],
    [
      "no such workload",
      ["--from", "shop/Deployment/wbe", "--to", "dns"],
      /no workload here is called shop\/Deployment\/wbe; did you mean shop\/Deployment\/web\?/,
    ],
    ["a short name", ["--from", "shop/wbe", "--to", "dns"], /did you mean shop\/Deployment\/web\?/],
    [
      "no such namespace",
      ["--from", "shpo?a=b", "--to", "dns"],
      /no namespace here is called shpo; did you mean shop\?/,
    ],
    [
      "no such destination",
      ["--from", "shop/web", "--to", "shop/db"],
      /no workload here is called shop\/db; known here: shop\/Deployment\/web/,
    ],
    [
      "no such service",
      ["--from", "shop/web", "--to", "service/shop/db"],
      /no service here is called shop\/db; none is known here/,
    ],
    [
      "nonsense",
      ["--from", "shop/web", "--to", "nowhere"],
      /"nowhere" names no destination: write namespace\/Kind\/name/,
    ],
    ["a bad port", ["--from", "shop/web", "--to", "dns:0"], /"0" is no port/],
    ["two ports", ["--from", "shop/web", "--to", "dns:53", "--port", "53"], /the port stands twice/],
    ["a bad protocol", ["--from", "shop/web", "--to", "dns", "--protocol", "ICMP"], /"ICMP" is no protocol/],
    [
      "no such environment",
      ["--from", "shop/web", "--to", "dns", "--env", "manifest"],
      /no environment is called manifest; did you mean manifests\?/,
    ],
    [
      "two states and one",
      ["--from", "shop/web", "--to", "dns", "--base", "before", "--rev", "main"],
      /--rev cannot be used with --base and --head/,
    ],
    [
      "a batch with a question",
      ["--batch", "x", "--from", "shop/web", "--format", "jsonl"],
      /--from cannot be used with --batch/,
    ],
    [
      "a batch that is not there",
      ["--batch", "nowhere.jsonl", "--format", "jsonl"],
      /--batch: cannot read nowhere\.jsonl/,
    ],
    ["a batch as text", ["--batch", "x"], /--batch answers in --format jsonl/],
    [
      "lines for one question",
      ["--from", "shop/web", "--to", "dns", "--format", "jsonl"],
      /--format jsonl is for --batch/,
    ],
  ])("%s", (_, args, message) => {
    const here = args.includes("--batch") ? [] : ["--repo", repository.folder];
    const { status, stdout, stderr } = can(...here, ...args);
    expect([status, stdout]).toEqual([64, ""]);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("a batch", () => {
  const pod = (name: string, ip: string) =>
    `---\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop, labels: {app: ${name}}}\nspec: {containers: [{name: main}]}\nstatus: {podIP: ${ip}}\n`;

  function batch(lines: readonly (string | object)[], queries: readonly (string | object)[]) {
    const folder = join(command.folder, "batch");
    mkdirSync(join(folder, "plain"), { recursive: true });
    mkdirSync(join(folder, "chart", "templates"), { recursive: true });
    const open = policy("[{to: [{podSelector: {matchLabels: {app: b}}}]}]");
    const objects = pod("a", "10.0.0.1") + pod("b", "10.0.0.2");
    writeFileSync(join(folder, "plain", "all.yaml"), `${open}${objects}`);
    writeFileSync(join(folder, "chart", "Chart.yaml"), "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    writeFileSync(join(folder, "chart", "templates", "all.yaml"), `${open}${objects}`);
    const text = (list: readonly (string | object)[]) =>
      list.map((one) => (typeof one === "string" ? `${one}\n` : `${JSON.stringify(one)}\n`)).join("");
    writeFileSync(join(folder, "queries.jsonl"), text(queries));
    const jobs = lines.map((line) =>
      typeof line === "string"
        ? line
        : Object.fromEntries(
            Object.entries(line).map(([key, value]) => [
              key,
              key === "profile" ? value : join(folder, String(value)),
            ]),
          ),
    );
    writeFileSync(join(folder, "batch.jsonl"), text(jobs));
    const { status, stdout, stderr } = can("--batch", join(folder, "batch.jsonl"), "--format", "jsonl");
    expect([status, stderr]).toEqual([0, ""]);
    return stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: unknown; verdict: string; reason: string });
  }

  const from = "shop/Pod/a";
  const QUERIES = [
    { id: "b", from, to: { pod: "shop/Pod/b" }, protocol: "TCP", port: 80, direction: "both" },
    { id: "address of b", from, to: { ip: "10.0.0.2" }, protocol: "UDP", port: 53, direction: "egress" },
    { id: "outside", from, to: { ip: "198.51.100.7" }, protocol: "TCP", port: 443, direction: "egress" },
    { id: 4, from, to: { fqdn: "api.example.com" }, protocol: "TCP", port: 443, direction: "egress" },
  ];

  test.each(["plain", "chart"])("one line a question, in order, of a directory with a %s", (dir) => {
    const answers = batch([{ dir, queries: "queries.jsonl", profile: "kubernetes" }], QUERIES);
    expect(answers.map(({ id, verdict }) => [id, verdict])).toEqual([
      ["b", "allow"],
      ["address of b", "allow"],
      ["outside", "deny"],
      [4, "deny"],
    ]);
    expect(answers.map(({ reason }) => reason)).toEqual([
      "egress: admitted by NetworkPolicy shop/default at /spec/egress/0; ingress: no policy selects the pod",
      "egress: admitted by NetworkPolicy shop/default at /spec/egress/0",
      "egress: isolated by NetworkPolicy shop/default, and no rule matches",
      "egress: isolated by NetworkPolicy shop/default, and no rule matches",
    ]);
  });

  test("what is wrong with a line is its answer, and the others stand", () => {
    const job = { dir: "plain", queries: "queries.jsonl", profile: "kubernetes" };
    const [first] = QUERIES;
    const answers = batch(
      [job],
      [
        "{",
        '{"id": "x"}',
        { ...first, id: 1, from: "a" },
        { ...first, id: 2, to: { ip: "1.2.3" } },
        { ...first, id: 3, to: { pod: "shop/Pod/c" } },
        { ...first, id: 5, port: 0 },
        { ...first, id: 6, to: { cidr: "10.0.0.0/8" } },
        { ...first, id: 7 },
      ],
    );
    expect(answers.map(({ id, verdict }) => [id, verdict])).toEqual([
      [null, "unknown"],
      ["x", "unknown"],
      [1, "unknown"],
      [2, "unknown"],
      [3, "unknown"],
      [5, "unknown"],
      [6, "unknown"],
      [7, "allow"],
    ]);
    expect(answers.map(({ reason }) => reason).slice(0, 5)).toEqual([
      "the line is no JSON",
      expect.stringMatching(/^no question: from /),
      'from: "a" is not namespace/Kind/name',
      'to: "1.2.3" is no address',
      "no workload of this name is declared here",
    ]);
  });

  test("neither is one of the file itself the end of the rest", () => {
    const job = { dir: "plain", queries: "queries.jsonl", profile: "kubernetes" };
    const answers = batch(
      [
        "[]",
        { ...job, queries: "nowhere.jsonl" },
        { ...job, dir: "nowhere" },
        { ...job, profile: "celium" },
        { ...job, profile: "cilium" },
        job,
      ],
      QUERIES.slice(0, 1),
    );
    expect(answers.map(({ id, verdict }) => [id, verdict])).toEqual([
      [null, "unknown"],
      [null, "unknown"],
      ["b", "unknown"],
      ["b", "unknown"],
      ["b", "allow"],
      ["b", "allow"],
    ]);
    expect(answers[2]?.reason).toMatch(/^the directory .*nowhere cannot be read$/);
    expect(answers[3]?.reason).toMatch(/^the profile celium is not known: kubernetes, cilium, /);
  });
});
