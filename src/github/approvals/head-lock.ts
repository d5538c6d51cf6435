/** Whoever changes texts of the check runs of a commit holds this: else an approval written meanwhile would be lost. */
export function headLock(repository: number, head: string): string {
  return `check-runs ${repository}@${head}`;
}
