import type { Configuration, ConfigurationProblem } from "../../config/config.ts";
import { isProblems } from "../../config/configuration-of.ts";
import { CONFIGURATION_FILE, loadConfiguration } from "../../config/load-configuration.ts";
import { mergeConfigurations } from "../../config/merge-configurations.ts";
import { isTreeProblem } from "../../tree/tree.ts";
import { GitHubError } from "../client/github-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { parseCodeOwners, readCodeOwners } from "../governance/code-owners.ts";
import { teamOf } from "../governance/requirements.ts";
import { type GitHubTree, openGitHubTree } from "../source/github-tree.ts";
import { SourceCache } from "../source/source-cache.ts";
import { isSourceProblem } from "../source/source-problem.ts";
import { attempt, type Diagnosis, ill, unanswered, well } from "./diagnosis.ts";
import { clientFor, type InstalledApp, installationOf, type RepositoryName } from "./examination.ts";

/** The organisation's policy; `configuration` is null where it is not there or not valid. */
export async function examinePolicyRepository(
  examined: InstalledApp,
  repository: RepositoryName,
): Promise<{ readonly diagnosis: Diagnosis; readonly configuration: Configuration | null }> {
  const code = "policy-repository";
  const named = `POLICY_REPOSITORY ${repository.owner}/${repository.name}`;
  const read = await attempt(async () => {
    const client = await clientFor(examined, repository);
    return readAt(client, await client.defaultBranch());
  });
  const unseen = (diagnosis: Diagnosis) => ({ diagnosis, configuration: null });
  if (read instanceof GitHubError) {
    if (read.code !== "not-found") return unseen(unanswered(code, `${named} cannot be read`, read));
    const text = `${named} cannot be read: every review of ${repository.owner} is red`;
    const where =
      installationOf(examined.installations, repository.owner)?.url ??
      `${examined.app.url}/installations/new`;
    return unseen(ill(code, text, `install the App on it: ${where}`));
  }
  if (!read.exists) {
    const text = `${named} holds no ${CONFIGURATION_FILE} at its root: it binds nobody`;
    return unseen(ill(code, text, `commit one to the branch ${read.branch}`));
  }
  if (isProblems(read.configuration)) {
    const text = `the policy of ${named} is not valid, every review of ${repository.owner} is red: ${lines(read.configuration)}`;
    return unseen(ill(code, text, `mend it on the branch ${read.branch}`));
  }
  return {
    diagnosis: well(code, `the policy of ${named} is valid`),
    configuration: read.configuration,
  };
}

/** What the branch says for itself, under the organisation's policy, and whether those can be found who may approve. */
export async function examineConfiguration(
  { app, installations }: InstalledApp,
  client: RepositoryClient,
  branch: string,
  organisation: Configuration | null,
): Promise<readonly Diagnosis[]> {
  const code = "configuration";
  const read = await attempt(() => readAt(client, branch));
  if (read instanceof GitHubError) return [unanswered(code, `the files of ${branch} cannot be read`, read)];
  if (isProblems(read.configuration)) {
    const text = `the configuration of ${branch} is not valid, every review of it is red: ${lines(read.configuration)}`;
    return [ill(code, text, `mend it on the branch ${branch}`)];
  }
  const { configuration, ignored } = mergeConfigurations(organisation, read.configuration);
  const vain = ignored.map(({ path, line, key }) => `${placed(path, line)} ${key}`);
  const found = read.exists
    ? `the configuration of ${branch} is valid`
    : `${branch} has no ${CONFIGURATION_FILE}: the strictest settings hold`;
  const teams = teamsOf(configuration, read.owners);
  const members = installationOf(installations, client.repository.owner)?.permissions["members"];
  return [
    well(
      code,
      `${found}${vain.length === 0 ? "" : `; as the organisation's is stricter, in vain: ${vain.join(", ")}`}`,
    ),
    ...(teams.length === 0 ? [] : [teamApprovers(teams, members !== undefined, app.settingsUrl)]),
  ];
}

function teamApprovers(teams: readonly string[], readable: boolean, settingsUrl: string): Diagnosis {
  const code = "team-approvers";
  const names = teams.join(", ");
  if (readable) return well(code, `the App may see who is in ${names}`);
  return ill(
    code,
    `the App may not see who is in ${names}: nobody can approve as one of them`,
    `add the organisation permission "Members: read", and accept it where the App is installed: ${settingsUrl}/permissions`,
  );
}

function teamsOf({ environments }: Configuration, owners: string | null): readonly string[] {
  const approvers = [...environments.values()].flatMap(({ marks }) => marks.approvers);
  const codeOwners = owners === null ? [] : parseCodeOwners(owners).flatMap((line) => line.owners);
  const names = [...approvers, ...codeOwners].map((name) => name.replace(/^@/, ""));
  return [...new Set(names)].filter((name) => teamOf(name) !== null);
}

interface ReadBranch {
  readonly branch: string;
  readonly exists: boolean;
  readonly configuration: Configuration | readonly ConfigurationProblem[];
  /** CODEOWNERS. */
  readonly owners: string | null;
}

/** @throws {GitHubError} */
async function readAt(client: RepositoryClient, branch: string): Promise<ReadBranch> {
  const tree = await treeAt(client, await client.branchTip(branch));
  return {
    branch,
    exists: !isTreeProblem(tree.stat(CONFIGURATION_FILE)),
    configuration: await loadConfiguration(tree),
    owners: await readCodeOwners(tree),
  };
}

async function treeAt(client: RepositoryClient, commit: string): Promise<GitHubTree> {
  const cache = new SourceCache({ dataDirectory: null });
  const tree = await openGitHubTree(client, commit, { cache, trust: "base" });
  if (isSourceProblem(tree)) throw new GitHubError("invalid", tree.message);
  return tree;
}

function lines(problems: readonly ConfigurationProblem[]): string {
  return problems.map(({ path, line, message }) => `${placed(path, line)} ${message}`).join("; ");
}

function placed(path: string, line: number | null): string {
  return line === null ? path : `${path}:${line}`;
}
