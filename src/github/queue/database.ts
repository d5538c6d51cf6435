import { PGlite } from "@electric-sql/pglite";
import { Pool } from "pg";
import { type Db, fromPglite } from "pg-boss";

/** PostgreSQL, in this process or elsewhere: the same statements, the same queue. */
export interface Database {
  readonly kind: "embedded" | "server";
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** One transaction; `db` is for calls of pg-boss inside it. */
  transaction<T>(action: (inside: Transaction) => Promise<T>): Promise<T>;
  /** What pg-boss is opened on. */
  readonly forBoss: { readonly db: Db; readonly backend: "pglite" } | { readonly connectionString: string };
  close(): Promise<void>;
}

export interface Transaction {
  readonly query: Database["query"];
  readonly db: Db;
}

export type Row = Readonly<Record<string, unknown>>;

/**
 * PostgreSQL inside this process, in a directory that nobody else has open: PGlite takes no lock of its own, and two processes on one
 * directory lose each other's rows. It does not wait for the disk: what it holds survives the death of the process, not that of the
 * machine, which is why nothing in it is the only copy.
 */
export async function openEmbedded(directory: string): Promise<Database> {
  const pglite = await PGlite.create(directory);
  const rowsOf = async (
    on: { query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> },
    text: string,
    values: readonly unknown[] = [],
  ) => (await on.query(text, [...values])).rows as readonly Row[];
  return {
    kind: "embedded",
    query: (text, values) => rowsOf(pglite, text, values),
    transaction: (action) =>
      pglite.transaction((inside) =>
        action({
          query: (text, values) => rowsOf(inside, text, values),
          db: {
            executeSql: async (text, values = []) => {
              if (values.length > 0) return await inside.query(text, values);
              return { rows: (await inside.exec(text)).flatMap(({ rows }) => rows) };
            },
          },
        }),
      ),
    forBoss: { db: fromPglite(pglite), backend: "pglite" },
    close: () => pglite.close(),
  };
}

/** A PostgreSQL server, which any number of replicas share. */
export function openServer(connectionString: string): Database {
  const pool = new Pool({ connectionString, max: 10 });
  // A connection that breaks while nobody uses it is replaced; the next query says so if it cannot be.
  pool.on("error", () => undefined);
  return {
    kind: "server",
    query: async (text, values = []) => (await pool.query<Row>(text, [...values])).rows,
    async transaction(action) {
      const client = await pool.connect();
      // A server that goes away fails the statement that is under way; without a listener it would end the process.
      client.on("error", ignored);
      try {
        await client.query("BEGIN");
        const result = await action({
          query: async (text, values = []) => (await client.query<Row>(text, [...values])).rows,
          db: {
            executeSql: async (text, values = []) => {
              const answer = await client.query<Row>(text, values);
              return {
                rows: Array.isArray(answer) ? answer.flatMap(({ rows }) => rows as Row[]) : answer.rows,
              };
            },
          },
        });
        await client.query("COMMIT");
        client.off("error", ignored);
        client.release();
        return result;
      } catch (error) {
        const broken = await client.query("ROLLBACK").then(
          () => false,
          () => true,
        );
        client.off("error", ignored);
        client.release(broken);
        throw error;
      }
    },
    forBoss: { connectionString },
    close: () => pool.end(),
  };
}

function ignored(): void {}
