import type { Entry } from "../../src/tree/entry.ts";
import { IndexedTree, type RepositoryTree } from "../../src/tree/indexed-tree.ts";
import { overlay, withEntries } from "../../src/tree/overlay.ts";

/** A tree of texts by path; `{link}` makes a symbolic link, `{submodule}` a submodule. */
export type Files = Readonly<
  Record<string, string | { readonly link: string } | { readonly submodule: string }>
>;

export function treeOf(files: Files, name = "tree"): RepositoryTree {
  const texts = new Map<string, Uint8Array>();
  const others = new Map<string, Entry>();
  for (const [path, content] of Object.entries(files)) {
    if (typeof content === "string") texts.set(path, new TextEncoder().encode(content));
    else if ("link" in content) others.set(path, { kind: "link", target: content.link });
    else others.set(path, { kind: "submodule", commit: content.submodule });
  }
  const plain = overlay(new IndexedTree("empty", new Map()), texts);
  return new IndexedTree(name, withEntries(plain.entries(), others));
}

export const REPOSITORY = "https://git.example.com/acme/platform.git";

/** An Argo CD Application as JSON (which is YAML), with what is not given left out. */
export function application(name: string, spec: object, metadata: object = {}): string {
  const object = {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: { name, namespace: "argocd", ...metadata },
    spec: {
      project: "default",
      destination: { server: "https://kubernetes.default.svc", namespace: name },
      ...spec,
    },
  };
  return `${JSON.stringify(object, null, 1)}\n`;
}

/** A source of this repository. */
export function source(path: string, rest: object = {}): object {
  return { repoURL: REPOSITORY, targetRevision: "main", path, ...rest };
}

export const DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n";
export const CHART = "apiVersion: v2\nname: chart\nversion: 1.0.0\n";
