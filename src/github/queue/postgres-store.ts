import { randomUUID } from "node:crypto";
import type { PullRequestReference } from "../github.ts";
import type { Database, Transaction } from "./database.ts";
import { type Delivery, type Expectation, pullRequestKey, type Store } from "./queue.ts";

const SCHEMA = `
CREATE SCHEMA IF NOT EXISTS egress_review;
CREATE TABLE IF NOT EXISTS egress_review.delivery (
  guid text PRIMARY KEY, event text NOT NULL, action text, installation bigint, received_at timestamptz NOT NULL);
CREATE INDEX IF NOT EXISTS delivery_received ON egress_review.delivery (received_at);
CREATE SEQUENCE IF NOT EXISTS egress_review.sequence;
CREATE TABLE IF NOT EXISTS egress_review.expectation (
  key text PRIMARY KEY, head text, updated_at text, again boolean NOT NULL, sequence bigint NOT NULL);
CREATE TABLE IF NOT EXISTS egress_review.last_head (key text PRIMARY KEY, head text NOT NULL, at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS egress_review.answered (key text PRIMARY KEY, at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS egress_review.gate (installation bigint PRIMARY KEY, until timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS egress_review.lease (name text PRIMARY KEY, owner text NOT NULL, until timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS egress_review.note (name text PRIMARY KEY, value text NOT NULL);
`;

const LEASE_SECONDS = 60;
const RENEWAL_MILLISECONDS = 20_000;
const LEASE_POLL_MILLISECONDS = 200;

/** What is remembered beside the queue, in the same database. */
export class PostgresStore implements Store {
  readonly #database: Database;
  readonly #owner = randomUUID();
  /** Who waits for a name in this process, so that only one asks the database for it. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Makes the tables where they are missing. Replicas may start at the same time. */
  async prepare(): Promise<void> {
    await this.#database.transaction(async ({ query }) => {
      await query("SELECT pg_advisory_xact_lock(7254981)");
      for (const statement of SCHEMA.split(";\n")) if (statement.trim() !== "") await query(statement);
    });
  }

  async expectation(pullRequest: PullRequestReference) {
    const [row] = await this.#database.query(
      "SELECT head, updated_at, again, sequence FROM egress_review.expectation WHERE key = $1",
      [pullRequestKey(pullRequest)],
    );
    if (row === undefined) return null;
    return {
      head: row["head"] as string | null,
      updatedAt: row["updated_at"] as string | null,
      again: row["again"] === true,
      sequence: Number(row["sequence"]),
    };
  }

  async met(pullRequest: PullRequestReference, sequence: number): Promise<void> {
    await this.#database.query("DELETE FROM egress_review.expectation WHERE key = $1 AND sequence = $2", [
      pullRequestKey(pullRequest),
      sequence,
    ]);
  }

  async lastHead(pullRequest: PullRequestReference): Promise<string | null> {
    const [row] = await this.#database.query("SELECT head FROM egress_review.last_head WHERE key = $1", [
      pullRequestKey(pullRequest),
    ]);
    return (row?.["head"] as string | undefined) ?? null;
  }

  async setLastHead(pullRequest: PullRequestReference, head: string): Promise<void> {
    await this.#database.query(
      `INSERT INTO egress_review.last_head (key, head, at) VALUES ($1, $2, now())
       ON CONFLICT (key) DO UPDATE SET head = excluded.head, at = excluded.at`,
      [pullRequestKey(pullRequest), head],
    );
  }

  async blockedUntil(installation: number): Promise<Date | null> {
    const [row] = await this.#database.query("SELECT until FROM egress_review.gate WHERE installation = $1", [
      installation,
    ]);
    return row === undefined ? null : new Date(row["until"] as string | Date);
  }

  async block(installation: number, until: Date): Promise<void> {
    await this.#database.query(
      `INSERT INTO egress_review.gate (installation, until) VALUES ($1, $2)
       ON CONFLICT (installation) DO UPDATE SET until = greatest(gate.until, excluded.until)`,
      [installation, until],
    );
  }

  async note(name: string): Promise<string | null> {
    const [row] = await this.#database.query("SELECT value FROM egress_review.note WHERE name = $1", [name]);
    return (row?.["value"] as string | undefined) ?? null;
  }

  async setNote(name: string, value: string): Promise<void> {
    await this.#database.query(
      `INSERT INTO egress_review.note (name, value) VALUES ($1, $2)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      [name, value],
    );
  }

  /** One after the other in this process; among processes by a row that its holder renews. */
  exclusively<T>(name: string, action: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(name) ?? Promise.resolve();
    const own = before.catch(() => undefined).then(() => this.#leased(name, action));
    const settled = own.catch(() => undefined);
    this.#turns.set(name, settled);
    void settled.then(() => {
      if (this.#turns.get(name) === settled) this.#turns.delete(name);
    });
    return own;
  }

  async #leased<T>(name: string, action: () => Promise<T>): Promise<T> {
    // Nobody else has an embedded database open.
    if (this.#database.kind === "embedded") return action();
    while (!(await this.#lease(name))) {
      await new Promise((resolve) => setTimeout(resolve, LEASE_POLL_MILLISECONDS));
    }
    const renewal = setInterval(() => void this.#lease(name).catch(() => undefined), RENEWAL_MILLISECONDS);
    try {
      return await action();
    } finally {
      clearInterval(renewal);
      await this.#database.query("DELETE FROM egress_review.lease WHERE name = $1 AND owner = $2", [
        name,
        this.#owner,
      ]);
    }
  }

  async #lease(name: string): Promise<boolean> {
    const rows = await this.#database.query(
      `INSERT INTO egress_review.lease (name, owner, until) VALUES ($1, $2, now() + $3 * interval '1 second')
       ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
       WHERE lease.until < now() OR lease.owner = excluded.owner RETURNING name`,
      [name, this.#owner, LEASE_SECONDS],
    );
    return rows.length > 0;
  }

  /** For those who ask every so often, in any number of processes: whether it is their turn. */
  async isDue(name: string, milliseconds: number): Promise<boolean> {
    const rows = await this.#database.query(
      `INSERT INTO egress_review.lease (name, owner, until)
       VALUES ('due:' || $1::text, $2, now() + $3::float8 * interval '1 millisecond')
       ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
       WHERE lease.until <= now() RETURNING name`,
      [name, this.#owner, milliseconds],
    );
    return rows.length > 0;
  }

  /** For operators: how many installations are asked nothing for now. */
  async blockedInstallations(): Promise<number> {
    const [row] = await this.#database.query(
      "SELECT count(*) AS blocked FROM egress_review.gate WHERE until > now()",
    );
    return Number(row?.["blocked"] ?? 0);
  }

  /** Of the queue: whether a command was answered before. */
  async isAnswered(key: string): Promise<boolean> {
    const rows = await this.#database.query("SELECT 1 FROM egress_review.answered WHERE key = $1", [key]);
    return rows.length > 0;
  }

  async setAnswered(key: string): Promise<void> {
    await this.#database.query(
      "INSERT INTO egress_review.answered (key, at) VALUES ($1, now()) ON CONFLICT DO NOTHING",
      [key],
    );
  }

  /** GitHub can redeliver for 30 days. */
  async forgetOld(): Promise<void> {
    for (const [table, column, days] of [
      ["delivery", "received_at", 3],
      ["answered", "at", 31],
      ["last_head", "at", 180],
    ] as const) {
      await this.#database.query(
        `DELETE FROM egress_review.${table} WHERE ${column} < now() - $1 * interval '1 day'`,
        [days],
      );
    }
    // A server does this by itself; in a process nobody does, and room that rows left is never used again.
    if (this.#database.kind === "embedded") await this.#database.query("VACUUM");
  }
}

/** One statement for all: what arrives together is acknowledged together. */
export async function noteDeliveries(
  { query }: Pick<Transaction, "query">,
  deliveries: readonly Delivery[],
): Promise<void> {
  await query(
    `INSERT INTO egress_review.delivery (guid, event, action, installation, received_at)
     SELECT guid, event, action, installation, "receivedAt" FROM json_to_recordset($1::text::json)
       AS arrived (guid text, event text, action text, installation bigint, "receivedAt" timestamptz)
     ON CONFLICT (guid) DO NOTHING`,
    [JSON.stringify(deliveries)],
  );
}

/** Keeps the newest of what events say, whatever their order, and that somebody asked for it again. */
export async function noteExpectation(
  { query }: Pick<Transaction, "query">,
  pullRequest: PullRequestReference,
  { head, updatedAt, again }: Expectation,
): Promise<void> {
  await query(
    `INSERT INTO egress_review.expectation AS known (key, head, updated_at, again, sequence)
     VALUES ($1, $2, $3, $4, nextval('egress_review.sequence'))
     ON CONFLICT (key) DO UPDATE SET
       head = CASE WHEN coalesce(excluded.updated_at, '') >= coalesce(known.updated_at, '') THEN coalesce(excluded.head, known.head) ELSE known.head END,
       updated_at = greatest(excluded.updated_at, known.updated_at),
       again = known.again OR excluded.again,
       sequence = excluded.sequence`,
    [pullRequestKey(pullRequest), head, updatedAt, again],
  );
}
