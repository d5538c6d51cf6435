import { requirementsOf, rulesetsOf } from "../merge-box.ts";
import { commitAnswer } from "../pull-requests.ts";
import { notFound, Refusal } from "../refusal.ts";
import { inRepository, json, list, type RepositoryRequest, type Route, type RouteRequest } from "../route.ts";

export const REPOSITORY_ROUTES: readonly Route[] = [
  inRepository("GET", "", ["metadata:read"], ({ world, repository }) =>
    json(200, world.answers.fullRepository(repository)),
  ),
  inRepository("GET", "/branches/{branch}", ["contents:read"], branch),
  inRepository("GET", "/branches", ["contents:read"], (request) => {
    const { world, repository } = request;
    const names = [...repository.refs.keys()].filter(
      (name) => name.startsWith("heads/") && world.refSha(repository, name, true) !== null,
    );
    return list(names, (name: string) => shortBranch(request, name.slice("heads/".length)));
  }),
  inRepository("GET", "/rules/branches/{branch}", ["metadata:read"], branchRules),
  inRepository(
    "GET",
    "/branches/{branch}/protection/required_status_checks",
    ["administration:read"],
    (request) => {
      const protection = request.repository.protections.get(request.parameters["branch"] ?? "");
      if (protection === undefined) throw new Refusal(404, "Branch not protected");
      if (protection.checks.length === 0) throw new Refusal(404, "Required status checks not enabled");
      return json(200, statusCheckPolicy(request, protection));
    },
  ),
  inRepository("GET", "/branches/{branch}/protection", ["administration:read"], (request) => {
    const protection = request.repository.protections.get(request.parameters["branch"] ?? "");
    if (protection === undefined) throw new Refusal(404, "Branch not protected");
    const url = `${branchUrl(request)}/protection`;
    return json(200, {
      url,
      required_status_checks: statusCheckPolicy(request, protection),
      enforce_admins: { url: `${url}/enforce_admins`, enabled: protection.enforceAdmins },
    });
  }),
  inRepository("GET", "/collaborators/{username}/permission", ["metadata:read"], collaboratorPermission),
  inRepository("GET", "/activity", ["contents:read"], ({ world, repository, query }) => {
    const wanted = query.get("ref")?.replace(/^refs\//, "");
    const moves = [...repository.refs.values()]
      .filter(({ name }) => wanted === undefined || name === wanted)
      .flatMap(({ name, moves: all }) =>
        all.filter(({ at }) => world.isVisible(at)).map((move) => ({ name, move })),
      )
      .sort((one, other) => other.move.id - one.move.id);
    return list(moves, ({ name, move }) => world.answers.activity(move, name));
  }),
  {
    access: "anyone",
    method: "GET",
    template: "/rate_limit",
    handle: ({ world }) => {
      const limit = {
        limit: world.limits.primary ?? 0,
        remaining: world.limits.primary ?? 0,
        reset: 0,
        used: 0,
      };
      if (world.limits.primary === null) throw new Refusal(404, "Rate limiting is not enabled.");
      return json(200, { resources: { core: limit, search: limit }, rate: limit });
    },
  },
  {
    access: "anyone",
    method: "GET",
    template: "/meta",
    handle: ({ world }: RouteRequest) =>
      json(200, {
        verifiable_password_authentication: false,
        ...(world.enterpriseHost === null ? {} : { installed_version: "3.19.0" }),
      }),
  },
];

function branchUrl({ world, repository, parameters }: RepositoryRequest): string {
  return `${world.answers.repositoryUrl(repository)}/branches/${parameters["branch"]}`;
}

function tipOf({ world, repository }: RepositoryRequest, name: string): string {
  const sha = world.refSha(repository, `heads/${name}`, true);
  if (sha === null) throw new Refusal(404, "Branch not found");
  return sha;
}

function shortBranch(request: RepositoryRequest, name: string) {
  const sha = tipOf(request, name);
  const { world, repository } = request;
  return {
    name,
    commit: { sha, url: `${world.answers.repositoryUrl(repository)}/commits/${sha}` },
    protected: requirementsOf(repository, name).length > 0,
  };
}

/** Everybody who reads the branch sees which checks classic protection asks for, but not whether it must be up to date. */
function branch(request: RepositoryRequest) {
  const { world, repository, parameters } = request;
  const name = parameters["branch"] ?? "";
  const commit = repository.objects.commit(tipOf(request, name));
  const protection = repository.protections.get(name);
  const url = branchUrl(request);
  return json(200, {
    name,
    commit: commitAnswer(world, repository, commit),
    _links: { self: url, html: `${world.answers.repositoryPage(repository)}/tree/${name}` },
    protected: protection !== undefined || rulesetsOf(repository, name).length > 0,
    protection: {
      enabled: protection !== undefined,
      required_status_checks: {
        enforcement_level:
          protection === undefined ? "off" : protection.enforceAdmins ? "everyone" : "non_admins",
        contexts: (protection?.checks ?? []).map(({ context }) => context),
        checks: (protection?.checks ?? []).map(({ context, appId }) => ({ context, app_id: appId })),
      },
    },
    protection_url: `${url}/protection`,
  });
}

function statusCheckPolicy(
  request: RepositoryRequest,
  {
    strict,
    checks,
  }: { readonly strict: boolean; readonly checks: readonly { context: string; appId: number | null }[] },
) {
  const url = `${branchUrl(request)}/protection/required_status_checks`;
  return {
    url,
    strict,
    contexts: checks.map(({ context }) => context),
    contexts_url: `${url}/contexts`,
    checks: checks.map(({ context, appId }) => ({ context, app_id: appId })),
  };
}

function branchRules({ repository, parameters }: RepositoryRequest) {
  const rules = rulesetsOf(repository, parameters["branch"] ?? "").flatMap((ruleset) => {
    const from = {
      ruleset_source_type: "Repository",
      ruleset_source: `${repository.owner.login}/${repository.name}`,
      ruleset_id: ruleset.id,
    };
    const { requiredChecks, strict, mergeQueue } = ruleset;
    return [
      ...(requiredChecks.length === 0
        ? []
        : [
            {
              type: "required_status_checks",
              parameters: {
                strict_required_status_checks_policy: strict,
                do_not_enforce_on_create: false,
                required_status_checks: requiredChecks.map(({ context, integrationId }) => ({
                  context,
                  ...(integrationId === null ? {} : { integration_id: integrationId }),
                })),
              },
              ...from,
            },
          ]),
      ...(mergeQueue ? [{ type: "merge_queue", parameters: MERGE_QUEUE, ...from }] : []),
    ];
  });
  return list(rules, (rule) => rule);
}

const MERGE_QUEUE = {
  check_response_timeout_minutes: 60,
  grouping_strategy: "ALLGREEN",
  max_entries_to_build: 5,
  max_entries_to_merge: 5,
  merge_method: "MERGE",
  min_entries_to_merge: 1,
  min_entries_to_merge_wait_minutes: 5,
} as const;

/** `permission` knows no maintain and no triage (OpenAPI, "Get repository permissions for a user"). */
const FOLDED: Readonly<Record<string, string>> = { maintain: "write", triage: "read" };

function collaboratorPermission({ world, repository, parameters }: RepositoryRequest) {
  const account = world.account(parameters["username"] ?? "");
  if (account === undefined) throw notFound();
  const { role, base } = world.roleOf(repository, account);
  const ranks = ["none", "read", "triage", "write", "maintain", "admin"];
  const rank = ranks.indexOf(base);
  return json(200, {
    permission: FOLDED[base] ?? base,
    role_name: role,
    user: {
      ...world.answers.account(account),
      role_name: role,
      permissions: {
        pull: rank >= 1,
        triage: rank >= 2,
        push: rank >= 3,
        maintain: rank >= 4,
        admin: rank >= 5,
      },
    },
  });
}
