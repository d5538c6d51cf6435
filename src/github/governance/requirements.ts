import type { Configuration } from "../../config/config.ts";
import type { LocatedFinding } from "../../report/report.ts";
import { codeOwnersOf, type OwnedPath } from "./code-owners.ts";

/** What the base branch says of who may clear findings. */
export interface ClearingPolicy {
  readonly configuration: Configuration;
  readonly codeOwners: readonly OwnedPath[];
  /** Whether somebody who made the change may clear it, and is shown as having done so. */
  readonly self: "off" | "recorded";
}

/** One group of people, of whom one has to agree. */
export type Requirement =
  | { readonly kind: "approvers"; readonly names: readonly string[] }
  | { readonly kind: "code-owners"; readonly names: readonly string[] }
  /** Whoever has maintain or admin: they could bypass the check, this records it. */
  | { readonly kind: "maintainers" };

/**
 * Whom it takes: for each environment of the finding its approvers; where it has none the owners of the file that holds the
 * cause; where it has none the maintainers. One person has to satisfy all.
 */
export function requirementsOf(
  { environments, location }: Pick<LocatedFinding, "environments" | "location">,
  { configuration, codeOwners }: ClearingPolicy,
): readonly Requirement[] {
  const approvers = environments.map((name) => configuration.environments.get(name)?.marks.approvers ?? []);
  const named = [...new Map(approvers.map((names) => [JSON.stringify(names), names])).values()]
    .filter((names) => names.length > 0)
    .map((names): Requirement => ({ kind: "approvers", names: names.map(withoutAt) }));
  const covered = environments.length > 0 && approvers.every((names) => names.length > 0);
  if (covered) return named;
  const owners = location === null ? [] : codeOwnersOf(codeOwners, location.path);
  const others: Requirement =
    owners.length > 0 ? { kind: "code-owners", names: owners.map(withoutAt) } : { kind: "maintainers" };
  return [...named, others];
}

function withoutAt(name: string): string {
  return name.startsWith("@") ? name.slice(1) : name;
}

/** "acme/security"; everything else is a login, or an address, which nobody can be matched with. */
export function teamOf(name: string): { readonly organisation: string; readonly team: string } | null {
  const [organisation = "", team = "", ...rest] = name.split("/");
  return rest.length > 0 || organisation === "" || team === "" ? null : { organisation, team };
}
