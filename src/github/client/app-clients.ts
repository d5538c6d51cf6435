import type { z } from "zod";
import type { RepositoryReference } from "../github.ts";
import * as answers from "./answers.ts";
import { type AppOctokit, appOctokit, type ClientLog } from "./app-octokit.ts";
import { gitHubErrorOf } from "./classify-error.ts";
import type { Clients, FailedDelivery, Installation, RegisteredApp } from "./clients.ts";
import { ConditionalAnswers } from "./conditional-answers.ts";
import { type GitHubRequest, type GitHubResponse, REQUEST_MILLISECONDS } from "./github-request.ts";
import { type GateOptions, InstallationGate } from "./installation-gate.ts";
import { InstallationTokens, withToken } from "./installation-tokens.ts";
import { repositoryClient } from "./octokit-repository-client.ts";
import { allPages, nextPage } from "./pages.ts";
import { parseAnswer } from "./parse-answer.ts";
import type { RepositoryClient } from "./repository-client.ts";

export interface AppClientsOptions {
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
  /** "https://HOST/api/v3" of an own server; github.com where it is not said. */
  readonly baseUrl?: string;
  /** "egress-review/1.2.3". */
  readonly userAgent: string;
  readonly log: ClientLog;
  /** How writes of one installation are spaced. */
  readonly gate?: Partial<GateOptions>;
  /** Told of every answer. */
  readonly onAnswer?: (answer: ObservedAnswer) => void;
  readonly fetch?: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** For metrics: a class of requests, never an address. */
export interface ObservedAnswer {
  /** "GET /repos/{owner}/{repo}/pulls". */
  readonly route: string;
  /** null = as the App itself. */
  readonly installation: number | null;
  /** null = no answer came. */
  readonly status: number | null;
  readonly milliseconds: number;
  /** What is left of the allowance of this hour, where GitHub says it. */
  readonly remaining: number | null;
}

const GITHUB = "https://api.github.com";

/** Clients of one App, with everything they share: tokens, answers, what each installation may ask now. */
export function appClients(options: AppClientsOptions): Clients {
  const { appId, privateKey, userAgent, log } = options;
  const baseUrl = (options.baseUrl ?? GITHUB).replace(/\/+$/, "");
  // Looked up at every request, so that a global that is replaced later counts.
  const given: typeof fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const octokit = appOctokit({ appId, privateKey, baseUrl, userAgent, log, fetch: given });
  return new AppClients({ ...options, fetch: given }, octokit, baseUrl);
}

/** Where people see what an API answers for: "https://api.github.com" is github.com, "https://HOST/api/v3" HOST. */
function hostOf(baseUrl: string): string {
  return new URL(baseUrl).host.replace(/^api\./, "");
}

class AppClients implements Clients {
  readonly #options: AppClientsOptions & { readonly fetch: typeof fetch };
  readonly #octokit: AppOctokit;
  readonly #host: string;
  /** Where people see it. */
  readonly #webUrl: string;
  readonly #now: () => number;
  readonly #tokens: InstallationTokens;
  readonly #conditional = new ConditionalAnswers();
  readonly #gates = new Map<number | null, InstallationGate>();
  #slug: Promise<string> | null = null;

  constructor(
    options: AppClientsOptions & { readonly fetch: typeof fetch },
    octokit: AppOctokit,
    baseUrl: string,
  ) {
    this.#options = options;
    this.#host = hostOf(baseUrl);
    this.#webUrl = `${new URL(baseUrl).protocol}//${this.#host}`;
    this.#now = options.now ?? (() => Date.now());
    const observed = this.#observed(null, octokit.asApp);
    this.#octokit = { ...octokit, asApp: observed };
    this.#tokens = new InstallationTokens(this.#octokit, this.#now);
  }

  async repository(repository: RepositoryReference): Promise<RepositoryClient> {
    const { installation, id } = repository;
    const token = (refresh: boolean) => this.#tokens.forRepository(installation, id, refresh);
    const [slug, { permissions }] = await Promise.all([this.#ownSlug(), token(false)]);
    return repositoryClient({
      request: this.#observed(installation, withToken(this.#octokit.bare, token, this.#now)),
      repository,
      app: { id: this.#options.appId, slug },
      host: this.#host,
      webUrl: this.#webUrl,
      permissions,
      conditional: this.#conditional,
      gate: this.#gate(installation),
      fetch: this.#options.fetch,
      now: this.#now,
    });
  }

  async installations(): Promise<readonly Installation[]> {
    const found = await this.#list("GET /app/installations", answers.installation.array());
    return found.map(({ id, account, html_url, suspended_at, permissions, events }) => ({
      id,
      account: account?.login ?? account?.slug ?? "",
      url: html_url ?? `${this.#webUrl}/settings/installations/${id}`,
      suspended: typeof suspended_at === "string",
      permissions,
      events,
    }));
  }

  async repositories(
    installation: number,
  ): Promise<readonly (RepositoryReference & { readonly archived: boolean })[]> {
    const route = "GET /installation/repositories";
    const found = await allPages(async (page) => {
      const response = await this.#askInstallation(installation, route, { per_page: 100, ...page });
      const { repositories } = parseAnswer(route, answers.installationRepositories, response);
      return { items: repositories, next: nextPage(response.headers) };
    }, route);
    return found.map(({ id, name, owner, archived }) => ({
      installation,
      id,
      owner: owner.login,
      name,
      archived: archived ?? false,
    }));
  }

  async repositoryNamed(installation: number, owner: string, name: string): Promise<RepositoryReference> {
    const route = "GET /repos/{owner}/{repo}";
    const response = await this.#askInstallation(installation, route, { owner, repo: name });
    const found = parseAnswer(route, answers.repository, response);
    // A public repository answers to everybody; a token for it alone is made only where the installation holds it.
    await this.#tokens.forRepository(installation, found.id);
    return { installation, id: found.id, owner: found.owner.login, name: found.name };
  }

  async failedDeliveries(since: Date): Promise<readonly FailedDelivery[]> {
    const failed = (await this.#deliveries({ status: "failure" }, since)).filter((one) => !succeeded(one));
    const oldest = failed.at(-1);
    if (oldest === undefined) return [];
    const later = await this.#deliveries({ status: "success" }, new Date(oldest.delivered_at));
    const delivered = new Set(later.filter(succeeded).map(({ guid }) => guid));
    // Newest first: the first of a GUID is its last attempt.
    const attempts = new Map<string, FailedDelivery>();
    for (const { id, guid, event, delivered_at } of failed) {
      if (delivered.has(guid) || attempts.has(guid)) continue;
      attempts.set(guid, { id, guid, event, deliveredAt: delivered_at });
    }
    return [...attempts.values()];
  }

  async redeliver(delivery: string): Promise<void> {
    await this.#askApp("POST /app/hook/deliveries/{delivery_id}/attempts", { delivery_id: delivery });
  }

  async webhookUrl(): Promise<string> {
    const route = "GET /app/hook/config";
    return parseAnswer(route, answers.hookConfiguration, await this.#askApp(route)).url ?? "";
  }

  async app(): Promise<RegisteredApp> {
    const route = "GET /app";
    const found = parseAnswer(route, answers.registeredApp, await this.#askApp(route));
    const { id, slug = "", html_url, owner, permissions, events } = found;
    const organisation = owner?.type === "Organization" ? `/organizations/${owner.login ?? ""}` : "";
    const settingsUrl = `${this.#webUrl}${organisation}/settings/apps/${slug}`;
    return { id, slug, url: html_url, settingsUrl, permissions, events };
  }

  #ownSlug(): Promise<string> {
    this.#slug ??= this.app().then(({ slug }) => slug);
    this.#slug.catch(() => {
      this.#slug = null;
    });
    return this.#slug;
  }

  /** Newest first, none older than `since`. */
  #deliveries(
    filter: Readonly<Record<string, string>>,
    since: Date,
  ): Promise<readonly z.infer<typeof answers.delivery>[]> {
    const isOld = ({ delivered_at }: { readonly delivered_at: string }) =>
      Date.parse(delivered_at) < since.getTime();
    return this.#list("GET /app/hook/deliveries", answers.delivery.array(), filter, isOld).then((found) =>
      found.filter((one) => !isOld(one)),
    );
  }

  #list<T>(
    route: string,
    schema: z.ZodType<readonly T[]>,
    parameters: Readonly<Record<string, string>> = {},
    isBeyond: (item: T) => boolean = () => false,
  ): Promise<readonly T[]> {
    return allPages(
      async (page) => {
        const response = await this.#askApp(route, { ...parameters, per_page: 100, ...page });
        return { items: parseAnswer(route, schema, response), next: nextPage(response.headers) };
      },
      route,
      (items) => items.some(isBeyond),
    );
  }

  #askApp(route: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<GitHubResponse> {
    return this.#ask(null, this.#octokit.asApp, route, parameters);
  }

  #askInstallation(
    installation: number,
    route: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<GitHubResponse> {
    const token = (refresh: boolean) => this.#tokens.forInstallation(installation, refresh);
    const request = this.#observed(installation, withToken(this.#octokit.bare, token, this.#now));
    return this.#ask(installation, request, route, parameters);
  }

  async #ask(
    installation: number | null,
    request: GitHubRequest,
    route: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<GitHubResponse> {
    const gate = this.#gate(installation);
    return gate.read(async () => {
      try {
        const signal = AbortSignal.timeout(REQUEST_MILLISECONDS);
        return await request(route, { ...parameters, request: { signal } });
      } catch (error) {
        const known = gitHubErrorOf(error, route, this.#now());
        if (known.until !== null) gate.block(known.until);
        throw known;
      }
    });
  }

  #gate(installation: number | null): InstallationGate {
    const known = this.#gates.get(installation);
    if (known !== undefined) return known;
    const gate = new InstallationGate({ now: this.#now, ...this.#options.gate });
    this.#gates.set(installation, gate);
    return gate;
  }

  #observed(installation: number | null, request: GitHubRequest): GitHubRequest {
    const { onAnswer } = this.#options;
    if (onAnswer === undefined) return request;
    return async (route, parameters) => {
      const start = performance.now();
      const tell = (response: GitHubResponse | undefined, status: number | null) => {
        const remaining = Number(response?.headers["x-ratelimit-remaining"] ?? Number.NaN);
        onAnswer({
          route,
          installation,
          status,
          milliseconds: performance.now() - start,
          remaining: Number.isFinite(remaining) ? remaining : null,
        });
      };
      try {
        const response = await request(route, parameters);
        tell(response, response.status);
        return response;
      } catch (error) {
        const { response } = error as { readonly response?: GitHubResponse };
        tell(response, response?.status ?? null);
        throw error;
      }
    };
  }
}

function succeeded({ status_code }: { readonly status_code: number }): boolean {
  return status_code >= 200 && status_code < 300;
}
