/** An address block as bits. Host bits of the text are already cut off. */
export interface CidrBlock {
  readonly family: "v4" | "v6";
  readonly first: bigint;
  readonly prefix: number;
}

const WIDTH = { v4: 32, v6: 128 } as const;

/**
 * Reads a CIDR as the API server's legacy fields do (k8s.io/utils/net ParseCIDRSloppy): host bits are cut off, an octet
 * may have leading zeros and is decimal all the same. null = the API server refuses it.
 */
export function parseCidr(text: string): CidrBlock | null {
  const slash = text.indexOf("/");
  if (slash < 0) return null;
  const prefix = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(prefix)) return null;
  const address = text.slice(0, slash);
  const family = address.includes(":") ? "v6" : "v4";
  const bits = family === "v4" ? parseV4(address) : parseV6(address);
  const length = Number(prefix);
  if (bits === null || length > WIDTH[family]) return null;
  const hostBits = BigInt(WIDTH[family] - length);
  return { family, first: (bits >> hostBits) << hostBits, prefix: length };
}

/** One text for one block: "10.0.0.0/8", "2001:db8::/32" (RFC 5952). */
export function printCidr(block: CidrBlock): string {
  return `${block.family === "v4" ? printV4(block.first) : printV6(block.first)}/${block.prefix}`;
}

/** Whether `inner` lies in `outer` and is smaller: what the API demands of an exception. */
export function isStrictSubset(inner: CidrBlock, outer: CidrBlock): boolean {
  return inner.prefix > outer.prefix && isSubset(inner, outer);
}

export function isSubset(inner: CidrBlock, outer: CidrBlock): boolean {
  if (inner.family !== outer.family || inner.prefix < outer.prefix) return false;
  const hostBits = BigInt(WIDTH[outer.family] - outer.prefix);
  return inner.first >> hostBits === outer.first >> hostBits;
}

/** Go's net.ParseCIDR refuses zeros before an octet: they once meant octal. */
export function isWrittenStrictly(text: string): boolean {
  return text.includes(":") || !/(^|\.)0[0-9]/.test(text);
}

function parseV4(text: string): bigint | null {
  const octets = text.split(".");
  if (octets.length !== 4) return null;
  let bits = 0n;
  for (const octet of octets) {
    if (!/^\d+$/.test(octet) || Number(octet) > 255) return null;
    bits = (bits << 8n) | BigInt(Number(octet));
  }
  return bits;
}

function parseV6(text: string): bigint | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [headText = "", tailText] = halves;
  const head = parseGroups(headText, tailText === undefined);
  const tail = tailText === undefined ? [] : parseGroups(tailText, true);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (tailText === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
}

/** Groups of 16 bits; the last may be a dotted IPv4 address, which is two of them. */
function parseGroups(text: string, last: boolean): number[] | null {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (part.includes(".")) {
      const bits = last && index === parts.length - 1 ? parseV4(part) : null;
      if (bits === null) return null;
      groups.push(Number(bits >> 16n), Number(bits & 0xffffn));
    } else {
      if (!/^[0-9A-Fa-f]{1,4}$/.test(part)) return null;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function printV4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => ((bits >> shift) & 0xffn).toString()).join(".");
}

function printV6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    Number((bits >> BigInt(112 - 16 * index)) & 0xffffn),
  );
  const run = longestZeroRun(groups);
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (run.length < 2) return text(groups);
  return `${text(groups.slice(0, run.start))}::${text(groups.slice(run.start + run.length))}`;
}

function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let index = 0; index <= groups.length; index++) {
    if (groups[index] === 0) continue;
    if (index - start > best.length) best = { start, length: index - start };
    start = index + 1;
  }
  return best;
}
