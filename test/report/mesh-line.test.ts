import { describe, expect, test } from "@jest/globals";
import type { MeshStatement } from "../../src/cluster/mesh/mesh.ts";
import type { MeshDifference } from "../../src/diff/mesh-difference.ts";
import { checkOutput } from "../../src/report/pull-request/check-output.ts";
import { markdown } from "../../src/report/review/markdown.ts";
import { text } from "../../src/report/review/text.ts";
import { surfaceText } from "../../src/report/surface/text.ts";
import { context } from "./context.ts";
import { environment, review } from "./reviews.ts";

function statement(about: string, mode: string, note = ""): MeshStatement {
  return {
    about,
    facts: [{ field: "outboundTrafficPolicy", values: [mode], note }],
    digest: `${mode}${note}`,
  };
}

function workload(about: string, before: string, after: string): MeshDifference {
  const [was, is] = [statement(about, before), statement(about, after)];
  return { kind: "workload", about, before: was, after: is, changed: before !== after };
}

const SIDECAR = "Sidecar shop/default";
const changes: readonly MeshDifference[] = [
  {
    kind: "object",
    about: SIDECAR,
    before: statement(SIDECAR, "REGISTRY_ONLY"),
    after: statement(SIDECAR, "ALLOW_ANY"),
    changed: true,
  },
  workload("shop/Deployment/web", "REGISTRY_ONLY", "ALLOW_ANY"),
  workload("shop/Deployment/api", "REGISTRY_ONLY", "ALLOW_ANY"),
  workload("shop/Deployment/jobs", "ALLOW_ANY", "ALLOW_ANY"),
];
const meshed = review({
  environments: [
    environment("clusters/production", {
      workloadNames: ["web", "api", "jobs", "other"].map((name) => `shop/Deployment/${name}`),
      mesh: changes,
    }),
  ],
});
const plain = (page: string) => page.replaceAll(/\s+/g, " ");

describe("what the mesh says stands under a title that calls it no proof", () => {
  test.each([
    ["the page", markdown(meshed)],
    ["the check", checkOutput(meshed, context()).summary],
  ])("in %s", (_, page) => {
    expect(page).toContain("Mesh (context, not proof)");
    expect(page).toContain("nothing here closes or opens anything");
    expect(page).toContain(
      "`Sidecar shop/default`: before `outboundTrafficPolicy` `REGISTRY_ONLY`; now `outboundTrafficPolicy` `ALLOW_ANY`",
    );
    // Workloads of which the same is said are one line.
    expect(page.match(/; now `outboundTrafficPolicy`/g)).toHaveLength(2);
    expect(page).toContain("`shop/Deployment/jobs`: as before, `outboundTrafficPolicy` `ALLOW_ANY`");
  });

  test("in a terminal", () => {
    const page = plain(text(meshed));
    expect(page).toContain("Mesh · what Istio says of outbound traffic");
    expect(page).toContain("Sidecar shop/default: before outboundTrafficPolicy REGISTRY_ONLY; now");
  });

  test("and nowhere when there is nothing to say", () => {
    const quiet = review({ environments: [environment("clusters/production", {})] });
    for (const page of [markdown(quiet), checkOutput(quiet, context()).summary, text(quiet)]) {
      expect(page).not.toContain("Mesh");
    }
  });
});

test("one that appears, one that goes, and one that changed in what is not shown", () => {
  const object = (before: MeshStatement | null, after: MeshStatement | null): MeshDifference => ({
    kind: "object",
    about: SIDECAR,
    before,
    after,
    changed: true,
  });
  const said = statement(SIDECAR, "ALLOW_ANY");
  const page = markdown(
    review({
      environments: [
        environment("one", {
          mesh: [object(null, said), object(said, null), object(said, { ...said, digest: "other" })],
        }),
      ],
    }),
  );
  expect(page).toContain(": new: `outboundTrafficPolicy` `ALLOW_ANY`");
  expect(page).toContain(": gone; it said `outboundTrafficPolicy` `ALLOW_ANY`");
  expect(page).toContain(": changed in what is not shown here; `outboundTrafficPolicy` `ALLOW_ANY`");
});

test("what stands in manifests is data", () => {
  const evil = "<img src=x> @octocat `x`";
  const said = statement(evil, evil, evil);
  const page = markdown(
    review({
      environments: [
        environment("one", {
          mesh: [{ kind: "object", about: evil, before: null, after: said, changed: true }],
        }),
      ],
    }),
  );
  expect(page).not.toContain("<img");
  expect(page).not.toMatch(/(^|[^`\w])@octocat(?!`)/m);
});

test("a listing says where the mesh stands, workloads alike in one line", () => {
  const page = plain(
    surfaceText({
      revision: "7e9a1b8",
      environments: [
        {
          name: "clusters/production",
          workloads: [],
          idlePolicies: [],
          unknowns: [],
          mesh: [
            statement("shop/Deployment/web", "ALLOW_ANY"),
            statement("shop/Deployment/api", "ALLOW_ANY"),
          ],
        },
      ],
      assumptions: [],
    }),
  );
  expect(page).toContain(
    "Mesh (context, not proof) · shop/Deployment/web and shop/Deployment/api: outboundTrafficPolicy ALLOW_ANY",
  );
});
