import { newestRuns, runsOf, suiteFor } from "../check-suites.ts";
import type {
  Annotation,
  App,
  CheckAction,
  CheckConclusion,
  CheckRun,
  CheckSuite,
  Repository,
} from "../entities.ts";
import { malformed, notFound, Refusal } from "../refusal.ts";
import type { RequestBody } from "../request-body.ts";
import {
  type Answer,
  inRepository,
  json,
  list,
  type RepositoryRequest,
  type Route,
  type RouteRequest,
} from "../route.ts";
import type { World } from "../world.ts";
import { commitNamed } from "./git-routes.ts";

const READ = ["checks:read"];
const WRITE = ["checks:write"];

/** OpenAPI, "Create a check run". */
const LONGEST_TEXT = 65_535;
const MOST_ANNOTATIONS = 50;
const MOST_ACTIONS = 3;
const MOST_RUNS_OF_A_NAME = 1_000;
const LONGEST_TITLE = 255;
const LONGEST_MESSAGE_BYTES = 64 * 1024;

const CONCLUSIONS: readonly CheckConclusion[] = [
  "action_required",
  "cancelled",
  "failure",
  "neutral",
  "success",
  "skipped",
  "stale",
  "timed_out",
];

export const CHECK_ROUTES: readonly Route[] = [
  inRepository("POST", "/check-runs", WRITE, create),
  inRepository("PATCH", "/check-runs/{check_run_id}", WRITE, update),
  inRepository("GET", "/check-runs/{check_run_id}", READ, (request) =>
    json(200, request.world.answers.checkRun(runOf(request))),
  ),
  inRepository("GET", "/check-runs/{check_run_id}/annotations", READ, (request) => {
    const run = runOf(request);
    return list(run.annotations, (annotation) => request.world.answers.annotation(run, annotation));
  }),
  inRepository("POST", "/check-runs/{check_run_id}/rerequest", WRITE, (request) => {
    const run = runOf(request);
    refuseOthers(run, request);
    rerequestRun(request.world, run);
    return json(201, {});
  }),
  inRepository("GET", "/commits/{ref}/check-runs", READ, (request) => {
    const { sha } = commitNamed(request, request.parameters["ref"] ?? "");
    return listRuns(request, runsOf(request.repository, sha));
  }),
  inRepository("GET", "/commits/{ref}/check-suites", READ, (request) => {
    const { world, repository, query } = request;
    const { sha } = commitNamed(request, request.parameters["ref"] ?? "");
    const app = query.get("app_id");
    const suites = repository.checkSuites.filter(
      (suite) => suite.headSha === sha && (app === null || String(suite.app.id) === app),
    );
    return list(suites, (suite) => suiteAnswer(world, suite), {
      wrap: (check_suites, total_count) => ({ total_count, check_suites }),
    });
  }),
  inRepository("GET", "/check-suites/{check_suite_id}", READ, (request) =>
    json(200, suiteAnswer(request.world, suiteOf(request))),
  ),
  inRepository("GET", "/check-suites/{check_suite_id}/check-runs", READ, (request) => {
    const suite = suiteOf(request);
    return listRuns(
      request,
      runsOf(request.repository, suite.headSha).filter((run) => run.suite === suite),
    );
  }),
];

function ownApp({ caller }: RouteRequest): App {
  if (caller.kind !== "installation") {
    throw new Refusal(403, "You must authenticate via a GitHub App.");
  }
  return caller.token.installation.app;
}

function runOf({ repository, parameters }: RepositoryRequest): CheckRun {
  const found = repository.checkRuns.get(Number(parameters["check_run_id"]));
  if (found === undefined) throw notFound();
  return found;
}

function suiteOf({ repository, parameters }: RepositoryRequest): CheckSuite {
  const found = repository.checkSuites.find(({ id }) => id === Number(parameters["check_suite_id"]));
  if (found === undefined) throw notFound();
  return found;
}

export function suiteAnswer(world: World, suite: CheckSuite) {
  const { repository, headSha } = suite;
  const runs = runsOf(repository, headSha).filter((run) => run.suite === suite);
  return world.answers.checkSuite(suite, newestRuns(runs), repository.objects.commit(headSha));
}

function refuseOthers(run: CheckRun, request: RouteRequest): void {
  const { id } = ownApp(request);
  if (run.app.id !== id) {
    throw new Refusal(
      403,
      `Invalid app_id \`${id}\` - check run can only be modified by the GitHub App that created it.`,
    );
  }
}

/** Newest first; of a name the newest alone, unless all are asked for. */
function listRuns({ world, query }: RepositoryRequest, all: readonly CheckRun[]): Answer {
  const listed = all.filter(({ createdAt }) => world.isListed(createdAt));
  const runs = query.get("filter") === "all" ? listed : newestRuns(listed);
  const [name, app, status] = [query.get("check_name"), query.get("app_id"), query.get("status")];
  const found = runs
    .filter((run) => name === null || run.name === name)
    .filter((run) => app === null || String(run.app.id) === app)
    .filter((run) => status === null || run.status === status)
    .sort((one, other) => other.id - one.id);
  return list(found, (run) => world.answers.checkRun(run), {
    wrap: (check_runs, total_count) => ({ total_count, check_runs }),
  });
}

interface Given {
  readonly status: CheckRun["status"] | null;
  readonly conclusion: CheckConclusion | null;
  readonly externalId: string | null;
  readonly detailsUrl: string | null;
  readonly title: string | null;
  readonly summary: string | null;
  readonly text: string | null;
  readonly annotations: readonly Annotation[];
  readonly actions: readonly CheckAction[] | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
}

/** Reads the whole request before anything is changed. */
function read(repository: Repository, headSha: string, body: RequestBody): Given {
  const status = body.oneOf("status", ["queued", "in_progress", "completed"]);
  const conclusion = body.oneOf("conclusion", CONCLUSIONS);
  if (status === "completed" && conclusion === null) {
    throw malformed(`"conclusion" is required when "status" is "completed".`);
  }
  const detailsUrl = body.optionalText("details_url");
  if (detailsUrl !== null && !/^https?:\/\//.test(detailsUrl))
    throw malformed("details_url must use http or https");
  const output = body.object("output");
  return {
    status: conclusion === null ? status : "completed",
    conclusion,
    externalId: body.optionalText("external_id"),
    detailsUrl,
    title: output?.text("title", { most: LONGEST_TITLE }) ?? null,
    summary: output?.text("summary", { most: LONGEST_TEXT }) ?? null,
    text: output?.optionalText("text", { most: LONGEST_TEXT }) ?? null,
    annotations: (output?.objects("annotations", { most: MOST_ANNOTATIONS }) ?? []).map((one) =>
      annotation(repository, headSha, one),
    ),
    actions: body.has("actions") ? body.objects("actions", { most: MOST_ACTIONS }).map(action) : null,
    startedAt: timeOf(body.optionalText("started_at")),
    completedAt: timeOf(body.optionalText("completed_at")),
  };
}

function timeOf(text: string | null): number | null {
  if (text === null) return null;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw malformed(`${text} is not a valid date-time.`);
  return at;
}

function action(body: RequestBody): CheckAction {
  return {
    label: body.text("label", { most: 20 }),
    description: body.text("description", { most: 40 }),
    identifier: body.text("identifier", { most: 20 }),
  };
}

function annotation(repository: Repository, headSha: string, body: RequestBody): Annotation {
  const path = body.text("path");
  const [startLine, endLine] = [body.integer("start_line"), body.integer("end_line")];
  const [startColumn, endColumn] = [body.optionalInteger("start_column"), body.optionalInteger("end_column")];
  const { objects } = repository;
  if (objects.file(objects.commit(headSha).tree, path) === undefined) {
    throw malformed(`Annotation path ${path} is not a file of the commit.`);
  }
  if (startLine < 1 || endLine < startLine)
    throw malformed("start_line must be at least 1 and not after end_line.");
  if ((startColumn !== null || endColumn !== null) && startLine !== endLine) {
    throw malformed("start_column and end_column are only allowed where start_line equals end_line.");
  }
  const level = body.oneOf("annotation_level", ["notice", "warning", "failure"]);
  if (level === null) throw malformed(`"annotation_level" wasn't supplied.`);
  const [message, rawDetails] = [body.text("message"), body.optionalText("raw_details")];
  for (const text of [message, rawDetails ?? ""]) {
    if (Buffer.byteLength(text) > LONGEST_MESSAGE_BYTES)
      throw malformed("An annotation holds 64 KB at most.");
  }
  const title = body.optionalText("title", { most: LONGEST_TITLE });
  return { path, startLine, endLine, startColumn, endColumn, level, message, title, rawDetails };
}

function create(request: RepositoryRequest): Answer {
  const { world, repository, body } = request;
  const app = ownApp(request);
  const name = body.text("name");
  const headSha = body.text("head_sha");
  const commit = repository.objects.get(headSha);
  if (commit?.kind !== "commit" || !world.isVisible(commit.storedAt)) {
    throw new Refusal(422, `No commit found for SHA: ${headSha}`);
  }
  const given = read(repository, headSha, body);
  const now = world.now();
  const run: CheckRun = {
    id: world.nextId(),
    repository,
    app,
    suite: suiteFor(world, repository, app, headSha),
    headSha,
    name,
    status: given.status ?? "queued",
    conclusion: given.conclusion,
    externalId: given.externalId ?? "",
    detailsUrl: given.detailsUrl ?? "https://example.com/",
    title: given.title,
    summary: given.summary,
    text: given.text,
    annotations: [...given.annotations],
    actions: given.actions ?? [],
    startedAt: given.startedAt ?? now,
    completedAt: given.status === "completed" ? (given.completedAt ?? now) : null,
    createdAt: now,
    seen: [],
  };
  see(world, run);
  keep(repository, run);
  tellRun(world, run, "created");
  if (run.status === "completed") tellRun(world, run, "completed");
  return json(201, world.answers.checkRun(run));
}

/** Of one name in one suite GitHub keeps a thousand (OpenAPI, "Create a check run"). */
function keep(repository: Repository, run: CheckRun): void {
  repository.checkRuns.set(run.id, run);
  const runs = repository.checkRunsByCommit.get(run.headSha) ?? [];
  runs.push(run);
  repository.checkRunsByCommit.set(run.headSha, runs);
  const same = runs.filter((one) => one.suite === run.suite && one.name === run.name);
  const oldest = same.length > MOST_RUNS_OF_A_NAME ? same[0] : undefined;
  if (oldest === undefined) return;
  runs.splice(runs.indexOf(oldest), 1);
  repository.checkRuns.delete(oldest.id);
}

function update(request: RepositoryRequest): Answer {
  const { world, repository, body } = request;
  const run = runOf(request);
  refuseOthers(run, request);
  const given = read(repository, run.headSha, body);
  const reopened = run.status === "completed" && given.status !== null && given.status !== "completed";
  if (reopened && world.limits.reopening === "refused") {
    throw malformed("A completed check run cannot be reopened.");
  }
  const wasCompleted = run.status === "completed";
  run.name = body.optionalText("name") ?? run.name;
  run.externalId = given.externalId ?? run.externalId;
  run.detailsUrl = given.detailsUrl ?? run.detailsUrl;
  run.title = given.title ?? run.title;
  run.summary = given.summary ?? run.summary;
  run.text = given.text ?? run.text;
  run.annotations.push(...given.annotations);
  run.actions = given.actions ?? run.actions;
  run.startedAt = given.startedAt ?? run.startedAt;
  if (given.status !== null && (!reopened || world.limits.reopening === "allowed")) {
    run.status = given.status;
    run.conclusion = given.conclusion;
    run.completedAt = given.status === "completed" ? (given.completedAt ?? world.now()) : null;
    see(world, run);
  }
  if (run.status === "completed" && !wasCompleted) tellRun(world, run, "completed");
  return json(200, world.answers.checkRun(run));
}

function see(world: World, { seen, status, conclusion }: CheckRun): void {
  seen.push({ at: world.now(), status, conclusion });
}

function tellRun(world: World, run: CheckRun, action: string): void {
  world.emit("check_run", action, { repository: run.repository, sender: run.app.bot }, () => ({
    check_run: runPayload(world, run),
  }));
}

export function runPayload(world: World, run: CheckRun) {
  return { ...world.answers.checkRun(run), check_suite: suiteAnswer(world, run.suite) };
}

/** The suite is queued anew, the run stays as it is: the App must act (OpenAPI, "Rerequest a check run"). */
export function rerequestRun(world: World, run: CheckRun, sender = run.app.bot): void {
  run.suite.updatedAt = world.now();
  world.emit("check_run", "rerequested", { repository: run.repository, sender, only: run.app }, () => ({
    check_run: runPayload(world, run),
  }));
}
