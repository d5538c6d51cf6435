import { describe, expect, test } from "@jest/globals";
import { attributeOf, SERVICE_ACCOUNT, valueTestKey } from "../../src/policy/model/pod-attribute.ts";

describe("what selectors ask of a pod", () => {
  const pod = { labels: new Map([["app", "web-1"]]), runtimeLabels: new Set(["hash"]) };

  test.each([
    ["a label", "app", { kind: "value", value: "web-1" }],
    ["a label that is not there", "tier", { kind: "absent" }],
    ["a label of run time", "hash", { kind: "present" }],
    ["the service account that the API server sets", SERVICE_ACCOUNT, { kind: "value", value: "default" }],
    ["how a value starts", valueTestKey("app", "starts with", "web"), { kind: "value", value: "" }],
    ["how a value ends", valueTestKey("app", "ends with", "2"), { kind: "absent" }],
    ["what a value contains", valueTestKey("app", "contains", "b-"), { kind: "value", value: "" }],
    ["a test of a label that is not there", valueTestKey("tier", "contains", ""), { kind: "absent" }],
    ["a test of a value that nobody knows", valueTestKey("hash", "contains", "x"), { kind: "unknown" }],
  ])("%s", (_, key, attribute) => {
    expect(attributeOf(pod, key)).toEqual(attribute);
  });

  test("a service account that nobody knows is there all the same", () => {
    expect(attributeOf({ ...pod, serviceAccount: null }, SERVICE_ACCOUNT)).toEqual({ kind: "present" });
    expect(attributeOf({ ...pod, serviceAccount: "robot" }, SERVICE_ACCOUNT)).toEqual({
      kind: "value",
      value: "robot",
    });
  });
});
