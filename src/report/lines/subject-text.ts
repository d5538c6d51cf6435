import { LIMITS } from "../layout/limits.ts";
import { distinct, groupBy, sorted } from "../layout/order.ts";
import { enumerate, name, type Phrase, place, prose } from "../layout/phrase.ts";
import type { LocatedFinding, Location } from "../report.ts";
import { type NamespaceSizes, workloadsText } from "./workload-text.ts";

/** Whom findings are about: workloads, else the objects they name, else what they cite. */
export function subjectText(findings: readonly LocatedFinding[], sizes: NamespaceSizes): Phrase {
  const workloads = findings.flatMap((finding) => finding.workloads);
  if (workloads.length > 0) return workloadsText(workloads, sizes);
  const objects = objectsText(findings);
  if (objects.length > 0) return objects;
  const paths = findings.flatMap(({ location }) => (location === null ? [] : [location.path]));
  return paths.length > 0 ? namesText(distinct(paths), LIMITS.names) : ["this change"];
}

/** "NetworkPolicy `shop/a` and `shop/b`": a kind is said once. Empty where findings name no object. */
export function objectsText(findings: readonly LocatedFinding[]): Phrase {
  const documents = findings.flatMap(({ document }) => document ?? []);
  const kinds = groupBy(
    sorted(documents, ({ kind }) => kind),
    ({ kind }) => kind,
  );
  const texts = [...kinds].map(([kind, alike]): Phrase => {
    const names = distinct(
      alike.map(({ namespace, name: own }) => (namespace === null ? own : `${namespace}/${own}`)),
    );
    return [prose(kind), " ", ...namesText(names, LIMITS.names)];
  });
  return enumerate(texts, LIMITS.names);
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
