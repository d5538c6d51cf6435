import { afterAll, afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import nock from "nock";
import { convertCode } from "../../../src/github/setup/convert-code.ts";

const API = "https://api.github.com";
const ANSWER = {
  id: 7,
  slug: "egress-review-acme",
  html_url: "https://github.com/apps/egress-review-acme",
  pem: "-----BEGIN RSA PRIVATE KEY-----",
  webhook_secret: "s",
};

beforeEach(() => {
  if (!nock.isActive()) nock.activate();
  nock.disableNetConnect();
});

afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

// It stands between this process and every request, and other test files run in it, too.
afterAll(() => nock.restore());

test("the keys of an App, for its code", async () => {
  nock(API).post("/app-manifests/a%2Fb/conversions").reply(201, ANSWER);
  expect(await convertCode(API, "a/b")).toEqual({
    id: 7,
    url: ANSWER.html_url,
    privateKey: ANSWER.pem,
    webhookSecret: "s",
  });
});

test("on an own server; a secret that GitHub did not make is not made up", async () => {
  nock("https://github.example.com")
    .post("/api/v3/app-manifests/c/conversions")
    .reply(201, { ...ANSWER, webhook_secret: null });
  expect((await convertCode("https://github.example.com/api/v3", "c")).webhookSecret).toBeNull();
});

describe("each refusal says what to do, and holds no code", () => {
  const sent = () => nock(API).post("/app-manifests/the-code/conversions");

  test.each<[string, () => unknown, RegExp]>([
    ["a code that was used", () => sent().reply(404, {}), /does not know this code.*start the setup again/],
    ["a code that is none", () => sent().reply(422, {}), /does not know this code/],
    ["GitHub down", () => sent().reply(503, "<html>"), /answered 503: start the setup again/],
    [
      "another address",
      () => sent().reply(307, "", { location: "https://elsewhere.example.com" }),
      /answered 307/,
    ],
    ["an answer that is no JSON", () => sent().reply(201, "<html>"), /none of the documented shape/],
    [
      "an answer without a key",
      () => sent().reply(201, { ...ANSWER, pem: undefined }),
      /none of the documented/,
    ],
    [
      "no network",
      () => sent().replyWithError(Object.assign(new Error("x the-code"), { code: "ENOTFOUND" })),
      /api\.github\.com does not answer/,
    ],
  ])("%s", async (_, prepare, expected) => {
    prepare();
    const error = await convertCode(API, "the-code").then(
      () => null,
      (thrown: unknown) => thrown as Error,
    );
    expect(error?.name).toBe("GitHubError");
    expect(error?.message).toMatch(expected);
    expect(error?.message).not.toContain("the-code");
  });
});
