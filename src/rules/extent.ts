import { digestOf } from "../render/digest.ts";
import type { Region, RegionLine } from "../surface/surface.ts";
import type { Extent, WorkloadRegions } from "./approval.ts";
import type { Cause } from "./finding.ts";
import type { Subject } from "./subjects/subject.ts";

/** What a finding of these subjects speaks of: something unread, else the regions it opens, else the facts it rests on. */
export function extentOf(subjects: readonly Subject[], cause: Cause | null): Extent {
  const sources = subjects.flatMap(({ rests }) => (rests?.sources === undefined ? [] : [rests.sources]));
  if (sources.length > 0) {
    const opens = subjects.flatMap(({ rests }) => rests?.opens ?? []);
    return { kind: "unknown", sources: Object.assign({}, ...sources), ...regionsOf(opens) };
  }
  const regions = regionsOf(subjects);
  return Object.values(regions.workloads).some((lines) => lines.length > 0)
    ? { kind: "regions", ...regions }
    : { kind: "fact", digest: factDigest(subjects, cause) };
}

/** An environment may be judged twice, by itself and merged with another: one finding speaks of both. */
export function unitedExtent(extents: readonly Extent[]): Extent {
  const [first, ...others] = extents;
  if (first === undefined) throw new RangeError("a finding has an extent");
  return others.reduce(unite, first);
}

function unite(one: Extent, other: Extent): Extent {
  if (one.kind === "fact" && other.kind === "fact") {
    const digests = [...new Set([one.digest, other.digest])].sort();
    return digests.length === 1 ? one : { kind: "fact", digest: digestOf(digests) };
  }
  if (one.kind === "fact") return other;
  if (other.kind === "fact") return one;
  const regions = uniteRegions([one, other]);
  if (one.kind === "regions" && other.kind === "regions") return { kind: "regions", ...regions };
  const sources = [one, other].map((extent) => (extent.kind === "unknown" ? extent.sources : {}));
  return { kind: "unknown", sources: Object.assign({}, ...sources), ...regions };
}

function regionsOf(subjects: readonly Subject[]): WorkloadRegions {
  return uniteRegions(
    subjects.map(({ workloads, regions }) => {
      const lines = regions.flatMap((region) => region.lines());
      return {
        workloads: Object.fromEntries(workloads.map((workload) => [workload, lines])),
        declared: declaredIn(regions),
      };
    }),
  );
}

function declaredIn(regions: readonly Region[]): readonly string[] {
  const [region] = regions.filter((one) => one.lines().some(speaksOfUndeclared));
  return region === undefined ? [] : [...region.declared].sort();
}

function speaksOfUndeclared({ destination, before = [] }: RegionLine): boolean {
  return (
    (destination.kind === "pods" && destination.namespaces.kind === "undeclared") ||
    before.some(speaksOfUndeclared)
  );
}

/** Two comparisons may know different namespaces: of those that only one of them knows the other speaks. */
function uniteRegions(all: readonly WorkloadRegions[]): WorkloadRegions {
  const workloads = new Map<string, Map<string, RegionLine>>();
  for (const one of all) {
    for (const [workload, lines] of Object.entries(one.workloads)) {
      const known = workloads.get(workload) ?? new Map<string, RegionLine>();
      for (const line of lines) known.set(JSON.stringify(line), line);
      workloads.set(workload, known);
    }
  }
  const [first = [], ...others] = all.map(({ declared }) => declared).filter(({ length }) => length > 0);
  return {
    workloads: Object.fromEntries(
      [...workloads].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, lines]) => [key, [...lines.values()]]),
    ),
    declared: first.filter((name) => others.every((names) => names.includes(name))),
  };
}

/** Never of the finding's sentence, which may be worded anew. */
function factDigest(subjects: readonly Subject[], cause: Cause | null): string {
  const objects = subjects.flatMap(({ rests }) => rests?.objects ?? []);
  const workloads = subjects.flatMap((subject) => subject.workloads);
  const place = cause?.place?.path ?? null;
  return digestOf([
    cause === null ? null : [cause.side, cause.manifest?.digest ?? null, cause.pointer, place],
    [...new Set(objects)].sort(),
    [...new Set(workloads)].sort(),
  ]);
}
