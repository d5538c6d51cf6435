import { randomUUID } from "node:crypto";
import { link, mkdir, mkdtemp, rename, rm, stat, symlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve as resolvePath } from "node:path";

/** Nobody else holds the directory while the process lives. */
export interface DataLock {
  release(): Promise<void>;
}

/** Somebody else holds it. */
export class DataLocked extends Error {
  override readonly name = "DataLocked";
}

const FILE = "owner.sock";
const ATTEMPTS = 5;
const ASK_MILLISECONDS = 1_000;
/** Longer than another process needs between finding a dead owner and taking its file away. */
const SETTLE_MILLISECONDS = 300;
/** Of an address in the system (unix(7): 108 bytes, macOS: 104, with a zero); Node cuts what is longer without a word. */
const LONGEST_ADDRESS = 100;

/**
 * Takes the data directory for this process: a socket in it that answers as long as its owner lives. The system closes it
 * when the owner dies, however that happens, so that what is left is a file that nobody answers behind.
 *
 * @throws {DataLocked}
 */
export async function lockData(directory: string): Promise<DataLock> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const short = await shortened(directory);
  const path = join(short.directory, FILE);
  // A name of its own: a server that closes deletes the file that it was made with, whosever that is by then.
  const own = join(short.directory, ownName());
  const server = await listenOn(own);
  try {
    const inode = await inodeOf(own);
    await claim(path, own, inode, directory);
    // The lock is no reason for the process to stay.
    server.unref();
    return {
      async release() {
        if ((await inodeOf(path)) === inode) await rm(path, { force: true });
        await closed(server);
        await short.forget();
      },
    };
  } catch (error) {
    await closed(server);
    await short.forget();
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** Gives our socket the name that all look at. Linking fails if there is one: that is the one step that decides. */
async function claim(path: string, own: string, inode: number | null, directory: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await linked(own, path)) {
      // Who takes over at the same moment may move it away: whose stands there when all is quiet has the directory.
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MILLISECONDS));
      if ((await inodeOf(path)) === inode) return;
    }
    const owner = await answerAt(path);
    if (owner !== null) throw new DataLocked(usedBy(directory, owner));
    await clearAway(path);
  }
  throw new DataLocked(`${directory} is being taken by another process`);
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/**
 * Takes a dead owner's file away. Between asking and this, somebody else may have put a live one there: what was taken is
 * asked once more under a name that nobody else knows, and put back if it lives.
 */
async function clearAway(path: string): Promise<void> {
  const aside = join(dirname(path), ownName());
  try {
    await rename(path, aside);
  } catch (error) {
    if (isCode(error, "ENOENT")) return;
    throw error;
  }
  if ((await answerAt(aside)) !== null) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function listenOn(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end(`${process.pid}\n`);
    });
    server.once("error", reject);
    server.listen(path, () => resolve(server));
  });
}

/** null = nobody is there. Silence is an answer, because a stopped owner is still one; only a refusal is none. */
function answerAt(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answer: string | null) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("error", (error) =>
      end(isCode(error, "ECONNREFUSED") || isCode(error, "ENOENT") ? null : ""),
    );
    socket.once("data", (data) => end(data.toString("utf8").trim()));
    socket.once("end", () => end(""));
    socket.setTimeout(ASK_MILLISECONDS, () => end(""));
  });
}

function usedBy(directory: string, owner: string): string {
  const who = /^\d+$/.test(owner) ? `process ${owner}` : "another process";
  return `${directory} is used by ${who}: two on one directory lose each other's work`;
}

/** The same directory under a name that fits into an address. */
async function shortened(
  directory: string,
): Promise<{ readonly directory: string; forget(): Promise<void> }> {
  const full = resolvePath(directory);
  if (Buffer.byteLength(join(full, ownName())) <= LONGEST_ADDRESS) {
    return { directory: full, forget: async () => undefined };
  }
  const folder = await mkdtemp(join(tmpdir(), "egress-review-"));
  await symlink(full, join(folder, "d"));
  return { directory: join(folder, "d"), forget: () => rm(folder, { recursive: true, force: true }) };
}

function ownName(): string {
  return `${FILE}.${randomUUID().slice(0, 8)}`;
}

async function inodeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).ino;
  } catch {
    return null;
  }
}

function isCode(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}
