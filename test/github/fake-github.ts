import { Answers } from "./answers.ts";
import type { Registration } from "./apps.ts";
import * as apps from "./apps.ts";
import { moveBranch } from "./branches.ts";
import { endStaleRuns, newestRuns, runsOf } from "./check-suites.ts";
import { addComment, changeComment, removeComment } from "./comments.ts";
import type { Deliveries, Receiver } from "./deliveries.ts";
import type {
  Account,
  App,
  CheckRun,
  CheckSuite,
  CommitStatus,
  Installation,
  Issue,
  IssueComment,
  MergeGroup,
  Protection,
  PullRequest,
  Repository,
  Role,
  Ruleset,
  Team,
} from "./entities.ts";
import type { Faults } from "./faults.ts";
import type { FileChanges, Signature } from "./git-objects.ts";
import { type Listening, type ListenOptions, listen, overHttp } from "./http-edge.ts";
import { inProcessFetch } from "./in-process-fetch.ts";
import { type MergeBox, mergeBox } from "./merge-box.ts";
import { dequeue, enqueue, settleQueue } from "./merge-queue.ts";
import { mergePull } from "./merging.ts";
import { changeState, openIssue, openPull, retargetPull, retitlePull } from "./opened-pull-requests.ts";
import { personView, type ViewOptions } from "./person-view.ts";
import * as repositories from "./repositories.ts";
import { RequestBody } from "./request-body.ts";
import { type Call, RestApi, type RestRequest, type RestResponse } from "./rest-api.ts";
import { newToken } from "./routes/app-routes.ts";
import { rerequestRun, runPayload, suiteAnswer } from "./routes/check-routes.ts";
import { headOf } from "./test-merge.ts";
import { type Limits, World, type WorldOptions } from "./world.ts";

export interface FakeGitHubOptions extends WorldOptions {
  /** Every request and response is compared with GitHub's OpenAPI description; a difference throws. */
  readonly validate?: boolean;
}

/**
 * GitHub as an App meets it, in memory: git objects, pull requests, checks, comments, permissions, limits and events, with
 * the rules that GitHub enforces and the ways in which it fails. People act through the methods of this class; the App acts
 * through `fetch` or, after `listen`, over HTTP. No real timers: all times come from `clock`, events wait for `pump`.
 *
 * ```ts
 * const fake = new FakeGitHub({ clock: { now: () => time } });
 * const acme = fake.createOrganisation("acme");
 * const ann = fake.createUser("ann");
 * const shop = fake.createRepository(acme, "shop", { files: { "policy.yaml": "kind: NetworkPolicy\n" } });
 * fake.setPermission(ann, shop, "write");
 * const app = fake.registerApp({ permissions: { contents: "read", checks: "write" }, events: ["push"] });
 * const installation = fake.install(app, acme, [shop]);
 * fake.commit(shop, "open", { "policy.yaml": "kind: NetworkPolicy\nspec: {}\n" }, { author: ann, message: "Open" });
 * const pull = fake.openPullRequest(shop, { head: "open", author: ann });
 *
 * const token = fake.token(installation, { repositories: [shop] });
 * const octokit = new Octokit({ auth: token, request: { fetch: fake.fetch } });
 * await octokit.request("GET /repos/{owner}/{repo}/pulls/{n}", { owner: "acme", repo: "shop", n: pull.number });
 * await fake.pump(async ({ headers, body }) => ({ status: 202 }));
 * console.log(fake.view(pull));
 * ```
 */
export class FakeGitHub {
  readonly world: World;
  /** For Octokit's `request.fetch`, and for whatever else fetches. */
  readonly fetch: typeof fetch;
  readonly #api: RestApi;
  #listening: Listening | null = null;

  constructor(options: FakeGitHubOptions = {}) {
    this.world = new World(options);
    this.#api = new RestApi(this.world, options.validate ?? false);
    this.fetch = inProcessFetch(this.#api, this.world.clock);
  }

  /** What a request gets, without a `fetch` around it. */
  respond(request: RestRequest): Promise<RestResponse> {
    return this.#api.respond(request);
  }

  /** Every request so far. */
  get calls(): readonly Call[] {
    return this.#api.calls;
  }

  /** Where a request or an answer was not what GitHub's OpenAPI description says; empty without `validate`. */
  get violations(): readonly string[] {
    return this.#api.violations;
  }

  get faults(): Faults {
    return this.world.faults;
  }

  /** Events that wait, and those that were sent. */
  get deliveries(): Deliveries {
    return this.world.deliveries;
  }

  get limits(): Limits {
    return this.world.limits;
  }

  /** Hands over all events that are due; over HTTP where no receiver is given. Returns how many. */
  pump(receiver: Receiver = overHttp): Promise<number> {
    return this.world.deliveries.pump(receiver);
  }

  /** Starts a server on loopback; addresses in answers are then its own. */
  async listen(options: ListenOptions = {}): Promise<Listening> {
    const listening = await listen(this.world, this.#api, options);
    this.#listening = listening;
    this.world.answers = new Answers(listening.url, listening.url);
    this.world.archives = `${listening.url}/_archive`;
    return listening;
  }

  async close(): Promise<void> {
    await this.#listening?.close();
    this.#listening = null;
  }

  // Accounts

  createUser(login: string): Account {
    return this.world.addAccount(login, "User");
  }

  /** The owners may administer everything in it. */
  createOrganisation(login: string, owners: readonly Account[] = []): Account {
    const organisation = this.world.addAccount(login, "Organization");
    for (const owner of owners) {
      organisation.owners.add(owner);
      organisation.members.add(owner);
    }
    return organisation;
  }

  /** `memberRole` of the organisation is what a member may do in all of its repositories. */
  addMember(organisation: Account, member: Account): void {
    organisation.members.add(member);
  }

  createTeam(organisation: Account, slug: string, members: readonly Account[]): Team {
    const team = { organisation, slug, members: new Set(members) };
    this.world.teams.push(team);
    return team;
  }

  /** `base` where the role is one of the organisation's own making. */
  setPermission(account: Account, repository: Repository, role: Role | string, base?: Role): void {
    const known = base ?? (isRole(role) ? role : null);
    if (known === null) throw new Error(`the role ${role} needs a base`);
    repository.collaborators.set(account.id, { role, base: known });
  }

  /** For a person's own use of the API. */
  userToken(account: Account): string {
    const token = `ghp_${this.world.secret("user", 36)}`;
    this.world.userTokens.set(token, account);
    return token;
  }

  // Repositories

  createRepository(
    owner: Account,
    name: string,
    options: {
      readonly files?: FileChanges;
      readonly defaultBranch?: string;
      readonly private?: boolean;
    } = {},
  ): Repository {
    return repositories.createRepository(this.world, owner, name, options);
  }

  fork(repository: Repository, owner: Account, name = repository.name): Repository {
    return repositories.forkRepository(this.world, repository, owner, name);
  }

  renameRepository(repository: Repository, name: string, sender = repository.owner): void {
    repositories.renameRepository(this.world, repository, name, sender);
  }

  transferRepository(repository: Repository, owner: Account, sender = repository.owner): void {
    repositories.transferRepository(this.world, repository, owner, sender);
  }

  archive(repository: Repository, sender = repository.owner): void {
    repositories.archiveRepository(this.world, repository, true, sender);
  }

  unarchive(repository: Repository, sender = repository.owner): void {
    repositories.archiveRepository(this.world, repository, false, sender);
  }

  deleteRepository(repository: Repository, sender = repository.owner): void {
    repositories.deleteRepository(this.world, repository, sender);
  }

  /** Replaces all rulesets. */
  setRuleset(
    repository: Repository,
    ruleset: {
      readonly branches?: readonly string[];
      readonly requiredChecks?: readonly {
        readonly context: string;
        readonly integrationId?: number | null;
      }[];
      readonly strict?: boolean;
      readonly mergeQueue?: boolean;
    } | null,
  ): void {
    if (ruleset === null) {
      repository.rulesets = [];
      return;
    }
    const {
      branches = ["~DEFAULT_BRANCH"],
      requiredChecks = [],
      strict = false,
      mergeQueue = false,
    } = ruleset;
    const made: Ruleset = {
      id: this.world.nextId(),
      name: "rules",
      branches,
      requiredChecks: requiredChecks.map(({ context, integrationId = null }) => ({ context, integrationId })),
      strict,
      mergeQueue,
    };
    repository.rulesets = [made];
  }

  /** Classic branch protection; null removes it. */
  setProtection(repository: Repository, branch: string, protection: Partial<Protection> | null): void {
    if (protection === null) repository.protections.delete(branch);
    else {
      repository.protections.set(branch, { checks: [], strict: false, enforceAdmins: false, ...protection });
    }
  }

  // Commits

  /**
   * Commits on a branch and pushes: the tip of it, or of the default branch where there is none yet. Returns the SHA.
   * `pusher` where another than the author pushes; `push: false` leaves the branch where it is.
   */
  commit(
    repository: Repository,
    branch: string,
    files: FileChanges,
    options: {
      readonly author: Account | Pick<Signature, "name" | "email">;
      readonly message?: string;
      readonly committer?: Account | Pick<Signature, "name" | "email">;
      readonly coAuthors?: readonly (Account | Pick<Signature, "name" | "email">)[];
      readonly pusher?: Account;
      readonly push?: boolean;
      readonly parents?: readonly string[];
    },
  ): string {
    const { world } = this;
    const { author, committer = author, coAuthors = [], push = true } = options;
    const tip =
      world.refSha(repository, `heads/${branch}`) ??
      world.refSha(repository, `heads/${repository.defaultBranch}`);
    const parents = options.parents ?? (tip === null ? [] : [tip]);
    const { objects } = repository;
    const start = parents[0] === undefined ? objects.emptyTree : objects.commit(parents[0]).tree;
    const trailers = coAuthors.map((one) => {
      const { name, email } = this.#signature(one);
      return `Co-authored-by: ${name} <${email}>`;
    });
    const message = options.message ?? "Change files";
    const sha = objects.storeCommit({
      tree: objects.edit(start, files),
      parents,
      author: this.#signature(author),
      committer: this.#signature(committer),
      message: trailers.length === 0 ? message : `${message}\n\n${trailers.join("\n")}`,
    });
    if (push) {
      const pusher = options.pusher ?? ("id" in author ? author : null) ?? repository.owner;
      this.push(repository, branch, sha, pusher);
    }
    return sha;
  }

  /** Moves a branch forward. @throws where it would lose commits */
  push(repository: Repository, branch: string, sha: string, pusher: Account): void {
    const tip = this.world.refSha(repository, `heads/${branch}`);
    if (tip !== null && !repository.objects.ancestors(sha).has(tip)) {
      throw new Error(`${sha} is no fast-forward of ${branch}`);
    }
    moveBranch(this.world, { repository, branch, after: sha, actor: pusher });
  }

  /** Moves a branch anywhere. */
  forcePush(repository: Repository, branch: string, sha: string, pusher: Account): void {
    moveBranch(this.world, { repository, branch, after: sha, actor: pusher, forced: true });
  }

  createBranch(repository: Repository, branch: string, at: string, creator = repository.owner): void {
    moveBranch(this.world, { repository, branch, after: at, actor: creator });
  }

  deleteBranch(repository: Repository, branch: string, actor = repository.owner): void {
    moveBranch(this.world, { repository, branch, after: null, actor });
  }

  /** Where a branch stands. */
  tip(repository: Repository, branch = repository.defaultBranch): string {
    return this.world.branchTip(repository, branch);
  }

  /** A status of the older kind, which no App needs to post. */
  setStatus(repository: Repository, status: CommitStatus): void {
    repository.statuses.push(status);
  }

  // Pull requests

  openPullRequest(
    repository: Repository,
    options: {
      /** A branch of the repository, or of a fork. */
      readonly head: string | { readonly repository: Repository; readonly branch: string };
      readonly author: Account;
      readonly base?: string;
      readonly draft?: boolean;
      readonly title?: string;
      readonly body?: string;
    },
  ): PullRequest {
    const { head, author, base = repository.defaultBranch, draft = false, title, body = "" } = options;
    const { repository: headRepository, branch: headRef } =
      typeof head === "string" ? { repository, branch: head } : head;
    return openPull(this.world, repository, {
      headRepository,
      headRef,
      baseRef: base,
      title: title ?? headRef,
      body,
      draft,
      author,
    });
  }

  openIssue(repository: Repository, title: string, author: Account): Issue {
    return openIssue(this.world, repository, title, author);
  }

  /** The SHA that the branch of the pull request has. */
  head(pull: PullRequest): string {
    return headOf(pull);
  }

  retarget(pull: PullRequest, base: string, sender = pull.author): void {
    retargetPull(this.world, pull, base, sender);
  }

  retitle(pull: PullRequest, title: string, sender = pull.author): void {
    retitlePull(this.world, pull, title, sender);
  }

  closePull(pull: PullRequest, sender = pull.author): void {
    changeState(this.world, pull, "closed", sender);
  }

  reopen(pull: PullRequest, sender = pull.author): void {
    changeState(this.world, pull, "reopened", sender);
  }

  ready(pull: PullRequest, sender = pull.author): void {
    changeState(this.world, pull, "ready_for_review", sender);
  }

  toDraft(pull: PullRequest, sender = pull.author): void {
    changeState(this.world, pull, "converted_to_draft", sender);
  }

  comment(issue: PullRequest | Issue, user: Account, body: string, repository?: Repository): IssueComment {
    const home = "repository" in issue ? issue.repository : repository;
    if (home === undefined) throw new Error("an issue needs its repository");
    return addComment(this.world, { repository: home, number: issue.number, author: user, app: null, body });
  }

  editComment(comment: IssueComment, body: string, sender = comment.author): void {
    changeComment(this.world, comment, body, sender);
  }

  deleteComment(comment: IssueComment, sender = comment.author): void {
    removeComment(this.world, comment, sender);
  }

  comments(pull: PullRequest): readonly IssueComment[] {
    return pull.repository.issues.get(pull.number)?.comments ?? [];
  }

  /** Runs on a commit, oldest first; all of them, not the newest of a name alone. */
  checkRuns(repository: Repository, sha: string, name?: string): readonly CheckRun[] {
    return runsOf(repository, sha).filter((run) => name === undefined || run.name === name);
  }

  /** What a person sees of a name on a commit. */
  checkRun(repository: Repository, sha: string, name: string): CheckRun | null {
    return newestRuns(this.checkRuns(repository, sha, name)).at(-1) ?? null;
  }

  /** What GitHub does to checks that nobody completed in 14 days. */
  endStaleChecks(repository: Repository): void {
    endStaleRuns(this.world, repository);
  }

  /** "Re-run" beside a check. */
  rerequest(run: CheckRun, user: Account): void {
    rerequestRun(this.world, run, user);
  }

  /** "Re-run all checks". */
  rerequestSuite(suite: CheckSuite, user: Account): void {
    const { repository, app } = suite;
    this.world.emit("check_suite", "rerequested", { repository, sender: user, only: app }, () => ({
      check_suite: suiteAnswer(this.world, suite),
    }));
  }

  /** A button of a check. @throws where the check has none of this name */
  requestAction(run: CheckRun, identifier: string, user: Account): void {
    if (!run.actions.some((action) => action.identifier === identifier)) {
      throw new Error(`the check offers no ${identifier}`);
    }
    const { repository, app } = run;
    this.world.emit("check_run", "requested_action", { repository, sender: user, only: app }, () => ({
      check_run: runPayload(this.world, run),
      requested_action: { identifier },
    }));
  }

  // Merging

  /** What the box under the conversation says. */
  mergeBox(pull: PullRequest): MergeBox {
    return mergeBox(this.world, pull);
  }

  /** @throws where the rules of the branch, or the person's role, do not allow it */
  merge(pull: PullRequest, user: Account): string {
    return mergePull(this.world, pull, user);
  }

  /** Into the merge queue, one group each, the later on top of the earlier. @throws where a required check is not green */
  enqueue(...pulls: readonly PullRequest[]): readonly MergeGroup[] {
    return pulls.map((pull) => enqueue(this.world, pull));
  }

  /** Merges what is green and removes what is red, from the front of the queue. */
  settleQueue(repository: Repository, branch = repository.defaultBranch): void {
    settleQueue(this.world, repository, branch);
  }

  dequeue(group: MergeGroup): void {
    dequeue(this.world, group);
  }

  // Apps

  registerApp(registration: Registration): App {
    return apps.registerApp(this.world, registration);
  }

  /** What the form of the manifest flow leads to: a code for `POST /app-manifests/{code}/conversions`. */
  registerFromManifest(
    manifest: {
      readonly name: string;
      readonly hook_attributes?: { readonly url: string };
      readonly default_permissions: Registration["permissions"];
      readonly default_events: readonly string[];
    },
    owner: Account,
  ): { readonly app: App; readonly code: string } {
    const app = this.registerApp({
      name: manifest.name,
      owner,
      permissions: manifest.default_permissions,
      events: manifest.default_events,
      webhookUrl: manifest.hook_attributes?.url ?? "",
    });
    return { app, code: this.world.manifestCode(app) };
  }

  changeRegistration(app: App, change: Partial<Pick<Registration, "permissions" | "events">>): void {
    apps.changeRegistration(app, change);
  }

  acceptPermissions(installation: Installation): void {
    apps.acceptPermissions(this.world, installation);
  }

  /** Old keys are refused from now on. */
  rotateKey(app: App): void {
    apps.rotateKey(this.world, app);
  }

  install(app: App, account: Account, held: readonly Repository[] | "all" = "all"): Installation {
    return apps.install(this.world, app, account, held);
  }

  uninstall(installation: Installation): void {
    apps.uninstall(this.world, installation);
  }

  suspend(installation: Installation): void {
    apps.suspend(this.world, installation);
  }

  unsuspend(installation: Installation): void {
    apps.unsuspend(this.world, installation);
  }

  addRepositories(installation: Installation, ...added: readonly Repository[]): void {
    apps.addRepositories(this.world, installation, added);
  }

  removeRepositories(installation: Installation, ...removed: readonly Repository[]): void {
    apps.removeRepositories(this.world, installation, removed);
  }

  /** A token without the detour over the App's key, narrowed as asked. */
  token(
    installation: Installation,
    narrowed: {
      readonly repositories?: readonly Repository[];
      readonly permissions?: Registration["permissions"];
    } = {},
  ): string {
    const { repositories: chosen, permissions } = narrowed;
    const body = new RequestBody({
      ...(chosen === undefined ? {} : { repository_ids: chosen.map(({ id }) => id) }),
      ...(permissions === undefined ? {} : { permissions }),
    });
    return newToken(this.world, installation, body).value;
  }

  // What a person sees

  view(pull: PullRequest, options: ViewOptions = {}): string {
    return personView(this.world, pull, options);
  }

  #signature(who: Account | Pick<Signature, "name" | "email">): Signature {
    const name = "login" in who ? who.login : who.name;
    return { name, email: who.email, at: this.world.now() };
  }
}

function isRole(role: string): role is Role {
  return ["admin", "maintain", "write", "triage", "read", "none"].includes(role);
}
