import { type Mesh, type MeshStatement, meshOf } from "../cluster/mesh/mesh.ts";
import type { EnvironmentDelta } from "./diff.ts";

/** What the mesh said of one object or workload at base, and says at head. */
export interface MeshDifference {
  readonly kind: "object" | "workload";
  readonly about: string;
  readonly before: MeshStatement | null;
  readonly after: MeshStatement | null;
  readonly changed: boolean;
}

/**
 * What changed in the mesh, and where it stands for workloads whose surface changed. Context alone: nothing is decided by
 * it.
 */
export function meshDifferences(
  delta: Pick<EnvironmentDelta, "base" | "head" | "workloads">,
): readonly MeshDifference[] {
  const meshes: Sides<Mesh | null> = [meshOf(delta.base), meshOf(delta.head)];
  if (meshes.every((mesh) => mesh === null)) return [];
  const [before, after] = meshes.map((mesh) => byName(mesh?.statements ?? []));
  const objects = paired("object", before ?? new Map(), after ?? new Map());
  const shown = new Set(
    delta.workloads.filter(({ added, removed }) => !(added.isEmpty && removed.isEmpty)).map(({ key }) => key),
  );
  const [was, is] = [standings(meshes[0], delta.base), standings(meshes[1], delta.head)];
  return [
    ...objects.filter(({ changed }) => changed),
    ...paired("workload", was, is).filter(({ about, changed }) => changed || shown.has(about)),
  ];
}

type Sides<T> = readonly [T, T];

function standings(
  mesh: Mesh | null,
  { workloads }: EnvironmentDelta["base"],
): ReadonlyMap<string, MeshStatement> {
  return byName(mesh === null ? [] : [...workloads.values()].flatMap((one) => mesh.standing(one) ?? []));
}

function byName(statements: readonly MeshStatement[]): ReadonlyMap<string, MeshStatement> {
  return new Map(statements.map((one) => [one.about, one]));
}

function paired(
  kind: MeshDifference["kind"],
  before: ReadonlyMap<string, MeshStatement>,
  after: ReadonlyMap<string, MeshStatement>,
): readonly MeshDifference[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().map((about) => {
    const [was, is] = [before.get(about) ?? null, after.get(about) ?? null];
    return { kind, about, before: was, after: is, changed: was?.digest !== is?.digest };
  });
}
