import { expect, test } from "@jest/globals";
import { POLICY, scene } from "./scene.ts";

test("a pull request as a person sees it", async () => {
  const { fake, ask, time, shop, pull, head, app, ann, bob } = scene();
  fake.setRuleset(shop, { requiredChecks: [{ context: "egress-review", integrationId: app.id }] });
  time.now += 1_000;
  await ask("POST ~/check-runs", {
    name: "egress-review",
    head_sha: head,
    conclusion: "failure",
    output: {
      title: "Opens every pod",
      summary: "**1 finding blocks.**\n<!-- marker -->",
      annotations: [
        {
          path: "k8s/policy.yaml",
          start_line: 4,
          end_line: 4,
          annotation_level: "warning",
          title: "Wide",
          message: "An empty peer.",
        },
      ],
    },
    actions: [{ label: "Re-check", description: "d", identifier: "recheck" }],
  });
  await ask("POST ~/issues/1/comments", { body: "<!-- egress-review -->\n### Blocked" });
  time.now += 1_000;
  const said = fake.comment(pull, bob, "/egress explain\n\nWhy?");
  await ask(`POST ~/issues/comments/${said.id}/reactions`, { content: "eyes" });
  await ask("POST ~/pulls/1/reviews", {
    commit_id: head,
    event: "COMMENT",
    body: "One line",
    comments: [{ path: "k8s/policy.yaml", line: 4, side: "RIGHT", body: "Every pod\n```suggestion\n```" }],
  });
  const short = head.slice(0, 7);
  expect(fake.view(pull)).toBe(
    `acme/shop #1  Open egress
open · ann wants to merge open (${short}) into main

Conversation ───────────────────────────────────────────────────────────────────────────────────────
egress-review[bot] commented at 10:00:01
  │ Blocked
  │ ═══════
bob commented at 10:00:02
  │ /egress explain
  │
  │ Why?
  👀 egress-review[bot]
egress-review[bot] reviewed at 10:00:02, 1 comment in the diff
  │ One line

Checks ─────────────────────────────────────────────────────────────────────────────────────────────
✗ egress-review (egress-review)  failure  Opens every pod
  │ 1 finding blocks.
  warning k8s/policy.yaml:4  Wide
    An empty peer.
  [Re-check]

Merge ──────────────────────────────────────────────────────────────────────────────────────────────
blocked
  because required check "egress-review" is failing
  required: egress-review  failing

Files changed ──────────────────────────────────────────────────────────────────────────────────────
modified k8s/policy.yaml
  @@ -1,4 +1,4 @@
     1  kind: NetworkPolicy
     2  spec:
     3    egress:
     4 -    - to: []
     4 +    - to: [{}]
       ┌ egress-review[bot] (line 4)
       │ Every pod
       │
       │ Suggested change
       │     (without these lines)
       │     [Commit suggestion]`,
  );
  expect(fake.view(pull, { since: time.now, details: false, files: false })).toContain(
    `egress-review[bot] commented at 10:00:01
bob commented at 10:00:02
  │ /egress explain`,
  );
  fake.commit(shop, "open", { "k8s/policy.yaml": `${POLICY}# note\n` }, { author: ann });
  const after = fake.view(pull, { details: false });
  expect(after).toContain("egress-review[bot] (outdated, was line 4)");
  expect(after).toContain("none was reported");
  expect(after).toContain('because required check "egress-review" is expected and was never reported');
});
