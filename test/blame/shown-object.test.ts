import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { shownObject } from "../../src/blame/shown-object.ts";
import { manifest } from "../render/manifest.ts";

const shown = (text: string) => shownObject(manifest(text));

describe("a policy is shown whole, in the order in which it was rendered", () => {
  test.each([
    ["networking.k8s.io/v1", "NetworkPolicy"],
    ["cilium.io/v2", "CiliumNetworkPolicy"],
    ["projectcalico.org/v3", "GlobalNetworkPolicy"],
  ])("%s %s", (apiVersion, kind) => {
    const text = `kind: ${kind}\napiVersion: ${apiVersion}\nspec:\n  egress:\n    - {}\n  podSelector: {}\nmetadata:\n  name: a\n`;
    expect(shown(text)).toBe(text);
  });
});

describe("what may hold a secret is not shown", () => {
  test.each([
    ["v1", "Secret"],
    ["v1", "ConfigMap"],
    ["bitnami.com/v1alpha1", "SealedSecret"],
    ["external-secrets.io/v1", "ExternalSecret"],
    ["example.com/v1", "NetworkSecret"],
    ["kyverno.io/v1", "ClusterPolicy"],
    ["example.com/v1", "Profile"],
    // Settings of a whole mesh, or of nodes: keys and certificates may stand in them
    ["kuma.io/v1alpha1", "Mesh"],
    ["consul.hashicorp.com/v1alpha1", "Mesh"],
    ["eks.amazonaws.com/v1", "NodeClass"],
  ])("%s %s", (apiVersion, kind) => {
    const object = {
      apiVersion,
      kind,
      metadata: { name: "a" },
      data: { password: "hunter2" },
      spec: { rules: [] },
    };
    expect(shown(JSON.stringify(object))).toBeNull();
  });

  test("a kind that is called like something every object has", () => {
    expect(shown("apiVersion: v1\nkind: constructor\nmetadata: {name: a}\n")).toBeNull();
  });

  const POD = {
    metadata: { labels: { app: "web" }, annotations: { token: "hunter2" } },
    spec: {
      hostNetwork: true,
      imagePullSecrets: [{ name: "hunter2" }],
      initContainers: [{ name: "init", image: "init:1", args: ["hunter2"] }],
      containers: [
        {
          name: "web",
          image: "web:1",
          ports: [{ containerPort: 80 }],
          env: [{ name: "PASSWORD", value: "hunter2" }],
          command: ["hunter2"],
        },
      ],
    },
  };
  const SEEN = {
    metadata: { labels: { app: "web" } },
    spec: {
      hostNetwork: true,
      initContainers: [{ name: "init", image: "init:1" }],
      containers: [{ name: "web", image: "web:1", ports: [{ containerPort: 80 }] }],
    },
  };

  test.each([
    ["apps/v1", "Deployment", { template: POD }, { template: SEEN }],
    ["serving.knative.dev/v1", "Service", { template: POD }, { template: SEEN }],
    ["kubevirt.io/v1", "VirtualMachine", { template: POD }, { template: { metadata: SEEN.metadata } }],
    [
      "batch/v1",
      "CronJob",
      { schedule: "@daily", jobTemplate: { spec: { template: POD } } },
      { schedule: "@daily", jobTemplate: { spec: { template: SEEN } } },
    ],
    ["v1", "Pod", POD.spec, SEEN.spec],
  ])("%s %s: its labels, images and ports", (apiVersion, kind, spec, seen) => {
    const metadata = { name: "web", labels: { app: "web" } };
    const object = { apiVersion, kind, metadata: { ...metadata, annotations: { token: "hunter2" } }, spec };
    const text = shown(JSON.stringify(object));
    expect(text).not.toContain("hunter2");
    expect(parse(text ?? "")).toEqual({ apiVersion, kind, metadata, spec: seen });
  });
});

test("a text of more than 64 KiB is not shown", () => {
  const policy = (bytes: number) =>
    shown(`apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: ${"a".repeat(bytes)}\n`);
  expect(policy(60 * 1024)).not.toBeNull();
  expect(policy(64 * 1024)).toBeNull();
});
