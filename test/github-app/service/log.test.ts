import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { openLog } from "../../../src/github/service/log.ts";
import { PRIVATE_KEY, SECRET } from "./service-process.ts";

function logged(write: (log: ReturnType<typeof openLog>) => void, level = "info"): readonly string[] {
  const lines: string[] = [];
  write(openLog({ level, secrets: [PRIVATE_KEY.trim(), SECRET, ""], write: (line) => lines.push(line) }));
  return lines;
}

const TOKENS = [
  "ghs_16C7e42F292c6912E7710c838347Ae178B4a",
  // Of 2026: an id and a JWT, of no fixed length.
  `ghs_123456_eyJhbGciOiJSUzI1NiJ9.${"eyJp".repeat(60)}.c2ln-_x`,
  "gho_16C7e42F292c6912E7710c838347Ae178B4a",
  "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
  "ghu_16C7e42F292c6912E7710c838347Ae178B4a",
  "ghr_16C7e42F292c6912E7710c838347Ae178B4a",
  "github_pat_11ABCDEFG0abcdefghij_0123456789",
  "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxNyJ9.c2lnbmF0dXJl",
  PRIVATE_KEY,
  SECRET,
];

describe("a line of the log", () => {
  test("is JSON with a time, a level and a message", () => {
    const [line = ""] = logged((log) => log.info({ kind: "review" }, "a job ended"));
    expect(line.endsWith("\n")).toBe(true);
    expect(JSON.parse(line)).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      kind: "review",
      msg: "a job ended",
    });
  });

  test("of an audit is marked as one, at any level that is not silent about it", () => {
    const [line = ""] = logged((log) => log.audit({ login: "ann" }, "approved"));
    expect(JSON.parse(line)).toMatchObject({ audit: true, login: "ann", msg: "approved" });
  });

  test.each(TOKENS.map((token) => [token.slice(0, 12), token]))("never holds %s…", (_, token) => {
    const places = logged((log) => {
      log.info({ deep: { list: [`x${token}`] } }, "in a field");
      log.warn({}, `in a message: https://x-access-token:${token}@github.example.com`);
      log.error({ err: new Error(`in an error ${token}`, { cause: new Error(token) }) }, "failed");
      log.info({ [token]: 1 }, "in a name");
      log.info({ cut: token.slice(0, Math.max(30, token.length - 20)) }, "cut");
    });
    expect(places).toHaveLength(5);
    const written = JSON.stringify(token).slice(1, -1);
    for (const line of places.slice(0, 4)) {
      expect(line).not.toContain(written);
      expect(line).toContain("[redacted]");
      expect(() => JSON.parse(line)).not.toThrow();
    }
    expect(() => JSON.parse(places[4] ?? "")).not.toThrow();
  });

  test("stays JSON and holds no token, whatever is around it", () => {
    const token = fc.constantFrom(...TOKENS);
    fc.assert(
      fc.property(fc.string(), token, fc.string(), (before, secret, after) => {
        const [line = ""] = logged((log) => log.info({ text: `${before}${secret}${after}` }, "x"));
        expect(JSON.parse(line)).toMatchObject({ msg: "x" });
        expect(line).not.toContain(JSON.stringify(secret).slice(1, -1));
      }),
      { numRuns: 300 },
    );
  });

  test("of an error says its name, code and cause; not what a request held", () => {
    const error = Object.assign(new Error("refused", { cause: new TypeError("why") }), {
      code: "E_REFUSED",
      status: 403,
      request: { headers: { authorization: "token abc" }, body: "BODY" },
      response: { data: "DATA", headers: { "x-secret": "HEADER" } },
      parameters: ["PARAMETER"],
    });
    const [line = ""] = logged((log) => log.error({ err: error }, "failed"));
    expect(JSON.parse(line).err).toMatchObject({
      message: "refused",
      code: "E_REFUSED",
      status: 403,
      cause: { message: "why" },
    });
    expect(line).not.toMatch(/BODY|DATA|HEADER|PARAMETER|token abc/);
  });

  test.each([null, undefined, "text", 7, { message: "an object" }])("takes %j for an error", (thrown) => {
    const [line = ""] = logged((log) => log.error({ err: thrown }, "failed"));
    expect(JSON.parse(line).msg).toBe("failed");
  });

  test("below its level is not written; what failed always is", () => {
    const lines = logged((log) => {
      log.info({}, "said");
      log.warn({}, "warned");
      log.error({}, "failed");
      log.audit({}, "asked");
    }, "error");
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["failed", "asked"]);
  });
});
