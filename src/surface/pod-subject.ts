/** The pods that a question is about. */
export interface PodSubject {
  readonly namespace: string;
  /** Labels of a namespace that nobody declares; ignored for the others. */
  readonly namespaceLabels?: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  /** Keys that are there with a value nobody knows; they win over `labels`. */
  readonly runtimeLabels: ReadonlySet<string>;
  /** No policy governs pods on the host network. */
  readonly hostNetwork: boolean;
  /** null = nobody knows; absent = "default". */
  readonly serviceAccount?: string | null;
}
