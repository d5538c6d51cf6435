import type { ValueTest } from "../model/pod-attribute.ts";

/**
 * Calico's selector language (libcalico-go/lib/selector: tokenizer, parser). `!=` and `not in` match where the label is
 * absent, so they are the negations of `==` and `in`.
 */
export type SelectorExpression =
  | { readonly kind: "all" }
  /** Of namespaces: what belongs to none. Elsewhere it holds everything. */
  | { readonly kind: "global" }
  | LabelTest
  | { readonly kind: "not"; readonly operand: SelectorExpression }
  | { readonly kind: "and" | "or"; readonly operands: readonly SelectorExpression[] };

/** All of them hold only where the label is there. */
export type LabelTest =
  | { readonly kind: "in"; readonly key: string; readonly values: readonly string[] }
  | { readonly kind: "has"; readonly key: string }
  | { readonly kind: "text"; readonly key: string; readonly test: ValueTest; readonly text: string };

export type ParsedSelector =
  | { readonly expression: SelectorExpression }
  /** In the words of Calico's parser. */
  | { readonly error: string };

/** An empty selector is `all()`. */
export function parseCalicoSelector(text: string): ParsedSelector {
  try {
    const parser = new Parser(tokensOf(text));
    return { expression: parser.isAtEnd ? { kind: "all" } : parser.whole() };
  } catch (error) {
    if (error instanceof SelectorError) return { error: error.message };
    throw error;
  }
}

class SelectorError extends Error {}

interface Token {
  readonly kind: "symbol" | "label" | "text" | "has" | "all" | "global" | "operator" | "end";
  readonly text: string;
}

const IDENTIFIER = /[A-Za-z0-9_./-]+/y;
const SPACE = /[ \t]*/y;
const SYMBOL = /[(){},]|==|!=|!|&&|\|\|/y;
/** After a label; the words of two may stand together. */
const OPERATOR = /(contains|starts[ \t]*with|ends[ \t]*with|not[ \t]*in|in)(?![A-Za-z0-9_./-])/y;
const FUNCTION = /(has|all|global)\(/y;
const LONGEST_LABEL = 512;

class Scanner {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  skipSpace(): void {
    this.take(SPACE);
  }

  get next(): string {
    return this.#text.charAt(this.#position);
  }

  /** What a sticky pattern matches here, and moves behind it. */
  take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.#position += found[0].length;
    return found[0];
  }

  /** A string has no escapes: it ends with the next quote of its kind. */
  quoted(): string {
    const end = this.#text.indexOf(this.next, this.#position + 1);
    if (end < 0) throw new SelectorError("unterminated string");
    const value = this.#text.slice(this.#position + 1, end);
    this.#position = end + 1;
    return value;
  }

  identifier(): string {
    const found = this.take(IDENTIFIER);
    if (found === null) throw new SelectorError("expected identifier");
    if (found.length > LONGEST_LABEL) throw new SelectorError(`label too long: ${found}`);
    return found;
  }
}

function tokensOf(text: string): readonly Token[] {
  const scanner = new Scanner(text);
  const tokens: Token[] = [];
  for (;;) {
    scanner.skipSpace();
    if (scanner.next === "") return [...tokens, { kind: "end", text: "" }];
    tokens.push(nextToken(scanner, tokens.at(-1)));
  }
}

function nextToken(scanner: Scanner, last: Token | undefined): Token {
  if (scanner.next === '"' || scanner.next === "'") return { kind: "text", text: scanner.quoted() };
  const symbol = scanner.take(SYMBOL);
  if (symbol !== null) return { kind: "symbol", text: symbol };
  if ("=&|".includes(scanner.next)) throw new SelectorError(`expected ${scanner.next.repeat(2)}`);
  if (last?.kind === "label") {
    const operator = scanner.take(OPERATOR);
    if (operator === null)
      throw new SelectorError(`expected operator after label ${JSON.stringify(last.text)}`);
    return { kind: "operator", text: operator.replaceAll(/[ \t]/g, "") };
  }
  const call = scanner.take(FUNCTION);
  if (call === null) return { kind: "label", text: scanner.identifier() };
  scanner.skipSpace();
  const label = call === "has(" ? scanner.identifier() : "";
  scanner.skipSpace();
  if (scanner.take(/\)/y) === null) throw new SelectorError(`no closing ')' after ${call}`);
  return { kind: call === "has(" ? "has" : call === "all(" ? "all" : "global", text: label };
}

const TEXT_TESTS: Readonly<Record<string, ValueTest>> = {
  contains: "contains",
  startswith: "starts with",
  endswith: "ends with",
};

/** Parentheses in each other that anybody writes, and far less than a call stack holds. */
const DEEPEST = 200;

class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get #next(): Token {
    return this.#tokens[this.#position] ?? { kind: "end", text: "" };
  }

  get isAtEnd(): boolean {
    return this.#next.kind === "end";
  }

  #take(): Token {
    const token = this.#next;
    this.#position++;
    return token;
  }

  #takeSymbol(text: string): boolean {
    const found = this.#next.kind === "symbol" && this.#next.text === text;
    if (found) this.#position++;
    return found;
  }

  whole(): SelectorExpression {
    const expression = this.#list("or");
    if (!this.isAtEnd) throw new SelectorError(`unexpected content at end of selector: ${this.#next.text}`);
    return expression;
  }

  /** "&&" binds closer than "||". */
  #list(kind: "and" | "or"): SelectorExpression {
    const part = () => (kind === "or" ? this.#list("and") : this.#operation());
    const first = part();
    const others: SelectorExpression[] = [];
    while (this.#takeSymbol(kind === "or" ? "||" : "&&")) others.push(part());
    return others.length === 0 ? first : { kind, operands: [first, ...others] };
  }

  #operation(): SelectorExpression {
    let negated = false;
    while (this.#takeSymbol("!")) negated = !negated;
    const operand = this.#operand();
    return negated ? { kind: "not", operand } : operand;
  }

  #operand(): SelectorExpression {
    if (this.#takeSymbol("(")) return this.#inParentheses();
    const token = this.#take();
    switch (token.kind) {
      case "all":
      case "global":
        return { kind: token.kind };
      case "has":
        return { kind: "has", key: token.text };
      case "label":
        return this.#comparison(token.text);
      case "end":
        throw new SelectorError("unexpected end of string looking for op");
      default:
        throw new SelectorError(`unexpected token: ${token.text}`);
    }
  }

  #inParentheses(): SelectorExpression {
    this.#depth++;
    if (this.#depth > DEEPEST) throw new SelectorError("too many parentheses in each other");
    const inner = this.#list("or");
    this.#depth--;
    if (!this.#takeSymbol(")")) throw new SelectorError("expected )");
    return inner;
  }

  #comparison(key: string): SelectorExpression {
    const { text: operator } = this.#take();
    switch (operator) {
      case "==":
        return { kind: "in", key, values: [this.#string()] };
      case "!=":
        return { kind: "not", operand: { kind: "in", key, values: [this.#string()] } };
      case "in":
        return { kind: "in", key, values: this.#strings() };
      case "notin":
        return { kind: "not", operand: { kind: "in", key, values: this.#strings() } };
    }
    const test = Object.hasOwn(TEXT_TESTS, operator) ? TEXT_TESTS[operator] : undefined;
    if (test === undefined) throw new SelectorError(`expected operator after label ${JSON.stringify(key)}`);
    return { kind: "text", key, test, text: this.#string() };
  }

  #string(): string {
    const token = this.#take();
    if (token.kind !== "text") throw new SelectorError("expected string");
    return token.text;
  }

  /** A comma may stand at the end, and the set may be empty. */
  #strings(): readonly string[] {
    if (!this.#takeSymbol("{")) throw new SelectorError("expected set literal");
    const values: string[] = [];
    while (this.#next.kind === "text") {
      values.push(this.#string());
      if (!this.#takeSymbol(",")) break;
    }
    if (!this.#takeSymbol("}")) throw new SelectorError("expected }");
    return values;
  }
}
