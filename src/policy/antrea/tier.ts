import type { Manifest } from "../../render/render.ts";
import type { Tier } from "../model/policy.ts";
import { requireField, withinBounds } from "../schema/crd-field.ts";
import { type Decoder, integerField, type JsonObject, type Located, objectField } from "../schema/decode.ts";
import { type FieldError, type FieldPath, forbidden, ROOT } from "../schema/field-error.ts";
import { checkMetadata } from "../schema/metadata.ts";
import { type AntreaReading, leaveOpen } from "./reading.ts";

/** Tiers that Antrea makes itself (docs/antrea-network-policy.md, "Static tiers"). */
const STATIC: Readonly<Record<string, number>> = {
  emergency: 50,
  securityops: 100,
  networkops: 150,
  platform: 200,
  application: 250,
  baseline: 253,
};

/** Other spellings of them, from before tiers were objects: they still count (getTierPriority in crd_utils.go). */
const OLD_NAMES: readonly string[] = [
  "Emergency",
  "SecurityOps",
  "NetworkOps",
  "Platform",
  "Application",
  "Baseline",
];

/**
 * Left out it is "application". A tier that does not stand in Git leaves the policy open: where it is asked nobody knows, and
 * after all other tiers, as they are asked before "application", it stops least.
 */
export function antreaTier(reading: AntreaReading, written: Located<string> | null): Tier {
  const text = written === null || written.value === "" ? "application" : written.value;
  const name = OLD_NAMES.includes(text) ? text.toLowerCase() : text;
  if (name === "baseline") return "baseline";
  const order = Object.hasOwn(STATIC, name) ? STATIC[name] : undefined;
  if (order !== undefined) return { name, order };
  const path = written?.path ?? ROOT;
  const found = reading.inputs
    .objects("crd.antrea.io", "Tier")
    .filter(({ object }) => object.metadata.name === name);
  const read = found.map((manifest) => tierPriority(manifest));
  for (const manifest of found) reading.others.add(manifest);
  const priorities = new Set(read.flatMap((one) => (typeof one === "number" ? [one] : [])));
  const [priority] = priorities;
  if (priority !== undefined && priorities.size === 1) return { name, order: priority };
  leaveOpen(reading, path, whyOpen(name, found.length));
  return { name, order: LAST };
}

/** No tier of anybody's own is asked later (priorities from 250 on are refused). */
const LAST = 250;

function whyOpen(name: string, count: number): string {
  if (count === 0) return `its tier ${name} does not stand in Git: where it is asked nobody knows`;
  return count === 1
    ? `its tier ${name} would be refused: where it is asked nobody knows`
    : `its tier ${name} stands in Git with several priorities`;
}

/** The priority of a Tier object, or why the API server or Antrea's webhook refuses it (validate.go, tierValidator). */
export function tierPriority(manifest: Manifest): number | readonly FieldError[] {
  const decoder: Decoder = { errors: [] };
  const object: Located<JsonObject> = { value: manifest.object, path: ROOT };
  checkMetadata(decoder, object);
  requireField(decoder, object, "spec");
  const spec = objectField(decoder, object, "spec");
  if (spec === null) return decoder.errors;
  requireField(decoder, spec, "priority");
  const priority = integerField(decoder, spec, "priority");
  if (priority !== null && withinBounds(decoder, priority, [0, 255])) {
    checkFree(decoder, priority.path, priority.value, manifest.object.metadata.name ?? "");
  }
  return decoder.errors.length > 0 || priority === null ? decoder.errors : priority.value;
}

const RESERVED: readonly number[] = [251, 252, 254, 255];

function checkFree(decoder: Decoder, path: FieldPath, value: number, name: string): void {
  const own = Object.hasOwn(STATIC, name) ? STATIC[name] : undefined;
  if (own === value) return;
  if (RESERVED.includes(value)) {
    decoder.errors.push(forbidden(path, `tier ${name} priority ${value} is reserved`));
  } else if (Object.values(STATIC).includes(value)) {
    decoder.errors.push(forbidden(path, `tier ${name} priority ${value} overlaps with existing Tier`));
  }
}
