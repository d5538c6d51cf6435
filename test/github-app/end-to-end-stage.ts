import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CHECK_NAME } from "../../src/github/check-name.ts";
import { parseIdentity } from "../../src/github/publish/run-identity.ts";
import { readManifest, WEBHOOK_PATH } from "../../src/github/setup/manifest.ts";
import type { Account, App, CheckRun, Installation, PullRequest, Repository } from "../github/entities.ts";
import { FakeGitHub } from "../github/fake-github.ts";
import type { FileChanges } from "../github/git-objects.ts";
import { SECRET, SERVER, ServiceProcess, statusOf, until } from "./service/service-process.ts";

type Files = Readonly<Record<string, string>>;

/** An organisation with one repository. Each has an installation of its own, as writes of one wait for each other. */
export interface Team {
  readonly organisation: Account;
  readonly installation: Installation;
  readonly repository: Repository;
}

/** The service as a process with its real queue, and the fake GitHub in this one, which it reaches over HTTP. */
export class Stage {
  readonly fake = new FakeGitHub({ limits: { points: null } });
  readonly #folder = mkdtempSync(join(tmpdir(), "egress-end-to-end-"));
  #app: App | null = null;
  #service: ServiceProcess | null = null;
  /** Writes changes. */
  readonly ann = this.fake.createUser("ann");
  /** Maintains. */
  readonly mia = this.fake.createUser("mia");
  url = "";

  async open(): Promise<void> {
    const { url } = await this.fake.listen();
    const manifest = await readManifest(url);
    this.#app = this.fake.registerApp({
      permissions: manifest.default_permissions as App["permissions"],
      events: manifest.default_events,
      webhookSecret: SECRET,
    });
    await this.start();
  }

  get app(): App {
    if (this.#app === null) throw new Error("not open");
    return this.#app;
  }

  /** Resolved = it looked at GitHub. */
  async start(): Promise<void> {
    const { app } = this;
    this.#service = new ServiceProcess(
      SERVER,
      {
        PORT: "0",
        DATA_DIR: join(this.#folder, "data"),
        APP_ID: String(app.id),
        PRIVATE_KEY: app.privateKey,
        WEBHOOK_SECRET: SECRET,
        GITHUB_API_URL: this.fake.world.answers.api,
        CONCURRENCY: "8",
      },
      this.#folder,
    );
    this.url = await this.#service.url();
    app.webhookUrl = `${this.url}${WEBHOOK_PATH}`;
    await until(async () => (await statusOf(`${this.url}/readyz`)) === 200);
  }

  get output(): string {
    return this.#service?.output ?? "";
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.url}/metrics`)).text();
  }

  async kill(): Promise<void> {
    await this.#service?.end("SIGKILL");
  }

  async close(): Promise<void> {
    await this.kill();
    await this.fake.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** `granted` = what its owner accepted of what the App asks for. */
  team(name: string, files: Files, granted: App["permissions"] = this.app.permissions): Team {
    const { fake } = this;
    const organisation = fake.createOrganisation(name);
    const repository = fake.createRepository(organisation, "platform", { files });
    fake.setPermission(this.ann, repository, "write");
    fake.setPermission(this.mia, repository, "maintain");
    const installation = fake.install(this.app, organisation, [repository]);
    installation.permissions = granted;
    return { organisation, installation, repository };
  }

  /** A pull request of ann's with one commit on top of the default branch. */
  change({ repository }: Team, branch: string, files: FileChanges): PullRequest {
    const { fake, ann } = this;
    const at = fake.tip(repository);
    const sha = fake.commit(repository, branch, files, { author: ann, parents: [at], push: false });
    fake.createBranch(repository, branch, sha, ann);
    return fake.openPullRequest(repository, { head: branch, author: ann });
  }

  /** The run that stands on a commit, when everything that belongs to it stands, too. */
  finished(repository: Repository, sha: string): Promise<CheckRun> {
    return until(() => {
      const run = this.fake.checkRun(repository, sha, CHECK_NAME);
      const state = parseIdentity(run?.externalId ?? "")?.state;
      return run?.status === "completed" && state !== "judged" ? run : null;
    });
  }

  reviewed(pull: PullRequest): Promise<CheckRun> {
    return this.finished(pull.repository, this.fake.head(pull));
  }

  /** The next comment that somebody else writes after this one. */
  async answer(pull: PullRequest, author: Account, body: string): Promise<string> {
    const before = this.fake.comments(pull).length;
    this.fake.comment(pull, author, body);
    return until(() => this.fake.comments(pull)[before + 1]?.body);
  }

  /** Requests of a repository are answered when `release` is called: the first that matches, and what it did is done. */
  hold(
    { owner, name }: Repository,
    match: (request: { readonly method: string; readonly path: string }) => boolean,
  ): Held {
    const held = new Held(`/repos/${owner.login}/${name}/`, match);
    this.#held.push(held);
    this.fake.faults.decide = ({ method, path }) => {
      const [first] = this.#held.filter((one) => one.takes(method, path));
      return first === undefined ? null : { kind: "held", until: first.released };
    };
    return held;
  }

  readonly #held: Held[] = [];
}

export class Held {
  readonly released: Promise<void>;
  readonly #prefix: string;
  readonly #match: (request: { readonly method: string; readonly path: string }) => boolean;
  #release: () => void = () => undefined;
  reached = false;

  constructor(
    prefix: string,
    match: (request: { readonly method: string; readonly path: string }) => boolean,
  ) {
    this.#prefix = prefix;
    this.#match = match;
    this.released = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  takes(method: string, path: string): boolean {
    if (this.reached || !path.startsWith(this.#prefix) || !this.#match({ method, path })) return false;
    this.reached = true;
    return true;
  }

  release(): void {
    this.#release();
  }
}

const folder = (name: string) => fileURLToPath(new URL(`../../demo/${name}`, import.meta.url));

function filesIn(directory: string): Files {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(directory.length + 1), readFileSync(path, "utf8")]),
  );
}

const APPROVERS = "approvers: [harbour/network-security]";

/** The example of `demo/`, whose approvers are one person. */
export const BASE: Files = Object.fromEntries(
  Object.entries(filesIn(folder("base"))).map(([path, text]) => [
    path,
    text.replace(APPROVERS, "approvers: [mia]"),
  ]),
);
const HEAD = filesIn(folder("head"));

export const VALUES = "charts/networking/values.yaml";
export const POLICIES = "charts/networking/templates/data-platform.yaml";
export const CONFIGURATION = ".egress-review.yaml";

/** A file of a side, which is there. */
export function textOf(side: Files, path: string): string {
  const text = side[path];
  if (text === undefined) throw new Error(`${path} is missing`);
  return text;
}

/** What the example's pull request changes. */
export const OPENS: Files = { [VALUES]: textOf(HEAD, VALUES), [POLICIES]: textOf(HEAD, POLICIES) };

/** One policy that admits every pod of every namespace: one finding, on one line of the change. */
export const OPENS_ONCE: Files = { [POLICIES]: textOf(HEAD, POLICIES) };

/** The same without anything that opens. */
export const OPENS_NOTHING: Files = { [VALUES]: textOf(BASE, VALUES), [POLICIES]: textOf(BASE, POLICIES) };
