import { type JsonObject, nested, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import type { ObjectLookup } from "../object-lookup.ts";
import {
  anyValue,
  type DeclaredWorkloads,
  labelsOf,
  namespaceOf,
  specTemplate,
  workload,
} from "./pod-template.ts";

/** argoproj.io Rollout: a Deployment with labels of its own for stable and canary pods. */
export function rollout(manifest: Manifest, find: ObjectLookup): DeclaredWorkloads {
  const spec = nested(manifest.object, "spec") ?? {};
  const template = nested(spec, "template") ?? referencedTemplate(manifest, spec, find);
  if (template === null) return { workloads: [], badLabels: [], incomplete: true };
  const { labels, bad } = labelsOf(template);
  const runtime = anyValue("rollouts-pod-template-hash");
  const roles = rolloutRoles(spec);
  const workloads =
    roles.length === 0
      ? [workload(manifest, null, template, labels, runtime)]
      : roles.map(({ role, added }) =>
          workload(manifest, role, template, new Map([...labels, ...added]), runtime),
        );
  return { workloads, badLabels: bad, incomplete: false };
}

function referencedTemplate(manifest: Manifest, spec: JsonObject, find: ObjectLookup): JsonObject | null {
  const reference = nested(spec, "workloadRef");
  if (reference === null) return null;
  const kind = ownField(reference, "kind");
  const name = ownField(reference, "name");
  if (typeof kind !== "string" || typeof name !== "string") return null;
  const found = find(namespaceOf(manifest), kind, name);
  return found === null ? null : specTemplate(found);
}

/** Where the strategy labels its pods, there are two kinds of them. */
function rolloutRoles(spec: JsonObject): readonly { role: string; added: ReadonlyMap<string, string> }[] {
  const metadata = [
    { role: "canary", path: ["strategy", "canary", "canaryMetadata"] },
    { role: "stable", path: ["strategy", "canary", "stableMetadata"] },
    { role: "preview", path: ["strategy", "blueGreen", "previewMetadata"] },
    { role: "active", path: ["strategy", "blueGreen", "activeMetadata"] },
  ];
  const written = metadata.map(({ role, path }) => ({
    role,
    added: labelsOf({ metadata: nested(spec, ...path) }).labels,
  }));
  if (written.every(({ added }) => added.size === 0)) return [];
  const strategy = nested(spec, "strategy", "canary") === null ? ["preview", "active"] : ["canary", "stable"];
  return written.filter(({ role }) => strategy.includes(role));
}
