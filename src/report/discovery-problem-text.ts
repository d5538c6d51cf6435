import type { DiscoveryProblem } from "../targets/targets.ts";

/** What is wrong, in words; where it is wrong is printed beside it. */
export function problemText({ code, subject }: DiscoveryProblem): string {
  switch (code) {
    case "values-file-missing":
      return `the values file \`${subject}\` does not exist`;
    case "path-missing":
      return `the path \`${subject}\` does not exist`;
    case "invalid-yaml":
      return `this is no valid YAML: ${subject}`;
    case "invalid-entry-point":
      return `this entry point cannot be read: ${subject}`;
    case "file-too-large":
      return `\`${subject}\` is too large to be read`;
    case "duplicate-environment":
      return `two environments are called \`${subject}\``;
    case "submodule":
      return `\`${subject}\` lies in a submodule, whose content is not here`;
    case "lfs-pointer":
      return `\`${subject}\` is a Git LFS pointer, its content is not here`;
  }
}
