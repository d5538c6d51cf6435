import type { KubernetesObject } from "../render/render.ts";

/** Finds another object of a namespace that holds what a resource only names (Argo Rollouts `workloadRef`). */
export type ObjectLookup = (namespace: string, kind: string, name: string) => KubernetesObject | null;
