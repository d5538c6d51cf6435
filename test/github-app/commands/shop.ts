import { defaultConfiguration } from "../../../src/config/config.ts";
import { approvalKey } from "../../../src/github/approvals/approval-key.ts";
import { appClients } from "../../../src/github/client/app-clients.ts";
import type { RepositoryClient } from "../../../src/github/client/repository-client.ts";
import { answerCommand } from "../../../src/github/commands/answer-command.ts";
import type { AuditEntry, CommandContext } from "../../../src/github/commands/command-context.ts";
import { replyKey } from "../../../src/github/commands/reply.ts";
import type { EvaluatedPullRequest } from "../../../src/github/evaluation/evaluated.ts";
import type { Outcome, Work } from "../../../src/github/queue/queue.ts";
import type { LocatedFinding, Review } from "../../../src/report/report.ts";
import { IndexedTree, type RepositoryTree } from "../../../src/tree/indexed-tree.ts";
import { overlay } from "../../../src/tree/overlay.ts";
import type { Account, IssueComment } from "../../github/entities.ts";
import { FakeGitHub } from "../../github/fake-github.ts";
import { delta, everyPod, finding, review } from "../../report/reviews.ts";

const PERMISSIONS = {
  metadata: "read",
  contents: "read",
  checks: "write",
  pull_requests: "write",
  issues: "read",
} as const;

/** What blocks in every review here, unless a test says otherwise. */
export const BLOCKS = finding("203", {
  handle: "203-9f3c",
  title: "New in-cluster wildcard",
  workloads: ["data/Deployment/api"],
  regions: [everyPod()],
  extent: { kind: "regions", declared: [], workloads: { "data/Deployment/api": [everyPod()] } },
  location: { side: "head", path: "charts/network/policies.yaml", line: 3 },
  document: { kind: "NetworkPolicy", namespace: "data", name: "open" },
});

export interface ShopOptions {
  readonly permissions?: Readonly<Record<string, "read" | "write">>;
  readonly findings?: readonly LocatedFinding[];
  readonly private?: boolean;
}

/** A repository with people of every role, one pull request of ann's, and the App on it. */
export async function openShop(options: ShopOptions = {}) {
  const start = Date.parse("2026-03-01T10:00:00Z");
  const time = { now: start };
  const fake = new FakeGitHub({ clock: { now: () => time.now } });
  const owner = fake.createUser("olga");
  const acme = fake.createOrganisation("acme", [owner]);
  const shop = fake.createRepository(acme, "shop", {
    files: { "policy.yaml": "a\n", "other.yaml": "b\n" },
    private: options.private ?? true,
  });
  const person = (login: string, role: string | null): Account => {
    const account = fake.createUser(login);
    if (role !== null) fake.setPermission(account, shop, role);
    return account;
  };
  const people = {
    olga: owner,
    ann: person("ann", "write"),
    mia: person("mia", "maintain"),
    max: person("max", "admin"),
    wil: person("wil", "write"),
    rea: person("rea", "read"),
    eve: person("eve", null),
  };
  const app = fake.registerApp({
    permissions: options.permissions ?? PERMISSIONS,
    events: ["pull_request", "issue_comment"],
  });
  const installation = fake.install(app, acme, [shop]);
  const reference = { installation: installation.id, id: shop.id, owner: "acme", name: "shop" };
  fake.commit(shop, "open", { "policy.yaml": "opens\n" }, { author: people.ann, message: "Open" });
  const pull = fake.openPullRequest(shop, { head: "open", author: people.ann });
  const clients = appClients({
    appId: app.id,
    privateKey: app.privateKey,
    userAgent: "egress-review/1.0.0",
    log: { warn: () => undefined },
    fetch: fake.fetch,
    now: () => time.now,
  });
  const client = await clients.repository(reference);
  const keys = { approval: approvalKey(app.privateKey), reply: replyKey(app.privateKey) };
  const audits: AuditEntry[] = [];
  const added: Work[] = [];
  const state = {
    findings: options.findings ?? [BLOCKS],
    files: {} as Record<string, string>,
    configuration: defaultConfiguration,
    organisation: null as EvaluatedPullRequest["organisation"],
    lastHead: null as string | null,
    asked: [] as unknown[],
  };
  const evaluatedNow = async (number = pull.number): Promise<EvaluatedPullRequest> => {
    const tree = treeOf(state.files);
    const pullRequest = await client.pullRequest(number);
    return {
      pullRequest,
      base: pullRequest.base.sha,
      merge: pullRequest.head.sha,
      baseTree: tree,
      mergeTree: tree,
      configuration: state.configuration,
      organisation: state.organisation,
      review: reviewOf(state.findings),
    };
  };
  const context = (comment: number, more: Partial<CommandContext> = {}): CommandContext => ({
    client,
    pullRequest: { repository: reference, number: pull.number },
    comment,
    evaluated: async () => ({ kind: "evaluated", evaluated: await evaluatedNow() }),
    ask: async (_evaluated, question) => {
      state.asked.push(question);
      return { kind: "answer", markdown: `${question.from} → ${question.to}: allowed` };
    },
    store: { exclusively: (_name, action) => action(), lastHead: async () => state.lastHead },
    queue: {
      add: async (work) => {
        added.push(...work);
      },
    },
    keys,
    link: () => () => null,
    documentation: (page) => `https://docs.example.com/${page}`,
    clock: () => new Date(time.now),
    audit: (entry) => {
      audits.push(entry);
    },
    ...more,
  });
  /** Somebody writes a comment, and the App has a look at it. */
  const say = async (
    who: Account,
    body: string,
    before: (comment: IssueComment) => void = () => undefined,
  ): Promise<Said> => {
    time.now += 60_000;
    const comment = fake.comment(pull, who, body);
    before(comment);
    const answers = fake.comments(pull).length;
    const outcome = await answerCommand(context(comment.id));
    return {
      comment,
      outcome,
      text: fake
        .comments(pull)
        .slice(answers)
        .map((one) => one.body)
        .join("\n"),
      reactions: comment.reactions.map(({ content }) => content),
    };
  };
  return {
    fake,
    shop,
    acme,
    app,
    people,
    pull,
    client,
    clients,
    reference,
    keys,
    audits,
    added,
    state,
    time,
    context,
    say,
    evaluatedNow,
  };
}

export type Shop = Awaited<ReturnType<typeof openShop>>;

export interface Said {
  readonly comment: IssueComment;
  readonly outcome: Outcome;
  readonly text: string;
  readonly reactions: readonly string[];
}

export function treeOf(files: Readonly<Record<string, string>>): RepositoryTree {
  const bytes = Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)] as const);
  return overlay(new IndexedTree("base", new Map()), new Map(bytes), "base");
}

function reviewOf(findings: readonly LocatedFinding[]): Review {
  return review({
    verdict: findings.some(({ severity }) => severity === "block") ? "block" : "pass",
    findings,
    environments: [
      {
        name: "clusters/production",
        changed: true,
        targets: 1,
        rendered: 1,
        workloadNames: ["data/Deployment/api", "data/Deployment/worker", "web/Deployment/front"],
        deltas: [delta("data/Deployment/api", { added: [everyPod()], before: [], after: [everyPod()] })],
      },
    ],
  });
}

/** A client that is the other, but for some of its methods. */
export function clientWith(client: RepositoryClient, changes: Partial<RepositoryClient>): RepositoryClient {
  return new Proxy(client, {
    get: (target, key) => {
      const changed: unknown = Reflect.get(changes, key);
      if (changed !== undefined) return changed;
      const own: unknown = Reflect.get(target, key);
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
}

export type { Account };
