import { type CidrBlock, printCidr } from "../schema/cidr.ts";
import {
  type JsonObject,
  type Located,
  objectField,
  ownField,
  stringField,
  stringList,
} from "../schema/decode.ts";
import { child, type FieldPath, forbidden, invalid, required } from "../schema/field-error.ts";
import { and, isIn, replaced } from "./expression.ts";
import { NAME, NAMESPACE, OF_NAMESPACE, OF_SERVICE_ACCOUNT } from "./pods.ts";
import { type CalicoPort, calicoPorts } from "./ports.ts";
import type { CalicoReading } from "./reading.ts";
import { parseCalicoSelector, type SelectorExpression } from "./selector.ts";
import { blockOrAddress } from "./sets.ts";

/** Source or destination of a rule: all of it has to hold. */
export interface CalicoEntity {
  readonly path: FieldPath;
  /** null = any address. */
  readonly nets: readonly CidrBlock[] | null;
  readonly notNets: readonly CidrBlock[];
  /** What the address has to belong to: a pod, or a set of addresses; null = to anything, or to nothing. */
  readonly selector: SelectorExpression | null;
  /** What it must not belong to. */
  readonly notSelector: SelectorExpression | null;
  /** It asks for what belongs to no namespace. */
  readonly isGlobal: boolean;
  readonly service: CalicoService | null;
  readonly ports: readonly CalicoPort[];
  readonly notPorts: readonly CalicoPort[];
  /** Names, which the commercial edition alone looks up; null = none. */
  readonly domains: FieldPath | null;
}

export interface CalicoService {
  readonly path: FieldPath;
  readonly name: string;
  readonly namespace: string | null;
}

const LONGEST_SELECTOR = 1024;

/** Source or destination (api policy_common.go EntityRule, libcalico-go updateprocessors rules.go). */
export function calicoEntity(
  reading: CalicoReading,
  rule: Located<JsonObject>,
  field: "source" | "destination",
): CalicoEntity {
  const { schema } = reading.checks;
  const entity = objectField(schema, rule, field) ?? { value: {}, path: child(rule.path, field) };
  const domains: unknown = ownField(entity.value, "domains");
  return {
    path: entity.path,
    nets: nullIfNone(netsOf(reading, entity, "nets")),
    notNets: netsOf(reading, entity, "notNets"),
    ...selectorsOf(reading, entity),
    service: serviceOf(reading, entity),
    ports: calicoPorts(reading.checks, entity, "ports"),
    notPorts: calicoPorts(reading.checks, entity, "notPorts"),
    domains: Array.isArray(domains) && domains.length > 0 ? child(entity.path, "domains") : null,
  };
}

function nullIfNone<T>(list: readonly T[]): readonly T[] | null {
  return list.length === 0 ? null : list;
}

/** A field that is a selector; null where absent or empty. */
export function selectorField(
  reading: CalicoReading,
  parent: Located<JsonObject>,
  field: string,
): { readonly expression: SelectorExpression; readonly text: string; readonly path: FieldPath } | null {
  const { schema, felix } = reading.checks;
  const written = stringField(schema, parent, field);
  if (written === null || written.value === "") return null;
  const { value: text, path } = written;
  if (text.length > LONGEST_SELECTOR)
    schema.errors.push(invalid(path, text, `may not be more than ${LONGEST_SELECTOR} bytes`));
  const parsed = parseCalicoSelector(text);
  if ("expression" in parsed) return { expression: parsed.expression, text, path };
  felix.errors.push(invalid(path, text, parsed.error));
  return null;
}

/** `global()` is refused wherever it stands in the text (expressions of the schema). */
export function refuseGlobal(
  reading: CalicoReading,
  selector: { readonly text: string; readonly path: FieldPath } | null,
): void {
  if (selector === null || !selector.text.includes("global(")) return;
  const reason = "global() can only be used in an EntityRule namespaceSelector";
  reading.checks.schema.errors.push(invalid(selector.path, selector.text, reason));
}

/** Labels as a pod inherits them; in selectors of namespaces `all()` and `global()` mean what is in a namespace, or in none. */
export function ofNamespaces(expression: SelectorExpression): SelectorExpression {
  return replaced(expression, (leaf) => {
    const inNamespace: SelectorExpression = { kind: "has", key: NAMESPACE };
    if (leaf.kind === "all") return inNamespace;
    return leaf.kind === "global"
      ? { kind: "not", operand: inNamespace }
      : { ...leaf, key: `${OF_NAMESPACE}${leaf.key}` };
  });
}

export function ofServiceAccounts(expression: SelectorExpression): SelectorExpression {
  return replaced(expression, (leaf) =>
    leaf.kind === "all" || leaf.kind === "global"
      ? leaf
      : { ...leaf, key: `${OF_SERVICE_ACCOUNT}${leaf.key}` },
  );
}

/**
 * Any selector limits a policy of a namespace to that namespace, a negated one alone too. A negated selector beside another
 * takes away from what that one selects; alone it also holds for what is no pod and in no set (felix/calc rule_scanner.go).
 */
function selectorsOf(
  reading: CalicoReading,
  entity: Located<JsonObject>,
): Pick<CalicoEntity, "selector" | "notSelector" | "isGlobal"> {
  const own = selectorField(reading, entity, "selector");
  const not = selectorField(reading, entity, "notSelector");
  const namespaces = selectorField(reading, entity, "namespaceSelector");
  const accounts = serviceAccountsOf(reading, entity);
  refuseGlobal(reading, own);
  const isGlobal = namespaces?.expression.kind === "global";
  if (namespaces?.text.includes("global(") === true && !isGlobal) {
    const reason = "global() cannot be combined with other selectors";
    reading.checks.server.errors.push(invalid(namespaces.path, namespaces.text, reason));
  }
  const selected = and(accounts, own?.expression ?? null);
  const scope =
    namespaces !== null
      ? ofNamespaces(namespaces.expression)
      : reading.namespace !== null && (selected !== null || not !== null)
        ? isIn(NAMESPACE, [reading.namespace])
        : null;
  const selector = and(scope, selected);
  const excluded = not?.expression ?? null;
  return selector === null || excluded === null
    ? { selector, notSelector: excluded, isGlobal }
    : { selector: and(selector, { kind: "not", operand: excluded }), notSelector: null, isGlobal };
}

function serviceAccountsOf(reading: CalicoReading, entity: Located<JsonObject>): SelectorExpression | null {
  const { schema } = reading.checks;
  const accounts = objectField(schema, entity, "serviceAccounts");
  if (accounts === null) return null;
  const names = stringList(schema, accounts, "names").map(({ value }) => value);
  const selector = selectorField(reading, accounts, "selector");
  return and(
    selector === null ? null : ofServiceAccounts(selector.expression),
    names.length === 0 ? null : isIn(`${OF_SERVICE_ACCOUNT}${NAME}`, names),
  );
}

function serviceOf(reading: CalicoReading, entity: Located<JsonObject>): CalicoService | null {
  const { schema } = reading.checks;
  const services = objectField(schema, entity, "services");
  if (services === null) return null;
  const name = stringField(schema, services, "name")?.value ?? "";
  const namespace = stringField(schema, services, "namespace")?.value ?? "";
  if (name === "")
    schema.errors.push(required(child(services.path, "name"), "services must specify a service name"));
  const others = [
    ["NamespaceSelector", ["namespaceSelector"]],
    ["ServiceAccounts", ["serviceAccounts"]],
    ["Selector/NotSelector", ["selector", "notSelector"]],
    ["Nets/NotNets", ["nets", "notNets"]],
  ] as const;
  for (const [text, fields] of others) {
    if (fields.some((field) => isGiven(ownField(entity.value, field)))) {
      schema.errors.push(forbidden(entity.path, `cannot specify ${text} and Services on the same rule`));
    }
  }
  return {
    path: services.path,
    name,
    namespace: namespace === "" ? reading.namespace : namespace,
  };
}

function isGiven(value: unknown): boolean {
  return (
    value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0)
  );
}

const MOST_NETS = 256;

function netsOf(
  reading: CalicoReading,
  entity: Located<JsonObject>,
  field: "nets" | "notNets",
): readonly CidrBlock[] {
  const { schema, server } = reading.checks;
  const written = stringList(schema, entity, field);
  const path = child(entity.path, field);
  if (written.length > MOST_NETS)
    schema.errors.push(invalid(path, written.length, `must have at most ${MOST_NETS} items`));
  if (new Set(written.map(({ value }) => value)).size < written.length)
    schema.errors.push(
      invalid(
        path,
        written.map(({ value }) => value),
        "duplicate entries in a set",
      ),
    );
  return written.flatMap(({ value, path: own }) => {
    const block = blockOrAddress(value);
    // What Calico cannot read it leaves out, where nobody refused it before (updateprocessors rules.go).
    if (block === null || !value.includes("/")) server.errors.push(invalid(own, value, "invalid CIDR"));
    else if (!isMasked(value, block))
      server.errors.push(invalid(own, value, "the address has bits beyond its mask"));
    else if (field === "notNets" && block.prefix === 0) {
      const reason = "catch-all CIDR in negation creates logical contradiction (matches no traffic)";
      server.errors.push(invalid(own, value, reason));
    }
    return block ?? [];
  });
}

/** The block starts at the address that was written. */
function isMasked(text: string, block: CidrBlock): boolean {
  const whole = blockOrAddress(text.slice(0, text.indexOf("/")));
  return whole !== null && whole.first === block.first && printCidr(block) !== "";
}
