/** WebAssembly counts memory in pages of 64 KiB. */
const PAGE = 65_536;
const MEMORY_SECTION = 5;

/**
 * Writes a maximum into the memory section of a module.
 *
 * The format: https://webassembly.github.io/spec/core/binary/modules.html#memory-section, a section is an id, a
 * length and the content; here one memory, whose limits are a flag, the minimum and, with flag 1, the maximum.
 *
 * @returns the module with the maximum; never less than its own minimum, without which it could not start
 */
export function limitMemory(module: Uint8Array, bytes: number): Uint8Array {
  let offset = 8;
  while (offset < module.length) {
    const id = module[offset];
    const length = readNumber(module, offset + 1);
    const end = length.next + length.value;
    if (id === MEMORY_SECTION) {
      const minimum = readNumber(module, length.next + 2).value;
      const maximum = Math.max(minimum, Math.floor(bytes / PAGE));
      const content = [1, 1, ...numberBytes(minimum), ...numberBytes(maximum)];
      const section = [MEMORY_SECTION, ...numberBytes(content.length), ...content];
      const limited = new Uint8Array(offset + section.length + module.length - end);
      limited.set(module.subarray(0, offset));
      limited.set(section, offset);
      limited.set(module.subarray(end), offset + section.length);
      return limited;
    }
    offset = end;
  }
  throw new Error("the module has no memory of its own");
}

/** Unsigned LEB128. */
function readNumber(bytes: Uint8Array, start: number): { readonly value: number; readonly next: number } {
  let value = 0;
  let scale = 1;
  for (let next = start; next < bytes.length; next++) {
    const byte = bytes[next] ?? 0;
    value += (byte & 127) * scale;
    if (byte < 128) return { value, next: next + 1 };
    scale *= 128;
  }
  throw new Error("the module ends inside a number");
}

function numberBytes(value: number): number[] {
  const rest = Math.floor(value / 128);
  return rest === 0 ? [value] : [(value % 128) + 128, ...numberBytes(rest)];
}
