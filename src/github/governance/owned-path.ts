/**
 * Whether a pattern of a CODEOWNERS file matches a path: the rules of gitignore, but what ends in "/*" holds files of this
 * directory alone (docs.github.com, "About code owners"). Matched piece by piece: no pattern makes it slow.
 */
export function matchesOwnedPath(pattern: string, path: string): boolean {
  const anchored = pattern.slice(0, -1).includes("/");
  const pieces = pattern.split("/").filter((piece) => piece !== "");
  if (pieces.length === 0) return false;
  const below = pattern.endsWith("/") ? "inside" : pieces.length > 1 && pieces.at(-1) === "*" ? "no" : "also";
  const wanted = anchored ? pieces : ["**", ...pieces];
  return matchesPieces(wanted, path.split("/"), below);
}

/** Whether what lies below a matched directory is matched: only that, that too, or not. */
type Below = "inside" | "also" | "no";

function matchesPieces(pattern: readonly string[], path: readonly string[], below: Below): boolean {
  // Positions in the path that the pieces so far can have reached.
  let reached = new Set([0]);
  pattern.forEach((piece, index) => {
    const next = new Set<number>();
    for (const position of reached) {
      if (piece === "**") {
        // As the last piece it stands for at least one name.
        const first = index === pattern.length - 1 ? position + 1 : position;
        for (let end = first; end <= path.length; end += 1) next.add(end);
      } else {
        const name = path[position];
        if (name !== undefined && matchesName(piece, name)) next.add(position + 1);
      }
    }
    reached = next;
  });
  const whole = reached.has(path.length);
  const part = [...reached].some((position) => position > 0 && position < path.length);
  if (below === "inside") return part;
  return whole || (below === "also" && part);
}

/** "*" any characters, "?" one, "\" takes the next as it is. Two pointers: the last star alone is tried again. */
function matchesName(pattern: string, name: string): boolean {
  const signs = pattern.match(/\\.|[^\\]|\\$/gsu) ?? [];
  const letters = [...name];
  let sign = 0;
  let letter = 0;
  let star: { readonly sign: number; letter: number } | null = null;
  while (letter < letters.length) {
    const wanted = signs[sign];
    if (wanted?.startsWith("*")) {
      star = { sign, letter };
      sign += 1;
    } else if (wanted === "?" || (wanted !== undefined && literal(wanted) === letters[letter])) {
      sign += 1;
      letter += 1;
    } else if (star !== null) {
      star.letter += 1;
      letter = star.letter;
      sign = star.sign + 1;
    } else {
      return false;
    }
  }
  return signs.slice(sign).every((rest) => rest === "*");
}

function literal(sign: string): string {
  return sign.length > 1 && sign.startsWith("\\") ? sign.slice(1) : sign;
}
