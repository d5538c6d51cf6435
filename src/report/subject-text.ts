import { LIMITS } from "./limits.ts";
import { distinct } from "./order.ts";
import { enumerate, name, type Phrase, place } from "./phrase.ts";
import type { LocatedFinding, Location } from "./report.ts";
import { type NamespaceSizes, workloadsText } from "./workload-text.ts";

/** Whom findings are about: workloads, else the objects they name, else what they cite. */
export function subjectText(findings: readonly LocatedFinding[], sizes: NamespaceSizes): Phrase {
  const workloads = findings.flatMap((finding) => finding.workloads);
  if (workloads.length > 0) return workloadsText(workloads, sizes);
  const documents = findings.flatMap(({ document }) => (document === null ? [] : [documentName(document)]));
  if (documents.length > 0) return namesText(distinct(documents), LIMITS.names);
  const paths = findings.flatMap(({ location }) => (location === null ? [] : [location.path]));
  return paths.length > 0 ? namesText(distinct(paths), LIMITS.names) : ["this change"];
}

function documentName(document: NonNullable<LocatedFinding["document"]>): string {
  const { kind, namespace, name: objectName } = document;
  return namespace === null ? `${kind} ${objectName}` : `${kind} ${namespace}/${objectName}`;
}

export function namesText(names: readonly string[], limit: number): Phrase {
  return enumerate(
    names.map((text) => [name(text)]),
    limit,
  );
}

/** " in `production`", or nothing where no environment is named. */
export function environmentsText(environments: readonly string[]): Phrase {
  return environments.length === 0 ? [] : [" in ", ...namesText(environments, LIMITS.names)];
}

export function placesText(locations: readonly Location[]): Phrase {
  return enumerate(
    locations.map((location) => [place(location)]),
    LIMITS.places,
  );
}

export function handlesText(handles: readonly string[]): Phrase {
  return namesText(handles, LIMITS.places);
}
