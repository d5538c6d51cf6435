import type { Cluster } from "../../cluster/cluster.ts";
import { groupOf } from "../../policy/model/api-group.ts";
import type { PolicyRemark } from "../../policy/model/policy-reading.ts";
import type { Manifest } from "../../render/render.ts";
import { objectText } from "../facts/document-facts.ts";
import { EnvironmentFacts } from "../facts/environment-facts.ts";
import { RemarkFacts } from "../facts/remark-facts.ts";
import type { Scope } from "../scope.ts";
import { objectSubject, type Subject } from "./subject.ts";

/** Remarks at head that base does not have of the same object: what merely stands is not said again. */
export function remarkSubjects(scope: Scope): readonly Subject[] {
  const { base, head } = scope.delta;
  const environment = new EnvironmentFacts(scope);
  const standing = new Set(base.remarks.map(remarkKey));
  return head.remarks
    .filter((remark) => !standing.has(remarkKey(remark)))
    .map((remark) => {
      const { code, manifest, pointer } = remark;
      return objectSubject({
        judged: "remark",
        environment: scope.environment.name,
        variables: { environment, remark: new RemarkFacts(remark, !isDeclared(base, manifest)) },
        about: `${objectText(manifest)} ${code}`,
        cause: () => ({ side: "head", manifest, pointer, place: null }),
        rests: { objects: [manifest.digest] },
      });
    });
}

/**
 * Of what an object does, standing is that it did so before, however it is written now. That one does nothing is said again
 * to whoever edits it.
 */
function remarkKey({ code, manifest, pointer, detail }: PolicyRemark): string {
  const isEffect = code === "cuts-api-server" || code === "equal-priority";
  return JSON.stringify(
    isEffect ? [code, objectText(manifest), detail] : [code, manifest.digest, pointer, detail],
  );
}

function isDeclared(cluster: Cluster, { object, digest }: Manifest): boolean {
  return cluster.inputs.objects(groupOf(object), object.kind).some((one) => one.digest === digest);
}
