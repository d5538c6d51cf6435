/**
 * node bench/intake.mjs: signed deliveries of 25 KB over HTTP to the front of the service, which writes each to its queue before it
 * acknowledges; nothing of GitHub is asked. Sent at a steady rate, whether answers come or not; how long the sender waited for a
 * connection is a figure of its own. On the embedded database, or on the
 * empty one that DATABASE_URL names. Prints figures beside what is aimed at; asserts nothing. Run it on an idle machine, after a build.
 */
import { fork } from "node:child_process";
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BODY_BYTES = 25_000;
const INSTALLATIONS = 20;
const PULL_REQUESTS = 50;
/** Of one job: most find that nothing is to do. */
const JOB_MILLISECONDS = 100;
/** As the service listens. */
const BACKLOG = 4_096;
const SETTLE_MILLISECONDS = 2_000;
/** How long the service may take to do what it took on. */
const RECOVERY_MILLISECONDS = 90_000;

const LOADS = [
  { name: "steady", perSecond: 100, seconds: 20, aim: "p99 < 250 ms, all 202" },
  { name: "busy", perSecond: 300, seconds: 10, aim: "p99 < 250 ms, all 202" },
  { name: "burst: 1,000 in 5 s", perSecond: 200, seconds: 5, aim: "all 202 in < 5 s" },
  { name: "overload", perSecond: 2_000, seconds: 5, aim: "202 or 503, none hangs, < 1 GB" },
];

if (process.argv[2] === "serve") await serve();
else await bench();

/** The part of the service that takes deliveries in, in a process of its own. */
async function serve() {
  const { openEmbedded, openServer } = await import("../dist/github/queue/database.js");
  const { PgBossQueue } = await import("../dist/github/queue/pg-boss-queue.js");
  const { PostgresStore } = await import("../dist/github/queue/postgres-store.js");
  const { createFront } = await import("../dist/github/service/front.js");
  const { Intake } = await import("../dist/github/service/intake.js");
  const { Metrics } = await import("../dist/github/service/metrics.js");
  const { BENCH_FOLDER: folder, BENCH_SECRET: secret, DATABASE_URL: url } = process.env;
  const database = url ? openServer(url) : await openEmbedded(join(folder, "queue"));
  const queue = new PgBossQueue({
    database,
    store: new PostgresStore(database),
    concurrency: 4,
    jobMilliseconds: 60_000,
    onError: (error) => console.error(error),
  });
  await queue.prepare();
  await queue.start(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, JOB_MILLISECONDS));
      return { kind: "done" };
    },
    async () => undefined,
  );
  const metrics = new Metrics();
  const intake = new Intake({ queue, metrics, now: () => new Date() });
  const front = createFront({
    metrics,
    secrets: [secret],
    accept: (event, guid, payload) => intake.accept(event, guid, payload),
    oldestArrival: () => queue.oldestArrival(new Date()),
    unready: async () => null,
    onProblem: () => undefined,
  });
  front.listen({ port: 0, host: "127.0.0.1", backlog: BACKLOG }, () =>
    process.send({ port: front.address().port }),
  );
  process.on("message", async () => process.send({ jobs: (await queue.backlog()).jobs }));
}

async function bench() {
  const folder = mkdtempSync(join(tmpdir(), "egress-review-intake-"));
  const secret = randomBytes(24).toString("hex");
  const service = fork(import.meta.filename, ["serve"], {
    env: { ...process.env, BENCH_FOLDER: folder, BENCH_SECRET: secret },
  });
  // As many connections as it takes: what waits, waits at the service.
  const agent = new Agent({ keepAlive: true });
  try {
    const [{ port }] = await once(service, "message");
    await load({ perSecond: 50, seconds: 2 }, { port, secret, agent });
    console.log(
      `\non ${process.env.DATABASE_URL ? "a PostgreSQL server" : "the embedded database"}, ${BODY_BYTES} bytes each\n`,
    );
    console.log(
      "| load | sent | a second | 202 | 503 | other | p50 ms | p99 ms | worst ms | connected p99 ms | done after s | MB | aim |",
    );
    console.log("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (const one of LOADS) {
      const { answers, seconds } = await load(one, { port, secret, agent });
      const count = (matches) => answers.filter(({ status }) => matches(status)).length;
      const acks = answers.filter(({ status }) => status === 202).map(({ milliseconds }) => milliseconds);
      const connecting = answers.map(({ connected }) => connected);
      const worst = Math.max(...answers.map(({ milliseconds }) => milliseconds));
      const figures = [
        one.name,
        answers.length,
        (answers.length / seconds).toFixed(0),
        count((status) => status === 202),
        count((status) => status === 503),
        count((status) => status !== 202 && status !== 503),
        quantile(acks, 0.5),
        quantile(acks, 0.99),
        worst.toFixed(0),
        quantile(connecting, 0.99),
        await doneAfter(service),
        residentMegabytes(service.pid),
        one.aim,
      ];
      console.log(`| ${figures.join(" | ")} |`);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MILLISECONDS));
    }
  } finally {
    agent.destroy();
    service.kill("SIGKILL");
    if (service.exitCode === null && service.signalCode === null) await once(service, "exit");
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Sends at a rate, not one after the other: who is slow is not waited for. */
async function load({ perSecond, seconds }, target) {
  const bodies = Array.from({ length: INSTALLATIONS * PULL_REQUESTS }, (_, index) =>
    signed(index, target.secret),
  );
  const started = performance.now();
  const answers = [];
  for (let sent = 0; sent < perSecond * seconds; ) {
    const due = Math.min(perSecond * seconds, ((performance.now() - started) / 1_000) * perSecond);
    for (; sent < due; sent++) answers.push(post(bodies[sent % bodies.length], target));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const taken = (performance.now() - started) / 1_000;
  return { answers: await Promise.all(answers), seconds: taken };
}

function signed(index, secret) {
  const installation = 1 + (index % INSTALLATIONS);
  const bytes = Buffer.from(
    JSON.stringify({
      action: "synchronize",
      installation: { id: installation },
      repository: { id: installation, name: "platform", owner: { login: "acme" }, default_branch: "main" },
      pull_request: {
        number: 1 + Math.floor(index / INSTALLATIONS),
        updated_at: "2030-01-01T00:00:00Z",
        head: { sha: "a".repeat(40) },
        body: "x".repeat(BODY_BYTES - 320),
      },
    }),
  );
  return { bytes, signature: `sha256=${createHmac("sha256", secret).update(bytes).digest("hex")}` };
}

function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
}

function post({ bytes, signature }, { port, agent }) {
  const started = performance.now();
  return new Promise((resolve) => {
    let connected = started;
    const end = (status) =>
      resolve({ status, connected: connected - started, milliseconds: performance.now() - connected });
    const sending = request(
      {
        agent,
        port,
        host: "127.0.0.1",
        method: "POST",
        path: "/api/github/webhooks",
        headers: {
          "content-type": "application/json",
          "content-length": bytes.length,
          "x-hub-signature-256": signature,
          "x-github-event": "pull_request",
          "x-github-delivery": randomUUID(),
        },
      },
      (response) => response.resume().on("end", () => end(response.statusCode)),
    );
    sending.on("error", () => end(0));
    sending.on("socket", (socket) => {
      const ready = () => {
        connected = performance.now();
      };
      if (socket.connecting) socket.once("connect", ready);
      else ready();
    });
    sending.end(bytes);
  });
}

/** Seconds until no job waits any more. */
async function doneAfter(service) {
  const started = performance.now();
  for (;;) {
    const answered = once(service, "message");
    service.send("backlog");
    const [{ jobs }] = await answered;
    const waited = performance.now() - started;
    if (jobs === 0) return (waited / 1_000).toFixed(1);
    if (waited > RECOVERY_MILLISECONDS) return `> ${RECOVERY_MILLISECONDS / 1_000}`;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function residentMegabytes(pid) {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return found === null ? "?" : (Number(found[1]) / 1_024).toFixed(0);
}
