/** What the StatefulSet controller sets on its pods (kubernetes/kubernetes, pkg/controller/statefulset). */
export const STATEFUL_SET_LABELS: readonly string[] = [
  "apps.kubernetes.io/pod-index",
  "controller-revision-hash",
  "statefulset.kubernetes.io/pod-name",
];
