import { type Configuration, writtenKey } from "../../config/config.ts";
import { isTreeProblem } from "../../tree/tree.ts";
import type { DiscoveryProblem, Environment } from "../targets.ts";
import type { ConfiguredRoots } from "./configured-roots.ts";
import { isSetAside, type Survey } from "./survey.ts";

/** Roots of the configuration that do not exist, or that two environments claim. */
export function configurationProblems(
  configuration: Configuration,
  survey: Survey,
  configured: ConfiguredRoots,
): readonly DiscoveryProblem[] {
  const about = { target: null, place: null };
  const missing = [...configuration.environments].flatMap(([environment, { roots }]) => {
    const place = configuration.written.get(writtenKey("environments", environment, "roots")) ?? null;
    return roots
      .filter((root) => isTreeProblem(survey.tree.stat(root)))
      .map(
        (root): DiscoveryProblem => ({
          code: "path-missing",
          environment,
          target: null,
          subject: root,
          place,
        }),
      );
  });
  const contested = configured.contested.map(
    (root): DiscoveryProblem => ({
      code: "duplicate-environment",
      environment: configured.nameOf(root),
      subject: root,
      ...about,
    }),
  );
  return [...missing, ...contested];
}

/** Environments sorted (clusters, unclaimed, manifests; by name), each with a name of its own. */
export function distinctNames(environments: readonly Environment[]): {
  readonly environments: readonly Environment[];
  readonly problems: readonly DiscoveryProblem[];
} {
  const order = ["cluster", "unclaimed", "manifests"];
  const sorted = environments.toSorted(
    (a, b) =>
      order.indexOf(a.kind) - order.indexOf(b.kind) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  const taken = new Set<string>();
  const problems: DiscoveryProblem[] = [];
  const distinct = sorted.map((environment) => {
    let { name } = environment;
    for (let count = 2; taken.has(name); count++) name = `${environment.name} (${count})`;
    taken.add(name);
    if (name === environment.name) return environment;
    problems.push({
      code: "duplicate-environment",
      environment: name,
      target: null,
      subject: environment.name,
      place: null,
    });
    return { ...environment, name };
  });
  return { environments: distinct, problems };
}

/** Documents that look like objects and do not parse, and files that nobody can hold in memory. */
export function fileProblems(survey: Survey, configured: ConfiguredRoots): readonly DiscoveryProblem[] {
  const isJudged = (path: string) => configured.nameOf(path) !== null || !isSetAside(path, false);
  const about = { environment: null, target: null };
  const broken = [...survey.files].flatMap(([path, { invalid }]) =>
    invalid
      .filter(({ entryPoint }) => !entryPoint && isJudged(path))
      .map(
        ({ message, line }): DiscoveryProblem => ({
          code: "invalid-yaml",
          subject: message,
          place: { path, line },
          ...about,
        }),
      ),
  );
  const tooLarge = survey.unreadable
    .filter(({ code, path }) => code === "too-large" && isJudged(path))
    .map(
      ({ path }): DiscoveryProblem => ({
        code: "file-too-large",
        subject: path,
        place: { path, line: null },
        ...about,
      }),
    );
  return [...broken, ...tooLarge];
}
