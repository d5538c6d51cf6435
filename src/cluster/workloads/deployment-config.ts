import { type JsonObject, nested, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import type { PodFacts } from "./pod-facts.ts";
import { type DeclaredWorkloads, specTemplate } from "./pod-template.ts";
import { type TemplatedPods, templatedWorkloads } from "./templated-pods.ts";

/**
 * apps.openshift.io DeploymentConfig: pods of `spec.template`, and the pods that roll it out and run its hooks
 * (openshift/api, apps/v1/consts.go: the labels; apps/v1/types.go: `strategy.labels` are those of deployer and hook pods;
 * openshift/openshift-controller-manager, pkg/apps/deployer).
 */
export function deploymentConfig(manifest: Manifest): DeclaredWorkloads {
  const strategy = nested(manifest.object, "spec", "strategy") ?? {};
  const extra = { metadata: { labels: ownField(strategy, "labels") ?? {} } };
  const template = specTemplate(manifest.object);
  const hook: TemplatedPods = {
    role: "hook",
    // Hooks run the image and the volumes of the pods that they are for, under the account of their template.
    template: { ...extra, ...(template === null ? {} : { spec: ownField(template, "spec") }) },
    anyValue: ["openshift.io/deployer-pod-for.name", "openshift.io/deployer-pod.type"],
  };
  return templatedWorkloads(manifest, [
    {
      role: null,
      template,
      known: { deploymentconfig: manifest.object.metadata.name ?? null },
      anyValue: ["deployment"],
    },
    { role: "deployer", template: extra, anyValue: ["openshift.io/deployer-pod-for.name"], facts: DEPLOYER },
    ...(hasHooks(strategy) ? [hook] : []),
  ]);
}

const DEPLOYER: PodFacts = { hostNetwork: false, serviceAccount: "deployer", containerPorts: [], images: [] };

function hasHooks(strategy: JsonObject): boolean {
  return ["rollingParams", "recreateParams"].some((params) =>
    ["pre", "mid", "post"].some((hook) => nested(strategy, params, hook, "execNewPod") !== null),
  );
}
