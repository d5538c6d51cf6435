import { at, type Fields, fieldsAt, isFields, listAt, textAt } from "./fields.ts";
import { parse, splitDocuments } from "./yaml-documents.ts";

/** A chart that an entry point names, with the values that stand in the entry point itself. */
export interface NamedChart {
  readonly name: string;
  readonly values: Fields;
  /** Other values come from files or objects that it names. */
  readonly others: boolean;
}

/** Of a Flux HelmRelease: `chart.spec.chart`, else the object that `chartRef` names, which is called after the chart. */
export function chartOfHelmRelease(spec: Fields): NamedChart {
  const chart = fieldsAt(spec, "chart", "spec");
  return {
    name: textAt(chart, "chart") ?? textAt(spec, "chartRef", "name") ?? "",
    values: fieldsAt(spec, "values") ?? {},
    others: listAt(spec, "valuesFrom").length > 0 || listAt(chart, "valuesFiles").length > 0,
  };
}

/** Of a source of an Argo CD Application; null where it names no chart. `parameters` win over values. */
export function chartOfApplication(source: Fields): NamedChart | null {
  const name = textAt(source, "chart");
  if (name === null) return null;
  const helm = fieldsAt(source, "helm");
  const written = fieldsAt(helm, "valuesObject") ?? parsedValues(textAt(helm, "values") ?? "");
  const parameters = listAt(helm, "parameters").flatMap((parameter) => {
    const key = textAt(parameter, "name");
    return key === null ? [] : [{ key, value: at(parameter, "value") }];
  });
  return {
    name,
    values: parameters.reduce<Fields>(
      (values, { key, value }) => withValue(values, key.split("."), value),
      written,
    ),
    others: listAt(helm, "valueFiles").length > 0 || listAt(helm, "fileParameters").length > 0,
  };
}

/** Values as YAML text; {} where it is none. */
export function parsedValues(text: string): Fields {
  const [document] = splitDocuments(text);
  const parsed = document === undefined ? null : parse(document);
  return parsed?.kind === "object" && isFields(parsed.value) ? parsed.value : {};
}

function withValue(values: Fields, path: readonly string[], value: unknown): Fields {
  const [key, ...rest] = path;
  if (key === undefined) return values;
  const below = isFields(values[key]) ? values[key] : {};
  return { ...values, [key]: rest.length === 0 ? value : withValue(below, rest, value) };
}
