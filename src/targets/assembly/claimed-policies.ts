import type { RepositoryTree } from "../../tree/indexed-tree.ts";
import { pathsBelow } from "../../tree/paths-below.ts";
import { isTreeProblem } from "../../tree/tree.ts";
import { BlobMemo } from "../files/blob-memo.ts";
import { asciiOf } from "../files/text-of.ts";

/** Where policies act that stand in files which an unread entry point of this repository deploys; null = none stand there. */
export type PolicyReach =
  | null
  /** Literal namespaces of their documents, beside the entry point's own. */
  | { readonly kind: "namespaces"; readonly names: readonly string[] }
  | { readonly kind: "anywhere" };

/**
 * An unread target is assumed to write policies only in its own namespace; what stands in the files that it claims is evidence
 * to the contrary (design section 5). It is read as text: the files may be templates, patches or parts of overlays.
 */
export async function claimedPolicies(tree: RepositoryTree, claims: readonly string[]): Promise<PolicyReach> {
  const files = new Set(claims.flatMap((claim) => [claim, ...pathsBelow(tree, claim)]));
  const found = await Promise.all([...files].map((file) => reachOfFile.of(tree, file)));
  const reaches = found.flatMap((reach) => (reach === null || isTreeProblem(reach) ? [] : [reach]));
  if (reaches.length === 0) return null;
  if (reaches.some(({ kind }) => kind === "anywhere")) return { kind: "anywhere" };
  const names = reaches.flatMap((reach) => (reach.kind === "namespaces" ? reach.names : []));
  return { kind: "namespaces", names: [...new Set(names)].sort() };
}

const POLICY = /\bkind["']?\s*:\s*["']?(\w*NetworkPolicy|EgressFirewall|NetworkSet|SecurityGroup)\b/;
const CLUSTER_WIDE =
  /\bkind["']?\s*:\s*["']?(CiliumClusterwideNetworkPolicy|CiliumCIDRGroup|Global\w*|\w*AdminNetworkPolicy|ClusterNetworkPolicy|Tier)\b/;
/** Kyverno: policies that write policies. */
const GENERATOR = /\bkind["']?\s*:\s*["']?(ClusterPolicy|GeneratingPolicy)\b/;
const GENERATES = /\bgenerate["']?\s*:|GeneratingPolicy/;
const NAMESPACE = /\bnamespace["']?\s*:[ \t]*["']?([^\s"'#]+)/g;
const LITERAL_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

const reachOfFile = new BlobMemo((bytes): PolicyReach => {
  const text = asciiOf(bytes);
  if (CLUSTER_WIDE.test(text) || (GENERATOR.test(text) && GENERATES.test(text))) return { kind: "anywhere" };
  if (!POLICY.test(text)) return null;
  const names = [...text.matchAll(NAMESPACE)].map(([, name = ""]) => name);
  if (names.some((name) => !LITERAL_NAME.test(name))) return { kind: "anywhere" };
  return { kind: "namespaces", names };
});
