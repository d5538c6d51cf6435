import type { Caller } from "./caller.ts";
import type { Repository } from "./entities.ts";
import type { RequestBody } from "./request-body.ts";
import type { World } from "./world.ts";

export interface RouteRequest {
  readonly world: World;
  readonly caller: Caller;
  /** Decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: RequestBody;
  /** Lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface RepositoryRequest extends RouteRequest {
  readonly repository: Repository;
}

export type Answer =
  | { readonly kind: "json"; readonly status: number; readonly body: unknown; readonly headers?: Headers }
  | {
      readonly kind: "bytes";
      readonly status: number;
      readonly bytes: Uint8Array;
      readonly headers?: Headers;
    }
  /** The whole list; the page that was asked for is cut from it. */
  | {
      readonly kind: "list";
      readonly items: readonly unknown[];
      readonly present: (item: never) => unknown;
      readonly wrap?: (page: readonly unknown[], total: number) => unknown;
      /** The most that is ever listed. */
      readonly most?: number;
    };

type Headers = Readonly<Record<string, string>>;

export interface Need {
  readonly permission: string;
  readonly level: "read" | "write";
}

export type Route =
  /** With the App's own token (JWT). */
  | RouteOf<"app", RouteRequest>
  | RouteOf<"installation", RouteRequest>
  | RouteOf<"anyone", RouteRequest>
  /** In a repository; one of the needs is enough. */
  | (RouteOf<"repository", RepositoryRequest> & { readonly needs: readonly Need[] });

interface RouteOf<Kind extends string, Request> {
  readonly access: Kind;
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** As GitHub documents it. */
  readonly template: string;
  readonly handle: (request: Request) => Answer;
}

export function json(status: number, body: unknown, headers: Headers = {}): Answer {
  return { kind: "json", status, body, headers };
}

export const NO_CONTENT: Answer = { kind: "bytes", status: 204, bytes: new Uint8Array() };

export function list<Item>(
  items: readonly Item[],
  present: (item: Item) => unknown,
  more: {
    readonly wrap?: (page: readonly unknown[], total: number) => unknown;
    readonly most?: number;
  } = {},
): Answer {
  return { kind: "list", items, present, ...more };
}

/** Needs by their short form: "checks:write". */
export function inRepository(
  method: Route["method"],
  path: string,
  needs: readonly string[],
  handle: (request: RepositoryRequest) => Answer,
): Route {
  return {
    access: "repository",
    method,
    template: `/repos/{owner}/{repo}${path}`,
    needs: needs.map(needOf),
    handle,
  };
}

function needOf(text: string): Need {
  const [permission = "", level] = text.split(":");
  return { permission, level: level === "write" ? "write" : "read" };
}
