import { beforeAll, expect, test } from "@jest/globals";
import { CHECK_NAME } from "../../../src/github/check-name.ts";
import { builtInRules } from "../../../src/rules/catalogue/load-rules.ts";
import { Model } from "../model/model.ts";

beforeAll(async () => {
  await builtInRules();
});

/** Auto-merge waits for the moment in which a check is green, however short. */
test("a pull request that is retargeted while it is evaluated is never green for the base that it had", async () => {
  const model = new Model(1, { faults: false });
  const { fake, repository } = model;
  const [ann] = model.people;
  if (ann === undefined) throw new Error("nobody is here");
  await model.settle();
  fake.commit(repository, "release", { "a.txt": "open\n" }, { author: ann });
  fake.commit(repository, "change", { "b.txt": "open\n" }, { author: ann });
  const pull = fake.openPullRequest(repository, { head: "change", author: ann, base: "main" });
  const respond = fake.respond.bind(fake);
  let evaluating = false;
  fake.respond = async (asked) => {
    const answer = await respond(asked);
    if (!evaluating && asked.method === "POST" && asked.url.pathname.endsWith("/check-runs")) {
      evaluating = true;
      fake.retarget(pull, "release");
    }
    return answer;
  };
  await model.settle();
  expect(evaluating).toBe(true);
  const runs = fake.checkRuns(repository, fake.head(pull), CHECK_NAME);
  const conclusions = runs.flatMap(({ seen }) => seen.map(({ conclusion }) => conclusion));
  expect(conclusions).not.toContain("success");
  expect(conclusions).toContain("failure");
});
