import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseConfiguration } from "../../src/config/parse-configuration.ts";
import { firstMapOutput } from "../../src/report/first-map/first-map.ts";
import type { MappedEnvironment, RepositoryMap } from "../../src/report/first-map/repository-map.ts";
import { startingConfiguration } from "../../src/report/first-map/starting-configuration.ts";
import { expectGolden } from "../golden.ts";
import { context } from "./context.ts";
import { at, everyPod, everything, named, pods, unknown } from "./reviews.ts";

const own = pods(named("shop"), [], "TCP", "8080");

function mapped(name: string, parts: Partial<MappedEnvironment> = {}): MappedEnvironment {
  return {
    name,
    kind: "cluster",
    roots: [name],
    configured: false,
    observes: false,
    targets: 3,
    unread: [],
    perhapsSameAs: [],
    workloads: [],
    idlePolicies: [],
    unknowns: [],
    ...parts,
  };
}

function mapOf(parts: Partial<RepositoryMap>): RepositoryMap {
  return {
    revision: "7e9a1b8",
    environments: [],
    listed: [],
    problems: [],
    repository: { urls: ["git.example.com/acme/platform"], evidence: "most-named" },
    assumptions: [],
    ...parts,
  };
}

const platform = mapOf({
  environments: [
    mapped("clusters/production", {
      targets: 14,
      perhapsSameAs: ["clusters/staging"],
      workloads: [
        { workload: "shop/Deployment/web", standing: "isolated", reach: [own], policies: ["shop/deny"] },
        {
          workload: "shop/Deployment/api",
          standing: "isolated",
          reach: [everyPod()],
          policies: ["shop/deny", "shop/allow-mesh"],
        },
        { workload: "legacy/Deployment/cron", standing: "not-isolated", reach: [everything], policies: [] },
        { workload: "legacy/DaemonSet/agent", standing: "not-governed", reach: [everything], policies: [] },
        {
          workload: "dns/Deployment/probe",
          standing: "isolated",
          reach: [everyPod("UDP", "53")],
          policies: ["dns/deny"],
        },
      ],
      unread: [
        {
          needs: "chart app-template 3.7.0 of https://charts.example.com",
          source: "chart app-template of https://charts.example.com",
          namespace: "home",
          location: at("clusters/production/home.yaml", 14),
        },
        {
          needs: "chart app-template 3.7.0 of https://charts.example.com",
          source: "chart app-template of https://charts.example.com",
          namespace: "media",
          location: at("clusters/production/media.yaml", 14),
        },
        {
          needs: "apps/vault of https://git.example.com/acme/apps at HEAD",
          source: "apps/vault of https://git.example.com/acme/apps",
          namespace: null,
          location: at("clusters/production/vault.yaml", 9),
        },
      ],
      unknowns: [
        unknown({
          code: "part-dropped",
          reason: "template alerts.yaml was left out",
          location: at("charts/x/alerts.yaml", 3),
        }),
      ],
    }),
    mapped("clusters/staging", { perhapsSameAs: ["clusters/production"] }),
    mapped("unclaimed/charts/old", { kind: "unclaimed", roots: [] }),
  ],
  listed: ["charts/networking/ci"],
  problems: [
    { text: "the values file `prod.yaml` does not exist", location: at("clusters/production/x.yaml", 7) },
  ],
  assumptions: [
    { code: "live-objects-not-seen", text: "live objects were not seen: what runs is what Git declares" },
  ],
});

test("a map, as people read it", () => {
  const { title, summary, text } = firstMapOutput(platform, context());
  expectGolden(
    "test/report/golden/pages/first-map.golden.md",
    `<!-- check: ${title} -->\n${summary}\n<!-- its text -->\n${text}`,
  );
});

test("a repository of which nothing is read has a map, too", () => {
  const { title, summary, text } = firstMapOutput(mapOf({}), context());
  expect(title).toBe("First map: nothing that this review reads was found");
  expect(summary).not.toContain("```yaml");
  expect(text).toContain("**Not read:** nothing.");
});

describe("the configuration to start from", () => {
  const parsedOf = (map: RepositoryMap) =>
    parseConfiguration(startingConfiguration(map).join("\n"), ".egress-review.yaml");

  test("is one, and says what was found", () => {
    const parsed = parsedOf(platform);
    if (Array.isArray(parsed)) throw new Error(JSON.stringify(parsed));
    expect([...parsed.environments]).toEqual(
      ["clusters/production", "clusters/staging"].map((name) => [
        name,
        { roots: [name], marks: expect.objectContaining({ mode: "observe", production: true }) },
      ]),
    );
  });

  test("leaves out what the configuration names already", () => {
    const environments = platform.environments.map((one) => ({
      ...one,
      configured: one.name === "clusters/staging",
    }));
    const parsed = parsedOf({ ...platform, environments });
    if (Array.isArray(parsed)) throw new Error(JSON.stringify(parsed));
    expect([...parsed.environments.keys()]).toEqual(["clusters/production"]);
    expect(startingConfiguration({ ...platform, environments: [mapped("a", { configured: true })] })).toEqual(
      [],
    );
  });

  test("is valid and names the very directories, whatever they are called", () => {
    const directory = fc
      .oneof(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
        fc.constantFrom(
          "true",
          "null",
          "1e3",
          "0x1",
          "~",
          "-",
          "? a",
          "a: b",
          "#x",
          "*a",
          "&a",
          "'",
          "\u2028",
          "a\nb",
          "on",
          "\ud800",
          "{}",
        ),
      )
      .map((text) => text.replaceAll(/[/\ud800-\udfff]|\.\./gu, "x"))
      .filter((text) => text !== "" && text !== "." && text !== "__proto__");
    fc.assert(
      fc.property(fc.uniqueArray(directory, { minLength: 1, maxLength: 4 }), (names) => {
        const environments = names.map((name) => mapped(name, { perhapsSameAs: names }));
        const parsed = parsedOf(mapOf({ environments, repository: { urls: names, evidence: "most-named" } }));
        if (Array.isArray(parsed)) throw new Error(JSON.stringify(parsed));
        expect([...parsed.environments.keys()].sort()).toEqual([...names].sort());
        for (const [name, { roots }] of parsed.environments) expect(roots).toEqual([name]);
      }),
      { numRuns: 500 },
    );
  });
});
