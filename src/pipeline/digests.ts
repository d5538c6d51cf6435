import { createHash } from "node:crypto";
import type { Configuration, Profile } from "../config/config.ts";
import { configurationDigest } from "../config/configuration-digest.ts";
import type { Finding } from "../rules/finding.ts";
import type { RuleSet } from "../rules/rules.ts";
import { canonicalJson } from "../targets/files/digest.ts";
import type { ComparedPair } from "./compare-environments.ts";
import type { ReadEnvironment } from "./environment-reader.ts";

/** SHA-256 (hex) over everything that was rendered, and what could not be: equal inputs lead to an equal judgement. */
export function inputsDigest(pairs: readonly ComparedPair[]): string {
  const parts = pairs.map((pair) =>
    pair.changed ? [pair.name, sideDigests(pair.base), sideDigests(pair.head)] : [pair.name, "unchanged"],
  );
  return sha256(parts.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}

function sideDigests({ environment, rendered }: ReadEnvironment): readonly (readonly string[])[] {
  const targets = rendered.map(({ target, digest }) => [target.id, digest]);
  const unread = environment.unread.map(({ id, unknown }) => [id, unknown.digest]);
  return [...targets, ...unread];
}

/** SHA-256 (hex) of what judges: the configuration, the rules with their controls, and a profile that was asked for. */
export function policyDigest(configuration: Configuration, { digest }: RuleSet, profile?: Profile): string {
  return sha256([configurationDigest(configuration), digest, ...(profile === undefined ? [] : [profile])]);
}

/** SHA-256 (hex) of the approvals that findings rest on, each once, in an order of their own. */
export function approvalsDigest(findings: readonly Finding[]): string {
  const used = findings.flatMap(({ approval }) => (approval === null ? [] : [canonicalJson(approval)]));
  return sha256([...new Set(used)].sort());
}

function sha256(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
