import type { MeshFact, MeshStatement } from "../../cluster/mesh/mesh.ts";
import type { MeshDifference } from "../../diff/mesh-difference.ts";
import { LIMITS } from "../layout/limits.ts";
import { groupBy } from "../layout/order.ts";
import { capped, enumerate, join, name, type Phrase, prose } from "../layout/phrase.ts";
import type { ReviewedEnvironment } from "../report.ts";
import { type NamespaceSizes, workloadsText } from "./workload-text.ts";

export const MESH_TITLE = "Mesh (context, not proof)";

/** What Istio said and says: nothing when none of it changed and no workload of it did. */
export function meshLines(
  environments: readonly ReviewedEnvironment[],
  sizes: NamespaceSizes,
): readonly Phrase[] {
  const differences = environments.flatMap(({ mesh }) => mesh ?? []);
  if (differences.length === 0) return [];
  const objects = differences.filter(({ kind }) => kind === "object");
  const workloads = differences.filter(({ kind }) => kind === "workload");
  const alike = groupBy(workloads, ({ before, after }) => JSON.stringify([before?.facts, after?.facts]));
  return [
    NOT_PROOF,
    ...capped([
      ...objects.map((one): Phrase => [name(one.about), ": ", ...differenceText(one)]),
      ...[...alike.values()].flatMap(([first, ...others]) => {
        if (first === undefined) return [];
        const who = workloadsText(
          [first, ...others].map(({ about }) => about),
          sizes,
        );
        return [[...who, ": ", ...differenceText(first)]];
      }),
    ]),
  ];
}

/** What stands, side by side with no other. */
export function meshListing(statements: readonly MeshStatement[]): readonly Phrase[] {
  const alike = groupBy(statements, ({ facts }) => JSON.stringify(facts));
  return [...alike.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const who = enumerate(
      [first, ...others].map(({ about }) => [name(about)]),
      LIMITS.listed,
    );
    return [[...who, ": ", ...factsText(first.facts)]];
  });
}

const NOT_PROOF: Phrase = [
  "what Istio says of outbound traffic; a sidecar can be passed by, so nothing here closes or opens anything",
];

function differenceText({ before, after, changed }: MeshDifference): Phrase {
  if (after === null) return ["gone; it said ", ...factsText(before?.facts ?? [])];
  const now = factsText(after.facts);
  if (before === null) return ["new: ", ...now];
  if (!changed) return ["as before, ", ...now];
  return JSON.stringify(before.facts) === JSON.stringify(after.facts)
    ? ["changed in what is not shown here; ", ...now]
    : ["before ", ...factsText(before.facts), "; now ", ...now];
}

function factsText(facts: readonly MeshFact[]): Phrase {
  if (facts.length === 0) return ["nothing of outbound traffic"];
  return join(
    facts.map(({ field, values, note }): Phrase => {
      const said: Phrase =
        values.length === 0
          ? []
          : [
              " ",
              ...enumerate(
                values.map((one) => [name(one)]),
                LIMITS.listed,
              ),
            ];
      return [name(field), ...said, ...(note === "" ? [] : [" (", prose(note), ")"])];
    }),
    ", ",
  );
}
