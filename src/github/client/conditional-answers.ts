/** What GitHub said of a GET, and the tag by which it knows whether that still holds. */
export interface ConditionalAnswer {
  readonly etag: string;
  readonly value: unknown;
  /** The parameters of the next page; null = the last. */
  readonly next: Readonly<Record<string, string>> | null;
}

/** Longer than any page that reconcilers repeat; a page of comments may be. */
const MAXIMUM_ANSWER_CHARACTERS = 1024 * 1024;

const DEFAULT_CHARACTERS = 32 * 1024 * 1024;

/**
 * Answers that may be asked for again with their tag: where nothing changed GitHub says 304, which costs nothing of an
 * installation's allowance. The longest unused is dropped first. Keys begin with the installation, so none ever sees
 * what another was told.
 */
export class ConditionalAnswers {
  readonly #answers = new Map<string, { readonly answer: ConditionalAnswer; readonly characters: number }>();
  readonly #capacity: number;
  #characters = 0;

  constructor(capacity = DEFAULT_CHARACTERS) {
    this.#capacity = capacity;
  }

  get(key: string): ConditionalAnswer | undefined {
    const held = this.#answers.get(key);
    if (held === undefined) return undefined;
    this.#answers.delete(key);
    this.#answers.set(key, held);
    return held.answer;
  }

  put(key: string, answer: ConditionalAnswer): void {
    const characters = key.length + JSON.stringify(answer.value).length;
    this.#drop(key);
    if (characters > Math.min(MAXIMUM_ANSWER_CHARACTERS, this.#capacity)) return;
    this.#answers.set(key, { answer, characters });
    this.#characters += characters;
    for (const oldest of this.#answers.keys()) {
      if (this.#characters <= this.#capacity) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const held = this.#answers.get(key);
    if (held === undefined) return;
    this.#answers.delete(key);
    this.#characters -= held.characters;
  }
}
