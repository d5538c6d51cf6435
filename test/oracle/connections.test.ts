import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { AskedCluster } from "../../src/pipeline/question/asked-cluster.ts";
import { plainCluster } from "../../src/pipeline/question/plain-cluster.ts";
import { surfaceOf } from "../../src/surface/surface-of.ts";
import { openDirectory } from "../../src/tree/directory-tree.ts";
import { isTreeProblem } from "../../src/tree/tree.ts";
import {
  type Difference,
  differences,
  exposureDifferences,
  namedWorkloads,
  parseConnection,
  parseExposure,
} from "./connections.ts";
import { clusterOfWorld, policy } from "./world.ts";

/** Differences of a case that stand for a reason; one that disappears, or comes, is a failure. */
interface Known {
  readonly case: string;
  /** Ordered pairs of ends between which the lists differ, one of which is on the host network. */
  readonly hostNetwork: number;
  readonly others: number;
  readonly reason: string;
}

/** What an engine answered for a folder of manifests, beside what the surface says. */
interface Replayed {
  readonly name: string;
  readonly pairs: number;
  readonly hostNetwork: readonly Difference[];
  readonly others: readonly Difference[];
}

const folder = process.env["ORACLE_FOLDER"];
const where = (name: string) => join(folder ?? "", name);

/** The connections of a case; null where it has none, or is of networks that users define (printed in sections). */
async function listOf(name: string): Promise<string | null> {
  for (const file of ["connlist.txt", "exposure.txt"]) {
    const text = await readFile(where(join(name, file)), "utf8").catch(() => null);
    if (text !== null) return text.includes("Permitted connectivity analyzed in") ? null : text;
  }
  return null;
}

async function replay(name: string, list: string): Promise<Replayed> {
  const tree = await openDirectory(where(join(name, "manifests")));
  if (isTreeProblem(tree)) throw new Error(`${name} cannot be read`);
  try {
    const asked = await plainCluster(tree);
    if (asked === null) throw new Error(`${name} has to be rendered first`);
    return { name, ...compared(asked, list) };
  } finally {
    await tree.close();
  }
}

/** Without known addresses of pods no block matches one, as in that engine. */
function compared({ cluster, endpoints }: AskedCluster, list: string): Omit<Replayed, "name"> {
  const [connections = "", exposed = ""] = list.split("Exposure Analysis Result:\n");
  const expected = connections.split("\n").flatMap((line) => parseConnection(line) ?? []);
  const exposure = parseExposure(exposed);
  const workloads = namedWorkloads(endpoints, expected);
  const missing = [...workloads].filter(([, pods]) => pods.length === 0);
  if (missing.length > 0) throw new Error(`no ${missing.map(([key]) => key).join(", ")}`);
  const surface = surfaceOf(cluster);
  const found = [
    ...differences(surface, workloads, expected),
    ...exposureDifferences(surface, endpoints, exposure),
  ];
  const onHost = (key: string) => workloads.get(key)?.some(({ subject }) => subject.hostNetwork) ?? false;
  const isOfHost = ({ from, to }: Difference) => onHost(from) || onHost(to);
  return {
    pairs: workloads.size * (workloads.size + 1) + exposure.size,
    hostNetwork: found.filter(isOfHost),
    others: found.filter((one) => !isOfHost(one)),
  };
}

// Its files are elsewhere: `npm run oracles -- FOLDER` replays them.
if (folder !== undefined) {
  describe("connections that np-guard/netpol-analyzer lists, as sets", () => {
    test("every case of the folder agrees, but for the known differences, which all still stand", async () => {
      const known = JSON.parse(
        await readFile(join(import.meta.dirname, "known-differences.json"), "utf8"),
      ) as readonly Known[];
      const cases: Replayed[] = [];
      for (const name of (await readdir(where(""))).sort()) {
        const list = await listOf(name);
        if (list !== null) cases.push(await replay(name, list));
      }
      const count = (list: readonly Replayed[]) => list.reduce((sum, { pairs }) => sum + pairs, 0);
      const differing = cases.flatMap(({ name, hostNetwork, others }) =>
        hostNetwork.length + others.length === 0
          ? []
          : [{ case: name, hostNetwork: hostNetwork.length, others: others.length }],
      );
      process.stderr.write(
        `${cases.length} cases, ${count(cases)} pairs; ${differing.length} cases differ, as listed\n`,
      );
      expect(cases.length).toBeGreaterThan(0);
      expect(differing).toEqual(known.map(({ reason: _, ...counts }) => counts));
    });
  });
}

describe("the comparison itself", () => {
  const pod = { kind: "Deployment", labels: { app: "web" } };
  const cluster = clusterOfWorld({
    namespaces: { a: {}, b: {} },
    workloads: [
      { namespace: "a", name: "web", labels: pod.labels },
      {
        namespace: "b",
        name: "api",
        labels: { app: "api" },
        ports: [{ name: "http", port: 8080, protocol: "TCP" }],
      },
    ],
    policies: [
      policy("a", "web", {
        podSelector: {},
        policyTypes: ["Egress"],
        egress: [
          { to: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }], ports: [{ port: 443 }] },
          { to: [{ namespaceSelector: {} }], ports: [{ port: "http" }, { port: 53, protocol: "UDP" }] },
        ],
      }),
      policy("b", "api", {
        podSelector: {},
        policyTypes: ["Ingress"],
        ingress: [{ ports: [{ port: "http" }] }],
      }),
    ],
  });
  const asked = new AskedCluster(cluster, []);
  const list = `
0.0.0.0-255.255.255.255[External] => a/web[Deployment] : All Connections
0.0.0.0-255.255.255.255[External] => b/api[Deployment] : TCP 8080
a/web[Deployment] => 10.0.0.0-10.0.255.255[External] : TCP 443
a/web[Deployment] => 10.2.0.0-10.255.255.255[External] : TCP 443
a/web[Deployment] => b/api[Deployment] : TCP 8080
b/api[Deployment] => 0.0.0.0-255.255.255.255[External] : All Connections
b/api[Deployment] => a/web[Deployment] : All Connections

Exposure Analysis Result:
Egress Exposure:
a/web[Deployment] \t=> \tentire-cluster : UDP 53
b/api[Deployment] \t=> \tentire-cluster : All Connections
`;

  test("blocks with exceptions, names of ports at the receiver, both directions", () => {
    expect(compared(asked, list)).toEqual({ pairs: 8, hostNetwork: [], others: [] });
  });

  test.each([
    ["a port more", "TCP 8080\nb/api", "TCP 8080-8081\nb/api", "a/Deployment/web", "b/Deployment/api"],
    [
      "a range less",
      "a/web[Deployment] => 10.0.0.0-10.0.255.255[External] : TCP 443\n",
      "",
      "a/Deployment/web",
      "outside",
    ],
    [
      "another protocol",
      "entire-cluster : UDP 53",
      "entire-cluster : TCP 53",
      "a/Deployment/web",
      "every pod",
    ],
  ])("%s is a difference", (_, text, instead, from, to) => {
    expect(list).toContain(text);
    expect(compared(asked, list.replace(text, instead)).others).toMatchObject([{ from, to }]);
  });
});
