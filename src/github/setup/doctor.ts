import type { Configuration } from "../../config/config.ts";
import { GitHubError } from "../client/github-error.ts";
import { isOwner } from "../evaluation/base-branch.ts";
import { attempt, type Diagnosis, ill, unanswered, well } from "./diagnosis.ts";
import { clientFor, type Examination, type InstalledApp, installationOf, isServed } from "./examination.ts";
import { examineApp, examineInstallations } from "./examine-app.ts";
import { examineConfiguration, examinePolicyRepository } from "./examine-policy.ts";
import { examineRules } from "./examine-rules.ts";

/** Looks at everything that a review rests on; nothing is changed. What GitHub does not answer is a diagnosis, too. */
export async function examine(examination: Examination): Promise<readonly Diagnosis[]> {
  const { clients } = examination;
  const app = await attempt(() => clients.app());
  if (app instanceof GitHubError) return [silent(app)];
  const installations = await attempt(() => clients.installations());
  return [
    well("app-answers", `GitHub knows the App as ${app.slug} (${app.id})`),
    ...(await examineApp(examination, app)),
    ...(installations instanceof GitHubError
      ? [unanswered("installed", "where the App is installed cannot be seen", installations)]
      : await installed({ ...examination, app, installations })),
  ];
}

function silent(error: GitHubError): Diagnosis {
  const code = "app-answers";
  return error.code === "unauthorised" || error.code === "not-found"
    ? ill(
        code,
        "GitHub does not accept the private key for this App",
        "compare APP_ID with the App's page, make a new private key there, and see that this machine's clock is right",
      )
    : ill(
        code,
        `GitHub does not answer: ${error.message}`,
        "see that the network lets this machine out, and GHE_HOST",
      );
}

async function installed(examined: InstalledApp): Promise<readonly Diagnosis[]> {
  const { policyRepository, repository, installations } = examined;
  const found = examineInstallations(examined);
  if (installations.length === 0) return found;
  const policy = policyRepository === null ? null : await examinePolicyRepository(examined, policyRepository);
  const binding =
    policyRepository !== null && repository !== null && isOwner(policyRepository.owner, repository.owner)
      ? policy
      : null;
  return [
    ...found,
    ...(policy === null ? [] : [policy.diagnosis]),
    ...(repository === null
      ? []
      : await examineRepository(examined, repository, binding?.configuration ?? null)),
  ];
}

async function examineRepository(
  examined: InstalledApp,
  repository: NonNullable<Examination["repository"]>,
  organisation: Configuration | null,
): Promise<readonly Diagnosis[]> {
  const { app, installations } = examined;
  const code = "repository-readable";
  const name = `${repository.owner}/${repository.name}`;
  if (!isServed(examined, repository.owner)) {
    const text = `ALLOWED_OWNERS leaves ${repository.owner} out: nothing of it is reviewed`;
    return [ill(code, text, `add ${repository.owner} to ALLOWED_OWNERS`)];
  }
  const client = await attempt(() => clientFor(examined, repository));
  if (client instanceof GitHubError) {
    if (client.code !== "not-found") return [unanswered(code, `${name} cannot be read`, client)];
    const where = installationOf(installations, repository.owner)?.url ?? `${app.url}/installations/new`;
    return [ill(code, `the App does not see ${name}`, `install it there: ${where}`)];
  }
  const branch = await attempt(async () => {
    const asked = repository.branch ?? (await client.defaultBranch());
    await client.branchTip(asked);
    return asked;
  });
  if (branch instanceof GitHubError) {
    if (branch.code !== "not-found") return [unanswered(code, `${name} cannot be read`, branch)];
    const which = repository.branch === null ? "no commit" : `no branch ${repository.branch}`;
    return [ill(code, `${name} has ${which}`, "name another with --branch, or push it")];
  }
  return [
    well(code, `the App reads ${name}`),
    ...(await examineConfiguration(examined, client, branch, organisation)),
    ...(await examineRules(client, app, branch)),
  ];
}
