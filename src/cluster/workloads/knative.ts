import { type JsonObject, nested, objects, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import type { ContainerPort } from "../cluster.ts";
import { podFacts } from "./pod-facts.ts";
import { type DeclaredWorkloads, specTemplate } from "./pod-template.ts";
import { templatedWorkloads } from "./templated-pods.ts";

/**
 * serving.knative.dev Service and Configuration: each change of `spec.template` makes a Revision, and that a Deployment
 * whose pods carry the Revision's labels (knative/serving, pkg/reconciler/configuration/resources/revision.go and
 * pkg/reconciler/revision/resources/meta.go: all but route and routing state).
 */
export function knativeService(manifest: Manifest): DeclaredWorkloads {
  const { kind, metadata } = manifest.object;
  const template = specTemplate(manifest.object);
  const name = metadata.name ?? null;
  const ofService = kind === "Service";
  const spec = (template === null ? null : nested(template, "spec")) ?? {};
  return templatedWorkloads(manifest, [
    {
      role: null,
      template,
      defaults: { app: null },
      known: {
        "serving.knative.dev/configuration": name,
        ...(ofService ? { "serving.knative.dev/service": name, "serving.knative.dev/serviceUID": null } : {}),
      },
      anyValue: [
        "serving.knative.dev/configurationGeneration",
        "serving.knative.dev/configurationUID",
        "serving.knative.dev/revision",
        "serving.knative.dev/revisionUID",
        "pod-template-hash",
      ],
      facts: { ...podFacts(spec), containerPorts: portsOf(spec) },
    },
  ]);
}

/** Of the queue proxy beside each revision's container (pkg/reconciler/revision/resources/queue.go). */
const QUEUE_PROXY: readonly ContainerPort[] = [
  { name: "queue-port", port: 8012, protocol: "TCP" },
  { name: "queue-port", port: 8013, protocol: "TCP" },
  { name: "http-queueadm", port: 8022, protocol: "TCP" },
  { name: "https-port", port: 8112, protocol: "TCP" },
  { name: "http-autometric", port: 9090, protocol: "TCP" },
  { name: "http-usermetric", port: 9091, protocol: "TCP" },
];

/** One container serves, on one port, whose name becomes "user-port" (deploy.go, buildContainerPorts; 8080 by default). */
function portsOf(spec: JsonObject): readonly ContainerPort[] {
  const written = objects(ownField(spec, "containers")).flatMap((one) => objects(ownField(one, "ports")));
  const port = written.map((one) => ownField(one, "containerPort")).find((one) => typeof one === "number");
  return [
    { name: "user-port", port: typeof port === "number" ? port : 8080, protocol: "TCP" },
    ...QUEUE_PROXY,
  ];
}
