import { createHash } from "node:crypto";
import { archiveBytes } from "./archive.ts";
import { type Caller, callerOf } from "./caller.ts";
import type { Repository } from "./entities.ts";
import type { Fault } from "./faults.ts";
import { problemsOf } from "./openapi-validation.ts";
import { RateLimits } from "./rate-limits.ts";
import { notFound, Refusal } from "./refusal.ts";
import { RequestBody } from "./request-body.ts";
import type { Answer, Need, Route, RouteRequest } from "./route.ts";
import { Router } from "./router.ts";
import { APP_ROUTES } from "./routes/app-routes.ts";
import { CHECK_ROUTES } from "./routes/check-routes.ts";
import { COMMENT_ROUTES } from "./routes/comment-routes.ts";
import { GIT_ROUTES } from "./routes/git-routes.ts";
import { MANIFEST_ROUTES } from "./routes/manifest-routes.ts";
import { PULL_ROUTES } from "./routes/pull-routes.ts";
import { REPOSITORY_ROUTES } from "./routes/repository-routes.ts";
import { permits, type World } from "./world.ts";

export interface RestRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RestResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly bytes: Uint8Array;
  /** What happens on the way back. */
  readonly fault: Fault | null;
}

/** One request, for what must hold about all of them. */
export interface Call {
  readonly count: number;
  readonly at: number;
  readonly method: string;
  /** As GitHub documents it; null = no such route. */
  readonly route: string | null;
  readonly path: string;
  readonly query: string;
  readonly caller: Caller["kind"];
  readonly app: number | null;
  readonly installation: number | null;
  /** What the token is good for; "all" = everything of its installation. */
  readonly tokenRepositories: readonly number[] | "all" | null;
  readonly tokenPermissions: Readonly<Record<string, string>> | null;
  readonly repository: number | null;
  /** Of the pull request, where the path names one. */
  readonly number: number | null;
  /** The token is not good for the repository that was asked about. */
  readonly foreign: boolean;
  readonly status: number;
  readonly fault: Fault["kind"] | null;
  readonly requestBody: string;
}

const ROUTER = new Router([
  ...APP_ROUTES,
  ...MANIFEST_ROUTES,
  ...REPOSITORY_ROUTES,
  ...GIT_ROUTES,
  ...PULL_ROUTES,
  ...COMMENT_ROUTES,
  ...CHECK_ROUTES,
]);

const CONTENT_ROUTES = /\/(comments|replies|reviews)$/;

/** GitHub's REST API over a world. */
export class RestApi {
  readonly calls: Call[] = [];
  /** Where an exchange was not what GitHub describes. */
  readonly violations: string[] = [];
  readonly #validate: boolean;
  readonly #world: World;
  readonly #rates: RateLimits;
  #count = 0;

  constructor(world: World, validate: boolean) {
    this.#world = world;
    this.#validate = validate;
    this.#rates = new RateLimits(world.limits, () => world.now());
  }

  async respond(request: RestRequest): Promise<RestResponse> {
    const ticket = request.url.searchParams.get("token");
    if (ticket !== null && request.url.pathname.includes("/legacy.tar.gz/"))
      return this.#archive(request, ticket);
    return this.#respond(request);
  }

  #respond(request: RestRequest): RestResponse {
    this.#count += 1;
    const world = this.#world;
    const { method } = request;
    const target = this.#targetOf(request);
    const { matched } = target;
    let caller: Caller = { kind: "nobody" };
    let fault: Fault | null = null;
    let response: RestResponse;
    try {
      caller = callerOf(world, request.headers["authorization"]);
      const installation = caller.kind === "installation" ? caller.token.installation.id : null;
      const route = matched?.route.template ?? null;
      fault = world.faults.next({ method, route, path: target.path, installation, count: this.#count });
      response = this.#faulty(fault, () => this.#handle(request, target, caller));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      response = refused(error);
    }
    if (caller.kind === "installation") {
      const { id } = caller.token.installation;
      if (response.status !== 304) this.#rates.count(id);
      // What a fault says of the limit stands.
      Object.assign(response.headers, { ...this.#rates.headers(id), ...response.headers });
    }
    this.#decorate(response);
    this.calls.push(this.#call(request, target, caller, response.status, fault));
    return response;
  }

  #faulty(fault: Fault | null, handle: () => RestResponse): RestResponse {
    const world = this.#world;
    const seconds = (value: number | null): Record<string, string> =>
      value === null ? {} : { "retry-after": String(value) };
    switch (fault?.kind) {
      case "status":
        if (fault.effect === "after") handle();
        return errorPage(fault);
      case "reset":
        if (fault.effect === "after") handle();
        return { ...errorPage({ status: 502 }), fault };
      case "slow":
      case "held":
      case "truncated":
        return { ...handle(), fault };
      case "secondary-limit":
        throw new Refusal(403, SECONDARY, { headers: seconds(fault.retryAfterSeconds) });
      case "too-many-requests":
        throw new Refusal(429, SECONDARY, { headers: seconds(fault.retryAfterSeconds) });
      case "primary-exhausted":
        throw new Refusal(403, "API rate limit exceeded.", {
          headers: {
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": String(Math.ceil(world.now() / 1_000) + fault.resetInSeconds),
          },
        });
      case "bad-credentials":
        throw new Refusal(401, "Bad credentials");
      default:
        return handle();
    }
  }

  #handle(request: RestRequest, target: Target, caller: Caller): RestResponse {
    const { matched, redirect } = target;
    if (redirect !== null) return this.#redirected(request, redirect);
    if (matched === null) throw notFound();
    const { route } = matched;
    const write = request.method !== "GET";
    if (caller.kind === "installation") {
      const content =
        request.method === "POST" &&
        (CONTENT_ROUTES.test(route.template) ||
          (this.#world.limits.checkRunsAreContent && route.template.endsWith("/check-runs")));
      this.#admit(caller.token.installation.id, { write, content });
    }
    const answer = this.#answer(request, target, route, caller);
    return this.#presented(request, route, answer, target);
  }

  #answer(request: RestRequest, target: Target, route: Route, caller: Caller): Answer {
    const routeRequest: RouteRequest = {
      world: this.#world,
      caller,
      parameters: target.matched?.parameters ?? {},
      query: request.url.searchParams,
      body: RequestBody.parse(request.method === "GET" ? "" : request.body),
      headers: request.headers,
    };
    if (route.access !== "repository") {
      if (route.access === "app" && caller.kind !== "app") {
        throw new Refusal(401, "A JSON web token could not be decoded");
      }
      return route.handle(routeRequest);
    }
    const { repository } = target;
    if (repository === null) throw notFound();
    this.#authorise(repository, route.needs, caller, request.method !== "GET");
    return route.handle({ ...routeRequest, repository });
  }

  #authorise(repository: Repository, needs: readonly Need[], caller: Caller, write: boolean): void {
    const world = this.#world;
    const refuse = () =>
      new Refusal(repository.private ? 404 : 403, repository.private ? "Not Found" : "Forbidden");
    if (caller.kind === "app") throw new Refusal(401, "A JSON web token could not be decoded");
    if (caller.kind === "nobody" && (repository.private || write)) throw refuse();
    if (caller.kind === "user") {
      const { base } = world.roleOf(repository, caller.account);
      const may = write ? ["write", "maintain", "admin"].includes(base) : base !== "none";
      if (!may) throw refuse();
    }
    if (caller.kind === "installation") {
      if (isInScope(world, caller, repository)) {
        const { permissions } = caller.token;
        if (!needs.some(({ permission, level }) => permits(permissions, permission, level)))
          throw missing(needs);
      } else if (repository.private) throw notFound();
      else if (write) throw missing(needs);
    }
    if (write && repository.archived) throw new Refusal(403, "Repository was archived so is read-only.");
  }

  #admit(installation: number, request: { readonly write: boolean; readonly content: boolean }): void {
    const limited = this.#rates.admit(installation, request);
    if (limited === null) return;
    if (limited.kind === "primary") {
      throw new Refusal(403, `API rate limit exceeded for installation ID ${installation}.`);
    }
    throw new Refusal(403, SECONDARY, { headers: { "retry-after": String(limited.retryAfterSeconds) } });
  }

  #presented(request: RestRequest, route: Route, answer: Answer, target: Target): RestResponse {
    if (answer.kind === "bytes") {
      return { status: answer.status, headers: { ...answer.headers }, bytes: answer.bytes, fault: null };
    }
    const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8" };
    let status = 200;
    let body: unknown;
    if (answer.kind === "list") {
      const { size, page } = pageOf(request.url.searchParams);
      const items = answer.items.slice(0, answer.most ?? answer.items.length);
      const shown = items.slice((page - 1) * size, page * size).map((item) => answer.present(item as never));
      body = answer.wrap === undefined ? shown : answer.wrap(shown, items.length);
      const link = this.#link(request, target, page, Math.max(1, Math.ceil(items.length / size)));
      if (link !== "") headers["link"] = link;
    } else {
      status = answer.status;
      body = answer.body;
      Object.assign(headers, answer.headers);
    }
    const bytes = Buffer.from(jsonText(body));
    if (this.#validate) this.#compare(request, route, status, bytes);
    if (request.method === "GET") {
      const etag = `W/"${createHash("sha1").update(bytes).digest("hex")}"`;
      headers["etag"] = etag;
      if (request.headers["if-none-match"] === etag) {
        return { status: 304, headers, bytes: new Uint8Array(), fault: null };
      }
    }
    return { status, headers, bytes, fault: null };
  }

  #compare({ method, body }: RestRequest, route: Route, status: number, bytes: Buffer): void {
    const answer: unknown = JSON.parse(bytes.toString("utf8"));
    const problems = problemsOf({ method, route: route.template, requestBody: body, status, answer });
    this.violations.push(...problems);
    if (problems.length > 0) throw new Error(problems.join("\n"));
  }

  /** Addresses of pages name a repository by its id, as GitHub's do. */
  #link({ url }: RestRequest, { repository, rest }: Target, page: number, last: number): string {
    const path = repository === null ? rest : `/repositories/${repository.id}${rest}`;
    const at = (to: number, name: string) => {
      const query = new URLSearchParams(url.searchParams);
      query.set("page", String(to));
      return `<${this.#world.answers.api}${path}?${query}>; rel="${name}"`;
    };
    return [
      ...(page > 1 ? [at(page - 1, "prev"), at(1, "first")] : []),
      ...(page < last ? [at(page + 1, "next"), at(last, "last")] : []),
    ].join(", ");
  }

  /** A request that changes something is to be repeated as it is (docs.github.com, "Redirects"). */
  #redirected({ method, url }: RestRequest, path: string): RestResponse {
    const status = method === "GET" ? 301 : 307;
    const location = `${this.#world.answers.api}${path}${url.search}`;
    const body = { message: status === 301 ? "Moved Permanently" : "Temporary Redirect", url: location };
    return {
      status,
      headers: { location, "content-type": "application/json; charset=utf-8" },
      bytes: Buffer.from(JSON.stringify(body)),
      fault: null,
    };
  }

  #targetOf({ method, url }: RestRequest): Target {
    const path = url.pathname.replace(/^\/api\/v3(?=\/|$)/, "").replace(/\/$/, "") || "/";
    const byId = /^\/repositories\/(\d+)(\/.*)?$/.exec(path);
    const byName = /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(path);
    if (byId !== null) {
      const repository = this.#world.repositories.get(Number(byId[1]));
      const rest = byId[2] ?? "";
      const matched = ROUTER.match(method, `/repos/x/x${rest}`);
      const found = repository === undefined || repository.deleted ? null : repository;
      return { path, rest, matched, repository: found, redirect: null };
    }
    const matched = ROUTER.match(method, path);
    if (byName === null) return { path, rest: path, matched, repository: null, redirect: null };
    const rest = byName[3] ?? "";
    const named = this.#world.repositoryNamed(
      decodeURIComponent(byName[1] ?? ""),
      decodeURIComponent(byName[2] ?? ""),
    );
    const redirect = named?.renamed === true ? `/repositories/${named.repository.id}${rest}` : null;
    return { path, rest, matched, repository: named?.repository ?? null, redirect };
  }

  #decorate({ headers }: RestResponse): void {
    headers["date"] = new Date(this.#world.now()).toUTCString();
    headers["x-github-request-id"] = this.#count.toString(16).padStart(8, "0");
    headers["x-github-media-type"] = "github.v3; format=json";
    const { enterpriseHost } = this.#world;
    if (enterpriseHost !== null) headers["x-github-enterprise-version"] = "3.19.0";
  }

  #call(request: RestRequest, target: Target, caller: Caller, status: number, fault: Fault | null): Call {
    const { matched, repository, path } = target;
    const token = caller.kind === "installation" ? caller.token : null;
    const number = matched?.parameters["pull_number"] ?? matched?.parameters["issue_number"];
    return {
      count: this.#count,
      at: this.#world.now(),
      method: request.method,
      route: matched?.route.template ?? null,
      path,
      query: request.url.search,
      caller: caller.kind,
      app: caller.kind === "app" ? caller.app.id : (token?.installation.app.id ?? null),
      installation: token?.installation.id ?? null,
      tokenRepositories:
        token === null ? null : token.repositories === null ? "all" : [...token.repositories],
      tokenPermissions: token?.permissions ?? null,
      repository: repository?.id ?? null,
      number: number === undefined ? null : Number(number),
      foreign:
        caller.kind === "installation" && repository !== null && !isInScope(this.#world, caller, repository),
      status,
      fault: fault?.kind ?? null,
      requestBody: request.body,
    };
  }

  async #archive(request: RestRequest, ticket: string): Promise<RestResponse> {
    this.#count += 1;
    const { method, url } = request;
    const path = url.pathname;
    const found = this.#world.archiveOf(ticket);
    const route = "/_archive";
    const fault = this.#world.faults.next({ method, route, path, installation: null, count: this.#count });
    const bytes = found === null ? new Uint8Array() : await archiveBytes(found.repository, found.sha);
    const response: RestResponse =
      fault?.kind === "status"
        ? errorPage(fault)
        : {
            status: found === null ? 404 : 200,
            headers: { "content-type": "application/x-gzip" },
            bytes,
            fault,
          };
    const target = { path, rest: path, matched: null, repository: found?.repository ?? null, redirect: null };
    this.calls.push({ ...this.#call(request, target, { kind: "nobody" }, response.status, fault), route });
    return response;
  }
}

interface Target {
  readonly path: string;
  /** After the name of the repository. */
  readonly rest: string;
  readonly matched: ReturnType<Router["match"]>;
  readonly repository: Repository | null;
  readonly redirect: string | null;
}

const SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";

function isInScope(
  world: World,
  { token }: Caller & { kind: "installation" },
  repository: Repository,
): boolean {
  return (
    world.holds(token.installation, repository) &&
    (token.repositories === null || token.repositories.has(repository.id))
  );
}

function missing(needs: readonly Need[]): Refusal {
  const accepted = needs.map(({ permission, level }) => `${permission}=${level}`).join("; ");
  return new Refusal(403, "Resource not accessible by integration", {
    headers: { "x-accepted-github-permissions": accepted },
  });
}

function refused({ status, message, errors, headers }: Refusal): RestResponse {
  const body = {
    message,
    ...(errors === null ? {} : { errors }),
    documentation_url: "https://docs.github.com/rest",
    status: String(status),
  };
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    bytes: Buffer.from(JSON.stringify(body)),
    fault: null,
  };
}

/** A page of a proxy: no JSON. */
function errorPage({ status }: { readonly status: number }): RestResponse {
  const bytes = Buffer.from(`<html><head><title>${status}</title></head><body>Unicorn!</body></html>`);
  return { status, headers: { "content-type": "text/html; charset=utf-8" }, bytes, fault: null };
}

function pageOf(query: URLSearchParams): { readonly size: number; readonly page: number } {
  const whole = (text: string | null, otherwise: number) => {
    const value = Number(text ?? otherwise);
    return Number.isInteger(value) && value > 0 ? value : otherwise;
  };
  return { size: Math.min(100, whole(query.get("per_page"), 30)), page: whole(query.get("page"), 1) };
}

const LARGE = /"@large:(\d+)"/g;

/** Ids above 2^53 are written as numbers. */
function jsonText(body: unknown): string {
  try {
    return JSON.stringify(body);
  } catch {
    const marked = JSON.stringify(body, (_, value: unknown) =>
      typeof value === "bigint" ? `@large:${value}` : value,
    );
    return marked.replace(LARGE, "$1");
  }
}
