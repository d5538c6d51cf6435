import { verify } from "node:crypto";
import type { Account, App, Token } from "./entities.ts";
import { Refusal } from "./refusal.ts";
import type { World } from "./world.ts";

/** Who asks. */
export type Caller =
  | { readonly kind: "nobody" }
  | { readonly kind: "user"; readonly account: Account }
  | { readonly kind: "app"; readonly app: App }
  | { readonly kind: "installation"; readonly token: Token };

const LONGEST_JWT_SECONDS = 600;

/** @throws {Refusal} 401 */
export function callerOf(world: World, authorization: string | undefined): Caller {
  if (authorization === undefined || authorization === "") return { kind: "nobody" };
  const [scheme = "", value = ""] = authorization.split(/\s+/, 2);
  if (!/^(bearer|token)$/i.test(scheme)) throw badCredentials();
  const token = world.tokens.get(value);
  if (token !== undefined) return installationCaller(world, token);
  const account = world.userTokens.get(value);
  if (account !== undefined) return { kind: "user", account };
  if (/^bearer$/i.test(scheme) && value.split(".").length === 3)
    return { kind: "app", app: appOf(world, value) };
  throw badCredentials();
}

const badCredentials = () => new Refusal(401, "Bad credentials");

function installationCaller(world: World, token: Token): Caller {
  if (token.expiresAt <= world.now() || token.installation.deleted) throw badCredentials();
  if (token.installation.suspendedAt !== null) {
    throw new Refusal(403, "This installation has been suspended");
  }
  return { kind: "installation", token };
}

const verified = new Map<string, string>();

/** docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App". */
function appOf(world: World, jwt: string): App {
  const [header = "", payload = "", signature = ""] = jwt.split(".");
  const undecodable = () => new Refusal(401, "A JSON web token could not be decoded");
  const claims = decoded(payload);
  if (claims === null || decoded(header)?.["alg"] !== "RS256") throw undecodable();
  const { iss, iat, exp } = claims;
  const app = [...world.apps.values()].find(
    ({ id, clientId }) => String(id) === String(iss) || clientId === iss,
  );
  if (app === undefined) throw new Refusal(404, "Integration not found");
  if (verified.get(jwt) !== app.privateKey) {
    const data = Buffer.from(`${header}.${payload}`);
    if (!verify("sha256", data, app.publicKey, Buffer.from(signature, "base64url"))) throw undecodable();
    if (verified.size > 1_000) verified.clear();
    verified.set(jwt, app.privateKey);
  }
  checkTimes(Math.floor(world.now() / 1_000), iat, exp);
  return app;
}

/** Octokit's authentication looks for these sentences to correct its clock. */
function checkTimes(now: number, issued: unknown, expires: unknown): void {
  if (typeof issued !== "number" || issued > now + 60) {
    throw new Refusal(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  }
  if (typeof expires !== "number" || expires <= now) {
    throw new Refusal(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (expires > now + LONGEST_JWT_SECONDS) {
    throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future");
  }
}

function decoded(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Whose name an action of this caller carries. */
export function actorOf(caller: Caller): { readonly account: Account; readonly app: App | null } {
  if (caller.kind === "installation") {
    const { app } = caller.token.installation;
    return { account: app.bot, app };
  }
  if (caller.kind === "user") return { account: caller.account, app: null };
  throw new Refusal(401, "Requires authentication");
}
