/**
 * npm run test:postgres: the promises of the queue on a PostgreSQL server, with the tests that need several processes. Starts a
 * server of its own in a temporary folder and takes it away again, or uses the empty database in TEST_DATABASE_URL. Where there is no
 * PostgreSQL it fails and says so: nobody is to believe that this was tried.
 */
import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const NOT_HERE = 69;
const given = process.env["TEST_DATABASE_URL"] || undefined;
if (given === undefined) await withOwnServer(runTests);
else runTests(given);

/** @param {string} url */
function runTests(url) {
  const { status } = spawnSync(
    process.execPath,
    [
      "--experimental-vm-modules",
      "--no-warnings",
      "node_modules/jest/bin/jest.js",
      "--runInBand",
      "test/github-app/queue",
    ],
    {
      stdio: "inherit",
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      env: { ...process.env, TEST_DATABASE_URL: url },
    },
  );
  process.exitCode = status ?? 70;
}

/** @param {(url: string) => void} action */
async function withOwnServer(action) {
  const programs = programsFolder();
  if (programs === null) {
    console.error("NOT TESTED on PostgreSQL: initdb and postgres are not here.");
    console.error("Install PostgreSQL (Debian: apt-get install postgresql), or set TEST_DATABASE_URL.");
    process.exitCode = NOT_HERE;
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "egress-postgres-"));
  const user = serverUser();
  if (user !== null) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const port = await freePort();
  try {
    const made = spawnSync(
      join(programs, "initdb"),
      ["-D", data, "-U", "egress", "-A", "trust", "-E", "UTF8"],
      {
        ...user,
        cwd: folder,
        encoding: "utf8",
      },
    );
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
    const version = spawnSync(join(programs, "postgres"), ["--version"], { encoding: "utf8" });
    console.log(version.stdout.trim());
    const settings = [
      `port=${port}`,
      "listen_addresses=127.0.0.1",
      `unix_socket_directories=${folder}`,
      "fsync=off",
    ];
    const server = spawn(
      join(programs, "postgres"),
      ["-D", data, ...settings.flatMap((setting) => ["-c", setting])],
      { ...user, cwd: folder, stdio: "ignore" },
    );
    const ended = new Promise((resolve) => server.once("exit", resolve));
    try {
      await answering(join(programs, "pg_isready"), port, server);
      action(`postgres://egress@127.0.0.1:${port}/postgres`);
    } finally {
      // "Fast": whoever is still connected is disconnected.
      server.kill("SIGINT");
      await ended;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Where initdb and postgres stand: on the path, or where Debian keeps every version; the newest first. */
function programsFolder() {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env["PATH"] ?? "").split(delimiter),
    ...versions.map((version) => join(debian, version, "bin")),
  ];
  const complete = (/** @type {string} */ folder) =>
    ["initdb", "postgres", "pg_isready"].every((program) => existsSync(join(folder, program)));
  return folders.find(complete) ?? null;
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made, or as nobody. */
function serverUser() {
  if (process.getuid?.() !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    const ids = ["-u", "-g"].map((flag) => spawnSync("id", [flag, name], { encoding: "utf8" }));
    const [uid, gid] = ids.map(({ status, stdout }) => (status === 0 ? Number(stdout) : null));
    if (uid != null && gid != null) return { uid, gid };
  }
  throw new Error("no user is here that could run a server");
}

/**
 * @param {string} isReady
 * @param {number} port
 * @param {import("node:child_process").ChildProcess} server
 */
async function answering(isReady, port, server) {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (server.exitCode !== null) throw new Error(`postgres ended with ${server.exitCode}`);
    if (spawnSync(isReady, ["-q", "-h", "127.0.0.1", "-p", String(port)]).status === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("postgres does not answer");
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
