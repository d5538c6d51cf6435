/**
 * What a text of YAML or a template can make at most, from the lines that stand there literally (design section 5,
 * "Partly readable"). null = it could be any.
 */

export function literalKinds(text: string): readonly string[] | null {
  const kinds = valuesOf(text, "kind").map(
    (value) => /^[ \t]*["']?([A-Za-z][A-Za-z0-9]*)["']?[ \t]*(?:#.*)?$/.exec(value)?.[1] ?? null,
  );
  return kinds.length === 0 || kinds.includes(null)
    ? null
    : [...new Set(kinds.filter((one) => one !== null))].sort();
}

/**
 * Namespaces in which a template may put objects: those it names, and the release's own for objects that name none. A
 * namespace from values or a helper of another name could be any.
 */
export function literalNamespaces(text: string, own: string): readonly string[] | null {
  const namespaces = new Set([own]);
  for (const value of valuesOf(text, "namespace")) {
    const literal = /^[ \t]*["']?([a-z0-9]([-a-z0-9]*[a-z0-9])?)["']?[ \t]*(?:#.*)?$/.exec(value)?.[1];
    if (literal !== undefined) namespaces.add(literal);
    // By convention a helper that is called a namespace gives the release's one unless values override it.
    else if (value.trim() !== "" && !/\.Release\.Namespace|include\s+"[^"]*namespace[^"]*"/i.test(value))
      return null;
  }
  return [...namespaces].sort();
}

/** What stands after a key, in block style to the end of the line, in flow style ("{kind: List, items: …") to the next entry. */
function valuesOf(text: string, key: "kind" | "namespace"): readonly string[] {
  return [...text.matchAll(KEYS[key])].map(([, start = "", value = ""]) =>
    /[{,]/.test(start) ? (value.split(/[,}]/, 1)[0] ?? "") : value,
  );
}

const KEYS = {
  kind: /(^[ \t]*(?:-[ \t]+)*|[{,]\s*)["']?kind["']?[ \t]*:(?=([^\n]*))/gm,
  namespace: /(^[ \t]*(?:-[ \t]+)*|[{,]\s*)["']?namespace["']?[ \t]*:(?=([^\n]*))/gm,
} as const;
