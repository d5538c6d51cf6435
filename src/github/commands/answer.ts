/** How a command is answered; nothing was sent yet. */
export type Answer =
  /** Markdown, escaped. */
  | { readonly kind: "text"; readonly body: string }
  | { readonly kind: "reaction"; readonly content: "+1" | "eyes" | "confused" }
  | { readonly kind: "later"; readonly milliseconds: number };

export function text(body: string): Answer {
  return { kind: "text", body };
}

export function reaction(content: "+1" | "eyes" | "confused"): Answer {
  return { kind: "reaction", content };
}
