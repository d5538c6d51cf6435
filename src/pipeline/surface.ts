import { blame } from "../blame/blame.ts";
import { locateUnknown } from "../blame/locate-unknown.ts";
import type { Cluster, Workload } from "../cluster/cluster.ts";
import { effectsOf } from "../cluster/effects-of.ts";
import { meshOf } from "../cluster/mesh/mesh.ts";
import type { Policy } from "../policy/model/policy.ts";
import { assumptionsOf } from "../report/assumptions.ts";
import type { ReviewedUnknown } from "../report/report.ts";
import { reviewedUnknown } from "../report/reviewed-unknown.ts";
import type {
  IdlePolicy,
  ListedEnvironment,
  ListedWorkload,
  SurfaceListing,
} from "../report/surface/listing.ts";
import { reach } from "../surface/reach.ts";
import { isolates, selects } from "../surface/selects.ts";
import { type Surface, surfaceOf } from "../surface/surface-of.ts";
import type { Unknown } from "../targets/unknown.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { discoverSide } from "./discover-side.ts";
import { EnvironmentReader } from "./environment-reader.ts";
import { isAsked, type ReadOptions } from "./options.ts";
import { toldProfile } from "./told-profiles.ts";
import { withEngine } from "./with-engine.ts";

/** What each workload of a tree may reach, environment by environment. */
export function surface(tree: RepositoryTree, options: ReadOptions): Promise<SurfaceListing> {
  return withEngine(options, async (engine) => {
    options.onProgress?.({ stage: "discovering", done: 0, total: 0 });
    const { discovery } = await discoverSide(engine, tree, options);
    const environments = discovery.environments.filter(({ name }) => isAsked(name, options));
    const reader = new EnvironmentReader(engine, options);
    const listed = await Promise.all(
      environments.map(async (environment) => {
        const { cluster } = await reader.read(environment, tree);
        return {
          ...(await listEnvironment(environment.name, cluster, tree)),
          profile: await toldProfile(environment.name, cluster, tree),
        };
      }),
    );
    return {
      revision: tree.name,
      environments: listed.map(({ profile: _profile, ...environment }) => environment),
      assumptions: assumptionsOf({
        environments: discovery.environments,
        evaluated: environments,
        profiles: listed.map(({ profile }) => profile),
        configuration: options.config,
        repository: discovery.repository,
        lines: listed.flatMap(({ workloads }) => workloads.flatMap((workload) => workload.reach)),
      }),
    };
  });
}

async function listEnvironment(
  name: string,
  cluster: Cluster,
  tree: RepositoryTree,
): Promise<ListedEnvironment> {
  const own = surfaceOf(cluster);
  const mesh = meshOf(cluster);
  const isolating = cluster.policies.filter(isolates);
  const workloads = [...cluster.workloads.values()];
  const idle = isolating.filter(
    (policy) => !workloads.some((workload) => selects(policy, workload, cluster.namespaces)),
  );
  return {
    name,
    workloads: workloads.map((workload) => listWorkload(own, workload)),
    idlePolicies: await Promise.all(idle.map((policy) => idlePolicy(policy, tree))),
    unknowns: await Promise.all(cluster.unknowns.map((unknown) => listedUnknown(name, unknown, tree))),
    mesh: mesh === null ? [] : [...mesh.statements, ...workloads.flatMap((one) => mesh.standing(one) ?? [])],
  };
}

function listWorkload(own: Surface, workload: Workload): ListedWorkload {
  const policies = own
    .policiesOf(workload.namespace)
    .filter((policy) => isolates(policy) && selects(policy, workload, own.cluster.namespaces));
  return {
    workload: workload.key,
    standing: standingOf(own, workload, policies),
    reach: reach(own, workload).lines(),
    policies: policies.map(({ identity }) => `${identity.namespace ?? ""}/${identity.name}`),
  };
}

function standingOf(
  own: Surface,
  { hostNetwork, namespace }: Workload,
  policies: readonly Policy[],
): ListedWorkload["standing"] {
  if (hostNetwork) return "not-governed";
  if (policies.length > 0) return "isolated";
  return own.unknownsOf(namespace).some(({ bound }) => effectsOf(bound).has("policy"))
    ? "unknown"
    : "not-isolated";
}

async function idlePolicy(policy: Policy, tree: RepositoryTree): Promise<IdlePolicy> {
  const cause = { side: "head", manifest: policy.manifest, pointer: "", place: null } as const;
  const { location } = await blame(cause, { base: tree, head: tree });
  const { kind, namespace, name } = policy.identity;
  return { kind, namespace, name, location };
}

/** A listing judges nothing: an unknown has no handle of a finding, only its own name. */
async function listedUnknown(
  environment: string,
  unknown: Unknown,
  tree: RepositoryTree,
): Promise<ReviewedUnknown> {
  const place = await locateUnknown(tree, unknown);
  return reviewedUnknown({
    handle: unknown.id,
    environment,
    unknown,
    place,
    side: "head",
    changed: false,
    decides: false,
  });
}
