import type { KustomizeEdits } from "./engine.ts";

interface EditCommands {
  readonly edits: readonly (readonly string[])[];
  readonly patches: readonly object[];
}

/**
 * The command lines of `kustomize edit` that Argo CD runs, in its order (argo-cd util/kustomize). Patches are no
 * command: Argo CD appends them to the file.
 */
export function editCommands(edits: KustomizeEdits): EditCommands {
  const commands: string[][] = [];
  const add = (present: boolean, ...command: readonly string[]) => {
    if (present) commands.push([...command]);
  };
  const { namePrefix = "", nameSuffix = "", namespace = "", images = [], components = [] } = edits;
  const replicas = (edits.replicas ?? []).map(({ name, count }) => `${name}=${count}`);
  const labels = pairs(edits.commonLabels);
  const annotations = pairs(edits.commonAnnotations);
  add(namePrefix !== "", "set", "nameprefix", "--", namePrefix);
  add(nameSuffix !== "", "set", "namesuffix", "--", nameSuffix);
  add(images.length > 0, "set", "image", "--", ...images);
  add(replicas.length > 0, "set", "replicas", "--", ...replicas);
  add(labels.length > 0, "add", "label", ...labelFlags(edits), "--", ...labels);
  const force = edits.forceCommonAnnotations === true ? ["--force"] : [];
  add(annotations.length > 0, "add", "annotation", ...force, "--", ...annotations);
  add(namespace !== "", "set", "namespace", "--", namespace);
  add(components.length > 0, "add", "component", "--", ...components);
  return { edits: commands, patches: edits.patches ?? [] };
}

function labelFlags(edits: KustomizeEdits): string[] {
  const flags: string[] = [];
  if (edits.forceCommonLabels === true) flags.push("--force");
  if (edits.labelWithoutSelector === true) flags.push("--without-selector");
  if (edits.labelIncludeTemplates === true) flags.push("--include-templates");
  return flags;
}

function pairs(map: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(map)
    .map(([key, value]) => `${key}:${value}`)
    .sort();
}
