import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { Account, App, Installation, Permissions, Repository } from "./entities.ts";
import { EVENT_PERMISSIONS, type World } from "./world.ts";

export interface Registration {
  readonly name?: string;
  readonly owner?: Account;
  readonly permissions: Permissions;
  readonly events: readonly string[];
  readonly webhookUrl?: string;
  readonly webhookSecret?: string;
}

/** Keys take long to make: the fakes of a process share them, each App of a fake has its own. */
const keys = new Map<string, string>();
const publicKeys = new Map<string, KeyObject>();

function publicKey(pem: string): KeyObject {
  const known = publicKeys.get(pem) ?? createPublicKey(pem);
  publicKeys.set(pem, known);
  return known;
}

function privateKey(name: string): string {
  const known = keys.get(name);
  if (known !== undefined) return known;
  const { privateKey: made } = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  keys.set(name, made);
  return made;
}

/** @throws where an event needs a permission that is not asked for: GitHub does not offer its box then */
export function registerApp(world: World, registration: Registration): App {
  refuseUnheardEvents(registration);
  const name = registration.name ?? "egress-review";
  const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const owner = registration.owner ?? world.account("app-owner") ?? world.addAccount("app-owner", "User");
  const key = privateKey(`${world.apps.size}`);
  const id = world.nextId();
  const app: App = {
    id,
    clientId: `Iv1.${world.secret("client id", 16)}`,
    slug,
    name,
    owner,
    bot: world.addAccount(`${slug}[bot]`, "Bot"),
    permissions: { metadata: "read", ...registration.permissions },
    events: registration.events,
    webhookUrl: registration.webhookUrl ?? "https://egress-review.example.com/api/github/webhooks",
    webhookSecret: registration.webhookSecret ?? world.secret("webhook", 40),
    privateKey: key,
    publicKey: publicKey(key),
    createdAt: world.now(),
  };
  world.apps.set(id, app);
  return app;
}

function refuseUnheardEvents({ permissions, events }: Pick<Registration, "permissions" | "events">): void {
  for (const event of events) {
    const needed = EVENT_PERMISSIONS[event];
    if (needed === undefined) throw new Error(`the event ${event} cannot be subscribed to`);
    if (needed !== "metadata" && permissions[needed] === undefined) {
      throw new Error(`the event ${event} needs the permission ${needed}`);
    }
  }
}

/** A new key; the old one is refused from now on. */
export function rotateKey(world: World, app: App): void {
  const index = [...world.apps.values()].indexOf(app);
  app.privateKey = privateKey(`${index} after ${createHash("sha256").update(app.privateKey).digest("hex")}`);
  app.publicKey = publicKey(app.privateKey);
}

/** What an App asks for changes at once; installations keep what they accepted until their owner accepts more. */
export function changeRegistration(
  app: App,
  { permissions, events }: Partial<Pick<Registration, "permissions" | "events">>,
): void {
  const next = { permissions: permissions ?? app.permissions, events: events ?? app.events };
  refuseUnheardEvents(next);
  app.permissions = { metadata: "read", ...next.permissions };
  app.events = next.events;
}

export function acceptPermissions(world: World, installation: Installation): void {
  installation.permissions = installation.app.permissions;
  installation.events = installation.app.events;
  const { account } = installation;
  world.emitInstallation("installation", "new_permissions_accepted", installation, account, {});
}

export function install(
  world: World,
  app: App,
  account: Account,
  repositories: readonly Repository[] | "all",
): Installation {
  if (repositories !== "all" && repositories.some(({ owner }) => owner !== account)) {
    throw new Error(`an installation holds repositories of ${account.login} alone`);
  }
  const installation: Installation = {
    id: world.nextId(),
    app,
    account,
    repositories: repositories === "all" ? "all" : new Set(repositories),
    permissions: app.permissions,
    events: app.events,
    suspendedAt: null,
    deleted: false,
    createdAt: world.now(),
  };
  world.installations.set(installation.id, installation);
  world.emitInstallation("installation", "created", installation, account, {
    repositories: heldBy(world, installation).map(short),
  });
  return installation;
}

export function uninstall(world: World, installation: Installation): void {
  const repositories = heldBy(world, installation).map(short);
  installation.deleted = true;
  world.emitInstallation("installation", "deleted", installation, installation.account, { repositories });
}

export function suspend(world: World, installation: Installation): void {
  installation.suspendedAt = world.now();
  world.emitInstallation("installation", "suspend", installation, installation.account, {});
}

export function unsuspend(world: World, installation: Installation): void {
  installation.suspendedAt = null;
  world.emitInstallation("installation", "unsuspend", installation, installation.account, {});
}

export function addRepositories(
  world: World,
  installation: Installation,
  added: readonly Repository[],
): void {
  if (installation.repositories === "all") return;
  for (const repository of added) installation.repositories.add(repository);
  tellRepositories(world, installation, "added", added, []);
}

export function removeRepositories(
  world: World,
  installation: Installation,
  removed: readonly Repository[],
): void {
  if (installation.repositories === "all") installation.repositories = new Set(heldBy(world, installation));
  for (const repository of removed) installation.repositories.delete(repository);
  tellRepositories(world, installation, "removed", [], removed);
}

function tellRepositories(
  world: World,
  installation: Installation,
  action: string,
  added: readonly Repository[],
  removed: readonly Repository[],
): void {
  world.emitInstallation("installation_repositories", action, installation, installation.account, {
    repository_selection: installation.repositories === "all" ? "all" : "selected",
    repositories_added: added.map(short),
    repositories_removed: removed.map(short),
  });
}

function heldBy(world: World, installation: Installation): readonly Repository[] {
  return [...world.repositories.values()].filter((repository) => world.holds(installation, repository));
}

function short({ id, owner, name, private: hidden }: Repository) {
  return { id, node_id: `R_${id}`, name, full_name: `${owner.login}/${name}`, private: hidden };
}
