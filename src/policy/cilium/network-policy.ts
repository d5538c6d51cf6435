import type { Manifest } from "../../render/render.ts";
import { type ObjectUnknown, objectUnknown } from "../model/object-unknown.ts";
import type { Dialect, Peer, Pods, Policy, Rule } from "../model/policy.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import type { PolicyReading, PolicyRemark } from "../model/policy-reading.ts";
import { nested, ownField } from "../schema/decode.ts";
import { refused, refusedByApi } from "../schema/refused-policy.ts";
import { ciliumSubject, namesCluster, podKeys } from "./endpoints.ts";
import { lookupsOf, openedNames } from "./lookups.ts";
import { ciliumPeers, type OpenQuestion } from "./peers.ts";
import type { CiliumRule } from "./rule.ts";
import { type CiliumDirection, type CiliumSpec, ciliumObject } from "./spec.ts";

/** cilium.io/v2 CiliumNetworkPolicy: policies for pods of its namespace, one a specification. */
export function ciliumNetworkPolicy(manifest: Manifest, inputs: PolicyInputs): PolicyReading {
  return read(manifest, inputs, "cilium.io/v2 CiliumNetworkPolicy", manifest.namespace ?? "default");
}

/** cilium.io/v2 CiliumClusterwideNetworkPolicy: for pods of any namespace; those for nodes govern no pods. */
export function ciliumClusterwideNetworkPolicy(manifest: Manifest, inputs: PolicyInputs): PolicyReading {
  return read(manifest, inputs, "cilium.io/v2 CiliumClusterwideNetworkPolicy", null);
}

/** It does nothing by itself: rules name it. */
export function ciliumCidrGroup(): PolicyReading {
  return { policies: [], unknowns: [], remarks: [] };
}

const READ_VERSION = "cilium.io/v2";

function read(
  manifest: Manifest,
  inputs: PolicyInputs,
  dialect: Dialect,
  namespace: string | null,
): PolicyReading {
  const { apiVersion, kind } = manifest.object;
  if (apiVersion !== READ_VERSION) {
    const detail = `no matches for kind "${kind}" in version "${apiVersion}"`;
    return { policies: [], unknowns: [refused(manifest, detail, "/apiVersion")], remarks: [] };
  }
  const { specs, errors, refusals } = ciliumObject(manifest);
  if (errors.length > 0) return refusedByApi(manifest, errors);
  if (refusals.length > 0) {
    const remarks = refusals.map(
      ({ pointer, text }): PolicyRemark => ({ code: "refused-by-enforcer", manifest, pointer, detail: text }),
    );
    return { policies: [], unknowns: [], remarks };
  }
  const readings = specs.map((spec, index) =>
    readSpec(spec, { manifest, inputs, namespace, dialect, part: specs.length > 1 ? index : null }),
  );
  const open = readings.flatMap((one) => one.open);
  return {
    policies: readings.flatMap(({ policy }) => policy ?? []),
    unknowns: open.length === 0 ? [] : [unknownOf(manifest, namespace, specs, open)],
    remarks: readings.flatMap(({ remarks }) => remarks),
  };
}

/**
 * One unknown an object: whatever of its policies is open, it touches the pods that those govern. It is the same one on both
 * sides where what is open is, whatever else the object says.
 */
function unknownOf(
  manifest: Manifest,
  namespace: string | null,
  specs: readonly CiliumSpec[],
  open: readonly OpenQuestion[],
): ObjectUnknown {
  const subjects = specs.flatMap(({ subject }) =>
    subject === null ? [] : [{ selector: subject, pods: ciliumSubject(subject, namespace) }],
  );
  const names = subjects.map(({ pods }) => (pods === null ? [] : namesOf(pods)));
  const unknown = objectUnknown(manifest, "open-policy", {
    detail: [...new Set(open.map(({ text }) => text))].join("; "),
    pointer: open[0]?.pointer ?? "",
    bound: {
      namespaces: names.includes(null) ? null : [...new Set(names.flatMap((one) => one ?? []))].sort(),
      kinds: [manifest.object.kind],
    },
    selectorKeys: [...new Set(subjects.flatMap(({ selector }) => podKeys(selector)))].sort(),
  });
  const questions = open.map(({ text, about }) => JSON.stringify([text, about])).sort();
  return {
    ...unknown,
    digest: JSON.stringify(questions),
    ...(open.some(({ denies }) => denies === true) ? { mayDeny: true } : {}),
  };
}

/** The namespaces by name; null = any may be among them. */
function namesOf({ namespaces }: Pods): readonly string[] | null {
  if (namespaces.kind === "named") return [namespaces.name];
  const named = namespaces.selector.find(
    ({ key, operator }) => key === "kubernetes.io/metadata.name" && operator === "In",
  );
  return named?.values ?? null;
}

interface SpecContext {
  readonly manifest: Manifest;
  readonly inputs: PolicyInputs;
  /** null = cluster-wide. */
  readonly namespace: string | null;
  readonly dialect: Dialect;
  readonly part: number | null;
}

interface SpecReading {
  readonly policy: Policy | null;
  readonly open: readonly OpenQuestion[];
  readonly remarks: readonly PolicyRemark[];
}

function readSpec(spec: CiliumSpec, context: SpecContext): SpecReading {
  const nothing: SpecReading = { policy: null, open: [], remarks: [] };
  // A policy for nodes governs them, and pods on the host network, which no policy of pods governs.
  if (spec.subject === null) return nothing;
  const { manifest, namespace, dialect, part } = context;
  if (namesCluster(spec.subject)) {
    const text = "it governs pods of a cluster by name, and nothing in Git says how this one is called";
    const pointer = `${spec.pointer}/endpointSelector`;
    return { ...nothing, open: [{ pointer, text, about: manifest.digest }] };
  }
  const subjects = ciliumSubject(spec.subject, namespace);
  if (subjects === null) return nothing;
  const egress = readDirection(spec, spec.egress, "egress", subjects, context);
  const ingress = readDirection(spec, spec.ingress, "ingress", subjects, context);
  const { apiVersion, kind, metadata } = manifest.object;
  const name = metadata.name ?? metadata.generateName ?? "";
  return {
    policy: {
      dialect,
      identity: { apiVersion, kind, namespace, name, ...(part === null ? {} : { part }) },
      manifest,
      digest: digestOf(manifest, spec, [...egress.rules, ...ingress.rules]),
      tier: "network-policy",
      order: null,
      subjects: [subjects],
      isolates: { egress: deniesByDefault(spec.egress), ingress: deniesByDefault(spec.ingress) },
      egress: egress.rules,
      ingress: ingress.rules,
    },
    // What a rule leaves open, it leaves open for the pods of its own selector.
    open: [...egress.open, ...ingress.open].map((one) => ({ ...one, about: [spec.subject, one.about] })),
    remarks: [...egress.remarks, ...ingress.remarks],
  };
}

/** Equal digests are equal rules in equal order; those that name other objects, or names to look up, depend on more. */
function digestOf(
  manifest: Manifest,
  { egress, ingress, pointer }: CiliumSpec,
  rules: readonly Rule[],
): string {
  const written = [egress, ingress].flatMap(({ allow, deny }) => [...allow, ...deny]);
  const dependsOnOthers = written.some(
    ({ names, services, blocks }) =>
      names.length + services.length > 0 || blocks.some(({ kind }) => kind !== "block"),
  );
  return [manifest.digest, pointer, ...(dependsOnOthers ? [JSON.stringify(rules)] : [])].join(" ");
}

/** Rules of a direction, whatever they say, isolate in it, unless `enableDefaultDeny` says otherwise. */
function deniesByDefault({ allow, deny, enableDefaultDeny }: CiliumDirection): boolean {
  return allow.length + deny.length > 0 && enableDefaultDeny !== false;
}

interface DirectionReading {
  readonly rules: readonly Rule[];
  readonly open: readonly OpenQuestion[];
  readonly remarks: readonly PolicyRemark[];
}

function readDirection(
  spec: CiliumSpec,
  written: CiliumDirection,
  direction: "egress" | "ingress",
  subjects: Pods,
  context: SpecContext,
): DirectionReading {
  const readings = [
    ...written.allow.map((rule) => readRule(rule, "allow", subjects, context)),
    ...written.deny.map((rule) => readRule(rule, "deny", subjects, context)),
  ];
  const isEmpty = written.allow.length + written.deny.length === 0;
  const open =
    isEmpty && written.enableDefaultDeny === true
      ? [
          {
            pointer: `${spec.pointer}/enableDefaultDeny/${direction}`,
            about: direction,
            text: `whether enableDefaultDeny isolates ${direction} without a rule of that direction depends on the release of Cilium`,
          },
        ]
      : [];
  return {
    rules: readings.flatMap(({ rules }) => rules),
    open: [
      ...readings.flatMap((one) => one.open).map((one) => ({ ...one, about: [direction, one.about] })),
      ...open,
    ],
    remarks: readings.flatMap(({ remarks }) => remarks),
  };
}

function readRule(
  rule: CiliumRule,
  action: "allow" | "deny",
  subjects: Pods,
  { manifest, inputs, namespace }: SpecContext,
): DirectionReading {
  const { peers, open } = ciliumPeers(rule, namespace, inputs);
  const names = namedPeers(rule, subjects, inputs);
  const remarks = names.unreached.map(({ pointer, text }): PolicyRemark => {
    const detail = `no rule with rules.dns lets these pods look up ${text}: Cilium learns addresses from the answers that it sees, so this opens nothing`;
    return { code: "field-without-effect", manifest, pointer, detail };
  });
  const wholes = names.bySubjects.length > 0 && rule.names.length > 0 ? [] : [{ subjects: null, peers }];
  return {
    rules: [...wholes, ...names.bySubjects].flatMap(({ subjects: whose, peers: whom }) =>
      portParts(rule).map(
        (part): Rule => ({
          action,
          ...(whose === null ? {} : { subjects: [whose] }),
          peers: whom,
          ...part,
        }),
      ),
    ),
    open: [...open, ...openRule(rule, inputs)].map((one) => ({
      ...one,
      about: [action, one.about],
      denies: action === "deny",
    })),
    remarks,
  };
}

/** What of a rule depends on the release or the settings of Cilium. */
function openRule(rule: CiliumRule, inputs: PolicyInputs): readonly OpenQuestion[] {
  const { services, nodes, requires, ports, pointer } = rule;
  const texts = [
    services.length > 0 && ports.rules.length > 0
      ? "older releases of Cilium refuse a policy with toServices and toPorts in one rule, and enforce none of it"
      : null,
    nodes.length > 0 && !selectsNodes(inputs)
      ? "Cilium refuses a policy that names nodes, and enforces none of it, unless nodeSelectorLabels is set"
      : null,
    requires.length > 0 ? "releases of Cilium from 1.19 do not know toRequires and fromRequires" : null,
  ];
  return texts.flatMap((text) => (text === null ? [] : [{ pointer, text, about: rule.written }]));
}

/** The agent's own configuration, where it stands in Git. */
function selectsNodes(inputs: PolicyInputs): boolean {
  return inputs
    .objects("", "ConfigMap")
    .some(
      ({ object }) =>
        object.metadata.name === "cilium-config" &&
        ownField(nested(object, "data") ?? {}, "enable-node-selector-labels") === "true",
    );
}

type Part = Pick<Rule, "ports" | "application" | "pointer">;

/** Ports that ask for more stand in a rule of their own. */
function portParts({ ports: { rules, icmp }, pointer }: CiliumRule): readonly Part[] {
  if (rules.length === 0) return [{ ports: icmp ? [] : null, pointer }];
  const parts = [false, true].flatMap((application): readonly Part[] => {
    const own = rules.filter((one) => one.application === application);
    const [first] = own;
    if (first === undefined) return [];
    return [
      {
        ports: own.flatMap(({ ports }) => ports),
        ...(application ? { application } : {}),
        pointer: first.pointer,
      },
    ];
  });
  return parts.length === 1 ? parts.map((part) => ({ ...part, pointer })) : parts;
}

interface NamedPeers {
  readonly bySubjects: readonly { readonly subjects: Pods | null; readonly peers: readonly Peer[] }[];
  /** Names that nothing lets anybody look up. */
  readonly unreached: readonly { readonly pointer: string; readonly text: string }[];
}

function namedPeers(rule: CiliumRule, subjects: Pods, inputs: PolicyInputs): NamedPeers {
  if (rule.names.length === 0) return { bySubjects: [], unreached: [] };
  const lookups = lookupsOf(inputs);
  const peers = new Map<string, { readonly subjects: Pods | null; readonly peers: Peer[] }>();
  const unreached: { readonly pointer: string; readonly text: string }[] = [];
  for (const { pattern, pointer } of rule.names) {
    const opened = openedNames(pattern, subjects, lookups);
    if (opened.length === 0) unreached.push({ pointer, text: pattern.text });
    for (const { subjects: whose, lookedUp } of opened) {
      const key = JSON.stringify(whose);
      const known = peers.get(key) ?? { subjects: whose, peers: [] };
      peers.set(key, known);
      known.peers.push({
        kind: "names",
        pattern,
        ...(lookedUp === null ? {} : { lookedUp }),
        pointer,
      });
    }
  }
  return { bySubjects: [...peers.values()], unreached };
}
