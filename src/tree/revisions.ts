import { type GitProblem, gitProblem, isGitProblem } from "./git-problem.ts";
import { failed, git, textOf } from "./git-process.ts";

/** A name that may be a branch: no operators of gitrevisions(7), no leading dash. */
const BARE_NAME = /^(?!-)[^\s~^:?*[\\@{}]+$/;

/** The commit that a revision names. A bare name that nothing here has falls back to `origin/NAME`. */
export async function resolveRevision(directory: string, revision: string): Promise<string | GitProblem> {
  const exact = await commitOf(directory, revision);
  if (exact !== null) return exact;
  const remote = BARE_NAME.test(revision)
    ? await commitOf(directory, `refs/remotes/origin/${revision}`)
    : null;
  if (remote !== null) return remote;
  return gitProblem(
    "unknown-revision",
    revision,
    `${directory === "." ? "this repository" : directory} has no revision "${revision}"`,
  );
}

async function commitOf(directory: string, revision: string): Promise<string | GitProblem | null> {
  if (revision === "" || revision.includes("\0")) return null;
  const asked = `${revision}^{commit}`;
  const answer = await git(directory, "rev-parse", "--verify", "--quiet", "--end-of-options", asked);
  if (isGitProblem(answer)) return answer;
  return answer.status === 0 ? textOf(answer) : null;
}

/** The best common ancestor of two commits. */
export async function mergeBase(directory: string, one: string, other: string): Promise<string | GitProblem> {
  const answer = await git(directory, "merge-base", "--", one, other);
  if (isGitProblem(answer)) return answer;
  if (answer.status === 0) return textOf(answer);
  if (answer.status !== 1) return failed(directory, answer);
  const shallow = await git(directory, "rev-parse", "--is-shallow-repository");
  if (!isGitProblem(shallow) && textOf(shallow) === "true") {
    return gitProblem(
      "shallow",
      directory,
      "the clone is shallow and does not reach the merge base: fetch more history, or name --base",
    );
  }
  return gitProblem("no-merge-base", directory, `${one} and ${other} have no common history: name --base`);
}

/** The commit of the default branch: origin/HEAD, main, master. */
export async function defaultBranch(
  directory: string,
): Promise<{ readonly kind: "branch"; readonly name: string; readonly commit: string } | GitProblem> {
  for (const name of ["origin/HEAD", "main", "master"]) {
    const commit =
      name === "origin/HEAD"
        ? await commitOf(directory, "refs/remotes/origin/HEAD")
        : await resolveRevision(directory, name);
    if (typeof commit === "string") return { kind: "branch", name, commit };
    if (commit !== null && commit.code !== "unknown-revision") return commit;
  }
  return gitProblem(
    "no-default-branch",
    directory,
    "no default branch was found (origin/HEAD, main, master): name --base",
  );
}

export interface Remote {
  readonly name: string;
  readonly url: string;
}

/** The remotes as configured, fetch addresses only. */
export async function remotes(directory: string): Promise<readonly Remote[] | GitProblem> {
  const answer = await git(directory, "config", "-z", "--get-regexp", "^remote\\..*\\.url$");
  if (isGitProblem(answer)) return answer;
  return answer.output
    .toString("utf8")
    .split("\0")
    .flatMap((setting) => {
      const [key = "", url] = setting.split("\n");
      return url === undefined ? [] : [{ name: key.slice("remote.".length, -".url".length), url }];
    });
}
