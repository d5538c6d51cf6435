/**
 * npm run bench:app: the service as a process against the fake GitHub over HTTP, each answer of which takes 50 ms; every pull
 * request changes 50 manifests. Prints figures beside what is aimed at; asserts nothing. Run it on an idle machine.
 */
import { readFileSync } from "node:fs";
import { openStage, until } from "../scripts/github-stage.mjs";

const LATENCY_MILLISECONDS = 50;
const MANIFESTS = 50;
/** Writes of one installation are spread over time (docs/decisions/0007): several, and the pull requests of each after each other. */
const ORGANISATIONS = 5;
const PULL_REQUESTS = 5;
const QUESTIONS = 3;
const AT_ONCE = 10;
const CHECK = "egress-review";

const stage = await openStage({ latencyMilliseconds: LATENCY_MILLISECONDS, limits: { points: null } });
const { fake, app, pid } = stage;
try {
  await bench();
} finally {
  await stage.close();
}

async function bench() {
  const ann = fake.createUser("ann");
  const repositories = [];
  for (let index = 0; index <= ORGANISATIONS; index++) {
    const organisation = fake.createOrganisation(`organisation-${index}`);
    const repository = fake.createRepository(organisation, "platform", { files: platform() });
    fake.setPermission(ann, repository, "write");
    fake.install(app, organisation, [repository]);
    repositories.push(repository);
  }
  for (const repository of repositories) await finished(repository, fake.tip(repository));
  const resting = residentMegabytes();
  const [burst, ...rest] = repositories;

  const reviews = [];
  const answers = [];
  for (let round = 0; round < PULL_REQUESTS; round++) {
    for (const repository of rest) {
      const pull = open(repository, round, ann);
      reviews.push(await measured(pull));
      if (round < QUESTIONS) answers.push(await asked(pull, ann));
    }
  }
  const busy = residentMegabytes();
  const started = Date.now();
  const together = Array.from({ length: AT_ONCE }, (_, index) => open(burst, index, ann));
  const ended = await Promise.all(together.map((pull) => measured(pull)));

  console.log(
    `\n${reviews.length} pull requests that change ${MANIFESTS} manifests each, one after the other, ${LATENCY_MILLISECONDS} ms a request\n`,
  );
  console.log("| | p50 s | p99 s | aim |\n|---|---|---|---|");
  row(
    "webhook to in progress",
    reviews.map(({ began }) => began),
    "p50 < 1 s",
  );
  row(
    "webhook to verdict",
    reviews.map(({ concluded }) => concluded),
    "p50 < 3 s",
  );
  row(
    "webhook to the last comment",
    reviews.map(({ published }) => published),
    "",
  );
  row("/egress explain, from the cache", answers, "< 3 s");
  const requests = reviews.map(({ requests }) => requests).toSorted((a, b) => a - b);
  const free = reviews.map(({ unchanged }) => unchanged).toSorted((a, b) => a - b);
  console.log(
    `\nrequests to GitHub for one: median ${percentile(requests, 50)}, most ${requests.at(-1)}; of these answered "not modified": median ${percentile(free, 50)}`,
  );
  console.log(
    `resident memory: ${resting} MB after the first maps, ${busy} MB after ${reviews.length} pull requests, most ${residentMegabytes("VmHWM")} MB`,
  );
  const last = Math.max(...ended.map(({ published }) => published));
  console.log(
    `${AT_ONCE} at once in one installation: the last verdict after ${Math.max(...ended.map(({ concluded }) => concluded)).toFixed(1)} s, ` +
      `the last comment after ${last.toFixed(1)} s (the App writes ${AT_ONCE} times at once, then once a second); in all ${((Date.now() - started) / 1_000).toFixed(1)} s`,
  );
}

/** Manifests of as many services, each with a policy of its own. */
function platform() {
  return Object.fromEntries([
    [".egress-review.yaml", "environments:\n  production:\n    roots: [services]\n"],
    ...Array.from({ length: MANIFESTS * 2 }, (_, index) => [path(index), manifest(index, "10.0.0.0/24")]),
  ]);
}

function path(index) {
  return `services/service-${index}/service.yaml`;
}

function manifest(index, range) {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-${index}
  namespace: team-${index % 10}
spec:
  selector:
    matchLabels:
      app: service-${index}
  template:
    metadata:
      labels:
        app: service-${index}
    spec:
      containers:
        - name: service
          image: registry.example.com/service:1.0.0
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: service-${index}
  namespace: team-${index % 10}
spec:
  podSelector:
    matchLabels:
      app: service-${index}
  policyTypes:
    - Egress
  egress:
    - to:
        - ipBlock:
            cidr: ${range}
      ports:
        - protocol: TCP
          port: 443
`;
}

/** One of the manifests opens everything, the others a range that no other pull request names. */
function open(repository, number, author) {
  const branch = `change-${number}`;
  const files = Object.fromEntries(
    Array.from({ length: MANIFESTS }, (_, index) => [
      path(index),
      manifest(index, index === number ? "0.0.0.0/0" : `10.${number + 1}.${index}.0/24`),
    ]),
  );
  const sha = fake.commit(repository, branch, files, {
    author,
    parents: [fake.tip(repository)],
    push: false,
  });
  fake.createBranch(repository, branch, sha, author);
  return { pull: fake.openPullRequest(repository, { head: branch, author }), at: Date.now() };
}

/** Seconds from the event on. */
async function measured({ pull, at }) {
  const before = fake.calls.length;
  const { repository } = pull;
  const run = await finished(repository, fake.head(pull));
  const now = Date.now();
  const calls = fake.calls.slice(before).filter((call) => call.repository === repository.id);
  const seconds = (time) => (time - at) / 1_000;
  // The latency of a request lies before what it does.
  return {
    began: seconds(run.seen[0].at),
    concluded: seconds(run.seen.find(({ status }) => status === "completed").at),
    published: seconds(now),
    requests: calls.length,
    unchanged: calls.filter(({ status }) => status === 304).length,
  };
}

async function asked({ pull }, author) {
  const workload = "team-0/Deployment/service-0";
  const comments = fake.comments(pull).length;
  const at = Date.now();
  fake.comment(pull, author, `/egress explain ${workload} -> internet:443`);
  await until("the question is answered", () => fake.comments(pull).length === comments + 2);
  return (Date.now() - at) / 1_000;
}

function finished(repository, sha) {
  return until(`the check on ${sha.slice(0, 7)} is finished`, () => {
    const run = fake.checkRun(repository, sha, CHECK);
    const done = run?.status === "completed" && / (published|failed) /.test(run.externalId);
    return done ? run : null;
  });
}

function row(name, values, aim) {
  const sorted = values.toSorted((a, b) => a - b);
  console.log(
    `| ${name} | ${percentile(sorted, 50).toFixed(2)} | ${percentile(sorted, 99).toFixed(2)} | ${aim} |`,
  );
}

/** The nearest rank. */
function percentile(sorted, percent) {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** Of the service, as Linux counts it; null elsewhere. */
function residentMegabytes(figure = "VmRSS") {
  try {
    const kilobytes = new RegExp(`^${figure}:\\s+(\\d+)`, "m").exec(
      readFileSync(`/proc/${pid}/status`, "utf8"),
    );
    return kilobytes === null ? null : Math.round(Number(kilobytes[1]) / 1_024);
  } catch {
    return null;
  }
}
