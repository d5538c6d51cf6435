// @ts-check
// JavaScript, because a worker thread starts from a file as it stands: the tests run the sources directly, and
// Node 20 does not strip types. `tsc` checks it like everything else.

/** 2024-01-01T00:00:00Z in nanoseconds: `now` is the same in every render. */
const NOW = 1_704_067_200_000_000_000n;
const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const NO_SYSTEM_CALL = 52;
const MONOTONIC_CLOCK = 1;

/** Thrown out of the module when it ends itself: a fatal error of the Go runtime, for example out of memory. */
class ModuleExit extends Error {}

/**
 * The system calls that a Go module needs to start: no files, no network, no environment, a clock that stands
 * still and random numbers that repeat. Every other call is refused.
 *
 * @param {WebAssembly.Module} module
 * @param {() => DataView} view a fresh view of the memory, which may have grown since the last call
 */
export function systemCalls(module, view) {
  let monotonic = 0n;
  let seed = 1;
  let diagnostics = "";
  const decoder = new TextDecoder();

  /** Xorshift: the values only have to be spread and repeatable. */
  function nextByte() {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return seed & 255;
  }

  /** @type {Record<string, (...args: number[]) => number>} */
  const calls = {
    args_sizes_get: (count = 0, size = 0) => {
      view().setUint32(count, 1, true);
      view().setUint32(size, 7, true);
      return SUCCESS;
    },
    // klog looks at the name of the program.
    args_get: (list = 0, text = 0) => {
      view().setUint32(list, text, true);
      for (const [index, letter] of [..."engine\0"].entries())
        view().setUint8(text + index, letter.charCodeAt(0));
      return SUCCESS;
    },
    environ_sizes_get: (count = 0, size = 0) => {
      view().setUint32(count, 0, true);
      view().setUint32(size, 0, true);
      return SUCCESS;
    },
    environ_get: () => SUCCESS,
    clock_time_get: (clock = 0, _precision = 0, result = 0) => {
      monotonic += 1000n;
      view().setBigUint64(result, clock === MONOTONIC_CLOCK ? monotonic : NOW, true);
      return SUCCESS;
    },
    random_get: (start = 0, length = 0) => {
      const memory = view();
      for (let index = 0; index < length; index++) memory.setUint8(start + index, nextByte());
      return SUCCESS;
    },
    fd_write: (_descriptor = 0, vectors = 0, count = 0, written = 0) => {
      const memory = view();
      let total = 0;
      for (let index = 0; index < count; index++) {
        const start = memory.getUint32(vectors + index * 8, true);
        const length = memory.getUint32(vectors + index * 8 + 4, true);
        if (diagnostics.length < 4000) {
          diagnostics += decoder.decode(new Uint8Array(memory.buffer, start, Math.min(length, 4000)));
        }
        total += length;
      }
      memory.setUint32(written, total, true);
      return SUCCESS;
    },
    // The scheduler sleeps by polling; time passes only here.
    poll_oneoff: (subscriptions = 0, events = 0, count = 0, occurred = 0) => {
      const memory = view();
      let longest = 0n;
      for (let index = 0; index < count; index++) {
        const subscription = subscriptions + index * 48;
        const event = events + index * 32;
        memory.setBigUint64(event, memory.getBigUint64(subscription, true), true);
        memory.setUint16(event + 8, SUCCESS, true);
        const type = memory.getUint8(subscription + 8);
        memory.setUint8(event + 10, type);
        if (type === 0) {
          const timeout = memory.getBigUint64(subscription + 24, true);
          if (timeout > longest) longest = timeout;
        }
      }
      monotonic += longest;
      memory.setUint32(occurred, count, true);
      return SUCCESS;
    },
    sched_yield: () => SUCCESS,
    proc_exit: (code = 0) => {
      throw new ModuleExit(lastLine(diagnostics) || `the module ended with code ${code}`);
    },
  };

  /** @type {Record<string, Function>} */
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from !== "wasi_snapshot_preview1") continue;
    imports[name] = calls[name] ?? (() => (name.startsWith("fd_") ? BAD_DESCRIPTOR : NO_SYSTEM_CALL));
  }
  return {
    imports,
    /** Starts the random numbers again, so that a render does not depend on the ones before it. */
    restart() {
      seed = 1;
      diagnostics = "";
    },
  };
}

/** @param {string} text What Go prints before a stack trace: "fatal error: out of memory" or the panic. */
function lastLine(text) {
  return text.match(/^(fatal error|panic|runtime): .*$/m)?.[0] ?? "";
}
