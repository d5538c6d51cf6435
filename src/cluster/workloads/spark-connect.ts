import { type JsonObject, nested, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import { imageNames, podFacts } from "./pod-facts.ts";
import type { DeclaredWorkloads } from "./pod-template.ts";
import { SPARK_EXECUTOR_LABELS, sparkConfLabels } from "./spark-application.ts";
import { templatedWorkloads } from "./templated-pods.ts";

/**
 * sparkoperator.k8s.io SparkConnect: a server pod that starts executor pods (kubeflow/spark-operator,
 * internal/controller/sparkconnect: util.go for the labels, reconciler.go for the server pod; executors get theirs through
 * Spark's own settings).
 */
export function sparkConnect(manifest: Manifest): DeclaredWorkloads {
  const spec = nested(manifest.object, "spec") ?? {};
  const version = ownField(spec, "sparkVersion");
  const common = {
    "sparkoperator.k8s.io/launched-by-spark-operator": "true",
    "sparkoperator.k8s.io/connect-name": manifest.object.metadata.name ?? null,
  };
  const server = nested(spec, "server", "template") ?? {};
  const executor = nested(spec, "executor", "template") ?? {};
  return templatedWorkloads(manifest, [
    {
      role: "server",
      template: server,
      known: {
        ...common,
        "spark-role": "connect-server",
        "spark-version": typeof version === "string" ? version : null,
      },
      facts: factsOf(spec, server),
    },
    {
      role: "executor",
      template: executor,
      known: {
        ...Object.fromEntries(sparkConfLabels(spec, "executor")),
        ...common,
        "spark-role": "executor",
      },
      anyValue: SPARK_EXECUTOR_LABELS,
      facts: factsOf(spec, executor),
    },
  ]);
}

function factsOf(spec: JsonObject, template: JsonObject) {
  const facts = podFacts(nested(template, "spec") ?? {});
  return facts.images.length > 0 ? facts : { ...facts, images: imageNames([ownField(spec, "image")]) };
}
