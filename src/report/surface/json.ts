import { distinct, sorted } from "../layout/order.ts";
import {
  assumptionsInOrder,
  locationDocument,
  meshFactDocument,
  print,
  regionDocument,
  unknownDocument,
  unknownsInOrder,
} from "../review/json.ts";
import { SCHEMA_VERSION, type ToolDocument } from "../review/schema.ts";
import type { IdlePolicy, ListedEnvironment, ListedWorkload, SurfaceListing } from "./listing.ts";
import type { SurfaceDocument } from "./schema.ts";

/** A listing for programs, in the order of names. */
export function surfaceJson(listing: SurfaceListing, tool: ToolDocument): string {
  return print(surfaceDocument(listing, tool));
}

function surfaceDocument(listing: SurfaceListing, tool: ToolDocument): SurfaceDocument {
  return {
    schemaVersion: SCHEMA_VERSION,
    revision: listing.revision,
    environments: sorted(listing.environments, ({ name }) => name).map(environmentDocument),
    assumptions: assumptionsInOrder(listing.assumptions),
    tool,
  };
}

function environmentDocument({ name, workloads, idlePolicies, unknowns, mesh = [] }: ListedEnvironment) {
  return {
    name,
    workloads: sorted(workloads, ({ workload }) => workload).map(workloadDocument),
    idlePolicies: policiesInOrder(idlePolicies).map((policy) => ({
      kind: policy.kind,
      namespace: policy.namespace,
      name: policy.name,
      location: locationDocument(policy.location),
    })),
    unknowns: unknownsInOrder(unknowns).map(unknownDocument),
    ...(mesh.length === 0
      ? {}
      : { mesh: mesh.map(({ about, facts }) => ({ about, facts: facts.map(meshFactDocument) })) }),
  };
}

function workloadDocument({ workload, standing, reach, policies }: ListedWorkload) {
  return { workload, standing, reach: reach.map(regionDocument), policies: [...distinct(policies)] };
}

export function policiesInOrder(policies: readonly IdlePolicy[]): readonly IdlePolicy[] {
  return sorted(
    policies,
    ({ namespace }) => namespace ?? "",
    ({ kind }) => kind,
    ({ name }) => name,
  );
}
