import { createHash } from "node:crypto";
import { Answers, type Json } from "./answers.ts";
import { Deliveries } from "./deliveries.ts";
import type {
  Account,
  App,
  Installation,
  Move,
  Permissions,
  Ref,
  Repository,
  Role,
  Team,
  Token,
} from "./entities.ts";
import { Faults } from "./faults.ts";

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** For faults that are slow in process; without it they last until the caller gives up. */
  wait?(milliseconds: number): Promise<void>;
}

/** What GitHub limits, and what is not documented and may be either way. */
export interface Limits {
  /** Requests of an installation in an hour; null = off, as on GitHub Enterprise Server. */
  primary: number | null;
  /** Points a minute: a read is one, a write five; null = off. */
  points: number | null;
  /** Comments and reviews; null = off. */
  contentPerMinute: number | null;
  contentPerHour: number | null;
  /** Not documented: whether check runs are content that is counted. */
  checkRunsAreContent: boolean;
  /** Above this a recursive tree is truncated. */
  treeEntries: number;
  blobBytes: number;
  changedFiles: number;
  comparedFiles: number;
  /** What becomes of `status: "in_progress"` for a completed run: GitHub keeps it completed, or refuses (both seen). */
  reopening: "ignored" | "refused" | "allowed";
  /** Whether `pull_requests: write` is enough to react to a comment of a pull request: not documented. */
  reactionsNeedIssues: boolean;
}

const LIMITS: Limits = {
  primary: 5_000,
  points: 900,
  contentPerMinute: 80,
  contentPerHour: 500,
  checkRunsAreContent: false,
  treeEntries: 100_000,
  blobBytes: 100 * 1024 * 1024,
  changedFiles: 3_000,
  comparedFiles: 300,
  reopening: "ignored",
  reactionsNeedIssues: false,
};

const MANIFEST_MILLISECONDS = 60 * 60_000;
const ARCHIVE_MILLISECONDS = 5 * 60_000;

export interface WorldOptions {
  readonly clock?: Clock;
  /** What ids of deliveries and tokens are made from. */
  readonly seed?: string;
  readonly limits?: Partial<Limits>;
  readonly api?: string;
  readonly html?: string;
  readonly archives?: string;
  /** The host of a GitHub Enterprise Server, told in headers. */
  readonly enterpriseHost?: string;
}

/** Everything that the fake GitHub holds; changed by `fake-github.ts` (people) and the routes (requests) alike. */
export class World {
  readonly clock: Clock;
  readonly seed: string;
  readonly limits: Limits;
  readonly faults = new Faults();
  readonly deliveries: Deliveries;
  readonly accounts = new Map<string, Account>();
  readonly accountsByEmail = new Map<string, Account>();
  readonly teams: Team[] = [];
  readonly repositories = new Map<number, Repository>();
  /** Lower case "owner/name" to id; names of before stay until another takes them. */
  readonly repositoryNames = new Map<string, number>();
  readonly apps = new Map<number, App>();
  readonly installations = new Map<number, Installation>();
  readonly tokens = new Map<string, Token>();
  readonly userTokens = new Map<string, Account>();
  enterpriseHost: string | null;
  answers: Answers;
  /** Where archives are downloaded from. */
  archives: string;
  readonly #tickets = new Map<
    string,
    { readonly repository: Repository; readonly sha: string; readonly until: number }
  >();
  readonly #manifestCodes = new Map<string, { readonly app: App; readonly until: number }>();
  #nextId = 1_000;

  constructor(options: WorldOptions = {}) {
    this.clock = options.clock ?? { now: () => Date.now() };
    this.seed = options.seed ?? "1";
    this.limits = { ...LIMITS, ...options.limits };
    this.enterpriseHost = options.enterpriseHost ?? null;
    this.answers = new Answers(options.api ?? "https://api.github.com", options.html ?? "https://github.com");
    this.archives = options.archives ?? "https://codeload.example.com";
    this.deliveries = new Deliveries(
      () => this.now(),
      (delivery) => this.faults.decideDelivery(delivery),
      () => this.enterpriseHost,
      this.seed,
    );
  }

  now(): number {
    return this.clock.now();
  }

  /** No two things of any kind share an id: one taken for the other is found out. */
  nextId(): number {
    this.#nextId += 1;
    return this.#nextId;
  }

  /** Letters that nobody guesses and a replay repeats. */
  secret(purpose: string, length: number): string {
    const bytes = createHash("sha512").update(`${this.seed} ${purpose} ${this.nextId()}`).digest("base64url");
    return bytes.repeat(Math.ceil(length / bytes.length)).slice(0, length);
  }

  account(login: string): Account | undefined {
    return this.accounts.get(login.toLowerCase());
  }

  addAccount(login: string, type: Account["type"]): Account {
    if (this.account(login) !== undefined) throw new Error(`${login} is taken`);
    const id = this.nextId();
    const account: Account = {
      id,
      login,
      type,
      email: `${id}+${login}@users.noreply.example.com`,
      owners: new Set(),
      memberRole: "read",
      members: new Set(),
      createdAt: this.now(),
    };
    this.accounts.set(login.toLowerCase(), account);
    this.accountsByEmail.set(account.email.toLowerCase(), account);
    return account;
  }

  /** The repository of a name; `renamed` where the name is one of before. */
  repositoryNamed(
    owner: string,
    name: string,
  ): { readonly repository: Repository; readonly renamed: boolean } | null {
    const id = this.repositoryNames.get(`${owner}/${name}`.toLowerCase());
    const repository = id === undefined ? undefined : this.repositories.get(id);
    if (repository === undefined || repository.deleted) return null;
    const same =
      repository.owner.login.toLowerCase() === owner.toLowerCase() &&
      repository.name.toLowerCase() === name.toLowerCase();
    return { repository, renamed: !same };
  }

  nameRepository(repository: Repository): void {
    this.repositoryNames.set(`${repository.owner.login}/${repository.name}`.toLowerCase(), repository.id);
  }

  holds(installation: Installation, repository: Repository): boolean {
    if (installation.deleted || repository.deleted) return false;
    // One that was transferred has left.
    if (installation.account !== repository.owner) return false;
    return installation.repositories === "all" || installation.repositories.has(repository);
  }

  /** What a person may do. */
  roleOf(repository: Repository, account: Account): { readonly role: string; readonly base: Role } {
    const { owner } = repository;
    if (owner === account || owner.owners.has(account)) return { role: "admin", base: "admin" };
    const granted = repository.collaborators.get(account.id);
    if (granted !== undefined) return granted;
    if (owner.members.has(account)) return { role: owner.memberRole, base: owner.memberRole };
    const base = repository.private ? "none" : "read";
    return { role: base, base };
  }

  /** Where a ref stands; with the lag of reads where `lagging`. */
  refSha(repository: Repository, name: string, lagging = false): string | null {
    const ref = repository.refs.get(name);
    if (ref === undefined) return null;
    if (!lagging || this.faults.readLagMilliseconds === 0) return ref.moves.at(-1)?.after ?? null;
    const until = this.now() - this.faults.readLagMilliseconds;
    const visible = ref.moves.filter(({ at }, index) => index === 0 || at <= until);
    return visible.at(-1)?.after ?? null;
  }

  branchTip(repository: Repository, branch: string): string {
    const sha = this.refSha(repository, `heads/${branch}`);
    if (sha === null) throw new Error(`no branch ${branch} in ${repository.owner.login}/${repository.name}`);
    return sha;
  }

  /** Moves, makes or (null) deletes a ref. */
  moveRef(
    repository: Repository,
    name: string,
    after: string | null,
    actor: Account,
    activity: Move["activity"],
  ): Move {
    const ref: Ref = repository.refs.get(name) ?? { name, moves: [] };
    const move: Move = {
      id: this.nextId(),
      at: this.now(),
      before: ref.moves.at(-1)?.after ?? null,
      after,
      actor,
      activity,
    };
    ref.moves.push(move);
    repository.refs.set(name, ref);
    repository.pushedAt = this.now();
    return move;
  }

  /** An object that a read may see: a fresh one lags. */
  isVisible(storedAt: number): boolean {
    const lag = this.faults.readLagMilliseconds;
    return lag === 0 || storedAt <= this.now() - lag;
  }

  isListed(createdAt: number): boolean {
    const lag = this.faults.listLagMilliseconds;
    return lag === 0 || createdAt <= this.now() - lag;
  }

  /** A code for an App that was registered from a manifest: good once and for an hour. */
  manifestCode(app: App): string {
    const code = this.secret("manifest", 40);
    this.#manifestCodes.set(code, { app, until: this.now() + MANIFEST_MILLISECONDS });
    return code;
  }

  convertManifest(code: string): App | null {
    const found = this.#manifestCodes.get(code);
    this.#manifestCodes.delete(code);
    return found === undefined || found.until < this.now() ? null : found.app;
  }

  /** A permission to download one archive, for five minutes. */
  archiveTicket(repository: Repository, sha: string): string {
    const ticket = this.secret("archive", 40);
    this.#tickets.set(ticket, { repository, sha, until: this.now() + ARCHIVE_MILLISECONDS });
    return ticket;
  }

  archiveOf(ticket: string): { readonly repository: Repository; readonly sha: string } | null {
    const found = this.#tickets.get(ticket);
    return found === undefined || found.until < this.now() || found.repository.deleted ? null : found;
  }

  /** Sends an event to every App that is installed, may read it and subscribed. `build` runs only where one is. */
  emit(
    event: string,
    action: string | null,
    of: { readonly repository: Repository; readonly sender: Account; readonly only?: App },
    build: () => Json,
  ): void {
    let payload: Json | null = null;
    for (const installation of this.installations.values()) {
      if (of.only !== undefined && installation.app !== of.only) continue;
      if (!this.holds(installation, of.repository) || !hears(installation, event)) continue;
      payload ??= {
        ...(action === null ? {} : { action }),
        ...build(),
        repository: this.answers.repository(of.repository),
        ...(of.repository.owner.type === "Organization"
          ? { organization: this.answers.account(of.repository.owner) }
          : {}),
        sender: this.answers.account(of.sender),
      };
      this.deliveries.queue({
        app: installation.app,
        event,
        action,
        installation: installation.id,
        repository: of.repository.id,
        payload: { ...payload, installation: { id: installation.id, node_id: `I_${installation.id}` } },
      });
    }
  }

  /** Events of the installation itself need no subscription. */
  emitInstallation(
    event: "installation" | "installation_repositories",
    action: string,
    installation: Installation,
    sender: Account,
    more: Json,
  ): void {
    this.deliveries.queue({
      app: installation.app,
      event,
      action,
      installation: installation.id,
      repository: null,
      payload: {
        action,
        installation: this.answers.installation(installation),
        ...more,
        requester: null,
        sender: this.answers.account(sender),
      },
    });
  }
}

/** What each event needs (docs.github.com, "Webhook events and payloads"). */
export const EVENT_PERMISSIONS: Readonly<Record<string, string>> = {
  pull_request: "pull_requests",
  pull_request_review: "pull_requests",
  pull_request_review_comment: "pull_requests",
  push: "contents",
  issue_comment: "issues",
  check_run: "checks",
  check_suite: "checks",
  merge_group: "merge_queues",
  repository: "metadata",
};

function hears({ suspendedAt, events, permissions, app }: Installation, event: string): boolean {
  const needed = EVENT_PERMISSIONS[event];
  return (
    suspendedAt === null &&
    events.includes(event) &&
    app.webhookUrl !== "" &&
    (needed === undefined || permissions[needed] !== undefined)
  );
}

const LEVELS = ["read", "write", "admin"];

/** Whether these permissions contain one. Everybody may read metadata. */
export function permits(permissions: Permissions, name: string, level: "read" | "write"): boolean {
  if (name === "metadata" && level === "read") return true;
  return LEVELS.indexOf(permissions[name] ?? "") >= LEVELS.indexOf(level);
}
