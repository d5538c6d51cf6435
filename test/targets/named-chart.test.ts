import { describe, expect, test } from "@jest/globals";
import {
  chartOfApplication,
  chartOfHelmRelease,
  layered,
} from "../../src/targets/declarations/named-chart.ts";

describe("the chart that an entry point names, and values that stand there", () => {
  test("Flux: chart and values", () => {
    const chart = { spec: { chart: "cilium", version: "1.20.2" } };
    expect(chartOfHelmRelease({ chart, values: { policyEnforcementMode: "never" } })).toEqual({
      name: "cilium",
      values: { policyEnforcementMode: "never" },
      files: [],
      others: false,
    });
    const valuesFrom = [{ kind: "ConfigMap", name: "cilium" }];
    expect(chartOfHelmRelease({ chart, valuesFrom }).others).toBe(true);
  });

  test("Flux: an artifact is called after its chart", () => {
    expect(chartOfHelmRelease({ chartRef: { kind: "OCIRepository", name: "cilium" } }).name).toBe("cilium");
  });

  test("Argo CD: an object hides a text, and parameters win over both (ApplicationSourceHelm)", () => {
    const helm = {
      values: "policyAuditMode: true",
      valuesObject: { policyEnforcementMode: "default", k8sNetworkPolicy: { enabled: true } },
      parameters: [
        { name: "policyEnforcementMode", value: "never" },
        { name: "k8sNetworkPolicy.enabled", value: "false" },
      ],
    };
    expect(chartOfApplication({ chart: "cilium", helm }, [])?.values).toEqual({
      policyEnforcementMode: "never",
      k8sNetworkPolicy: { enabled: "false" },
    });
    expect(chartOfApplication({ chart: "cilium", helm: { values: "a: {b: 1}" } }, [])?.values).toEqual({
      a: { b: 1 },
    });
    expect(chartOfApplication({ chart: "cilium", helm: { values: "a: [" } }, [])?.values).toEqual({});
    expect(chartOfApplication({ path: "charts/cilium" }, [])).toBeNull();
  });

  test("Argo CD: files of this repository are read, those of others are not, and those of the chart are its own", () => {
    const others = (valueFiles: readonly string[], files: readonly string[]) =>
      chartOfApplication({ chart: "cilium", helm: { valueFiles } }, files)?.others;
    expect(others(["$values/cilium.yaml", "values-production.yaml"], ["cilium.yaml"])).toBe(false);
    expect(others(["$values/cilium.yaml", "$theirs/more.yaml"], ["cilium.yaml"])).toBe(true);
    expect(others(["https://example.com/values.yaml"], [])).toBe(true);
  });

  test("values lie on values key by key, and null takes one away (Helm)", () => {
    expect(
      layered([
        { a: { b: 1, c: 2 }, list: [1], gone: true },
        { a: { b: 3 }, list: [2], gone: null },
      ]),
    ).toEqual({ a: { b: 3, c: 2 }, list: [2] });
  });
});
