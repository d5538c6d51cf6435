import { isIPv4, isIPv6 } from "node:net";

/**
 * What is wrong with a CIDR, in words, or null.
 *
 * As strict as Kubernetes is with new objects (validation of `ipBlock.cidr`: no leading zeros, no IPv4-mapped IPv6), and
 * host bits are refused: `10.0.0.5/8` is either a typo of the address or of the length, and a guess would decide what
 * counts as inside.
 */
export function cidrProblem(text: string): string | null {
  const slash = text.indexOf("/");
  if (slash < 0) return "is no CIDR: a prefix length is missing, as in 10.0.0.0/8";
  const address = text.slice(0, slash);
  const length = text.slice(slash + 1);
  const bits = isIPv4(address) ? 32 : isIPv6(address) && !address.includes("%") ? 128 : 0;
  if (bits === 0) return "is no CIDR: the address is not valid";
  if (!/^(0|[1-9][0-9]{0,2})$/.test(length) || Number(length) > bits) {
    return `is no CIDR: the prefix length must be 0 to ${bits}`;
  }
  const groups = bits === 32 ? address.split(".").map(Number) : groupsOfIPv6(address);
  if (bits === 128 && groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return "is an IPv4-mapped IPv6 range: write it as IPv4";
  }
  if (hasHostBits(groups, bits === 32 ? 8 : 16, Number(length))) {
    return `has bits set after its first ${length}: write the network address`;
  }
  return null;
}

function hasHostBits(groups: readonly number[], width: number, length: number): boolean {
  return groups.some((group, index) => {
    const kept = Math.min(Math.max(length - index * width, 0), width);
    return (group & ((1 << (width - kept)) - 1)) !== 0;
  });
}

/** The eight groups of an address that `isIPv6` accepted. */
function groupsOfIPv6(address: string): readonly number[] {
  const [left = "", right] = address.split("::");
  const head = groupsOf(left);
  if (right === undefined) return head;
  const tail = groupsOf(right);
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function groupsOf(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(":").flatMap((part) => {
    if (!part.includes(".")) return [Number.parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
