import type {
  Discovery,
  DiscoveryProblem,
  EntryPoint,
  Environment,
  Source,
  Target,
  UnreadTarget,
} from "../../targets/targets.ts";
import { problemText } from "../discovery-problem-text.ts";
import { distinct, sorted } from "../layout/order.ts";
import { placeDocument, print } from "../review/json.ts";
import { SCHEMA_VERSION, type ToolDocument } from "../review/schema.ts";
import type { TargetsDocument } from "./schema.ts";

/** What was discovered, for programs, in the order of names. `revision` is what the tree is called. */
export function targetsJson(discovery: Discovery, revision: string, tool: ToolDocument): string {
  return print(targetsDocument(discovery, revision, tool));
}

function targetsDocument(discovery: Discovery, revision: string, tool: ToolDocument): TargetsDocument {
  const { urls, evidence } = discovery.repository;
  return {
    schemaVersion: SCHEMA_VERSION,
    revision,
    repository: { urls: [...urls], evidence },
    environments: sorted(discovery.environments, ({ name }) => name).map(environmentDocument),
    listed: [...distinct(discovery.listed.map(({ path }) => path))],
    problems: problemsInOrder(discovery.problems).map(problemDocument),
    tool,
  };
}

function environmentDocument(environment: Environment): TargetsDocument["environments"][number] {
  const { name, kind, roots, destination, marks, targets, unread } = environment;
  return {
    name,
    kind,
    roots: [...roots],
    destination,
    production: marks.production,
    targets: sorted(targets, ({ id }) => id).map(targetDocument),
    unread: sorted(unread, ({ id }) => id).map(unreadDocument),
  };
}

function targetDocument({ id, source, namespace, declaredBy, delivery }: Target) {
  const { automated, prune, suspended, createsNamespace } = delivery;
  return {
    id,
    source: { kind: source.kind, path: sourcePath(source) },
    namespace,
    declaredBy: declaredBy === null ? null : entryPointDocument(declaredBy),
    delivery: { automated, prune, suspended, createsNamespace },
  };
}

export function sourcePath(source: Source): string {
  return source.kind === "helm" ? source.request.chart : source.path;
}

function unreadDocument({ id, declaredBy, namespace, needs, version, claims, unknown }: UnreadTarget) {
  const reason = [unknown.subject, unknown.detail].filter((text) => text !== "").join(": ");
  return {
    id,
    declaredBy: entryPointDocument(declaredBy),
    namespace,
    needs,
    version,
    claims: [...distinct(claims)],
    code: unknown.code,
    reason,
  };
}

function entryPointDocument({ kind, name, namespace, place }: EntryPoint) {
  return { kind, name, namespace, location: placeDocument(place) };
}

export function problemsInOrder(problems: readonly DiscoveryProblem[]): readonly DiscoveryProblem[] {
  return sorted(
    problems,
    ({ environment }) => environment ?? "",
    ({ target }) => target ?? "",
    ({ place }) => place?.path ?? "",
    ({ place }) => place?.line ?? 0,
    ({ code }) => code,
    ({ subject }) => subject,
  );
}

function problemDocument(problem: DiscoveryProblem): TargetsDocument["problems"][number] {
  const { code, environment, target, subject, place } = problem;
  const location = place === null ? null : placeDocument(place);
  return { code, environment, target, subject, message: problemText(problem), location };
}
