import { expect, test } from "@jest/globals";
import { isolationElsewhere } from "../../src/cluster/isolated-elsewhere.ts";
import { diff } from "../../src/diff/environment-delta.ts";
import { cluster } from "../cluster/cluster-builder.ts";

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {metadata: {labels: {app: web}}}}
`;
const OPEN = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: open, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]
`;
const ANNOTATED = OPEN.replace("namespace: shop", "namespace: shop, annotations: {a: b}");

test.each([
  ["the very same object", OPEN],
  ["an object that differs in an annotation", ANNOTATED],
])("another environment isolates with %s: what its rules admit is not taken over", (_, text) => {
  const elsewhere = isolationElsewhere(cluster(text).policies, new Set(["shop"]));
  const base = cluster(WEB);
  const head = cluster(`${WEB}---\n${OPEN}`);
  const delta = diff(
    { ...base, policies: [...base.policies, ...elsewhere] },
    { ...head, policies: [...head.policies, ...elsewhere] },
    { environment: "test" },
  );
  expect(delta.workloads.flatMap(({ openings }) => openings.map(({ cause }) => cause.kind))).toEqual([
    "rule",
  ]);
});
