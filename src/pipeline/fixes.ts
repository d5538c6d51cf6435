import { blame } from "../blame/blame.ts";
import { type Deletion, deletions } from "../blame/deletions.ts";
import type { Engine } from "../engine/engine.ts";
import type { Fix } from "../report/report.ts";
import type { Finding } from "../rules/finding.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { overlay } from "../tree/overlay.ts";
import { fixOutcome, type JudgedWithPlaces } from "./fix-outcome.ts";
import { judgedChange } from "./judged-change.ts";
import type { ReviewOptions } from "./options.ts";

/** Places for which an edit is looked for; who has more of them reads one after the other. */
const MOST_PLACES = 5;
/** Edits that are tried for all of them. */
const MOST_TRIALS = 12;

interface Trees {
  readonly base: RepositoryTree;
  readonly head: RepositoryTree;
}

/**
 * Edits that take out what blocks, by fingerprint: each is evaluated as a change of its own before anybody reads of it. Only
 * lines that the change added are taken out, so that an edit never loses what base had unless the review of it says so.
 *
 * Nothing of it decides. Where the time is over there is no fix rather than a late verdict: `limits.fixMilliseconds`.
 */
export async function evaluatedFixes(
  engine: Engine,
  trees: Trees,
  judged: JudgedWithPlaces,
  options: ReviewOptions,
): Promise<ReadonlyMap<string, Fix>> {
  const fixes = new Map<string, Fix>();
  if (options.fixes !== true) return fixes;
  const trials = new Trials(engine, trees, options);
  for (const { finding } of judged.findings) {
    if (finding.severity !== "block" || finding.approval !== null) continue;
    const fix = await trials.fixOf(finding, judged);
    if (fix !== null) fixes.set(finding.fingerprint, fix);
  }
  return fixes;
}

/** Edits of head, each evaluated once however many findings it may help. */
class Trials {
  readonly #engine: Engine;
  readonly #trees: Trees;
  readonly #options: ReviewOptions;
  readonly #signal: AbortSignal;
  readonly #places = new Set<string>();
  readonly #judged = new Map<string, JudgedWithPlaces | null>();

  constructor(engine: Engine, trees: Trees, options: ReviewOptions) {
    this.#engine = engine;
    this.#trees = trees;
    const signals = [options.signal, deadlineOf(options.limits?.fixMilliseconds)];
    this.#signal = AbortSignal.any(signals.flatMap((signal) => signal ?? []));
    const { onProgress: _told, ...others } = options;
    this.#options = { ...others, signal: this.#signal };
  }

  async fixOf(finding: Finding, before: JudgedWithPlaces): Promise<Fix | null> {
    if (this.#signal.aborted) return null;
    const tried = await deletions(finding.cause, this.#trees);
    const [narrowest] = tried;
    if (narrowest === undefined || !this.#mayLookAt(keyOf(narrowest))) return null;
    for (const deletion of tried) {
      const after = await this.#judgementWithout(deletion);
      const fix = after === null ? null : fixOutcome(finding, before, after, deletion);
      if (fix !== null) return fix;
    }
    return null;
  }

  #mayLookAt(place: string): boolean {
    if (this.#places.size < MOST_PLACES) this.#places.add(place);
    return this.#places.has(place);
  }

  async #judgementWithout(deletion: Deletion): Promise<JudgedWithPlaces | null> {
    const key = keyOf(deletion);
    const known = this.#judged.get(key);
    if (known !== undefined) return known;
    if (this.#judged.size >= MOST_TRIALS || this.#signal.aborted) return null;
    const judged = await this.#judge(deletion);
    // What was cut short would look like something that is not there.
    const result = this.#signal.aborted ? null : judged;
    this.#judged.set(key, result);
    return result;
  }

  async #judge({ path, content }: Deletion): Promise<JudgedWithPlaces> {
    const head = overlay(this.#trees.head, new Map([[path, content]]));
    const trees = { ...this.#trees, head };
    const { judgement } = await judgedChange(this.#engine, trees, this.#options);
    const findings = judgement.findings.map(async (finding) => ({
      finding,
      // Elsewhere lines stand where they stood, and fingerprints tell findings apart.
      blamed: finding.cause?.manifest?.origin.path === path ? await blame(finding.cause, trees) : NOWHERE,
    }));
    return { ...judgement, findings: await Promise.all(findings) };
  }
}

function deadlineOf(milliseconds: number | undefined): AbortSignal | null {
  if (milliseconds === undefined) return null;
  // A timer fires after what is ready to run, which may be a whole trial.
  return milliseconds <= 0 ? AbortSignal.abort() : AbortSignal.timeout(milliseconds);
}

const NOWHERE = { location: null };

function keyOf({ path, lines }: Deletion): string {
  return JSON.stringify([path, lines.first, lines.last]);
}
