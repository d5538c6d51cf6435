import type { Route } from "./route.ts";

export interface Matched {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

interface Compiled {
  readonly route: Route;
  readonly expression: RegExp;
  readonly names: readonly string[];
}

/** Names that may hold slashes: branches, refs and paths. */
const LONG: ReadonlySet<string> = new Set(["ref", "branch", "path", "basehead", "commit_sha"]);

/** Finds the route of a path; of two that fit, the one that says more. */
export class Router {
  readonly #routes = new Map<string, Compiled[]>();

  constructor(routes: readonly Route[]) {
    const sorted = [...routes].sort((one, other) => literals(other.template) - literals(one.template));
    for (const route of sorted) {
      const key = keyOf(route.method, route.template);
      const known = this.#routes.get(key) ?? [];
      known.push(compile(route));
      this.#routes.set(key, known);
    }
  }

  match(method: string, path: string): Matched | null {
    for (const { route, expression, names } of this.#routes.get(keyOf(method, path)) ?? []) {
      const found = expression.exec(path);
      if (found === null) continue;
      const parameters = Object.fromEntries(
        names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? "")]),
      );
      return { route, parameters };
    }
    return null;
  }
}

function literals(template: string): number {
  return template.split("/").filter((segment) => segment !== "" && !segment.startsWith("{")).length;
}

/** Method and the first segment that is always literal. */
function keyOf(method: string, path: string): string {
  const segments = path.split("/");
  return `${method} ${segments[1] === "repos" ? `repos/${segments[4] ?? ""}` : segments[1]}`;
}

function compile(route: Route): Compiled {
  const names: string[] = [];
  const body = route.template.replace(/[.+]/g, "\\$&").replace(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name);
    return LONG.has(name) ? "(.+?)" : "([^/]+)";
  });
  return { route, names, expression: new RegExp(`^${body}$`) };
}
