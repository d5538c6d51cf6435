/** How a terminal shows emphasis. Report code asks for a meaning; the command line knows whether there are colours. */
export interface Style {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly caution: (text: string) => string;
  readonly good: (text: string) => string;
  readonly name: (text: string) => string;
}

const same = (text: string) => text;

export const PLAIN: Style = { strong: same, faint: same, bad: same, caution: same, good: same, name: same };
