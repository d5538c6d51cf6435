import type { Protocol } from "../../policy/model/policy.ts";
import { parseAddress } from "../../sets/ip.ts";

/** Who sends. */
export type Source = WorkloadName | LabelledPods;

/** Where to. */
export type Destination =
  | WorkloadName
  | LabelledPods
  | { readonly kind: "namespace"; readonly name: string }
  | { readonly kind: "service"; readonly namespace: string; readonly name: string }
  | { readonly kind: "address"; readonly address: string }
  /** The cluster's resolver. */
  | { readonly kind: "dns" }
  /** Every public address. */
  | { readonly kind: "internet" }
  /** A name outside the cluster, whose addresses nobody knows. */
  | { readonly kind: "domain"; readonly name: string };

export interface WorkloadName {
  readonly kind: "workload";
  readonly namespace: string;
  /** null = left out, where the name is enough. */
  readonly workloadKind: string | null;
  /** With "#role" where one object makes several kinds of pods. */
  readonly name: string;
}

/** A pod that Git does not show. */
export interface LabelledPods {
  readonly kind: "pods";
  readonly namespace: string;
  readonly labels: ReadonlyMap<string, string>;
  /** Keys that are there with any value. */
  readonly anyValue: ReadonlySet<string>;
}

/** "DESTINATION[:PORT[/PROTOCOL]]"; what is left out is null. */
export interface DestinationWithPort {
  readonly to: Destination;
  readonly port: number | null;
  readonly protocol: Protocol | null;
}

/** May this flow? */
export interface Question {
  readonly from: Source;
  readonly to: Destination;
  /** null = the ports that the destination has, else 443. */
  readonly port: number | null;
  /** null = those that the destination has, else TCP. */
  readonly protocol: Protocol | null;
  /** "both" asks the ingress policies of the destination, too. */
  readonly direction: "egress" | "both";
}

/** A question that cannot be asked. */
export interface QuestionProblem {
  readonly kind: "question-problem";
  readonly code:
    | "no-source"
    | "no-destination"
    | "bad-label"
    | "bad-port"
    | "bad-protocol"
    | "bad-environment"
    | "unknown-workload"
    | "ambiguous-workload"
    | "unknown-namespace"
    | "unknown-service"
    | "unknown-environment";
  /** One sentence without data that was not typed or read; plain text, to be escaped where it is shown. */
  readonly sentence: string;
}

export function isQuestionProblem(value: object): value is QuestionProblem {
  return "kind" in value && value.kind === "question-problem";
}

export function questionProblem(code: QuestionProblem["code"], sentence: string): QuestionProblem {
  return { kind: "question-problem", code, sentence };
}

/** "NAMESPACE/KIND/NAME", "NAMESPACE/NAME", "NAMESPACE?key=value,…". */
export function parseFrom(text: string): Source | QuestionProblem {
  const typed = text.trim();
  return (
    parsePods(typed) ??
    parseWorkload(typed) ??
    questionProblem(
      "no-source",
      `"${typed}" names no workload: write namespace/Kind/name, or 'namespace?key=value' for a pod that Git does not show`,
    )
  );
}

/** What `parseFrom` takes, "namespace/NAME", "service/NAMESPACE/NAME", an address, "dns", "internet", a domain name. */
export function parseDestination(text: string): DestinationWithPort | QuestionProblem {
  const typed = text.trim();
  const shape = misshapen(typed);
  if (shape !== null) return questionProblem("no-destination", shape);
  const { place, suffix } = splitPort(typed);
  const port = suffix === null ? { port: null, protocol: null } : parsePort(suffix);
  if (isQuestionProblem(port)) return port;
  const destination = parsePlace(place);
  if (destination === null) {
    return questionProblem(
      "no-destination",
      `"${typed}" names no destination: write namespace/Kind/name, namespace/NAME, service/NAMESPACE/NAME, an address, a domain name, dns or internet, each with :port if you like`,
    );
  }
  return isQuestionProblem(destination) ? destination : { to: destination, ...port };
}

/** What people write that is none of these, with what they mean. */
function misshapen(text: string): string | null {
  if (/^[a-z][a-z+.-]*:\/\//i.test(text))
    return `"${text}": write the name alone, without "https://" and path`;
  const slash = text.lastIndexOf("/");
  if (slash > 0 && parseAddress(text.slice(0, slash)) !== null) {
    return `"${text}" is a block: ask for one address of it, or for internet`;
  }
  if (/^service\/[^/]+$/.test(text)) return `"${text}" names no namespace: write service/NAMESPACE/NAME`;
  return null;
}

/** "443", "443/TCP", "53/udp". */
export function parsePort(
  text: string,
): { readonly port: number; readonly protocol: Protocol | null } | QuestionProblem {
  const [number = "", protocol, ...rest] = text.split("/");
  const port = /^[0-9]{1,5}$/.test(number) ? Number(number) : 0;
  if (port < 1 || port > LAST_PORT || rest.length > 0) {
    return questionProblem(
      "bad-port",
      `"${text}" is no port: write a number from 1 to ${LAST_PORT}, or 443/TCP`,
    );
  }
  if (protocol === undefined) return { port, protocol: null };
  const known = parseProtocol(protocol);
  return typeof known === "string" ? { port, protocol: known } : known;
}

export function parseProtocol(text: string): Protocol | QuestionProblem {
  const known = (["TCP", "UDP", "SCTP"] as const).find((one) => one === text.toUpperCase());
  return known ?? questionProblem("bad-protocol", `"${text}" is no protocol: TCP, UDP or SCTP`);
}

const LAST_PORT = 65_535;

/** An address of version 6 is all colons: with a port it stands in brackets. */
function splitPort(text: string): { readonly place: string; readonly suffix: string | null } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) return { place: bracketed[1] ?? "", suffix: bracketed[2] ?? null };
  if (parseAddress(text) !== null) return { place: text, suffix: null };
  const colon = text.lastIndexOf(":");
  return colon < 0
    ? { place: text, suffix: null }
    : { place: text.slice(0, colon), suffix: text.slice(colon + 1) };
}

function parsePlace(text: string): Destination | QuestionProblem | null {
  const word = text.toLowerCase();
  if (word === "dns" || word === "internet") return { kind: word };
  if (parseAddress(text) !== null) return { kind: "address", address: text };
  const pods = parsePods(text);
  if (pods !== null) return pods;
  const parts = text.split("/");
  const [first = "", second = "", third = ""] = parts;
  if (parts.length === 2 && first === "namespace" && NAME.test(second))
    return { kind: "namespace", name: second };
  if (parts.length === 3 && first === "service" && NAME.test(second) && NAME.test(third)) {
    return { kind: "service", namespace: second, name: third };
  }
  return (
    parseWorkload(text) ?? (DOMAIN.test(text) ? { kind: "domain", name: word.replace(/\.$/, "") } : null)
  );
}

/** Names of objects (RFC 1123, with dots), and those that generated names end with. */
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const WORKLOAD_NAME = /^[a-z0-9][-a-z0-9.]*\*?[0-9]*(#[a-z0-9-]+)?$/;
const KIND = /^[A-Z][A-Za-z0-9]*$/;
/** A name with a dot in it, as no namespace or keyword has one. */
const DOMAIN = /^(\*\.)?([a-z0-9_]([-a-z0-9_]*[a-z0-9])?\.)+[a-z]([-a-z0-9]*[a-z0-9])?\.?$/i;

function parseWorkload(text: string): WorkloadName | null {
  const parts = text.split("/");
  const [namespace = "", second = "", third = ""] = parts;
  if (!NAME.test(namespace)) return null;
  if (parts.length === 2 && WORKLOAD_NAME.test(second)) {
    return { kind: "workload", namespace, workloadKind: null, name: second };
  }
  return parts.length === 3 && KIND.test(second) && WORKLOAD_NAME.test(third)
    ? { kind: "workload", namespace, workloadKind: second, name: third }
    : null;
}

/** "namespace?a=b,c=d", and "namespace/?a=b" as reports print it; "key" alone = any value, "!key" = not there. */
function parsePods(text: string): LabelledPods | QuestionProblem | null {
  const mark = text.indexOf("?");
  if (mark < 0) return null;
  const namespace = text.slice(0, mark).replace(/\/$/, "");
  if (!NAME.test(namespace)) return null;
  const labels = new Map<string, string>();
  const anyValue = new Set<string>();
  const terms = text.slice(mark + 1).split(",");
  for (const term of terms.map((one) => one.trim()).filter((one) => one !== "")) {
    // What a label must not be, a pod without it is not.
    if (term.startsWith("!") || term.includes("!=")) continue;
    const [key = "", value, ...rest] = term.split(/==?/);
    if (!LABEL_KEY.test(key) || rest.length > 0 || (value !== undefined && !LABEL_VALUE.test(value))) {
      return questionProblem(
        "bad-label",
        `"${term}" is no label: write key=value, several with commas between them`,
      );
    }
    if (value === undefined) anyValue.add(key);
    else labels.set(key, value);
  }
  return { kind: "pods", namespace, labels, anyValue };
}

const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/** A source or destination as it is printed. */
export function nameText(name: Source | Destination): string {
  switch (name.kind) {
    case "workload":
      return [name.namespace, ...(name.workloadKind === null ? [] : [name.workloadKind]), name.name].join(
        "/",
      );
    case "pods":
      return `${name.namespace}/?${[...[...name.labels].map(([key, value]) => `${key}=${value}`), ...name.anyValue].join(",")}`;
    case "namespace":
      return `namespace/${name.name}`;
    case "service":
      return `service/${name.namespace}/${name.name}`;
    case "address":
      return name.address;
    case "domain":
      return name.name;
    case "dns":
    case "internet":
      return name.kind;
  }
}
