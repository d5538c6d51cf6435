/** "refs/heads/gh-readonly-queue/main/pr-7-0123…": the branch may hold slashes (GitHub: "Managing a merge queue"). */
const GROUP_REF = /^refs\/heads\/gh-readonly-queue\/(.+)\/pr-(\d{1,10})-[0-9a-f]{7,64}$/;

/** What the ref of a merge group names: the branch, and the pull request that the group adds. null = no such ref. */
export function parseGroupRef(ref: string): { readonly branch: string; readonly pullRequest: number } | null {
  const [, branch, number] = GROUP_REF.exec(ref) ?? [];
  return branch === undefined || number === undefined ? null : { branch, pullRequest: Number(number) };
}
