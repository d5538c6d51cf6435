import { mkdir, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";

/** Nobody else holds the directory while the process lives. */
export interface DataLock {
  release(): Promise<void>;
}

/** Somebody else holds it. */
export class DataLocked extends Error {
  override readonly name = "DataLocked";
}

const ASK_MILLISECONDS = 1_000;

/**
 * Takes the data directory for this process: a socket in it that answers as long as its owner lives. The system closes it
 * when the owner dies, however that happens, so that what is left is a file that nobody answers behind.
 *
 * @throws {DataLocked}
 */
export async function lockData(directory: string): Promise<DataLock> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, "owner.sock");
  for (let attempt = 0; attempt < 3; attempt++) {
    const server = await listenOn(path);
    if (server !== null) {
      // The lock is no reason for the process to stay.
      server.unref();
      return { release: () => new Promise((resolve) => server.close(() => resolve())) };
    }
    if (await answers(path)) {
      throw new DataLocked(
        `${directory} is used by another process: two on one directory lose each other's work`,
      );
    }
    await rm(path, { force: true });
  }
  throw new DataLocked(`${directory} is being taken by another process`);
}

/** null = there is such a file. Making it and listening is one step of the system. */
function listenOn(path: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.end("egress-review\n"));
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(null);
      else reject(error);
    });
    server.listen(path, () => resolve(server));
  });
}

/** Whether somebody answers; silence counts as an answer, because a stopped owner is still one. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (found: boolean) => {
      socket.destroy();
      resolve(found);
    };
    socket.once("error", () => end(false));
    socket.once("data", () => end(true));
    socket.setTimeout(ASK_MILLISECONDS, () => end(true));
  });
}
