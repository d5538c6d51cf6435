// @ts-check
// One renderer in a worker thread. It holds an instance of the module, hands it requests, and answers the module's
// questions about files by asking the main thread and sleeping until the answer is there: the host call of the
// module is synchronous, the trees of the main thread are not. JavaScript for the reason given in wasi.js.
import { receiveMessageOnPort, workerData } from "node:worker_threads";
import { systemCalls } from "./wasi.js";

/** @typedef {import("node:worker_threads").MessagePort} MessagePort */

/**
 * @typedef {object} Task
 * @property {"render_helm" | "build_kustomize" | "read_manifests"} operation
 * @property {Uint8Array} request JSON
 * @property {MessagePort} port where questions go: `{operation, path}`, answered by a number (a code) or bytes
 * @property {Int32Array} flag one shared number; the main thread sets it to 1 when an answer is there
 * @property {number} recycleBytes an instance with more memory than this is not used again
 */

/** @typedef {{ kind: "response", response: Uint8Array } | { kind: "trap", message: string }} Outcome */

/** @type {{ module: WebAssembly.Module }} */
const { module } = workerData;

const decoder = new TextDecoder();

/** @typedef {ReturnType<typeof instantiate>} Renderer */

function instantiate() {
  /** @type {Task | null} */
  let task = null;
  /** @type {Uint8Array} */
  let pending = new Uint8Array(0);
  /** @type {WebAssembly.Memory} */
  let memory = new WebAssembly.Memory({ initial: 0 });
  const calls = systemCalls(module, () => new DataView(memory.buffer));

  /**
   * @param {number} operation
   * @param {string} path
   * @returns {number | Uint8Array}
   */
  function ask(operation, path) {
    if (task === null) return -4;
    Atomics.store(task.flag, 0, 0);
    task.port.postMessage({ operation, path });
    // A loop: the wake-up call of the answer before this one may come late.
    while (Atomics.load(task.flag, 0) === 0) Atomics.wait(task.flag, 0, 0);
    const answer = receiveMessageOnPort(task.port)?.message;
    return answer ?? -4;
  }

  /** @type {(...args: number[]) => number} */
  function fs(operation = 0, pathStart = 0, pathLength = 0, buffer = 0, capacity = 0) {
    if (operation !== 0) {
      const path = decoder.decode(new Uint8Array(memory.buffer, pathStart, pathLength));
      const answer = ask(operation, path);
      if (typeof answer === "number") return answer;
      pending = answer;
    }
    if (pending.length <= capacity) new Uint8Array(memory.buffer, buffer).set(pending);
    return pending.length;
  }

  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: calls.imports, host: { fs } });
  /** @type {any} */
  const exported = instance.exports;
  memory = exported.memory;
  exported._initialize();

  return {
    bytes: () => memory.buffer.byteLength,
    /**
     * @param {Task} next
     * @returns {Uint8Array}
     */
    render(next) {
      task = next;
      calls.restart();
      const start = exported.alloc(next.request.length);
      new Uint8Array(memory.buffer, start).set(next.request);
      const length = exported[next.operation](start, next.request.length);
      pending = new Uint8Array(0);
      task = null;
      return new Uint8Array(memory.buffer, exported.result_ptr(), length).slice();
    },
  };
}

/** @type {Renderer | null} */
let renderer = null;

/** Instances are made when the thread starts, so that a render need not wait; a failure shows at the first task. */
try {
  renderer = instantiate();
} catch {
  renderer = null;
}

/**
 * @param {Task} task
 * @returns {Outcome}
 */
export default function run(task) {
  task.port.postMessage("started");
  try {
    renderer ??= instantiate();
    const response = renderer.render(task);
    if (renderer.bytes() > task.recycleBytes || isPanic(response)) renderer = null;
    return { kind: "response", response };
  } catch (cause) {
    // After a trap the exports still answer, with anything: the instance is not used again.
    renderer = null;
    return { kind: "trap", message: cause instanceof Error ? cause.message : String(cause) };
  } finally {
    task.port.close();
  }
}

/** @param {Uint8Array} response Kustomize has global state, which a panic may have left half changed. */
function isPanic(response) {
  const length = new DataView(response.buffer).getUint32(0, true);
  return length < 100_000 && decoder.decode(response.subarray(4, 4 + length)).includes('"kind":"panic"');
}
