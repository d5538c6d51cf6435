import { type Configuration, DEFAULT_MARKS } from "../../config/config.ts";
import { isTreeProblem } from "../../tree/tree.ts";
import { contentDigest } from "../content-digest.ts";
import type { Declaration, PartProblem, ReadablePart, UnreadPart } from "../declarations/declaration.ts";
import { layered, type NamedChart, parsedValues } from "../declarations/named-chart.ts";
import { digestOf } from "../files/digest.ts";
import { closure } from "../inputs.ts";
import type {
  DiscoveryProblem,
  EntryPoint,
  Environment,
  Target,
  UnreadChart,
  UnreadTarget,
} from "../targets.ts";
import { claimedPolicies, type PolicyReach } from "./claimed-policies.ts";
import type { EnvironmentSeed } from "./seeds.ts";
import type { Survey } from "./survey.ts";
import { targetProblems } from "./target-problems.ts";

export interface BuiltEnvironment {
  readonly environment: Environment;
  readonly problems: readonly DiscoveryProblem[];
}

/** Gives each target a name that is unique in the environment, and each unread one its content's digest. */
export async function environmentOf(
  seed: EnvironmentSeed,
  survey: Survey,
  configuration: Configuration,
): Promise<BuiltEnvironment> {
  const names = new Names();
  const targets: Target[] = [];
  const unread: Promise<UnreadTarget>[] = [];
  const problems: DiscoveryProblem[] = [];
  for (const { id, part } of seed.own) targets.push(targetOf(names.take([id]), part, null));
  for (const declaration of seed.declarations) {
    const name = names.take(candidates(declaration.entry));
    for (const [index, part] of declaration.parts.entries()) {
      const id = index === 0 ? name : `${name}#${index + 1}`;
      if (part.kind === "readable") targets.push(targetOf(id, part, declaration.entry));
      else unread.push(unreadOf(id, part, declaration.entry, survey));
    }
    problems.push(...declaredProblems(declaration, seed.name, name));
  }
  const marks = seed.configured ? configuration.environments.get(seed.name)?.marks : undefined;
  const { name, kind, roots, destination } = seed;
  const environment: Environment = {
    name,
    kind,
    roots,
    destination,
    marks: marks ?? DEFAULT_MARKS,
    targets,
    unread: await Promise.all(unread),
  };
  const found = await Promise.all(targets.map((target) => targetProblems(target, name, survey)));
  return { environment, problems: [...problems, ...found.flat()] };
}

/** Names for an entry point, the shortest that is free being taken. */
function candidates({ name, kind, namespace, place }: EntryPoint): readonly string[] {
  const qualified = `${namespace ?? ""}/${name}`;
  return [name, qualified, `${kind}/${qualified}`, `${kind}/${qualified}@${place.path}`];
}

class Names {
  readonly #taken = new Set<string>();

  take(wanted: readonly string[]): string {
    const last = wanted.at(-1) ?? "";
    const free = wanted.find((name) => !this.#taken.has(name));
    let name = free ?? last;
    for (let count = 2; this.#taken.has(name); count++) name = `${last}~${count}`;
    this.#taken.add(name);
    return name;
  }
}

function targetOf(id: string, part: ReadablePart, declaredBy: EntryPoint | null): Target {
  return { id, source: part.source, namespace: part.namespace, declaredBy, delivery: part.delivery };
}

async function unreadOf(
  id: string,
  part: UnreadPart,
  declaredBy: EntryPoint,
  { tree }: Survey,
): Promise<UnreadTarget> {
  const inputs = await closure(tree, part.claims);
  const content = await contentDigest(tree, inputs);
  const policies = await claimedPolicies(tree, inputs.paths() ?? ["."]);
  const { namespace, needs, sourceName, version } = part;
  return {
    id,
    declaredBy,
    namespace,
    needs,
    sourceName,
    version,
    claims: inputs.paths() ?? ["."],
    ...(part.chart === undefined ? {} : { chart: await unreadChart(part.chart, content, tree) }),
    unknown: {
      code: "unread",
      id: `unread:${id}:${sourceName}`,
      target: id,
      subject: sourceName,
      detail: "",
      bound: { namespaces: boundOf(namespace, policies), kinds: null },
      holdsPolicies: policies !== null,
      selectorKeys: null,
      digest: digestOf({ definition: part.definition, content }),
      content: part.content,
      place: declaredBy.place,
    },
  };
}

async function unreadChart(
  { name, values, files, others }: NamedChart,
  content: string,
  tree: Survey["tree"],
): Promise<UnreadChart> {
  const read = await Promise.all(files.map((file) => tree.read(file)));
  const decoder = new TextDecoder();
  const layers = read.map((file) => (isTreeProblem(file) ? {} : parsedValues(decoder.decode(file))));
  return { name, values: layered([...layers, values]), others: others ? content : null };
}

function boundOf(namespace: string | null, policies: PolicyReach): readonly string[] | null {
  if (namespace === null || policies?.kind === "anywhere") return null;
  return [...new Set([namespace, ...(policies?.names ?? [])])].sort();
}

function declaredProblems(
  { entry, problems }: Declaration,
  environment: string,
  target: string,
): readonly DiscoveryProblem[] {
  return problems.map(({ code, subject }: PartProblem) => ({
    code,
    environment,
    target,
    subject,
    place: entry.place,
  }));
}
