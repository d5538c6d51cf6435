import { endpoint } from "@octokit/endpoint";
import { appWorker } from "../../../src/github/app.ts";
import { type AppContext, UnreadableCommit } from "../../../src/github/app-context.ts";
import { CHECK_NAME } from "../../../src/github/check-name.ts";
import type { Clients } from "../../../src/github/client/clients.ts";
import type { GitHubResponse } from "../../../src/github/client/github-request.ts";
import { repositoryClient } from "../../../src/github/client/octokit-repository-client.ts";
import { workOf } from "../../../src/github/events/events.ts";
import { parseIdentity } from "../../../src/github/publish/run-identity.ts";
import type { Job } from "../../../src/github/queue/queue.ts";
import { openGitHubTree } from "../../../src/github/source/github-tree.ts";
import { SourceCache } from "../../../src/github/source/source-cache.ts";
import { isSourceProblem } from "../../../src/github/source/source-problem.ts";
import type { Account, CheckRun, MergeGroup, PullRequest, Repository } from "../../github/entities.ts";
import { FakeGitHub } from "../../github/fake-github.ts";
import { mergeCommit } from "../../github/test-merge.ts";
import {
  conclusionFor,
  type Files,
  type ModelVerdict,
  modelEvaluator,
  verdictOf,
} from "./model-evaluator.ts";
import { Random } from "./random.ts";
import { VirtualQueue } from "./virtual-queue.ts";

const PERMISSIONS = {
  metadata: "read",
  contents: "read",
  checks: "write",
  pull_requests: "write",
  issues: "read",
  merge_queues: "read",
} as const;
const EVENTS = [
  "pull_request",
  "issue_comment",
  "check_run",
  "check_suite",
  "merge_group",
  "push",
  "repository",
];
const START = Date.parse("2026-03-01T10:00:00Z");
const MOST_PULLS = 4;
/** Two workers, as two replicas or one process with two threads of work. */
const WORKERS = 2;

/** More turns of the event loop than any answer takes to be read; a job that then still does nothing waits for another. */
const MOST_ROUNDS = 6;

interface RunningJob {
  readonly job: Job;
  /** Its requests that wait to be let through. */
  readonly requests: (() => void)[];
  done: boolean;
}

/**
 * One random schedule: people act, events get lost and shuffled, GitHub fails, the process dies between any two requests,
 * its disk with it; then everything calms down, and GitHub must show what an oracle says. A seed replays it.
 */
export class Model {
  readonly random: Random;
  readonly story: string[] = [];
  readonly fake: FakeGitHub;
  readonly queue: VirtualQueue;
  #time = START;
  readonly people: readonly Account[];
  readonly repository: Repository;
  readonly #installation;
  readonly #app;
  /** What a process has in memory. */
  #memory = memoryOfProcess();
  #running: RunningJob[] = [];
  #ended: RunningJob[] = [];
  #calm = false;
  #groups: MergeGroup[] = [];
  #commits = 0;

  constructor(seed: number, steps: { readonly faults: boolean } = { faults: true }) {
    this.random = new Random(seed);
    this.#calm = !steps.faults;
    this.fake = new FakeGitHub({
      clock: {
        now: () => this.#time,
        wait: async (milliseconds) => {
          this.#time += milliseconds;
        },
      },
      seed: String(seed),
      limits: { primary: null, points: null, contentPerMinute: null, contentPerHour: null },
    });
    const { fake } = this;
    const acme = fake.createOrganisation("acme");
    this.people = ["ann", "bob"].map((name) => fake.createUser(name));
    this.repository = fake.createRepository(acme, "shop", {
      files: { "a.txt": "closed", "b.txt": "closed", "README.md": "x" },
    });
    for (const person of this.people) fake.setPermission(person, this.repository, "write");
    fake.createBranch(this.repository, "release", fake.tip(this.repository));
    this.#app = fake.registerApp({
      permissions: PERMISSIONS,
      events: EVENTS,
      webhookUrl: "https://egress.example.com",
    });
    this.#installation = fake.install(this.#app, acme, [this.repository]);
    fake.limits.reopening = this.random.pick(["ignored", "refused", "allowed"] as const);
    this.queue = new VirtualQueue(() => this.#time);
  }

  /** The App as one job sees it: every request of the job waits for its turn. */
  #contextOf(running: RunningJob): AppContext {
    const memory = this.#memory;
    const turn = () =>
      new Promise<void>((resolve) => {
        running.requests.push(resolve);
      });
    const fetch: typeof globalThis.fetch = async (input, init) => {
      await turn();
      return this.fake.fetch(input, init);
    };
    const request = async (route: string, parameters: Readonly<Record<string, unknown>> = {}) => {
      await turn();
      if (this.#time >= memory.tokenUntil) {
        memory.token = this.fake.token(this.#installation, { repositories: [this.repository] });
        memory.tokenUntil = this.#time + TOKEN_MILLISECONDS;
      }
      return requestOver(this.fake, memory.token, route, parameters);
    };
    const reference = {
      installation: this.#installation.id,
      id: this.repository.id,
      owner: "acme",
      name: "shop",
    };
    const clients: Clients = {
      repository: async (repository) =>
        repositoryClient({
          request,
          repository,
          app: { id: this.#app.id, slug: this.#app.slug },
          now: () => this.#time,
          fetch,
        }),
      installations: async () => [
        {
          id: this.#installation.id,
          account: "acme",
          url: "https://github.com/organizations/acme/settings/installations/1",
          suspended: false,
          permissions: PERMISSIONS,
          events: EVENTS,
        },
      ],
      repositories: async () => [{ ...reference, archived: false }],
      repositoryNamed: async () => reference,
      failedDeliveries: async () => [],
      redeliver: async () => undefined,
      webhookUrl: async () => "",
      app: async () => ({
        id: this.#app.id,
        slug: this.#app.slug,
        url: "",
        settingsUrl: "",
        permissions: {},
        events: [],
      }),
    };
    return {
      clients,
      queue: this.queue,
      store: this.queue,
      evaluator: modelEvaluator(() => this.#maybeCrash(0.02)),
      openTree: async (client, commit, options) => {
        const tree = await openGitHubTree(client, commit, { cache: memory.cache, ...options });
        if (isSourceProblem(tree)) throw new UnreadableCommit(tree.message);
        return tree;
      },
      clock: {
        now: () => new Date(this.#time),
        deadline: () => ({ signal: new AbortController().signal, release: () => undefined }),
      },
      log: { info: ignore, warn: ignore, error: ignore, audit: ignore },
      meter: { inProgress: ignore, verdict: ignore, carried: ignore },
      settings: {
        policyRepository: null,
        allowedOwners: null,
        documentationUrl: null,
        markerKey: Buffer.from("marker"),
        approvalKey: Buffer.from("approval"),
        replyKey: Buffer.from("reply"),
        evaluationMilliseconds: 60_000,
      },
    };
  }

  #maybeCrash(chance: number): void {
    if (!this.#calm && this.random.chance(chance)) throw new Error("the evaluator crashed");
  }

  async run(actions: number): Promise<void> {
    if (!this.#calm) this.#faults();
    for (let step = 0; step < actions; step++) {
      this.#act();
      await this.#work(this.random.below(12));
    }
    await this.settle();
  }

  #say(text: string): void {
    this.story.push(`${((this.#time - START) / 1_000).toFixed(1)} ${text}`);
  }

  #faults(): void {
    const { faults } = this.fake;
    const rate = this.random.pick([0, 0.02, 0.1]);
    faults.decide = ({ method, route }) => {
      if (this.#calm || !this.random.chance(rate)) return null;
      const fault = this.random.pick([
        { kind: "status", status: 502, effect: "before" },
        { kind: "status", status: 502, effect: "after" },
        { kind: "reset", effect: "before" },
        { kind: "reset", effect: "after" },
        { kind: "truncated" },
        { kind: "secondary-limit", retryAfterSeconds: 20 },
        { kind: "bad-credentials" },
      ] as const);
      this.#say(`fault ${JSON.stringify(fault)} at ${method} ${route}`);
      return fault as never;
    };
    const lost = this.random.pick([0, 0.1, 0.5]);
    faults.decideDelivery = () => {
      if (this.#calm || !this.random.chance(lost)) return "deliver";
      return this.random.pick([
        "lose",
        "fail",
        "duplicate",
        "overtake",
        { delayMilliseconds: 40_000 },
      ] as const);
    };
    faults.readLagMilliseconds = this.random.pick([0, 0, 3_000]);
    faults.mergeableNullReads = this.random.pick([0, 1, 2]);
    faults.staleMergeReads = this.random.pick([0, 0, 1]);
  }

  // What people do

  #act(): void {
    const open = this.#open();
    const repository = this.repository;
    const ann = this.random.pick(this.people);
    const choice = this.random.below(20);
    const file = this.random.pick(["a.txt", "b.txt"]);
    const content = this.random.pick(["closed", "open", "open", "unread"]);
    this.#commits += 1;
    const edit = { [file]: `${content}\n` };
    const pull = open.length === 0 ? null : this.random.pick(open);
    if (choice < 5 || pull === null) {
      if (open.length >= MOST_PULLS) return;
      const branch = `change-${this.#commits}`;
      this.#say(`open ${branch} ${file}=${content}`);
      this.fake.commit(repository, branch, edit, { author: ann });
      this.fake.openPullRequest(repository, {
        head: branch,
        author: ann,
        base: this.random.pick(["main", "main", "release"]),
        draft: this.random.chance(0.2),
      });
    } else if (choice < 9) {
      this.#say(`push #${pull.number} ${file}=${content}`);
      this.fake.commit(repository, pull.headRef, edit, { author: ann });
    } else if (choice === 9) {
      this.#say(`force-push #${pull.number} ${file}=${content}`);
      const tip = this.fake.tip(repository, pull.baseRef);
      const sha = this.fake.commit(repository, pull.headRef, edit, {
        author: ann,
        parents: [tip],
        push: false,
      });
      this.fake.forcePush(repository, pull.headRef, sha, ann);
    } else if (choice === 10) {
      this.#say(`main ${file}=${content}`);
      this.fake.commit(repository, "main", edit, { author: ann });
    } else if (choice === 11) {
      this.#say("main README");
      this.fake.commit(repository, "main", { "README.md": `${this.#commits}` }, { author: ann });
    } else if (choice === 12) {
      const contact = this.random.pick(["lenient", "strict", "broken"]);
      this.#say(`policy ${contact}`);
      const text = contact === "broken" ? "contact: [" : `contact: ${contact}\n`;
      this.fake.commit(repository, "main", { ".egress-review.yaml": text }, { author: ann });
    } else if (choice === 13) {
      this.#say(`retarget #${pull.number}`);
      this.fake.retarget(pull, pull.baseRef === "main" ? "release" : "main");
    } else if (choice === 14) {
      this.#say(`close #${pull.number}`);
      this.fake.closePull(pull);
    } else if (choice === 15) {
      const closed = this.#pulls().filter(({ state, merged }) => state === "closed" && !merged);
      if (closed.length === 0) return;
      const one = this.random.pick(closed);
      this.#say(`reopen #${one.number}`);
      this.fake.reopen(one);
    } else if (choice === 16) {
      this.#say(`second base for ${pull.headRef}`);
      const base = pull.baseRef === "main" ? "release" : "main";
      const twin = this.#pulls().some(
        (one) => one.headRef === pull.headRef && one.baseRef === base && one.state === "open",
      );
      if (!twin) this.fake.openPullRequest(repository, { head: pull.headRef, author: ann, base });
    } else if (choice === 17) {
      const run = this.fake.checkRun(repository, this.fake.head(pull), CHECK_NAME);
      if (run === null) return;
      this.#say(`re-run #${pull.number}`);
      this.fake.rerequest(run, ann);
    } else if (choice === 18) {
      this.#say(`ready or draft #${pull.number}`);
      if (pull.draft) this.fake.ready(pull);
      else this.fake.toDraft(pull);
    } else {
      this.#enqueue(pull);
    }
  }

  #enqueue(pull: PullRequest): void {
    try {
      this.#groups.push(...this.fake.enqueue(pull));
      this.#say(`enqueue #${pull.number}`);
    } catch {
      // A conflict, or the queue has it already.
    }
  }

  #pulls(): readonly PullRequest[] {
    return [...this.repository.pulls.values()];
  }

  #open(): readonly PullRequest[] {
    return this.#pulls().filter(({ state }) => state === "open");
  }

  // What the service does

  /** So many turns: an event is handed over, a job starts, a request of a running job goes through, time passes, it dies. */
  async #work(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await this.#oneTurn();
  }

  async #oneTurn(): Promise<boolean> {
    await this.#drain();
    const due = this.fake.deliveries.due();
    const ready = this.#running.length < WORKERS ? this.queue.ready() : [];
    const waiting = [...this.#running, ...this.#ended].filter(({ requests }) => requests.length > 0);
    const choices: (() => Promise<void>)[] = [];
    if (due.length > 0) choices.push(() => this.#deliver());
    if (ready.length > 0) choices.push(async () => this.#start(this.random.pick(ready)));
    for (const one of waiting) choices.push(() => this.#proceed(one));
    if (waiting.length > 0) choices.push(() => this.#proceed(this.random.pick(waiting)));
    if (choices.length === 0) {
      const times = [this.queue.nextDue(), ...this.fake.deliveries.pending.map(({ dueAt }) => dueAt)].filter(
        (time): time is number => time !== null && time > this.#time,
      );
      if (times.length === 0) return this.#running.length > 0;
      this.#time = Math.min(...times);
      return true;
    }
    if (!this.#calm && this.random.chance(0.01)) this.#die();
    else await this.random.pick(choices)();
    this.#time += this.random.below(400);
    return true;
  }

  async #deliver(): Promise<void> {
    const [next] = this.fake.deliveries.due();
    if (next === undefined) return;
    await this.fake.deliveries.deliver(next, async ({ headers, body }) => {
      const event = String(headers["x-github-event"]);
      const delivery = {
        guid: String(headers["x-github-delivery"]),
        event,
        action: null,
        installation: null,
        receivedAt: new Date(this.#time),
      };
      await this.queue.accept(delivery, workOf(event, JSON.parse(body)));
      return { status: 202 };
    });
  }

  #start(key: string): void {
    const job = this.queue.take(key);
    const running: RunningJob = { job, requests: [], done: false };
    this.#running.push(running);
    const context = this.#contextOf(running);
    const alive = () => this.#running.includes(running);
    const finish = (end: Parameters<VirtualQueue["end"]>[1]) => {
      if (!alive()) return;
      running.done = true;
      this.#running = this.#running.filter((one) => one !== running);
      // What it began and did not wait for goes on: others may share it.
      this.#ended.push(running);
      this.queue.end(job, end);
    };
    void appWorker(context)(job, new AbortController().signal).then(
      (outcome) => finish({ kind: "outcome", outcome }),
      (error: unknown) => {
        this.#say(
          `${key} failed: ${process.env["EGRESS_REVIEW_TRACE"] === undefined ? String(error) : ((error as Error).stack ?? "")}`,
        );
        finish({ kind: "error", error });
      },
    );
  }

  async #proceed(running: RunningJob): Promise<void> {
    const [next] = running.requests.splice(this.random.below(running.requests.length), 1);
    next?.();
    await this.#drain();
  }

  /** Lets everything go on that can without GitHub. */
  async #drain(): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      if (round >= 2 && this.#running.every(({ requests }) => requests.length > 0)) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #die(): void {
    const disk = this.random.chance(0.2);
    this.#say(disk ? "dies, and the disk with it" : "dies");
    this.#running = [];
    this.#ended = [];
    if (disk) this.queue.lose();
    else this.queue.crash();
    this.#memory = memoryOfProcess();
    // Every start looks at GitHub first.
    void this.queue.add([{ job: { kind: "reconcile", scope: "full" } }]);
  }

  // What must be true in the end

  /** Everything calms down, and the App looks at GitHub. */
  async settle(): Promise<void> {
    this.#calm = true;
    this.fake.faults.clear();
    this.#say("calm");
    // Whatever was lost is found by looking.
    this.#time += 60_000;
    await this.queue.add([{ job: { kind: "reconcile", scope: "full" } }]);
    await this.#untilIdle();
  }

  async #untilIdle(): Promise<void> {
    for (let turn = 0; turn < 20_000; turn++) {
      if (!(await this.#oneTurn())) return;
    }
    throw new Error(
      `never idle: ${this.queue.ready().join(", ")}; running ${this.#running.map(({ job, requests }) => `${job.kind} ${requests.length === 0 ? "stuck" : "waits"}`).join()}\n${this.story.slice(-40).join("\n")}`,
    );
  }

  /** What an observer finds wrong, at the end or on the way. */
  violations(): readonly string[] {
    const found: string[] = [];
    const heads = new Map<string, PullRequest[]>();
    for (const pull of this.#open()) {
      const head = this.fake.head(pull);
      heads.set(head, [...(heads.get(head) ?? []), pull]);
    }
    for (const [head, pulls] of heads) {
      const expected = this.#worst(pulls);
      const run = this.fake.checkRun(this.repository, head, CHECK_NAME);
      const shown = run === null ? "no run" : `${run.status} ${run.conclusion ?? ""}`.trim();
      if (shown !== `completed ${expected}`) {
        found.push(
          `#${pulls.map(({ number }) => number).join(", #")} at ${head.slice(0, 7)}: ${shown}, expected ${expected}`,
        );
      }
    }
    for (const run of [...this.repository.checkRunsByCommit.values()].flat())
      found.push(...this.#falseGreen(run));
    for (const pull of this.#pulls()) found.push(...this.#pages(pull));
    return found;
  }

  #worst(pulls: readonly PullRequest[]): string {
    const conclusions = pulls.map((pull) =>
      this.#verdict(this.fake.tip(this.repository, pull.baseRef), this.fake.head(pull)),
    );
    const order = ["failure", "action_required", "success"];
    return conclusions.toSorted((a, b) => order.indexOf(a) - order.indexOf(b))[0] ?? "none";
  }

  /** By the letter: the files at the tip of the base against those of the merge. */
  #verdict(base: string, head: string): string {
    const { objects } = this.repository;
    const merge = mergeCommit(objects, { into: base, from: head, message: "oracle", at: 0 });
    if (merge === null) return "failure";
    return conclusionFor(verdictOf(this.#files(base), this.#files(merge)));
  }

  #files(commit: string): Files {
    const { objects } = this.repository;
    return new Map(
      objects.files(objects.commit(commit).tree).map(({ path, sha }) => [path, objects.text(sha)]),
    );
  }

  /** A run says which bases it answers for: for none of them may it have been green where the oracle is not. */
  #falseGreen(run: CheckRun): readonly string[] {
    const green = run.seen.some(({ conclusion }) => conclusion === "success");
    const identity = parseIdentity(run.externalId);
    if (!green || identity === null || identity.kind === "map") return [];
    return identity.bases.flatMap((base) => {
      const verdict =
        identity.kind === "review" ? this.#verdict(base, run.headSha) : this.#between(base, run.headSha);
      return verdict === "success"
        ? []
        : [`green on ${run.headSha.slice(0, 7)} for ${base.slice(0, 7)}, which is ${verdict}`];
    });
  }

  #between(base: string, head: string): ModelVerdict | string {
    return conclusionFor(verdictOf(this.#files(base), this.#files(head)));
  }

  #pages(pull: PullRequest): readonly string[] {
    const ours = this.fake.comments(pull).filter(({ body }) => body.includes("egress-review sticky:"));
    const inline = pull.reviewComments.map(({ body }) => /finding:(\w+)/.exec(body)?.[1] ?? "");
    return [
      ...(ours.length > 1 ? [`#${pull.number}: ${ours.length} sticky comments`] : []),
      ...(new Set(inline).size < inline.length ? [`#${pull.number}: an inline finding twice`] : []),
      ...(this.#lacksComment(pull, ours.at(0)?.body ?? "") ? [`#${pull.number}: nobody is told`] : []),
    ];
  }

  /** What stops a change is told in a comment, unless it is a draft. */
  #lacksComment(pull: PullRequest, comment: string): boolean {
    if (pull.state === "closed" || pull.draft) return false;
    const base = this.fake.tip(this.repository, pull.baseRef);
    const merge = mergeCommit(this.repository.objects, {
      into: base,
      from: this.fake.head(pull),
      message: "",
      at: 0,
    });
    if (merge === null) return false;
    const verdict = verdictOf(this.#files(base), this.#files(merge));
    return (verdict === "block" || verdict === "undecided") && !comment.includes("sticky:open:");
  }
}

function ignore(): void {}

function memoryOfProcess() {
  return {
    cache: new SourceCache({ dataDirectory: null, memoryBytes: 1024 * 1024 }),
    token: "",
    tokenUntil: 0,
  };
}

/** What Octokit does, without its hooks, without `fetch`: a schedule makes hundreds of requests. */
async function requestOver(
  fake: FakeGitHub,
  token: string,
  route: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<GitHubResponse> {
  const asked = endpoint(route, parameters);
  const { status, headers, bytes, fault } = await fake.respond({
    method: asked.method,
    url: new URL(asked.url),
    headers: { ...(asked.headers as Record<string, string>), authorization: `token ${token}` },
    body: asked.body === undefined ? "" : JSON.stringify(asked.body),
  });
  if (fault?.kind === "reset") throw new TypeError("fetch failed");
  const text = Buffer.from(
    fault?.kind === "truncated" ? bytes.subarray(0, bytes.length >> 1) : bytes,
  ).toString();
  const answer = { status, headers, data: dataOf(text) };
  if (status < 300 || status === 302) return answer;
  throw Object.assign(new Error(`${asked.method} ${asked.url}: ${status}`), { status, response: answer });
}

function dataOf(text: string): unknown {
  return text === "" ? undefined : (JSON.parse(text) as unknown);
}

const TOKEN_MILLISECONDS = 30 * 60_000;
