import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "@jest/globals";
import { DataLocked, lockData } from "../../../src/github/service/data-lock.ts";

const root = mkdtempSync(join(tmpdir(), "egress-lock-"));
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) await ended(child, "SIGKILL");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const MODULE = new URL("../../../dist/github/service/data-lock.js", import.meta.url).href;
/** Takes the directory, says so, and stays. */
const HOLDER = `
  const { lockData } = await import(${JSON.stringify(MODULE)});
  const stay = setInterval(() => undefined, 1_000);
  await lockData(process.argv[1]).then(() => console.log("holds"), (error) => {
    clearInterval(stay);
    console.log(error.name);
  });`;

/** Resolves with what it says first: "holds" or the name of an error. */
async function holder(directory: string): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", HOLDER, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const [text] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  return { child, said: text.toString("utf8").trim() };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, "exit");
}

describe("the lock of a data directory", () => {
  test("is one; who comes second is told whose it is; what was let go is free", async () => {
    const directory = join(root, "twice");
    const lock = await lockData(directory);
    await expect(lockData(directory)).rejects.toThrow(DataLocked);
    await expect(lockData(directory)).rejects.toThrow(`is used by process ${process.pid}:`);
    await lock.release();
    expect(readdirSync(directory)).toEqual([]);
    await (await lockData(directory)).release();
  });

  test("holds among processes, and not beyond a kill", async () => {
    const directory = join(root, "killed");
    const { child, said } = await holder(directory);
    expect(said).toBe("holds");
    await expect(lockData(directory)).rejects.toThrow(`is used by process ${child.pid}:`);
    await ended(child, "SIGKILL");
    expect(existsSync(join(directory, "owner.sock"))).toBe(true);
    await (await lockData(directory)).release();
  });

  test("stays with an owner that is stopped: it may go on", async () => {
    const directory = join(root, "stopped");
    const { child } = await holder(directory);
    child.kill("SIGSTOP");
    await expect(lockData(directory)).rejects.toThrow(DataLocked);
    child.kill("SIGCONT");
  });

  test("of a dead owner goes to one of those who come at the same time", async () => {
    const directory = join(root, "race");
    const { child } = await holder(directory);
    await ended(child, "SIGKILL");
    const said = await Promise.all(Array.from({ length: 5 }, () => holder(directory)));
    expect(said.map((one) => one.said).sort()).toEqual([...Array(4).fill("DataLocked"), "holds"]);
  });

  test("may lie deep: addresses of sockets are short", async () => {
    const directory = join(root, "d".repeat(120), "e".repeat(120));
    const lock = await lockData(directory);
    await expect(lockData(directory)).rejects.toThrow(DataLocked);
    expect(readdirSync(directory)).toEqual(["owner.sock"]);
    await lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });
});
