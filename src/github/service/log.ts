import { type Logger, pino } from "pino";
import type { Log } from "../app-context.ts";

/** Tokens by their prefixes (GitHub's formats have no fixed length), and keys. */
const SECRETS =
  /\b(gh[opsur]_|github_pat_)[\w.-]+|-----BEGIN[^-]*-----[\s\S]*?(-----END[^-]*-----|$)|\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;
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
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string) => write(redacted(line)) },
  );
  return {
    pino: logger,
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    audit: (fields, message) => logger.info({ ...fields, audit: true }, message),
  };
}
