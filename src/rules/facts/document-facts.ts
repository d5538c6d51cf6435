import type { Collision } from "../../cluster/cluster.ts";
import { effectsOf } from "../../cluster/effects-of.ts";
import type { Manifest } from "../../render/render.ts";
import type { FactType } from "../cel.ts";

/** A document that controllers may read in more than one way. */
export class DocumentFacts {
  readonly reason: "duplicate-keys" | "two-sources";
  readonly side: "base" | "head";
  readonly object: string;
  readonly keys: string;
  readonly decides: boolean;
  readonly differs: boolean;
  readonly widens: boolean;

  constructor(facts: {
    readonly reason: "duplicate-keys" | "two-sources";
    readonly side: "base" | "head";
    readonly object: string;
    readonly keys: string;
    readonly decides: boolean;
    readonly differs: boolean;
    readonly widens: boolean;
  }) {
    this.reason = facts.reason;
    this.side = facts.side;
    this.object = facts.object;
    this.keys = facts.keys;
    this.decides = facts.decides;
    this.differs = facts.differs;
    this.widens = facts.widens;
  }
}

export function duplicateFacts(manifest: Manifest, side: "base" | "head"): DocumentFacts {
  return new DocumentFacts({
    reason: "duplicate-keys",
    side,
    object: objectText(manifest),
    keys: [...new Set(manifest.origin.duplicateKeys.map(({ key }) => key))].join(", "),
    decides: effectsOf({ namespaces: null, kinds: [manifest.object.kind] }).size > 0,
    differs: true,
    widens: false,
  });
}

export function collisionFacts(collision: Collision, widens: boolean): DocumentFacts {
  const [first] = collision.manifests;
  return new DocumentFacts({
    reason: "two-sources",
    side: "head",
    object: first === undefined ? collision.identity.name : objectText(first),
    keys: [...new Set(collision.manifests.map(({ origin }) => origin.path ?? origin.source))].join(" and "),
    decides: effectsOf({ namespaces: null, kinds: [collision.identity.kind] }).size > 0,
    differs: new Set(collision.manifests.map(decidingPart)).size > 1,
    widens,
  });
}

export function objectText({ object, namespace }: Manifest): string {
  const name = object.metadata.name ?? object.metadata.generateName ?? "";
  return namespace === null ? `${object.kind} ${name}` : `${object.kind} ${namespace}/${name}`;
}

/** What of an object can change who reaches what: its specification and its labels. */
function decidingPart({ object }: Manifest): string {
  const { labels } = object.metadata;
  return JSON.stringify([object["spec"] ?? null, labels ?? null]);
}

export const documentType: FactType = {
  name: "Document",
  description:
    "A document with duplicate keys, or an object that several documents of the environment declare.",
  madeBy: DocumentFacts,
  fields: {
    reason: { type: "string", description: '"duplicate-keys" or "two-sources".' },
    side: { type: "string", description: '"head", or "base" where only base has it.' },
    object: { type: "string", description: '"Kind namespace/name" of what is read.' },
    keys: { type: "string", description: "The keys that stand twice, or the sources." },
    decides: {
      type: "bool",
      description: "It is a policy, a workload, a namespace, a service or an entry point.",
    },
    differs: { type: "bool", description: "The copies differ in their specification or labels." },
    widens: { type: "bool", description: "Some winner widens egress by a rule that blocks." },
  },
  methods: [],
};
