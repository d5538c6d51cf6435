import type { Policy, PortMatch, Rule } from "../../policy/model/policy.ts";
import { positionOf } from "../../render/position-of.ts";
import type { Manifest } from "../../render/render.ts";
import type { FactType } from "../cel.ts";
import { type Scope, sameRule } from "../scope.ts";
import { append, isEveryPodOfEveryNamespace } from "../selection.ts";

/** What a rule says beside what it does: comments, the policy's name, its annotations. */
export class RuleTextFacts {
  readonly #scope: Scope;
  readonly #policy: Policy;
  readonly #rule: Rule;
  #words: string | null = null;
  #name: string | null = null;

  constructor(scope: Scope, policy: Policy, rule: Rule) {
    this.#scope = scope;
    this.#policy = policy;
    this.#rule = rule;
  }

  get isNew(): boolean {
    const { base } = this.#scope.pair(this.#policy.identity);
    return (
      base?.egress.some(
        (rule) => sameRule(rule, this.#rule) && sameText(base, rule, this.#policy, this.#rule),
      ) !== true
    );
  }

  get podsOnly(): boolean {
    const { peers } = this.#rule;
    return peers !== null && peers.length > 0 && peers.every(({ kind }) => kind === "pods");
  }

  get everyPod(): boolean {
    return this.#rule.peers === null || this.#rule.peers.some(isEveryPodOfEveryNamespace);
  }

  /** Ports in words. */
  get ports(): string {
    return portsText(this.#rule);
  }

  hasPortBeyond(port: bigint): boolean {
    const only = Number(port);
    return (
      this.#rule.ports?.some(
        ({ port: one }) => one.kind !== "range" || one.first !== only || one.last !== only,
      ) ?? true
    );
  }

  mentions(phrases: readonly string[]): boolean {
    this.#words ??= wordsOf(textOf(this.#policy, this.#rule));
    const words = this.#words;
    return phrases.some((phrase) => words.includes(wordsOf(phrase)));
  }

  named(phrases: readonly string[]): boolean {
    this.#name ??= wordsOf(this.#policy.identity.name);
    const name = this.#name;
    return phrases.some((phrase) => name.includes(wordsOf(phrase)));
  }
}

function portsText({ ports }: Rule): string {
  if (ports === null) return "every port";
  const byProtocol = new Map<string, string[]>();
  const ordered = ports.toSorted((a, b) => firstPort(a) - firstPort(b));
  for (const { protocol, port } of ordered) append(byProtocol, protocol, portText(port));
  return [...byProtocol]
    .map(([protocol, texts]) =>
      texts.includes("") ? `every ${protocol} port` : `${protocol} ${texts.join(", ")}`,
    )
    .join(", ");
}

function firstPort({ port }: PortMatch): number {
  return port.kind === "range" ? port.first : 0;
}

/** "" = all of the protocol. */
function portText(port: PortMatch["port"]): string {
  if (port.kind === "all") return "";
  if (port.kind === "named") return port.name;
  return port.first === port.last ? String(port.first) : `${port.first}-${port.last}`;
}

/** Lower case words between single spaces, so that a phrase is found whole: "PyPI.org" is " pypi org ". */
function wordsOf(text: string): string {
  return ` ${text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "")
    .join(" ")} `;
}

/**
 * Comments at the rule; and the policy's name, annotations and heading comment, unless another rule of the policy admits
 * addresses: then the promise is that rule's.
 */
function textOf(policy: Policy, rule: Rule): string {
  const own = commentsAt(policy.manifest, rule.pointer);
  const kept = policy.egress.some(
    ({ peers }) => peers === null || peers.some(({ kind }) => kind === "addresses"),
  );
  return [...own, ...(kept ? [] : headingOf(policy))].join("\n");
}

function headingOf({ manifest, identity }: Policy): readonly string[] {
  const position = positionOf(manifest.origin, "");
  const above = position?.comments.filter(({ line }) => line < position.first).map(({ text }) => text) ?? [];
  const annotations = Object.entries(manifest.object.metadata.annotations ?? {})
    .filter(([key]) => /(^|[./-])(description|purpose|summary|reason)$/.test(key))
    .map(([, value]) => String(value));
  return [identity.name, ...annotations, ...above];
}

function commentsAt({ origin }: Manifest, pointer: string): readonly string[] {
  const position = positionOf(origin, pointer);
  return position?.pointer === pointer ? position.comments.map(({ text }) => text) : [];
}

function sameText(basePolicy: Policy, base: Rule, headPolicy: Policy, head: Rule): boolean {
  return wordsOf(textOf(basePolicy, base)) === wordsOf(textOf(headPolicy, head));
}

export const ruleTextType: FactType = {
  name: "RuleText",
  description: "An egress rule of a policy of this change, beside what people wrote about it.",
  madeBy: RuleTextFacts,
  fields: {
    isNew: {
      type: "bool",
      description: "The rule or its text is new: base has no equal rule with equal text.",
    },
    podsOnly: { type: "bool", description: "Every peer of it selects pods; no address outside can match." },
    everyPod: { type: "bool", description: "It admits every pod of every namespace." },
    ports: { type: "string", description: "Its ports in words." },
  },
  methods: [
    {
      name: "hasPortBeyond",
      parameters: [{ name: "port", type: "int" }],
      returns: "bool",
      description: "It admits some port other than this one.",
    },
    {
      name: "mentions",
      parameters: [{ name: "phrases", type: "list<string>" }],
      returns: "bool",
      description:
        "Its comments, or the policy's name, annotations and heading comment, hold one of these phrases as whole words.",
    },
    {
      name: "named",
      parameters: [{ name: "phrases", type: "list<string>" }],
      returns: "bool",
      description: "The policy's name holds one of these phrases as whole words.",
    },
  ],
};
