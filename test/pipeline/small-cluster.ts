import { decidedFlow, together } from "../../src/pipeline/question/answered-side.ts";
import { sourcePods } from "../../src/pipeline/question/ask.ts";
import type { AskedCluster } from "../../src/pipeline/question/asked-cluster.ts";
import { isMissing, legsOf } from "../../src/pipeline/question/legs.ts";
import { plainCluster } from "../../src/pipeline/question/plain-cluster.ts";
import { isQuestionProblem, parseDestination, parseFrom } from "../../src/pipeline/question/question.ts";
import { treeOf } from "../targets/tree-of.ts";

/** A cluster from a text of manifests. */
export async function clusterOfText(text: string): Promise<AskedCluster> {
  const cluster = await plainCluster(treeOf({ "all.yaml": text }));
  if (cluster === null) throw new Error("the manifests are no plain ones");
  return cluster;
}

/** "allow", or the verdicts of all flows where they differ, by destination: what `can` decides in one cluster. */
export function can(
  asked: AskedCluster,
  from: string,
  to: string,
  direction: "egress" | "both" = "egress",
): string | Record<string, string> {
  const source = parseFrom(from);
  const destination = parseDestination(to);
  if (isQuestionProblem(source) || isQuestionProblem(destination)) throw new Error(`${from} → ${to}`);
  const pods = sourcePods(asked.endpoints, source);
  if (isMissing(pods)) return `missing ${pods.what}`;
  const legs = legsOf(asked.endpoints, destination.to, destination, []);
  if (isMissing(legs)) return `missing ${legs.what}`;
  const flows = pods.flatMap((one) => legs.legs.map((leg) => decidedFlow(asked, one, leg, direction)));
  const verdicts = flows.map(({ verdict }) => verdict);
  const verdict = together(verdicts);
  if (verdicts.every((one) => one === verdict)) return verdict;
  return Object.fromEntries(
    flows.map(({ leg, verdict: own }) => [`${leg.name}:${leg.port}/${leg.protocol}`, own]),
  );
}

/** One pod with an address. */
export function pod(
  namespace: string,
  name: string,
  options: {
    readonly labels?: string;
    readonly ip?: string;
    readonly ips?: readonly string[];
    readonly node?: string;
    readonly hostNetwork?: boolean;
    readonly phase?: string;
    readonly owner?: string;
    readonly ports?: string;
  } = {},
): string {
  const {
    labels = "{}",
    ip,
    ips,
    node,
    hostNetwork = false,
    phase = "Running",
    owner,
    ports = "[]",
  } = options;
  const [kind, ownerName] = owner?.split("/") ?? [];
  return `---
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: ${namespace}
  labels: ${labels}
  ownerReferences: ${owner === undefined ? "[]" : `[{kind: ${kind}, name: ${ownerName}, controller: true}]`}
spec:
  hostNetwork: ${hostNetwork}
  containers: [{name: main, image: registry.example.com/main:1, ports: ${ports}}]
status:
  phase: ${phase}
  ${ip === undefined ? "" : `podIP: ${JSON.stringify(ip)}`}
  podIPs: [${(ips ?? []).map((one) => `{ip: ${JSON.stringify(one)}}`).join(", ")}]
  ${node === undefined ? "" : `hostIP: ${JSON.stringify(node)}`}
`;
}

/** A policy of pods with these labels, its specification in YAML flow style. */
export function policy(namespace: string, name: string, spec: string): string {
  return `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
`;
}

export function namespace(name: string, labels = "{}"): string {
  return `---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: ${labels}}\n`;
}
