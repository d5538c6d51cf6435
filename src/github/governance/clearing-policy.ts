import type { Configuration } from "../../config/config.ts";
import type { Tree } from "../../tree/tree.ts";
import { parseCodeOwners, readCodeOwners } from "./code-owners.ts";
import type { ClearingPolicy } from "./requirements.ts";
import { selfApproval } from "./self-approval.ts";

/** What a base branch says of who may clear findings: its tree holds CODEOWNERS. */
export async function clearingPolicy(
  tree: Tree,
  {
    configuration,
    organisation,
  }: { readonly configuration: Configuration; readonly organisation: Configuration | null },
): Promise<ClearingPolicy> {
  return {
    configuration,
    codeOwners: parseCodeOwners((await readCodeOwners(tree)) ?? ""),
    self: selfApproval(configuration, organisation),
  };
}
