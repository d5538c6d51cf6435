import { z } from "zod";
import type {
  Account,
  ChangedFile,
  CheckRun,
  CheckRunUpdate,
  Comment,
  Commit,
  InlineComment,
  NewInlineComment,
  PullRequest,
  RepositoryReference,
  RequiredCheck,
  Role,
} from "../github.ts";
import * as answers from "./answers.ts";
import { gitHubErrorOf, resetOf } from "./classify-error.ts";
import type { ConditionalAnswers } from "./conditional-answers.ts";
import { GitHubError } from "./github-error.ts";
import {
  BLOB_MILLISECONDS,
  type GitHubRequest,
  type GitHubResponse,
  REQUEST_MILLISECONDS,
  TARBALL_MILLISECONDS,
} from "./github-request.ts";
import type { InstallationGate } from "./installation-gate.ts";
import { allPages, nextPage, type Page } from "./pages.ts";
import { parseAnswer } from "./parse-answer.ts";
import type { BranchRules, GitTree, RepositoryClient } from "./repository-client.ts";
import { downloaded } from "./tarball-download.ts";

export interface RepositoryClientOptions {
  /** With a token that is good for this repository. Any Octokit's `request` will do. */
  readonly request: GitHubRequest;
  readonly repository: RepositoryReference;
  readonly app: { readonly id: number; readonly slug: string };
  /** "github.com" where it is not said. */
  readonly host?: string;
  /** "https://" and the host where it is not said. */
  readonly webUrl?: string;
  /** What the token may do, where that is known: what it may not is then not tried. */
  readonly permissions?: Readonly<Record<string, string>>;
  /** Shared by the clients of a process. Without it every answer is asked for anew. */
  readonly conditional?: ConditionalAnswers;
  /** Shared by the clients of an installation. Without it nothing waits. */
  readonly gate?: InstallationGate;
  /** Fetches archives, which GitHub keeps elsewhere; no token is sent. */
  readonly fetch?: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** GitHub's REST API for one repository. */
export function repositoryClient(options: RepositoryClientOptions): RepositoryClient {
  return new OctokitRepositoryClient(options);
}

type Parameters = Readonly<Record<string, unknown>>;

interface Asked<T> {
  readonly route: string;
  readonly parameters: Parameters;
  readonly schema: z.ZodType<T>;
  /** Whether the answer is kept with its tag: for what reconcilers ask again and again. */
  readonly conditional?: boolean;
  readonly milliseconds?: number;
}

const REPOSITORY = "/repos/{owner}/{repo}";

/** docs.github.com, "List commits on a pull request" and "Compare two commits". */
const MAXIMUM_COMMITS = 250;

const ROLES: ReadonlySet<string> = new Set<Role>(["admin", "maintain", "write", "triage", "read", "none"]);

class OctokitRepositoryClient implements RepositoryClient {
  readonly app: RepositoryClient["app"];
  readonly host: string;
  readonly webUrl: string;
  readonly #options: RepositoryClientOptions;
  readonly #now: () => number;
  #repository: RepositoryReference;
  #lookedUp: Promise<boolean> | null = null;

  constructor(options: RepositoryClientOptions) {
    this.app = options.app;
    this.host = options.host ?? "github.com";
    this.webUrl = options.webUrl ?? `https://${this.host}`;
    this.#options = options;
    this.#repository = options.repository;
    this.#now = options.now ?? (() => Date.now());
  }

  get repository(): RepositoryReference {
    return this.#repository;
  }

  async defaultBranch(): Promise<string> {
    const found = await this.#get("", {}, answers.repository);
    return found.default_branch;
  }

  async pullRequest(number: number): Promise<PullRequest> {
    const read = () => this.#get("/pulls/{number}", { number }, answers.pullRequest);
    const found = await read();
    if (found.repository === this.#repository.id) return found.pullRequest;
    // Another repository has the name now.
    await this.#lookUp();
    const again = await read();
    if (again.repository === this.#repository.id) return again.pullRequest;
    throw new GitHubError("not-found", `pull request ${number} is one of another repository`);
  }

  async openPullRequests(): Promise<readonly PullRequest[]> {
    const found = await this.#list("/pulls", { state: "open" }, answers.pullRequest);
    return found
      .filter(({ repository }) => repository === this.#repository.id)
      .map(({ pullRequest }) => pullRequest);
  }

  async pullRequestsOf(commit: string): Promise<readonly PullRequest[]> {
    const found = await this.#list("/commits/{commit}/pulls", { commit }, answers.pullRequest);
    return found
      .filter(
        ({ repository, pullRequest }) => repository === this.#repository.id && pullRequest.state === "open",
      )
      .map(({ pullRequest }) => pullRequest);
  }

  changedFiles(number: number): Promise<readonly ChangedFile[]> {
    return this.#list("/pulls/{number}/files", { number }, answers.changedFile);
  }

  commitsOf(number: number): Promise<readonly Commit[]> {
    return this.#list("/pulls/{number}/commits", { number }, answers.commit);
  }

  branchTip(branch: string): Promise<string> {
    return this.#get("/git/ref/{ref}", { ref: `heads/${branch}` }, answers.reference);
  }

  async mergeGroupRef(head: string): Promise<string | null> {
    // GitHub names them refs/heads/gh-readonly-queue/BRANCH/pr-NUMBER-SHA ("Managing a merge queue").
    const prefix = "heads/gh-readonly-queue/";
    const found = await this.#list("/git/matching-refs/{prefix}", { prefix }, answers.namedReference);
    return found.find(({ object }) => object.sha === head)?.ref ?? null;
  }

  async commit(sha: string): Promise<Commit> {
    // Of the commit's files, which are not asked for here, a page of one is the least.
    return this.#ask({
      route: `GET ${REPOSITORY}/commits/{sha}`,
      parameters: { sha, per_page: 1 },
      schema: answers.commit,
    });
  }

  async commitsBetween(base: string, head: string): Promise<readonly Commit[]> {
    const commits = await allPages(
      async (page) => {
        const asked = {
          route: `GET ${REPOSITORY}/compare/{basehead}`,
          parameters: { basehead: `${base}...${head}`, per_page: 100, ...page },
          schema: answers.comparison,
        };
        const { items, next } = await this.#page(asked);
        return { items: items.commits, next };
      },
      `commits of ${base}...${head}`,
      (found) => found.length >= MAXIMUM_COMMITS,
    );
    return commits.slice(0, MAXIMUM_COMMITS);
  }

  gitTree(id: string, { recursive }: { readonly recursive: boolean }): Promise<GitTree> {
    // Any value asks for recursion, "0" and "false" too.
    return this.#ask({
      route: `GET ${REPOSITORY}/git/trees/{id}`,
      parameters: recursive ? { id, recursive: "1" } : { id },
      schema: answers.gitTree,
      milliseconds: BLOB_MILLISECONDS,
    });
  }

  blob(id: string): Promise<Uint8Array> {
    return this.#ask({
      route: `GET ${REPOSITORY}/git/blobs/{id}`,
      parameters: { id },
      schema: answers.blob,
      milliseconds: BLOB_MILLISECONDS,
    });
  }

  async tarball(commit: string, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const route = `GET ${REPOSITORY}/tarball/{commit}`;
    const given = signal === undefined ? {} : { signal };
    const { headers } = await this.#send(route, { commit }, REQUEST_MILLISECONDS, [302]);
    return downloaded(String(headers["location"] ?? ""), {
      ...given,
      fetch: this.#options.fetch ?? fetch,
      milliseconds: TARBALL_MILLISECONDS,
    });
  }

  async checkRuns(sha: string, name: string): Promise<readonly CheckRun[]> {
    const parameters = { sha, check_name: name, app_id: this.app.id, filter: "all", per_page: 100 };
    const found = await allPages(async (page) => {
      const { items, next } = await this.#page({
        route: `GET ${REPOSITORY}/commits/{sha}/check-runs`,
        parameters: { ...parameters, ...page },
        schema: answers.checkRuns,
        conditional: true,
      });
      return { items: items.check_runs, next };
    }, `check runs of ${sha}`);
    return [...found].sort((one, other) => other.id - one.id);
  }

  createCheckRun(sha: string, name: string, run: CheckRunUpdate): Promise<CheckRun> {
    const parameters = { name, head_sha: sha, ...checkRunParameters(run) };
    return this.#change("POST", "/check-runs", parameters, answers.checkRun);
  }

  updateCheckRun(id: number, run: CheckRunUpdate): Promise<CheckRun> {
    return this.#change("PATCH", "/check-runs/{id}", { id, ...checkRunParameters(run) }, answers.checkRun);
  }

  comments(number: number): Promise<readonly Comment[]> {
    return this.#list("/issues/{number}/comments", { number }, answers.comment);
  }

  comment(id: number): Promise<Comment> {
    return this.#get("/issues/comments/{id}", { id }, answers.comment);
  }

  createComment(number: number, body: string): Promise<Comment> {
    return this.#change("POST", "/issues/{number}/comments", { number, body }, answers.comment);
  }

  updateComment(id: number, body: string): Promise<Comment> {
    return this.#change("PATCH", "/issues/comments/{id}", { id, body }, answers.comment);
  }

  async deleteComment(id: number): Promise<void> {
    await this.#change("DELETE", "/issues/comments/{id}", { id }, z.unknown());
  }

  async react(comment: number, content: "+1" | "-1" | "confused" | "eyes"): Promise<void> {
    await this.#change("POST", "/issues/comments/{comment}/reactions", { comment, content }, z.unknown());
  }

  inlineComments(number: number): Promise<readonly InlineComment[]> {
    return this.#list("/pulls/{number}/comments", { number }, answers.inlineComment);
  }

  async createReview(
    number: number,
    review: {
      readonly commit: string;
      readonly body: string;
      readonly comments: readonly NewInlineComment[];
    },
  ): Promise<void> {
    // Without the commit GitHub takes the newest, which may be another than the one that was reviewed.
    const { commit, body } = review;
    const comments = review.comments.map(inlineCommentParameters);
    const parameters = { number, commit_id: commit, event: "COMMENT", body, comments };
    await this.#change("POST", "/pulls/{number}/reviews", parameters, z.unknown());
  }

  async updateInlineComment(id: number, body: string): Promise<void> {
    await this.#change("PATCH", "/pulls/comments/{id}", { id, body }, z.unknown());
  }

  async role(login: string): Promise<Role> {
    const found = await orNull(["not-found"], () =>
      this.#get("/collaborators/{login}/permission", { login }, answers.collaborator),
    );
    if (found === null) return "none";
    // `permission` folds maintain into write and triage into read; a role of the organisation's own making is known by it alone.
    const named = found.role_name ?? "";
    return [named, found.permission].find(isRole) ?? "none";
  }

  async isMember(organisation: string, team: string, login: string): Promise<boolean | "unknown"> {
    if (this.#mayNot("members")) return "unknown";
    try {
      const { state } = await this.#ask({
        route: "GET /orgs/{organisation}/teams/{team}/memberships/{login}",
        parameters: { organisation, team, login },
        schema: answers.membership,
      });
      return state === "active";
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      if (error.code === "not-found") return false;
      if (error.code === "forbidden") return "unknown";
      throw error;
    }
  }

  /**
   * From the activity of the repository ("List repository activities"). A fork's is not ours to see, an older server has
   * none, and a push that is too fresh may not be in it yet: null.
   */
  async lastPusher(number: number, commit?: string): Promise<Account | null> {
    const { head } = await this.pullRequest(number);
    if (head.fork) return null;
    const tip = commit ?? head.sha;
    const parameters = { ref: `refs/heads/${head.ref}`, per_page: 30 };
    const moves = await orNull(["not-found", "forbidden"], () =>
      this.#get("/activity", parameters, z.array(answers.activity)),
    );
    return moves?.find(({ after }) => after === tip)?.actor ?? null;
  }

  /** "List commits" finds by login, too, and an older server may find anything: the address is compared again. */
  async accountWithAddress(address: string): Promise<Account | null> {
    const commits = await orNull(["not-found", "invalid"], () =>
      this.#get("/commits", { author: address, per_page: 1 }, z.array(answers.authoredCommit)),
    );
    const [found] = commits ?? [];
    return found?.address.toLowerCase() === address.toLowerCase() ? found.author : null;
  }

  async branchRules(branch: string): Promise<BranchRules> {
    const [rules, guarded] = await Promise.all([
      orNull(["not-found", "forbidden"], () =>
        this.#list("/rules/branches/{branch}", { branch }, answers.branchRule),
      ),
      this.#checksOfProtection(branch),
    ]);
    const mergeQueue = rules === null ? "unknown" : mergeQueueOf(rules);
    const known = [...(rules ?? []).flatMap(checksOfRule), ...(guarded ?? [])];
    const complete = rules !== null && guarded !== null;
    return { checks: complete || known.length > 0 ? known : "unknown", mergeQueue };
  }

  /** Classic protection. Without the permission "administration" it does not say "strict": taken as not. */
  async #checksOfProtection(branch: string): Promise<readonly RequiredCheck[] | null> {
    if (!this.#mayNot("administration")) {
      try {
        const path = "/branches/{branch}/protection/required_status_checks";
        return requiredChecksOf(await this.#get(path, { branch }, answers.branchProtection));
      } catch (error) {
        if (!(error instanceof GitHubError)) throw error;
        if (error.code === "not-found") return [];
        if (error.code !== "forbidden") throw error;
      }
    }
    const found = await orNull(["not-found", "forbidden"], () =>
      this.#get("/branches/{branch}", { branch }, answers.branch),
    );
    return found === null ? null : requiredChecksOf(found.protection?.required_status_checks ?? {});
  }

  #mayNot(permission: string): boolean {
    const { permissions } = this.#options;
    return permissions !== undefined && permissions[permission] === undefined;
  }

  #get<T>(path: string, parameters: Parameters, schema: z.ZodType<T>): Promise<T> {
    return this.#ask({ route: `GET ${REPOSITORY}${path}`, parameters, schema, conditional: true });
  }

  #list<T>(path: string, parameters: Parameters, item: z.ZodType<T>): Promise<readonly T[]> {
    const route = `GET ${REPOSITORY}${path}`;
    const schema = z.array(item);
    return allPages(
      (page) =>
        this.#page({
          route,
          parameters: { ...parameters, per_page: 100, ...page },
          schema,
          conditional: true,
        }),
      route,
    );
  }

  #change<T>(
    method: "POST" | "PATCH" | "DELETE",
    path: string,
    parameters: Parameters,
    schema: z.ZodType<T>,
  ): Promise<T> {
    return this.#ask({ route: `${method} ${REPOSITORY}${path}`, parameters, schema });
  }

  async #ask<T>(asked: Asked<T>): Promise<T> {
    const { items } = await this.#page(asked);
    return items;
  }

  async #page<T>(asked: Asked<T>): Promise<{ readonly items: T; readonly next: Page<T>["next"] }> {
    const { route, parameters, schema, milliseconds = REQUEST_MILLISECONDS } = asked;
    const { conditional } = this.#options;
    if (conditional === undefined || asked.conditional !== true) {
      return read(route, schema, await this.#send(route, parameters, milliseconds));
    }
    const { installation, id } = this.#repository;
    const key = `${installation} ${id} ${route} ${JSON.stringify(parameters)}`;
    const held = conditional.get(key);
    const headers = held === undefined ? {} : { headers: { "if-none-match": held.etag } };
    const response = await this.#send(route, { ...parameters, ...headers }, milliseconds, [304]);
    // One key always has values of one schema, its route's.
    if (response.status === 304 && held !== undefined) return { items: held.value as T, next: held.next };
    const page = read(route, schema, response);
    const etag = response.headers["etag"];
    if (etag !== undefined) conditional.put(key, { etag: String(etag), value: page.items, next: page.next });
    return page;
  }

  /** Follows the repository where it was renamed; `wanted` = answers beside 2xx that the caller can use. */
  async #send(
    route: string,
    parameters: Parameters,
    milliseconds: number,
    wanted: readonly number[] = [],
  ): Promise<GitHubResponse> {
    const once = () => this.#sendOnce(route, parameters, milliseconds);
    try {
      const response = await once();
      if (response.status < 300 || wanted.includes(response.status)) return response;
      if (isRedirect(response.status) && (await this.#lookUp())) return once();
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      const renamed = error.code === "not-found" && error.status === 404 && route.includes(REPOSITORY);
      if (!renamed || this.#lookedUp !== null || !(await this.#lookUp())) throw error;
      return once();
    }
    throw new GitHubError("not-found", `${route}: GitHub sends elsewhere, and the repository did not move`);
  }

  async #sendOnce(route: string, parameters: Parameters, milliseconds: number): Promise<GitHubResponse> {
    const { gate } = this.#options;
    const { owner, name } = this.#repository;
    const action = async () => {
      try {
        const response = await this.#options.request(route, {
          ...(route.includes(REPOSITORY) ? { owner, repo: name } : {}),
          ...parameters,
          // A redirect that fetch follows by itself turns a POST into a GET (fetch.spec.whatwg.org, HTTP-redirect fetch).
          request: { signal: AbortSignal.timeout(milliseconds), redirect: "manual" },
        });
        const spent = resetOf(response.headers, this.#now());
        if (spent !== null) gate?.block(spent);
        return response;
      } catch (error) {
        const unchanged = notModified(error);
        if (unchanged !== null) return unchanged;
        const known = gitHubErrorOf(error, route, this.#now());
        if (known.until !== null) gate?.block(known.until);
        throw known;
      }
    };
    if (gate === undefined) return action();
    return route.startsWith("GET ") ? gate.read(action) : gate.write(action);
  }

  /** Asks for the repository by its id; once, because a client lives for one job. True = it has another name. */
  #lookUp(): Promise<boolean> {
    this.#lookedUp ??= this.#lookUpNow();
    return this.#lookedUp;
  }

  async #lookUpNow(): Promise<boolean> {
    const route = "GET /repositories/{id}";
    const { id, owner, name } = this.#repository;
    const response = await this.#sendOnce(route, { id }, REQUEST_MILLISECONDS);
    const { items: found } = read(route, answers.repository, response);
    if (found.id !== id) throw new GitHubError("not-found", `${route}: another repository`);
    this.#repository = { ...this.#repository, owner: found.owner.login, name: found.name };
    return found.owner.login !== owner || found.name !== name;
  }
}

function isRole(name: string): name is Role {
  return ROLES.has(name);
}

/** 304 is an error to Octokit. */
function notModified(error: unknown): GitHubResponse | null {
  const { status, response } = error as { readonly status?: unknown; readonly response?: GitHubResponse };
  return status === 304 ? { status: 304, headers: response?.headers ?? {}, data: null } : null;
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 307 || status === 308;
}

function read<T>(
  route: string,
  schema: z.ZodType<T>,
  response: GitHubResponse,
): { readonly items: T; readonly next: Page<T>["next"] } {
  return { items: parseAnswer(route, schema, response), next: nextPage(response.headers) };
}

async function orNull<T>(codes: readonly GitHubError["code"][], ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GitHubError && codes.includes(error.code)) return null;
    throw error;
  }
}

type BranchRule = z.infer<typeof answers.branchRule>;

/** docs.github.com, "Managing a merge queue": "Only merge non-failing pull requests" is ALLGREEN. */
function mergeQueueOf(rules: readonly BranchRule[]): BranchRules["mergeQueue"] {
  const groupings = rules.flatMap((rule) => (rule.kind === "queue" ? [rule.grouping] : []));
  if (groupings.length === 0) return "none";
  return groupings.every((grouping) => grouping === "ALLGREEN") ? "all-green" : "head-green";
}

function checksOfRule(rule: BranchRule): readonly RequiredCheck[] {
  if (rule.kind !== "checks") return [];
  const { required_status_checks, strict_required_status_checks_policy: strict } = rule.parameters;
  return required_status_checks.map(({ context, integration_id }) => ({
    name: context,
    app: integration_id ?? null,
    strict,
  }));
}

function requiredChecksOf({
  strict = false,
  checks = [],
}: z.infer<typeof answers.branchProtection>): readonly RequiredCheck[] {
  // -1 is "any source".
  return checks.map(({ context, app_id }) => ({
    name: context,
    app: app_id === undefined || app_id === null || app_id < 0 ? null : app_id,
    strict,
  }));
}

function checkRunParameters(run: CheckRunUpdate): Parameters {
  const { output } = run;
  const given = {
    status: run.status,
    conclusion: run.conclusion,
    external_id: run.externalId,
    details_url: run.detailsUrl,
    actions: run.actions,
    output: output === undefined ? undefined : outputParameters(output),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function outputParameters({
  title,
  summary,
  text,
  annotations,
}: NonNullable<CheckRunUpdate["output"]>): Parameters {
  return {
    title,
    summary,
    ...(text === undefined ? {} : { text }),
    ...(annotations === undefined ? {} : { annotations: annotations.map(annotationParameters) }),
  };
}

type Annotation = NonNullable<NonNullable<CheckRunUpdate["output"]>["annotations"]>[number];

function annotationParameters({ path, startLine, endLine, level, title, message }: Annotation): Parameters {
  return { path, start_line: startLine, end_line: endLine, annotation_level: level, title, message };
}

function inlineCommentParameters({ path, body, side, startLine, endLine }: NewInlineComment): Parameters {
  const last = { path, body, side, line: endLine };
  return startLine === endLine ? last : { ...last, start_line: startLine, start_side: side };
}
