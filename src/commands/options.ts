import { InvalidArgumentError, Option } from "commander";
import { PROFILES, type Profile } from "../config/config.ts";

/** Collects an option that may be repeated. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

export interface ProfileOptions {
  readonly profile?: Profile;
}

export function profileOption(): Option {
  return new Option(
    "--profile <profile>",
    "who enforces policies, whatever the configuration and the manifests say",
  ).choices(PROFILES);
}

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** A point in time with its zone; a date alone is its midnight in UTC. */
export function parseTime(value: string): Date {
  const time = new Date(value);
  if (!TIME.test(value) || Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError("Write it as 2026-01-31T12:00:00Z or 2026-01-31.");
  }
  return time;
}

/** A shell word, quoted only where it must be. */
export function shellWord(word: string): string {
  return /^[\w./:@%+=,~^-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
