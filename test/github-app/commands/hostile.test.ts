import { expect, test } from "@jest/globals";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { diffCommand } from "../../../src/github/commands/diff-command.ts";
import { explainCommand } from "../../../src/github/commands/explain-command.ts";
import { hostile } from "../../report/reviews.ts";
import { openShop, type Shop } from "./shop.ts";

interface Node {
  readonly type: string;
  readonly value?: string;
  readonly url?: string;
  readonly children?: readonly Node[];
}

function nodes(node: Node): readonly Node[] {
  return [node, ...(node.children ?? []).flatMap(nodes)];
}

async function answered(ask: (here: Shop) => Promise<{ readonly kind: string; readonly body?: string }>) {
  const { body = "" } = await ask(await openShop());
  const all = nodes(fromMarkdown(body, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }));
  return { body, of: (type: string) => all.filter((node) => node.type === type) };
}

/** A review in which every text is the pull request's, and means harm. */
const context = (here: Shop) => ({
  ...here.context(1),
  link: () => () => "https://github.example.com/acme/shop/blob/d71b774/x.yaml",
});

test.each([
  ["explain", (here: Shop) => explainIn(here)],
  ["diff", (here: Shop) => diffIn(here)],
])("%s: the structure of an answer is ours alone", async (_name, ask) => {
  const { of } = await answered(ask);
  expect(of("heading")).toEqual([]);
  expect(of("image")).toEqual([]);
  expect(of("code")).toEqual([]);
  expect(of("html").filter(({ value = "" }) => !/^(<!-- -->|<\/?code>)$/.test(value))).toEqual([]);
  for (const { url = "" } of of("link")) expect(url).toMatch(/^https:\/\/github\.example\.com\/acme\/shop\//);
});

async function explainIn(here: Shop) {
  const command = { kind: "explain", subject: null, destination: null, environment: null } as const;
  return explainCommand(context(here), { ...(await here.evaluatedNow()), review: hostile }, command);
}

async function diffIn(here: Shop) {
  const evaluated = { ...(await here.evaluatedNow()), review: hostile };
  return diffCommand(context(here), evaluated, { kind: "diff", environment: null });
}
