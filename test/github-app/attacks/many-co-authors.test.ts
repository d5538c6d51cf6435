import { expect, test } from "@jest/globals";
import { writersOf } from "../../../src/github/governance/writers.ts";
import { clientWith, openShop } from "../commands/shop.ts";

/** Each address is a request, and the requests of an installation are counted: a stranger's trailers must not use them up. */
test("addresses of co-authors are asked for a few times; who was not asked for may be anybody", async () => {
  const { client, fake, shop, people, pull } = await openShop();
  const trailers = Array.from(
    { length: 300 },
    (_, index) => `Co-authored-by: S <s${index % 150}@example.com>`,
  );
  fake.commit(shop, "open", { a: "1" }, { author: people.ann, message: `Change\n\n${trailers.join("\n")}` });
  const asked: string[] = [];
  const counting = clientWith(client, {
    accountWithAddress: async (address) => {
      asked.push(address);
      return { id: people.wil.id, login: people.wil.login, kind: "user" };
    },
  });
  const { known, unknown } = await writersOf(counting, await client.pullRequest(pull.number));
  expect(new Set(asked).size).toBe(asked.length);
  expect(asked.length).toBeLessThanOrEqual(20);
  expect(known.get("wil")).toBe("co-author");
  expect(unknown).toContainEqual({ kind: "co-author", sha: fake.head(pull), name: "S" });
});
