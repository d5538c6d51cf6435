import type {
  Annotation,
  CheckAction,
  CheckOutput,
  Conclusion,
} from "../../report/pull-request/publication.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { CheckRun } from "../github.ts";
import { printIdentity, type RunIdentity } from "./run-identity.ts";

/** GitHub takes this many annotations a request and appends those of later ones (Checks API). */
const ANNOTATIONS_A_REQUEST = 50;

export interface RunConclusion {
  readonly conclusion: Conclusion;
  readonly identity: RunIdentity;
  readonly output: CheckOutput;
  readonly actions: readonly CheckAction[];
  readonly detailsUrl: string | null;
}

/** Writes all that a run says; the conclusion comes with the last request, so that nothing follows a green light. */
export async function concludeRun(
  client: RepositoryClient,
  run: CheckRun,
  { conclusion, identity, output, actions, detailsUrl }: RunConclusion,
): Promise<CheckRun> {
  const { annotations = [], ...text } = output;
  const batches = inBatches(annotations);
  for (const batch of batches.slice(0, -1)) {
    await client.updateCheckRun(run.id, { output: { ...text, annotations: batch } });
  }
  return client.updateCheckRun(run.id, {
    status: "completed",
    conclusion,
    externalId: printIdentity(identity),
    ...(detailsUrl === null ? {} : { detailsUrl }),
    output: { ...text, annotations: batches.at(-1) ?? [] },
    actions,
  });
}

function inBatches(annotations: readonly Annotation[]): readonly (readonly Annotation[])[] {
  const batches: Annotation[][] = [];
  for (let start = 0; start < annotations.length; start += ANNOTATIONS_A_REQUEST) {
    batches.push(annotations.slice(start, start + ANNOTATIONS_A_REQUEST));
  }
  return batches;
}
