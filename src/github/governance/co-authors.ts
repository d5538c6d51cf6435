/** Whom a trailer names (docs.github.com, "Creating a commit with multiple authors"). */
export type CoAuthor =
  | { readonly kind: "account"; readonly login: string }
  /** Whose address it is, GitHub has to say. */
  | { readonly kind: "address"; readonly name: string; readonly address: string }
  /** Not written as GitHub reads it; somebody all the same. */
  | { readonly kind: "unreadable"; readonly name: string };

const TRAILER = /^co-authored-by:[ \t]*(.*)$/gim;
const LONGEST = 400;

/** Co-authors of a commit message; those that are nobody's account are left out. `host`: whose addresses hide people's. */
export function coAuthorsOf(message: string, host: string): readonly CoAuthor[] {
  return [...message.matchAll(TRAILER)].flatMap(([, value = ""]) => coAuthor(value.trim(), host) ?? []);
}

function coAuthor(value: string, host: string): CoAuthor | null {
  if (value === "") return null;
  const written = value.length > LONGEST ? null : /^([^<>]*)<([^<>\s]+@[^<>\s]+)>$/.exec(value);
  if (written === null) return { kind: "unreadable", name: value.slice(0, LONGEST) };
  const [, name = "", given = ""] = written;
  const address = given.toLowerCase();
  if (isNobody(address)) return null;
  const login = hiddenLogin(address, host);
  return login === null ? { kind: "address", name: name.trim(), address } : { kind: "account", login };
}

/** "12345+alice@users.noreply.github.com", and as it was before 2017 "alice@…". */
function hiddenLogin(address: string, host: string): string | null {
  const at = address.lastIndexOf("@");
  if (address.slice(at + 1) !== `users.noreply.${host}`) return null;
  return address.slice(0, at).replace(/^\d+\+/, "");
}

/**
 * Addresses where nobody reads: tools that write code sign with them. A trailer is a courtesy, and who wants to hide leaves
 * it out, so nothing is lost by not taking these for people.
 */
const NOBODY = /^(?:no-?reply|do-?not-?reply)@|^cursoragent@cursor\.com$/;

function isNobody(address: string): boolean {
  return NOBODY.test(address);
}
