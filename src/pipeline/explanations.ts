import { stringify } from "yaml";
import { locate } from "../blame/locate.ts";
import type { EnvironmentDelta } from "../diff/diff.ts";
import type { Edit } from "../diff/edit.ts";
import { type Explanation, explain } from "../diff/explain.ts";
import type { ObjectIdentity } from "../policy/model/policy.ts";
import type { KubernetesObject, Manifest } from "../render/render.ts";
import type { LocatedEdit, LocatedExplanation, Location, NamedObject } from "../report/report.ts";
import type { Finding } from "../rules/finding.ts";
import type { JudgedEnvironment } from "../rules/judged-environment.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { isTreeProblem } from "../tree/tree.ts";

interface Trees {
  readonly base: RepositoryTree;
  readonly head: RepositoryTree;
}

/** Findings whose edits are looked for; each is a few evaluations of the namespace it is about. */
const MOST_EXPLAINED = 12;

/** Explanations of findings that are about openings, with places; notes are not explained. */
export class Explanations {
  readonly #trees: Trees;
  readonly #environments: readonly JudgedEnvironment[];
  #explained = 0;

  constructor(trees: Trees, environments: readonly JudgedEnvironment[]) {
    this.#trees = trees;
    this.#environments = environments;
  }

  async of({ severity, openings }: Finding): Promise<LocatedExplanation | null> {
    const [first] = openings;
    if (severity === "note" || first === undefined || this.#explained >= MOST_EXPLAINED) return null;
    const delta = this.#deltaOf(first.workload);
    if (delta === null) return null;
    this.#explained++;
    // One cause in several environments is closed by one edit: the first of them speaks.
    const own = openings.filter(({ workload }) => delta.workloads.includes(workload));
    return this.#located(explain(delta, own));
  }

  #deltaOf(workload: EnvironmentDelta["workloads"][number]): EnvironmentDelta | null {
    const deltas = this.#environments.flatMap(({ delta, asIfIsolated }) =>
      asIfIsolated === null ? [delta] : [delta, asIfIsolated],
    );
    return deltas.find(({ workloads }) => workloads.includes(workload)) ?? null;
  }

  async #located({ admits, stopped, edit }: Explanation): Promise<LocatedExplanation> {
    return {
      admits: {
        kind: admits.kind,
        policy: admits.kind === "rule" ? namedObject(admits.policy.identity) : null,
        location:
          admits.kind === "rule"
            ? await this.#place("head", admits.policy.manifest, admits.rule.pointer)
            : null,
      },
      stopped: await Promise.all(
        stopped.map(async ({ policy, fate }) => ({
          policy: namedObject(policy.identity),
          fate,
          location: await this.#place("base", policy.manifest, ""),
        })),
      ),
      edit: edit === null ? null : await this.#editOf(edit),
    };
  }

  async #editOf(edit: Edit): Promise<LocatedEdit> {
    switch (edit.kind) {
      case "remove":
        return {
          kind: "remove",
          object: objectOf(edit.manifest),
          pointer: edit.pointer,
          location: await this.#place("head", edit.manifest, edit.pointer),
        };
      case "restore": {
        const location = await this.#place("base", edit.manifest, "");
        return {
          kind: "restore",
          object: objectOf(edit.manifest),
          location,
          documentUnchanged: await this.#isUnchanged(location),
        };
      }
      case "set-labels":
        return { kind: "set-labels", workload: edit.workload.key, labels: Object.fromEntries(edit.labels) };
      case "leave-host-network":
        return { kind: "leave-host-network", workload: edit.workload.key };
      case "add":
        return { kind: "add", object: addedObject(edit.object), yaml: stringify(edit.object) };
    }
  }

  /** The document stands in head's file as it stands in base's. */
  async #isUnchanged(location: Location | null): Promise<boolean> {
    if (location === null || location.line === null) return false;
    const { path, line } = location;
    const [base, head] = await Promise.all([this.#trees.base.read(path), this.#trees.head.read(path)]);
    if (isTreeProblem(base) || isTreeProblem(head)) return false;
    const document = documentAt(textOf(base), line);
    return document !== "" && documentsOf(textOf(head)).includes(document);
  }

  async #place(side: "base" | "head", manifest: Manifest, pointer: string): Promise<Location | null> {
    const place = await locate(this.#trees[side], manifest, pointer);
    return place === null ? null : { side, ...place };
  }
}

function objectOf({ object, namespace }: Manifest): NamedObject {
  return { kind: object.kind, namespace, name: object.metadata.name ?? "" };
}

function namedObject({ kind, namespace, name }: ObjectIdentity): NamedObject {
  return { kind, namespace, name };
}

function addedObject({ kind, metadata }: KubernetesObject): NamedObject {
  return { kind, namespace: metadata.namespace ?? null, name: metadata.name ?? "" };
}

function textOf(content: Uint8Array): string {
  return new TextDecoder().decode(content);
}

/** Documents of a file or a template, each without the space around it. */
function documentsOf(text: string): readonly string[] {
  return text.split(/^---.*$/m).map((document) => document.trim());
}

/** @param line one-based */
function documentAt(text: string, line: number): string {
  const before = text
    .split("\n")
    .slice(0, line)
    .filter((one) => one.startsWith("---")).length;
  return documentsOf(text)[before] ?? "";
}
