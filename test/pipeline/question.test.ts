import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  isQuestionProblem,
  nameText,
  parseDestination,
  parseFrom,
  type Source,
} from "../../src/pipeline/question/question.ts";

function from(text: string): string | Source {
  const parsed = parseFrom(text);
  return isQuestionProblem(parsed) ? parsed.code : parsed;
}

function to(text: string): unknown {
  const parsed = parseDestination(text);
  if (isQuestionProblem(parsed)) return parsed.code;
  const { to: place, port, protocol } = parsed;
  return [place.kind, nameText(place), port, protocol];
}

describe("who sends", () => {
  test("a workload, as reports print it and shorter", () => {
    expect(from("shop/Deployment/web")).toEqual({
      kind: "workload",
      namespace: "shop",
      workloadKind: "Deployment",
      name: "web",
    });
    expect(from("data/SparkApplication/nightly#driver")).toMatchObject({ name: "nightly#driver" });
    expect(from("shop/Job/hook-*2")).toMatchObject({ name: "hook-*2" });
    expect(from(" shop/web ")).toMatchObject({ workloadKind: null, name: "web" });
  });

  test("a pod that Git does not show, by labels", () => {
    const labels = new Map([["app", "web"]]);
    const pods = { kind: "pods", namespace: "shop", labels, anyValue: new Set() };
    expect(from("shop?app=web")).toEqual(pods);
    expect(from("shop/?app=web")).toEqual(pods);
    expect(from("shop?app=web,!tier,zone!=a")).toEqual(pods);
    expect(from("shop?")).toMatchObject({ labels: new Map() });
    expect(from("shop?spark-app-selector,app.kubernetes.io/name=x")).toMatchObject({
      labels: new Map([["app.kubernetes.io/name", "x"]]),
      anyValue: new Set(["spark-app-selector"]),
    });
  });

  test.each([
    ["web", "no-source"],
    ["", "no-source"],
    ["shop/deployment/web/x", "no-source"],
    ["shop?a b=c", "bad-label"],
    ["shop?a=b=c", "bad-label"],
    ["shop?a=ü", "bad-label"],
  ])("%j is a problem", (text, code) => expect(from(text)).toBe(code));
});

describe("where to", () => {
  test.each([
    ["vault/StatefulSet/vault:8200", ["workload", "vault/StatefulSet/vault", 8200, null]],
    ["vault/vault:8200/tcp", ["workload", "vault/vault", 8200, "TCP"]],
    ["vault?app=vault:8200", ["pods", "vault/?app=vault", 8200, null]],
    ["namespace/vault", ["namespace", "namespace/vault", null, null]],
    ["service/vault/vault:8200/TCP", ["service", "service/vault/vault", 8200, "TCP"]],
    ["dns", ["dns", "dns", null, null]],
    ["internet:443", ["internet", "internet", 443, null]],
    ["198.51.100.7:53/UDP", ["address", "198.51.100.7", 53, "UDP"]],
    ["2001:db8::7", ["address", "2001:db8::7", null, null]],
    ["[2001:db8::7]:443", ["address", "2001:db8::7", 443, null]],
    ["[2001:db8::7]", ["address", "2001:db8::7", null, null]],
    ["api.example.com:443", ["domain", "api.example.com", 443, null]],
  ])("%s", (text, expected) => expect(to(text)).toEqual(expected));

  test.each([
    ["nowhere", "no-destination"],
    ["namespace/", "no-destination"],
    ["300.0.0.1", "no-destination"],
    ["10.0.0.1:0", "bad-port"],
    ["10.0.0.1:65536", "bad-port"],
    ["10.0.0.1:http", "bad-port"],
    ["dns:53/ICMP", "bad-protocol"],
    ["dns:53/UDP/TCP", "bad-port"],
  ])("%j is a problem", (text, code) => expect(to(text)).toBe(code));

  test("whatever is typed, what is understood is printed and understood again", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z/?=:.,\d[\]A-Z#-]{0,20}$/)), (text) => {
        const parsed = parseDestination(text);
        if (isQuestionProblem(parsed)) return;
        const again = parseDestination(nameText(parsed.to));
        expect(isQuestionProblem(again) ? again : again.to).toEqual(parsed.to);
      }),
      { numRuns: 2000 },
    );
  });
});
