import { describe, expect, test } from "@jest/globals";
import { positionOf } from "../../src/render/position-of.ts";
import type { Origin } from "../../src/render/render.ts";

function origin(text: string, partial: Partial<Origin> = {}): Origin {
  return {
    target: "shop",
    path: "a.yaml",
    source: "a.yaml",
    text,
    item: null,
    hook: false,
    duplicateKeys: [],
    ...partial,
  };
}

const TEXT = `# Shop to the outside
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
spec:
  egress:
  # Lets the shop reach
  # its bank
  - to:
    - namespaceSelector: {}   # every namespace
    ports:
    # inside
    - port: 443
      protocol: TCP
    # behind the port
  # the next rule
  - to: []
  note: |
    # no comment
    text
  empty:
  "quo~ted/key": '# no comment either'
`;

describe("positionOf", () => {
  test.each([
    ["", 2, 21],
    ["/kind", 3, 3],
    ["/spec", 4, 21],
    ["/spec/egress", 5, 16],
    ["/spec/egress/0", 8, 13],
    ["/spec/egress/0/to/0", 9, 9],
    ["/spec/egress/0/to/0/namespaceSelector", 9, 9],
    ["/spec/egress/0/ports/0", 12, 13],
    ["/spec/egress/0/ports/0/protocol", 13, 13],
    ["/spec/egress/1", 16, 16],
    ["/spec/note", 17, 19],
    ["/spec/empty", 20, 20],
    ["/spec/quo~0ted~1key", 21, 21],
  ])("%j stands on lines %d to %d", (pointer, first, last) => {
    expect(positionOf(origin(TEXT), pointer)).toMatchObject({ first, last, pointer });
  });

  test("what the text lacks is cited where it would stand", () => {
    expect(positionOf(origin(TEXT), "/spec/egress/0/to/0/podSelector/matchLabels")).toMatchObject({
      first: 9,
      pointer: "/spec/egress/0/to/0",
    });
    expect(positionOf(origin(TEXT), "/spec/egress/7")).toMatchObject({ first: 5, pointer: "/spec/egress" });
  });

  const commentsAt = (pointer: string) =>
    positionOf(origin(TEXT), pointer)?.comments.map(({ line, text }) => [line, text]);

  test("comments directly above, at the end of a line and inside", () => {
    expect(commentsAt("/spec/egress/0")).toEqual([
      [6, "Lets the shop reach"],
      [7, "its bank"],
      [9, "every namespace"],
      [11, "inside"],
    ]);
    expect(commentsAt("/spec/egress/0/to/0")).toEqual([[9, "every namespace"]]);
    expect(commentsAt("/spec/egress/1")).toEqual([
      [14, "behind the port"],
      [15, "the next rule"],
    ]);
    expect(commentsAt("/kind")).toEqual([]);
  });

  test("a number sign in a value is no comment", () => {
    expect(commentsAt("/spec/note")).toEqual([]);
    expect(commentsAt("/spec/quo~0ted~1key")).toEqual([]);
  });

  test("of duplicate keys the last one counts", () => {
    const text = "kind: A\nspec: {a: 1}\nkind: B\nspec:\n  a: 2\n";
    expect(positionOf(origin(text), "/kind")).toMatchObject({ first: 3 });
    expect(positionOf(origin(text), "/spec/a")).toMatchObject({ first: 5 });
    expect(positionOf(origin(text), "")).toMatchObject({ first: 3, last: 5 });
  });

  test("an object that swallowed another begins at its own first key, with its own comment", () => {
    const text = "# swallowed\nkind: A\nmetadata: {name: a}\n\n# wins\nkind: A\nmetadata: {name: b}\n";
    expect(positionOf(origin(text), "")).toMatchObject({
      first: 6,
      last: 7,
      comments: [{ line: 5, text: "wins" }],
    });
  });

  test("an element of a List, and an object that another one carries", () => {
    const list = "kind: List\nitems:\n- kind: A\n  spec: {a: 1}\n- kind: B\n  # here\n  spec:\n    a: 2\n";
    expect(positionOf(origin(list, { item: 1 }), "")).toMatchObject({ first: 5, last: 8 });
    expect(positionOf(origin(list, { item: 1 }), "/spec/a")).toMatchObject({ first: 8, pointer: "/spec/a" });
    expect(positionOf(origin(list, { pointer: "/items/0" }), "/spec")).toMatchObject({
      first: 4,
      pointer: "/spec",
    });
    expect(positionOf(origin(list, { pointer: null }), "/spec")).toBeNull();
    expect(positionOf(origin(list, { item: 7 }), "/spec")).toBeNull();
  });

  test("anchors and merges stand where they are written", () => {
    const text = "base: &base\n  a: 1\nuse: *base\nmore:\n  <<: *base\n  b: 2\n";
    expect(positionOf(origin(text), "/use/a")).toMatchObject({ first: 2 });
    expect(positionOf(origin(text), "/more/a")).toMatchObject({ first: 2 });
  });

  test("of a key and a merge the later one counts, as go-yaml 2 reads them", () => {
    const text =
      "own:\n  a: 1\n  <<: {a: 2}\nmerged:\n  <<: [{a: 1}, {a: 2}]\n  b: 3\nboth:\n  <<: {a: 2}\n  a: 1\n";
    expect(positionOf(origin(text), "/own/a")).toMatchObject({ first: 3 });
    expect(positionOf(origin(text), "/merged/b")).toMatchObject({ first: 6 });
    expect(positionOf(origin(text), "/merged/a")).toMatchObject({ first: 5 });
    expect(positionOf(origin(text), "/both/a")).toMatchObject({ first: 9 });
  });

  test("a document mark in front is part of the text; text that is no YAML has no places", () => {
    expect(positionOf(origin("---\n# top\nkind: A\n"), "")).toMatchObject({
      first: 3,
      comments: [{ line: 2, text: "top" }],
    });
    expect(positionOf(origin("a: [\n"), "/a")).toBeNull();
    expect(positionOf(origin("only text\n"), "")).toBeNull();
  });
});
