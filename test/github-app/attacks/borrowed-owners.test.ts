import { beforeAll, expect, test } from "@jest/globals";
import { type AppContext, type EvaluatorOptions, UnreadableCommit } from "../../../src/github/app-context.ts";
import { writeApprovals } from "../../../src/github/approvals/write-approvals.ts";
import { evaluatePullRequest } from "../../../src/github/evaluation/evaluate-pull-request.ts";
import { openGitHubTree } from "../../../src/github/source/github-tree.ts";
import { SourceCache } from "../../../src/github/source/source-cache.ts";
import { isSourceProblem } from "../../../src/github/source/source-problem.ts";
import { approvalOf } from "../../../src/rules/approval.ts";
import { builtInRules } from "../../../src/rules/catalogue/load-rules.ts";
import { review } from "../../report/reviews.ts";
import { BLOCKS, openShop, type Shop } from "../commands/shop.ts";

beforeAll(async () => {
  await builtInRules();
});

const EXTENT = { kind: "fact", digest: "d" } as const;
const FINDING = {
  ...BLOCKS,
  location: { side: "head", path: "policy.yaml", line: 1 },
  extent: EXTENT,
} as const;

function appOf({ keys }: Shop): AppContext {
  const cache = new SourceCache({ dataDirectory: null });
  const openTree: AppContext["openTree"] = async (client, commit, options) => {
    const tree = await openGitHubTree(client, commit, { cache, ...options });
    if (isSourceProblem(tree)) throw new UnreadableCommit(tree.message);
    return tree;
  };
  const parts = {
    openTree,
    evaluator: {
      engineDigest: "e",
      review: async (_base: unknown, _head: unknown, { approvals }: EvaluatorOptions) => {
        const approval = approvals.find(({ fingerprint }) => fingerprint === FINDING.fingerprint) ?? null;
        return review({
          verdict: approval === null ? "block" : "pass",
          findings: [{ ...FINDING, approval }],
        });
      },
    },
    store: { lastHead: async () => null },
    clock: { deadline: () => ({ signal: new AbortController().signal, release: () => undefined }) },
    log: { audit: () => undefined, error: () => undefined },
    settings: { policyRepository: null, approvalKey: keys.approval, evaluationMilliseconds: 60_000 },
  };
  return parts as unknown as AppContext;
}

async function verdict(shop: Shop): Promise<string> {
  const pullRequest = await shop.client.pullRequest(shop.pull.number);
  const result = await evaluatePullRequest(
    appOf(shop),
    shop.client,
    pullRequest,
    new AbortController().signal,
  );
  return result.kind === "evaluated" ? result.evaluated.review.verdict : result.kind;
}

async function accept(shop: Shop, approver: string): Promise<void> {
  const head = shop.fake.head(shop.pull);
  const approval = approvalOf(FINDING, {
    policyDigest: "p",
    approver,
    reason: "until the mirror is there",
    at: "2026-03-01T10:00:00Z",
    head,
    self: false,
  });
  const store = { exclusively: <T>(_name: string, action: () => Promise<T>) => action() };
  const change = { pullRequest: shop.pull.number, head, approvals: [approval] };
  await writeApprovals(shop.client, store, shop.keys.approval, change);
}

test("what an owner of a branch of one's own accepted does not carry to a branch that others own", async () => {
  const shop = await openShop();
  const { fake, people } = shop;
  fake.createBranch(shop.shop, "own", fake.tip(shop.shop), people.ann);
  fake.commit(shop.shop, "own", { CODEOWNERS: "* @wil\n" }, { author: people.ann });
  fake.retarget(shop.pull, "own");
  await accept(shop, "wil");
  expect(await verdict(shop)).toBe("pass");
  fake.retarget(shop.pull, "main");
  expect(await verdict(shop)).toBe("block");
});

test("an approval counts as long as its approver, under the name in it, may clear the finding", async () => {
  const shop = await openShop();
  await accept(shop, "mia");
  expect(await verdict(shop)).toBe("pass");
  shop.fake.setPermission(shop.people.mia, shop.shop, "read");
  expect(await verdict(shop)).toBe("block");
  await accept(shop, "mia-as-she-was-called");
  expect(await verdict(shop)).toBe("block");
});
