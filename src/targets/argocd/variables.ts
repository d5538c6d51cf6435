import type { EntryPoint } from "../targets.ts";

export type Variables = ReadonlyMap<string, string>;

/** A revision stands for the commit that Argo CD will see; both sides get the same, so that it makes no difference. */
const UNKNOWN_REVISION = "0".repeat(40);

/** The build environment of Argo CD (docs/user-guide/build-environment.md) as far as it is known without a cluster. */
export function argocdVariables(
  entry: EntryPoint,
  project: string,
  namespace: string,
  source: { readonly url: string; readonly path: string; readonly revision: string },
): Variables {
  return new Map([
    ["ARGOCD_APP_NAME", entry.name],
    ["ARGOCD_APP_NAMESPACE", namespace],
    ["ARGOCD_APP_PROJECT_NAME", project],
    ["ARGOCD_APP_REVISION", UNKNOWN_REVISION],
    ["ARGOCD_APP_REVISION_SHORT", UNKNOWN_REVISION.slice(0, 7)],
    ["ARGOCD_APP_REVISION_SHORT_8", UNKNOWN_REVISION.slice(0, 8)],
    ["ARGOCD_APP_SOURCE_REPO_URL", source.url],
    ["ARGOCD_APP_SOURCE_PATH", source.path],
    ["ARGOCD_APP_SOURCE_TARGET_REVISION", source.revision],
  ]);
}

/**
 * Substitution as Argo CD's `Env.Envsubst`, which is Go's `os.Expand`: `$NAME` and `${NAME}`, `$$` is a dollar sign, an
 * unknown name is empty, a dollar sign before anything else stays, and bad syntax (`${}`, `${` without end) is eaten.
 */
export function substitute(text: string, variables: Variables): string {
  return text.replace(
    /\$(?:\{([^}]*)\}|(\{)|([A-Za-z0-9_]+)|([*#$@!?-]))/g,
    (_, braced?: string, unclosed?: string, name?: string, special?: string) => {
      if (unclosed !== undefined) return "";
      // A digit is a name of one character for a shell, and so for Go.
      const whole =
        braced ?? special ?? (name !== undefined && /^\d/.test(name) ? name.slice(0, 1) : name) ?? "";
      const rest = name !== undefined && /^\d/.test(name) ? name.slice(1) : "";
      return (whole === "$" ? "$" : (variables.get(whole) ?? "")) + rest;
    },
  );
}
