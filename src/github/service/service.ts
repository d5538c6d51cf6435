import { mkdir } from "node:fs/promises";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { appWorker, lastWord } from "../app.ts";
import { type AppContext, type Clock, type Evaluator, UnreadableCommit } from "../app-context.ts";
import { approvalKey, derivedKey } from "../approvals/approval-key.ts";
import { appClients } from "../client/app-clients.ts";
import type { Clients } from "../client/clients.ts";
import { replyKey } from "../commands/reply.ts";
import { openEmbedded, openServer } from "../queue/database.ts";
import { PgBossQueue } from "../queue/pg-boss-queue.ts";
import { PostgresStore } from "../queue/postgres-store.ts";
import { type Job, jobKey } from "../queue/queue.ts";
import { openGitHubTree } from "../source/github-tree.ts";
import { SourceCache } from "../source/source-cache.ts";
import { isSourceProblem } from "../source/source-problem.ts";
import { lockData } from "./data-lock.ts";
import { answerHealth, createFront } from "./front.ts";
import { Intake, Refused } from "./intake.ts";
import { openLog } from "./log.ts";
import { Metrics } from "./metrics.ts";
import type { ServiceSettings } from "./settings.ts";

export interface ServiceParts {
  /** Opens the reviewer, which lives outside of this folder. */
  readonly openEvaluator: (options: {
    readonly directory: string;
    readonly clock: () => Date;
    readonly onProblem: (message: string) => void;
  }) => Promise<Evaluator & { close(): Promise<void> }>;
  /** "egress-review/1.2.3". */
  readonly userAgent: string;
}

export interface Service {
  /** Where events are received, without a path; null = somebody else listens and calls `accept`. */
  readonly url: string | null;
  readonly log: AppContext["log"];
  /**
   * One delivery that was believed. Resolved = written.
   *
   * @throws {Refused} it was not
   */
  accept(event: string, guid: string, payload: unknown): Promise<void>;
  /** Answers /healthz, /readyz and /metrics; false = something else was asked. */
  answerHealth(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  /** No new work; what runs ends or is handed back. */
  stop(): Promise<void>;
}

const MINUTE = 60_000;
/** Node's 511 overflowed 1,880 times while 10,000 deliveries came in five seconds; whoever meets that begins again a second later. */
const WAITING_CONNECTIONS = 4_096;
const HOUR = 60 * MINUTE;
/** What is looked at though no event says so: what GitHub lost, never sent, or could not deliver. */
const LOOKS: readonly (readonly [Job, number])[] = [
  [{ kind: "reconcile", scope: "recent" }, 5 * MINUTE],
  [{ kind: "deliveries" }, 5 * MINUTE],
  [{ kind: "reconcile", scope: "full" }, HOUR],
];
/** From the first signal to the end: what orchestrators give, less a little. */
const DRAIN_MILLISECONDS = 25_000;
const JOB_MARGIN_MILLISECONDS = 60_000;
/** A forged delivery is counted; one line a second tells of it. */
const FORGED_LINE_MILLISECONDS = 1_000;

/** The whole service: listens at once, is ready when the queue is open and GitHub was looked at. */
export async function startService(
  settings: ServiceSettings,
  parts: ServiceParts,
  listen = true,
): Promise<Service> {
  const log = openLog({
    level: settings.logLevel,
    secrets: [settings.privateKey, ...settings.webhookSecrets, ...databaseSecrets(settings.databaseUrl)],
  });
  const metrics = new Metrics();
  const clock = systemClock();
  const started = clock.now();
  await mkdir(settings.dataDirectory, { recursive: true, mode: 0o700 });
  const lock = await lockData(settings.dataDirectory);
  const database =
    settings.databaseUrl === null
      ? await openEmbedded(join(settings.dataDirectory, "queue"))
      : openServer(settings.databaseUrl);
  const store = new PostgresStore(database);
  const queue = new PgBossQueue({
    database,
    store,
    concurrency: settings.concurrency,
    jobMilliseconds: settings.evaluationMilliseconds + JOB_MARGIN_MILLISECONDS,
    onError: (error) => log.error({ err: error }, "the queue reports an error"),
    onEnd: (job, end) => metrics.jobEnded(job, end),
  });
  metrics.readStanding(async () => ({
    ...(await queue.backlog()),
    blockedInstallations: await store.blockedInstallations(),
  }));
  const evaluator = await parts.openEvaluator({
    directory: settings.dataDirectory,
    clock: clock.now,
    onProblem: (message) => log.warn({}, `render cache: ${message}`),
  });
  const clients = appClients({
    appId: settings.appId,
    privateKey: settings.privateKey,
    baseUrl: settings.apiUrl,
    userAgent: parts.userAgent,
    log,
    onAnswer: (answer) => metrics.answered(answer),
  });
  const app = appContext({ settings, queue, store, evaluator, clients, clock, log, metrics });
  await queue.prepare();

  const intake = new Intake({ queue, metrics, now: clock.now });
  const accept = (event: string, guid: string, payload: unknown) => intake.accept(event, guid, payload);
  let stopping = false;
  const health = {
    metrics,
    unready: async () => {
      if (stopping) return "stopping";
      try {
        return (await isLookedAt(store, started)) ? null : "GitHub was not looked at yet";
      } catch {
        return "the database does not answer";
      }
    },
  };
  const front = listen
    ? createFront({
        ...health,
        secrets: settings.webhookSecrets,
        accept,
        oldestArrival: () => queue.oldestArrival(clock.now()),
        onProblem: problemLog(log),
      })
    : null;
  const url = front === null ? null : await listenOn(front, settings);

  await queue.start(appWorker(app), (job, error) => lastWord(app, job, error));
  const look = (job: Job) =>
    queue.add([{ job }]).catch((error: unknown) => log.error({ err: error }, "work could not be written"));
  await look({ kind: "reconcile", scope: "full" });
  const timers = LOOKS.map(([job, milliseconds]) =>
    setInterval(() => void lookWhenDue(store, job, milliseconds, look), milliseconds),
  );
  const forget = () =>
    store
      .forgetOld()
      .catch((error: unknown) => log.error({ err: error }, "what is old could not be forgotten"));
  timers.push(setInterval(() => void forget(), HOUR));
  void lookAtRegistration(clients, log);
  log.info({ url, database: database.kind }, "listening");

  return {
    url,
    log,
    accept,
    answerHealth: (request, response) => answerHealth(request, response, health),
    async stop() {
      stopping = true;
      intake.close();
      for (const timer of timers) clearInterval(timer);
      await queue.stop(DRAIN_MILLISECONDS);
      if (front !== null) await closed(front);
      await evaluator.close();
      await database.close();
      await lock.release();
      log.info({}, "stopped");
    },
  };
}

/** Every process asks, one of them is told that it is time; a little less than the time, because no timer is exact. */
async function lookWhenDue(
  store: PostgresStore,
  job: Job,
  milliseconds: number,
  look: (job: Job) => Promise<void>,
): Promise<void> {
  const due = await store.isDue(jobKey(job), milliseconds * 0.9).catch(() => true);
  if (due) await look(job);
}

/** Whichever process did it: it was asked for by this one, and one look is enough for all. */
async function isLookedAt(store: PostgresStore, since: Date): Promise<boolean> {
  const reconciled = await store.note("reconciled");
  return reconciled !== null && Date.parse(reconciled) >= since.getTime() - MINUTE;
}

/** @throws the port is taken, or the address is not one of this machine */
function listenOn(front: Server, { host, port }: ServiceSettings): Promise<string> {
  return new Promise((resolve, reject) => {
    front.once("error", reject);
    front.listen({ port, host, backlog: WAITING_CONNECTIONS }, () =>
      resolve(urlOf(host, front.address() as AddressInfo)),
    );
  });
}

/** The password in a database's address, as it stands there and as it is meant. */
function databaseSecrets(databaseUrl: string | null): readonly string[] {
  if (databaseUrl === null) return [];
  const { password } = new URL(databaseUrl);
  return [databaseUrl, password, decodeURIComponent(password)];
}

/** Whoever is still sending is refused anyway. */
function closed(front: Server): Promise<void> {
  return new Promise((resolve) => {
    front.close(() => resolve());
    front.closeAllConnections();
  });
}

function problemLog(log: AppContext["log"]): (code: "forged" | "failed", error: unknown) => void {
  let lastForged = 0;
  return (code, error) => {
    if (code === "failed") {
      const cause = error instanceof Refused ? (error.cause ?? error) : error;
      return log.error({ err: cause }, "a delivery could not be taken");
    }
    if (Date.now() - lastForged < FORGED_LINE_MILLISECONDS) return;
    lastForged = Date.now();
    log.warn({}, "a delivery that GitHub did not sign was refused");
  };
}

function appContext(parts: {
  readonly settings: ServiceSettings;
  readonly queue: PgBossQueue;
  readonly store: PostgresStore;
  readonly evaluator: Evaluator;
  readonly clients: Clients;
  readonly clock: Clock;
  readonly log: AppContext["log"];
  readonly metrics: Metrics;
}): AppContext {
  const { settings, queue, store, evaluator, clients, clock, log, metrics } = parts;
  const { privateKey, policyRepository, allowedOwners, documentationUrl, evaluationMilliseconds } = settings;
  const cache = new SourceCache({
    dataDirectory: settings.dataDirectory,
    onProblem: (message) => log.warn({}, `cache of files: ${message}`),
  });
  return {
    clients,
    queue,
    store,
    evaluator,
    clock,
    log,
    meter: metrics,
    openTree: async (client, commit, options) => {
      const tree = await openGitHubTree(client, commit, { cache, ...options });
      if (isSourceProblem(tree)) throw new UnreadableCommit(tree.message);
      return tree;
    },
    settings: {
      policyRepository,
      allowedOwners,
      documentationUrl,
      evaluationMilliseconds,
      markerKey: derivedKey(privateKey, "marker"),
      approvalKey: approvalKey(privateKey),
      replyKey: replyKey(privateKey),
    },
  };
}

/** What the App is registered with and lacks is said once: `doctor` says what to do about it. */
async function lookAtRegistration(clients: Clients, log: AppContext["log"]): Promise<void> {
  try {
    const { slug, permissions, events } = await clients.app();
    log.info(
      { app: slug, permissions, events },
      "GitHub knows the App; egress-review doctor says what is missing",
    );
  } catch (error) {
    log.warn({ err: error }, "GitHub does not answer for this App: egress-review doctor says why");
  }
}

function systemClock(): Clock {
  return {
    now: () => new Date(),
    deadline(milliseconds) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(new Error("the deadline has passed")), milliseconds);
      return { signal: controller.signal, release: () => clearTimeout(timer) };
    },
  };
}

function urlOf(host: string, { port }: AddressInfo): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
