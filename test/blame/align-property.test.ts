import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { templateLine } from "../../src/blame/align.ts";

/** A part of a template, and what it may render to. Few different lines, so that much reads alike. */
type Part =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "value"; readonly value: string }
  | { readonly kind: "block"; readonly values: readonly string[] }
  | { readonly kind: "boundary" }
  | {
      readonly kind: "if";
      readonly taken: boolean;
      readonly yes: readonly Part[];
      readonly no: readonly Part[];
    }
  | { readonly kind: "range"; readonly times: number; readonly body: readonly Part[] };

interface Line {
  readonly text: string;
  /** Line of the template that gave it; null where a value did. */
  readonly origin: number | null;
}

const LINES = ["kind: A", "  to: []", "  port: 1"];
const line = fc.constantFrom(...LINES);
const leaf: fc.Arbitrary<Part> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("literal" as const), text: line }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("value" as const), value: fc.constantFrom("1", "2") }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("block" as const), values: fc.array(line, { maxLength: 2 }) }),
  },
  { weight: 2, arbitrary: fc.constant<Part>({ kind: "boundary" }) },
);
const { part } = fc.letrec<{ part: Part }>((tie) => ({
  part: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 6, arbitrary: leaf },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("if" as const),
        taken: fc.boolean(),
        yes: fc.array(tie("part"), { maxLength: 3 }),
        no: fc.array(tie("part"), { maxLength: 2 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("range" as const),
        times: fc.integer({ min: 0, max: 2 }),
        body: fc.array(tie("part"), { maxLength: 3 }),
      }),
    },
  ),
}));

/** Writes the template and renders it at once, as Go's text/template would. */
function write(parts: readonly Part[]): {
  readonly template: string;
  readonly documents: readonly (readonly Line[])[];
} {
  const template: string[] = [];
  const render = (part: Part): (() => readonly (Line | "---")[]) => {
    const at = template.length + 1;
    switch (part.kind) {
      case "literal":
        template.push(part.text);
        return () => [{ text: part.text, origin: at }];
      case "value":
        template.push("  port: {{ .Values.port }}");
        return () => [{ text: `  port: ${part.value}`, origin: null }];
      case "block":
        template.push("  {{- toYaml .Values.more | nindent 2 }}");
        return () => part.values.map((text) => ({ text: `  ${text}`, origin: null }));
      case "boundary":
        template.push("---");
        return () => ["---"];
      case "if": {
        template.push("{{- if .Values.on }}");
        const yes = part.yes.map(render);
        template.push("{{- else }}");
        const no = part.no.map(render);
        template.push("{{- end }}");
        return () => (part.taken ? yes : no).flatMap((one) => one());
      }
      case "range": {
        template.push("{{- range .Values.all }}");
        const body = part.body.map(render);
        template.push("{{- end }}");
        return () => Array.from({ length: part.times }, () => body.flatMap((one) => one())).flat();
      }
    }
  };
  const lines = parts.map(render).flatMap((one) => one());
  const documents: Line[][] = [[]];
  for (const one of lines) {
    if (one === "---") documents.push([]);
    else documents.at(-1)?.push(one);
  }
  return { template: `${template.join("\n")}\n`, documents };
}

test("a template line is the one that gave the rendered line, or none", () => {
  let cited = 0;
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
      const { template, documents } = write(parts);
      for (const lines of documents) {
        const rendered = lines.map(({ text }) => text).join("\n");
        for (const [index, { origin }] of lines.entries()) {
          const found = templateLine(template, rendered, index + 1);
          if (found === null) continue;
          expect(found).toBe(origin);
          cited += 1;
        }
      }
    }),
    { numRuns: 700 },
  );
  // The property would hold of a function that never answers.
  expect(cited).toBeGreaterThan(150);
});
