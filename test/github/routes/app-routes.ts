import { time } from "../answers.ts";
import { uninstall } from "../apps.ts";
import { actorOf } from "../caller.ts";
import type { Delivery } from "../delivery.ts";
import type { App, Installation, Permissions, Repository, Token } from "../entities.ts";
import { notFound, Refusal } from "../refusal.ts";
import type { RequestBody } from "../request-body.ts";
import { json, list, NO_CONTENT, type Route, type RouteRequest } from "../route.ts";
import { permits, type World } from "../world.ts";

const TOKEN_MILLISECONDS = 60 * 60_000;
const MOST_REPOSITORIES = 500;

export const APP_ROUTES: readonly Route[] = [
  {
    access: "app",
    method: "GET",
    template: "/app",
    handle: ({ world, caller }) =>
      json(200, {
        ...world.answers.integration(appOf(caller)),
        installations_count: installationsOf(world, appOf(caller)).length,
      }),
  },
  {
    access: "app",
    method: "GET",
    template: "/app/installations",
    handle: ({ world, caller }) =>
      list(installationsOf(world, appOf(caller)), (one) => world.answers.installation(one)),
  },
  {
    access: "app",
    method: "GET",
    template: "/app/installations/{installation_id}",
    handle: (request) => json(200, request.world.answers.installation(installationOf(request))),
  },
  {
    access: "app",
    method: "DELETE",
    template: "/app/installations/{installation_id}",
    handle: (request) => {
      uninstall(request.world, installationOf(request));
      return NO_CONTENT;
    },
  },
  {
    access: "app",
    method: "POST",
    template: "/app/installations/{installation_id}/access_tokens",
    handle: (request) => {
      const token = newToken(request.world, installationOf(request), request.body);
      return json(201, tokenAnswer(request.world, token));
    },
  },
  {
    access: "app",
    method: "GET",
    template: "/app/hook/config",
    handle: ({ caller }) => json(200, hookConfiguration(appOf(caller))),
  },
  {
    access: "app",
    method: "PATCH",
    template: "/app/hook/config",
    handle: ({ caller, body }) => {
      const app = appOf(caller);
      app.webhookUrl = body.optionalText("url") ?? app.webhookUrl;
      app.webhookSecret = body.optionalText("secret") ?? app.webhookSecret;
      return json(200, hookConfiguration(app));
    },
  },
  { access: "app", method: "GET", template: "/app/hook/deliveries", handle: listDeliveries },
  {
    access: "app",
    method: "GET",
    template: "/app/hook/deliveries/{delivery_id}",
    handle: (request) => {
      const delivery = deliveryOf(request);
      const sent = request.world.deliveries.request(delivery);
      return json(200, {
        ...deliveryAnswer(delivery),
        url: sent.url,
        request: { headers: sent.headers, payload: delivery.payload },
        response: { headers: {}, payload: delivery.responseBody },
      });
    },
  },
  {
    access: "app",
    method: "POST",
    template: "/app/hook/deliveries/{delivery_id}/attempts",
    handle: (request) => {
      request.world.deliveries.redeliver(deliveryOf(request).id);
      return json(202, {});
    },
  },
  {
    access: "app",
    method: "GET",
    template: "/repos/{owner}/{repo}/installation",
    handle: ({ world, caller, parameters }) => {
      const named = world.repositoryNamed(parameters["owner"] ?? "", parameters["repo"] ?? "");
      const found = installationsOf(world, appOf(caller)).find(
        (one) => named !== null && world.holds(one, named.repository),
      );
      if (found === undefined) throw notFound();
      return json(200, world.answers.installation(found));
    },
  },
  ...["/orgs/{org}/installation", "/users/{username}/installation"].map(
    (template): Route => ({
      access: "app",
      method: "GET",
      template,
      handle: ({ world, caller, parameters }) => {
        const login = (parameters["org"] ?? parameters["username"] ?? "").toLowerCase();
        const found = installationsOf(world, appOf(caller)).find(
          ({ account }) => account.login.toLowerCase() === login,
        );
        if (found === undefined) throw notFound();
        return json(200, world.answers.installation(found));
      },
    }),
  ),
  {
    access: "installation",
    method: "GET",
    template: "/installation/repositories",
    handle: ({ world, caller }) => {
      const { token } = tokenOf(caller);
      const selection = token.repositories === null ? token.installation.repositories : "selected";
      return list(repositoriesOf(world, token), (one) => world.answers.repository(one), {
        wrap: (repositories, total) => ({
          total_count: total,
          repository_selection: selection === "all" ? "all" : "selected",
          repositories,
        }),
      });
    },
  },
  {
    access: "installation",
    method: "DELETE",
    template: "/installation/token",
    handle: ({ world, caller }) => {
      world.tokens.delete(tokenOf(caller).token.value);
      return NO_CONTENT;
    },
  },
  {
    access: "anyone",
    method: "GET",
    template: "/users/{username}",
    handle: ({ world, parameters }) => {
      const account = world.account(parameters["username"] ?? "");
      if (account === undefined) throw notFound();
      return json(200, world.answers.userProfile(account));
    },
  },
  {
    access: "anyone",
    method: "GET",
    template: "/user",
    handle: ({ world, caller }) => json(200, world.answers.userProfile(actorOf(caller).account)),
  },
  {
    access: "anyone",
    method: "GET",
    template: "/orgs/{org}/teams/{team_slug}/memberships/{username}",
    handle: teamMembership,
  },
];

function appOf(caller: RouteRequest["caller"]): App {
  if (caller.kind !== "app") throw new Refusal(401, "A JSON web token could not be decoded");
  return caller.app;
}

function tokenOf(caller: RouteRequest["caller"]) {
  if (caller.kind !== "installation") {
    throw new Refusal(
      403,
      "You must authenticate with an installation access token in order to list repositories",
    );
  }
  return caller;
}

function installationsOf(world: World, app: App): readonly Installation[] {
  return [...world.installations.values()].filter((one) => one.app === app && !one.deleted);
}

function installationOf({ world, caller, parameters }: RouteRequest): Installation {
  const found = world.installations.get(Number(parameters["installation_id"]));
  if (found === undefined || found.deleted || found.app !== appOf(caller)) throw notFound();
  return found;
}

function repositoriesOf(world: World, { installation, repositories }: Token): readonly Repository[] {
  return [...world.repositories.values()].filter(
    (one) => world.holds(installation, one) && (repositories === null || repositories.has(one.id)),
  );
}

/** @throws {Refusal} where more is asked for than the installation has */
export function newToken(world: World, installation: Installation, body: RequestBody): Token {
  if (installation.suspendedAt !== null) throw new Refusal(403, "This installation has been suspended");
  const created = world.now();
  const token: Token = {
    // Since April 2026 a token has no fixed length (docs.github.com, "Generating an installation access token").
    value: `ghs_${installation.app.id}_${world.secret("token", 60 + (world.tokens.size % 7) * 23)}`,
    installation,
    repositories: narrowedRepositories(world, installation, body),
    permissions: narrowedPermissions(installation, body.object("permissions")),
    createdAt: created,
    expiresAt: created + TOKEN_MILLISECONDS,
  };
  world.tokens.set(token.value, token);
  return token;
}

function narrowedRepositories(
  world: World,
  installation: Installation,
  body: RequestBody,
): ReadonlySet<number> | null {
  const ids = body.integers("repository_ids", { most: MOST_REPOSITORIES });
  const names = body.texts("repositories");
  if (ids === null && names === null) return null;
  const chosen = [
    ...(ids ?? []).map((id) => world.repositories.get(id)),
    ...(names ?? []).map((name) => world.repositoryNamed(installation.account.login, name)?.repository),
  ];
  const held = chosen.flatMap((one) => (one !== undefined && world.holds(installation, one) ? [one.id] : []));
  if (held.length < chosen.length) {
    throw new Refusal(
      422,
      "There is at least one repository that does not exist or is not accessible to the parent installation.",
    );
  }
  return new Set(held);
}

function narrowedPermissions(installation: Installation, asked: RequestBody | null): Permissions {
  if (asked === null) return installation.permissions;
  const entries = asked.entries().map(([name, level]) => {
    const wanted = level === "write" || level === "admin" ? "write" : "read";
    if (!permits(installation.permissions, name, wanted)) {
      throw new Refusal(422, "The permissions requested are not granted to this installation.");
    }
    return [name, wanted] as const;
  });
  return { metadata: "read", ...Object.fromEntries(entries) };
}

function tokenAnswer(world: World, token: Token) {
  const selected = token.repositories === null ? token.installation.repositories : "selected";
  return {
    token: token.value,
    expires_at: time(token.expiresAt),
    permissions: token.permissions,
    repository_selection: selected === "all" ? "all" : "selected",
    ...(token.repositories === null
      ? {}
      : { repositories: repositoriesOf(world, token).map((one) => world.answers.repository(one)) }),
  };
}

function hookConfiguration({ webhookUrl, webhookSecret }: App) {
  return {
    content_type: "json",
    insecure_ssl: "0",
    ...(webhookSecret === "" ? {} : { secret: "********" }),
    url: webhookUrl,
  };
}

/** Newest first, with a cursor for older ones. */
function listDeliveries({ world, caller, query }: RouteRequest) {
  const app = appOf(caller);
  const wanted = query.get("status");
  const cursor = query.get("cursor");
  const size = Math.min(100, Math.max(1, Number(query.get("per_page") ?? 30)));
  const before = cursor === null ? null : BigInt(cursor.replace(/^v1_/, ""));
  const found = world.deliveries.attempts
    .filter((one) => one.app === app && (before === null || one.id < before))
    .filter((one) => wanted === null || (wanted === "success") === succeeded(one))
    .sort((one, other) => (one.id < other.id ? 1 : -1));
  const page = found.slice(0, size);
  const last = page.at(-1);
  const headers: Record<string, string> = {};
  if (found.length > size && last !== undefined) {
    const next = new URLSearchParams(query);
    next.set("cursor", `v1_${last.id}`);
    headers["link"] = `<${world.answers.api}/app/hook/deliveries?${next}>; rel="next"`;
  }
  return json(200, page.map(deliveryAnswer), headers);
}

function succeeded({ statusCode }: Delivery): boolean {
  return statusCode !== null && statusCode >= 200 && statusCode < 300;
}

function deliveryAnswer(delivery: Delivery) {
  const { statusCode } = delivery;
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: new Date(delivery.deliveredAt ?? 0).toISOString(),
    redelivery: delivery.redelivery,
    duration: delivery.durationMilliseconds / 1_000,
    status: succeeded(delivery)
      ? "OK"
      : statusCode === 0
        ? "failed to connect to host"
        : `Invalid HTTP Response: ${statusCode}`,
    status_code: statusCode ?? 0,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installation,
    repository_id: delivery.repository,
    throttled_at: null,
  };
}

function deliveryOf({ world, caller, parameters }: RouteRequest): Delivery {
  const id = parameters["delivery_id"] ?? "";
  const app = appOf(caller);
  const found = world.deliveries.attempts.find((one) => String(one.id) === id && one.app === app);
  if (found === undefined) throw notFound();
  return found;
}

/** The permission is one of the organisation (docs.github.com, "Permissions required for GitHub Apps": Members). */
function teamMembership({ world, caller, parameters }: RouteRequest) {
  const organisation = world.account(parameters["org"] ?? "");
  if (organisation === undefined || organisation.type !== "Organization") throw notFound();
  if (caller.kind !== "installation" || caller.token.installation.account !== organisation) throw notFound();
  if (!permits(caller.token.permissions, "members", "read")) {
    throw new Refusal(403, "Resource not accessible by integration", {
      headers: { "x-accepted-github-permissions": "members=read" },
    });
  }
  const team = world.teams.find(
    (one) => one.organisation === organisation && one.slug === parameters["team_slug"],
  );
  const account = world.account(parameters["username"] ?? "");
  if (team === undefined || account === undefined || !team.members.has(account)) throw notFound();
  const url = `${world.answers.api}/organizations/${organisation.id}/team/${team.slug}/memberships/${account.login}`;
  return json(200, { url, role: "member", state: "active" });
}
