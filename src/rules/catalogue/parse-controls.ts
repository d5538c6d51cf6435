import { z } from "zod";
import type { ControlFramework, RuleProblem } from "../rules.ts";
import { isYamlFile, readYaml } from "./yaml-file.ts";

const text = z.string().trim().min(1);
const limit = z.string().regex(/^X[0-9]+$/, "must be a limit such as X1");

/** The shape of `controls/<framework>.yaml`. */
const frameworkSchema = z.strictObject({
  framework: z.enum(["nist-800-53", "cis-kubernetes", "pci-dss"]),
  name: text,
  version: text,
  source: text,
  controls: z.array(z.strictObject({ id: text, title: text, asks: text, limits: z.array(limit) })).min(1),
});

/** The shape of `controls/limits.yaml`: what the evidence of a review cannot show. */
const limitsSchema = z.record(limit, text);

export function parseFramework(path: string, content: string): ControlFramework | readonly RuleProblem[] {
  const file = readYaml(path, content, frameworkSchema);
  return isYamlFile(file) ? file.content : file;
}

export function parseLimits(
  path: string,
  content: string,
): ReadonlyMap<string, string> | readonly RuleProblem[] {
  const file = readYaml(path, content, limitsSchema);
  return isYamlFile(file) ? new Map(Object.entries(file.content)) : file;
}
