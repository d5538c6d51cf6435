import type { Manifest } from "../render/render.ts";

/** "DaemonSet kube-system/cilium". */
export function objectName({ object, namespace }: Manifest): string {
  const name = object.metadata.name ?? `${object.metadata.generateName ?? ""}*`;
  return `${object.kind} ${namespace === null ? name : `${namespace}/${name}`}`;
}
