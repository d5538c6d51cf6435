import {
  type ASTNode,
  Environment,
  EvaluationError,
  ParseError,
  TypeError as TypingError,
} from "@marcbachmann/cel-js";

/**
 * The only file that knows the CEL engine. Expressions are typed when a rule is loaded; an expression that passes can
 * still fail on data (an index out of range), and that is a value, never an exception.
 */
export interface Expression<Value extends CelValue = CelValue> {
  readonly source: string;
  evaluate(variables: Readonly<Record<string, unknown>>): Value | EvaluationFailure;
}

type CelValue = boolean | string | bigint | readonly string[];

export interface EvaluationFailure {
  readonly kind: "evaluation-failure";
  /** The engine's words. */
  readonly message: string;
}

/** An expression that cannot be loaded. */
export interface ExpressionProblem {
  readonly kind: "expression-problem";
  readonly message: string;
  /** Offset in the expression's text. */
  readonly offset: number;
}

/** A type whose values are instances of one class; fields are read through its getters. */
export interface FactType {
  readonly name: string;
  readonly description: string;
  // biome-ignore lint/complexity/noBannedTypes: the engine recognises a value by its class, whatever its signature
  readonly madeBy: Function;
  readonly fields: Readonly<Record<string, FactField>>;
  readonly methods: readonly FactMethod[];
}

interface FactField {
  /** A CEL type: "bool", "int", "list<string>", the name of another fact type. */
  readonly type: string;
  readonly description: string;
}

interface FactMethod {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
  readonly returns: string;
  readonly description: string;
}

/** What expressions of one kind of rule may mention. */
export interface Vocabulary {
  readonly types: readonly FactType[];
  /** Variable name to the name of its type. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The result types an expression may be asked for. */
interface Results {
  readonly bool: boolean;
  /** What a template prints: text, a number, or a list that is joined. */
  readonly text: string | bigint | readonly string[];
}

/**
 * Parse-time limits. The engine has none at run time, so nested comprehensions, the only source of more than linear cost,
 * are bounded here; `matches` compiles to a backtracking regular expression (a ReDoS) and is refused.
 */
const LIMITS = {
  maxAstNodes: 2_000,
  maxDepth: 32,
  maxListElements: 200,
  maxMapEntries: 50,
  maxCallArguments: 8,
};
const DEEPEST_COMPREHENSION = 2;
const COMPREHENSIONS: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "filter", "map"]);

export class Compiler {
  readonly #environment: Environment;

  constructor(vocabulary: Vocabulary) {
    this.#environment = new Environment({ limits: LIMITS });
    // Types first, without order: a field may name a type that is declared later.
    for (const type of inOrderOfUse(vocabulary.types)) declare(this.#environment, type);
    for (const [name, type] of Object.entries(vocabulary.variables)) {
      this.#environment.registerVariable(name, type);
    }
  }

  compile<Kind extends keyof Results>(
    source: string,
    result: Kind,
  ): Expression<Results[Kind]> | ExpressionProblem {
    const checked = this.#environment.check(source);
    if (!checked.valid) return problemOf(checked.error);
    if (!RESULT_TYPES[result].has(checked.type ?? "")) {
      return problem(`the expression gives ${checked.type ?? "nothing"}, wanted ${RESULT_NAMES[result]}`, 0);
    }
    const parsed = this.#environment.parse(source);
    const refused = refusal(parsed.ast, 0);
    if (refused !== null) return refused;
    return {
      source,
      evaluate: (variables) => evaluated(parsed, variables) as Results[Kind] | EvaluationFailure,
    };
  }
}

const RESULT_TYPES: Readonly<Record<keyof Results, ReadonlySet<string>>> = {
  bool: new Set(["bool"]),
  text: new Set(["string", "int", "list<string>"]),
};
const RESULT_NAMES: Readonly<Record<keyof Results, string>> = {
  bool: "bool",
  text: "string, int or list<string>",
};

export function isFailure(value: unknown): value is EvaluationFailure {
  return hasKind(value, "evaluation-failure");
}

export function isExpressionProblem(value: unknown): value is ExpressionProblem {
  return hasKind(value, "expression-problem");
}

function hasKind(value: unknown, kind: string): boolean {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === kind;
}

function declare(environment: Environment, type: FactType): void {
  const fields = Object.fromEntries(Object.entries(type.fields).map(([name, field]) => [name, field.type]));
  environment.registerType(type.name, { ctor: type.madeBy, fields } as never);
  for (const method of type.methods) {
    environment.registerFunction({
      name: method.name,
      receiverType: type.name,
      returnType: method.returns,
      params: method.parameters.map(({ name, type: parameterType }) => ({ name, type: parameterType })),
      async: false,
      handler: (receiver: Record<string, (...values: unknown[]) => unknown>, ...values: unknown[]) =>
        receiver[method.name]?.(...values),
    } as never);
  }
}

/** A type after those that its fields name; the engine refuses a field of an undeclared type. */
function inOrderOfUse(types: readonly FactType[]): readonly FactType[] {
  const byName = new Map(types.map((type) => [type.name, type]));
  const ordered = new Set<FactType>();
  const visit = (type: FactType): void => {
    if (ordered.has(type)) return;
    for (const { type: used } of Object.values(type.fields)) {
      const needed = byName.get(used);
      if (needed !== undefined && needed !== type) visit(needed);
    }
    ordered.add(type);
  };
  for (const type of types) visit(type);
  return [...ordered];
}

function evaluated(
  parsed: (variables: Record<string, unknown>) => unknown,
  variables: Readonly<Record<string, unknown>>,
): CelValue | EvaluationFailure {
  try {
    const value = parsed(variables);
    if (isCelValue(value)) return value;
    return { kind: "evaluation-failure", message: "the expression gave a value of another type" };
  } catch (error) {
    return { kind: "evaluation-failure", message: summaryOf(error) };
  }
}

function isCelValue(value: unknown): value is CelValue {
  return (
    typeof value === "boolean" ||
    typeof value === "string" ||
    typeof value === "bigint" ||
    (Array.isArray(value) && value.every((item) => typeof item === "string"))
  );
}

function problemOf(error: unknown): ExpressionProblem {
  const start = isCelError(error) ? (error.range?.start ?? 0) : 0;
  return problem(summaryOf(error), start);
}

function summaryOf(error: unknown): string {
  if (isCelError(error)) return error.summary;
  return error instanceof Error ? error.message : String(error);
}

function isCelError(error: unknown): error is EvaluationError | ParseError | TypingError {
  return error instanceof EvaluationError || error instanceof ParseError || error instanceof TypingError;
}

function problem(message: string, offset: number): ExpressionProblem {
  return { kind: "expression-problem", message, offset };
}

function refusal(node: ASTNode, depth: number): ExpressionProblem | null {
  const name = node.op === "call" || node.op === "rcall" ? node.args[0] : null;
  if (name === "matches")
    return problem("matches is not available: use contains, startsWith or endsWith", node.start);
  const inner = name !== null && COMPREHENSIONS.has(name) ? depth + 1 : depth;
  if (inner > DEEPEST_COMPREHENSION) {
    return problem(`comprehensions may be nested ${DEEPEST_COMPREHENSION} deep at most`, node.start);
  }
  for (const child of childrenOf(node)) {
    const found = refusal(child, inner);
    if (found !== null) return found;
  }
  return null;
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  return nodesIn(node.args);
}

function nodesIn(value: unknown): readonly ASTNode[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  return isNode(value) ? [value] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}
