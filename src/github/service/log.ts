import { type Logger, pino } from "pino";
import type { Log } from "../app-context.ts";

/**
 * Tokens by their prefixes (GitHub's formats have no fixed length), wherever they stand, and keys. A key that was cut ends with
 * the text that holds it, so that the line stays JSON.
 */
const SECRETS =
  /(gh[opsur]_|github_pat_)[\w.-]+|-----BEGIN[^-"]*-----[^"]*?(-----END[^-"]*-----|(?="))|eyJ[\w-]+\.[\w-]+\.[\w-]+/g;
const HIDDEN = "[redacted]";

export interface LogOptions {
  readonly level: string;
  /** Texts that are never written, whatever they stand in. */
  readonly secrets: readonly string[];
  readonly write?: (line: string) => void;
}

/** Lines of JSON. Nothing that looks like a secret leaves, also where somebody put it into a message. */
export function openLog({
  level,
  secrets,
  write = (line) => void process.stdout.write(line),
}: LogOptions): Log & {
  readonly pino: Logger;
} {
  const exact = secrets.filter((one) => one !== "").map((one) => JSON.stringify(one).slice(1, -1));
  const redacted = (line: string) =>
    exact.reduce((text, one) => text.replaceAll(one, HIDDEN), line).replace(SECRETS, HIDDEN);
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => facts(error) },
    },
    { write: (line: string) => write(redacted(line)) },
  );
  // Who was refused or granted what is told at every level.
  const audit = logger.child({ audit: true }, { level: "info" });
  return {
    pino: logger,
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    audit: (fields, message) => audit.info(fields, message),
  };
}

/** "queue": pg-boss reports errors of its workers as objects that name theirs. */
const SAID = ["name", "message", "code", "status", "permission", "queue", "stack"] as const;
const DEEPEST_CAUSE = 4;

/**
 * What may be said of an error, by name. Libraries hang what they were asked and answered on theirs: headers and bodies of
 * requests (Octokit), parameters of statements (PostgreSQL).
 */
function facts(error: unknown, depth = 0): unknown {
  if (typeof error !== "object" || error === null) return { message: String(error) };
  const known: Record<string, unknown> = {};
  for (const key of SAID) {
    const value: unknown = Reflect.get(error, key);
    if (typeof value === "string" || typeof value === "number") known[key] = value;
  }
  const cause: unknown = Reflect.get(error, "cause");
  if (cause !== undefined && depth < DEEPEST_CAUSE) known["cause"] = facts(cause, depth + 1);
  return known;
}
