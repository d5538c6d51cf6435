import { at, type Fields, fieldsAt, isFields, listAt, textAt, textsAt } from "../files/fields.ts";
import { parse, splitDocuments } from "../files/yaml-documents.ts";

/** A chart that an entry point names, with the values that stand in the entry point itself. */
export interface NamedChart {
  readonly name: string;
  readonly values: Fields;
  /** Files of this repository with more values, in order; those of the entry point win over them. */
  readonly files: readonly string[];
  /** Other values come from elsewhere, or from objects that it names. */
  readonly others: boolean;
}

/** Of a Flux HelmRelease: `chart.spec.chart`, else the object that `chartRef` names, which is called after the chart. */
export function chartOfHelmRelease(spec: Fields): NamedChart {
  const chart = fieldsAt(spec, "chart", "spec");
  return {
    name: textAt(chart, "chart") ?? textAt(spec, "chartRef", "name") ?? "",
    values: fieldsAt(spec, "values") ?? {},
    files: [],
    // Files of the chart come with its version.
    others: listAt(spec, "valuesFrom").length > 0,
  };
}

/**
 * Of a source of an Argo CD Application; null where it names no chart. `parameters` win over values.
 *
 * @param files value files of this repository that it uses ("$ref/…")
 */
export function chartOfApplication(source: Fields, files: readonly string[]): NamedChart | null {
  const name = textAt(source, "chart");
  if (name === null) return null;
  const helm = fieldsAt(source, "helm");
  const written = fieldsAt(helm, "valuesObject") ?? parsedValues(textAt(helm, "values") ?? "");
  const fileParameters = listAt(helm, "fileParameters");
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
    files,
    // What is no "$ref/…" of this repository comes from another one, or with the chart's version.
    others:
      textsAt(helm, "valueFiles").filter(isReference).length > files.length || fileParameters.length > 0,
  };
}

function isReference(file: string): boolean {
  return file.startsWith("$") || /^[a-z][a-z0-9+.-]*:\/\//i.test(file);
}

/** Values on values, as Helm lays them: mappings key by key, anything else as a whole; null takes a key away. */
export function layered(layers: readonly Fields[]): Fields {
  return layers.reduce<Fields>((below, above) => {
    const kept = new Map(Object.entries(below));
    for (const [key, value] of Object.entries(above)) {
      const under = kept.get(key);
      if (value === null) kept.delete(key);
      else kept.set(key, isFields(value) && isFields(under) ? layered([under, value]) : value);
    }
    return Object.fromEntries(kept);
  }, {});
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
