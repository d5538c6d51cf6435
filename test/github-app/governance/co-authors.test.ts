import { expect, test } from "@jest/globals";
import { coAuthorsOf } from "../../../src/github/governance/co-authors.ts";

const of = (trailer: string) => coAuthorsOf(`Open\n\n${trailer}`, "github.com");

test("an address that GitHub gives names its account, whatever stands before it", () => {
  const known = [{ kind: "account", login: "mia" }];
  expect(of("Co-authored-by: Somebody <12345+mia@users.noreply.github.com>")).toEqual(known);
  expect(of("co-AUTHORED-by:mia <MIA@users.noreply.github.com>")).toEqual(known);
});

test("an address of another server is no account of this one", () => {
  expect(of("Co-authored-by: M <1+mia@users.noreply.ghe.example.com>")).toEqual([
    { kind: "address", name: "M", address: "1+mia@users.noreply.ghe.example.com" },
  ]);
  expect(coAuthorsOf("Co-authored-by: M <1+mia@users.noreply.ghe.example.com>", "ghe.example.com")).toEqual([
    { kind: "account", login: "mia" },
  ]);
});

test("tools sign with addresses that nobody reads", () => {
  expect(of("Co-authored-by: Tool <noreply@example.com>")).toEqual([]);
  expect(of("Co-authored-by: Tool <no-reply@example.com>")).toEqual([]);
});

test("what is not written as a trailer should be is somebody all the same", () => {
  expect(of("Co-authored-by: mia")).toEqual([{ kind: "unreadable", name: "mia" }]);
  expect(of("Co-authored-by: <mia@example.com")).toEqual([{ kind: "unreadable", name: "<mia@example.com" }]);
  expect(of("Co-authored-by:")).toEqual([]);
  expect(of("nobody: Co-authored-by: M <m@example.com>")).toEqual([]);
});

test("every trailer of a message counts, also above the last paragraph", () => {
  const message = "Co-authored-by: A <a@example.com>\n\ntext\n\nCo-authored-by: B <b@example.com>\r\n";
  expect(coAuthorsOf(message, "github.com").map(({ kind }) => kind)).toEqual(["address", "address"]);
});

test("a long line takes no time", () => {
  expect(of(`Co-authored-by: ${" <".repeat(200_000)}`)).toHaveLength(1);
});
