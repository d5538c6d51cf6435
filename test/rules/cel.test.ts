import { describe, expect, test } from "@jest/globals";
import { Compiler, isExpressionProblem, isFailure } from "../../src/rules/cel.ts";
import { compileTemplate } from "../../src/rules/template.ts";

class Box {
  readonly size = 3n;
  readonly names = ["a", "b"];
  get broken(): unknown {
    return 7;
  }
  holds(name: string): boolean {
    return this.names.includes(name);
  }
}

const compiler = new Compiler({
  types: [
    {
      name: "Box",
      description: "",
      madeBy: Box,
      fields: {
        size: { type: "int", description: "" },
        names: { type: "list<string>", description: "" },
        broken: { type: "string", description: "" },
      },
      methods: [
        { name: "holds", parameters: [{ name: "name", type: "string" }], returns: "bool", description: "" },
      ],
    },
  ],
  variables: { box: "Box" },
});

function problemOf(source: string) {
  const result = compiler.compile(source, "bool");
  return isExpressionProblem(result) ? result : null;
}

function evaluated(source: string): unknown {
  const result = compiler.compile(source, "bool");
  return isExpressionProblem(result) ? result.message : result.evaluate({ box: new Box() });
}

describe("an expression", () => {
  test("reads fields and methods of a declared type", () => {
    expect(evaluated('box.size + 1 == 4 && box.holds("a") && !box.holds("c")')).toBe(true);
    expect(evaluated('box.names.exists(name, name == "b")')).toBe(true);
  });

  test.each([
    ["box.sise == 3", 4],
    ["box.size == 3 &&\n  box.names == 3", 19],
    ["bax.size == 3", 0],
    ["box.size ==", 11],
  ])("with a mistake has no meaning, and the mistake has a place: %s", (source, offset) => {
    expect(problemOf(source)?.offset).toBe(offset);
  });

  test("that is no predicate is refused", () => {
    expect(problemOf("box.size")?.message).toBe("the expression gives int, wanted bool");
  });

  test.each(['"aaaa".matches("^(a+)+$")', 'box.names.all(name, name.matches("x"))'])(
    "may not use backtracking expressions: %s",
    (source) => {
      expect(problemOf(source)?.message).toContain("matches is not available");
    },
  );

  test("may nest comprehensions two deep, not three", () => {
    const two = "box.names.all(a, box.names.all(b, a != b))";
    expect(problemOf(two)).toBeNull();
    expect(problemOf(`box.names.all(c, ${two})`)?.message).toContain("2 deep at most");
  });

  test.each(["box.constructor == 1", "box.__proto__ == 1", "box.holds == 1"])(
    "reaches nothing that is not declared: %s",
    (source) => {
      expect(problemOf(source)).not.toBeNull();
    },
  );

  test("that fails on its data gives a failure and no exception", () => {
    expect(isFailure(evaluated('box.names[9] == "a"'))).toBe(true);
    expect(isFailure(evaluated('box.broken == "7"'))).toBe(true);
  });

  test("larger than the limits is refused", () => {
    const many = Array.from({ length: 600 }, () => "box.size == 3").join(" || ");
    expect(problemOf(many)).not.toBeNull();
  });
});

describe("a template", () => {
  const rendered = (source: string): unknown => {
    const template = compileTemplate(compiler, source);
    return isExpressionProblem(template) ? template : template.render({ box: new Box() });
  };

  test("prints text, numbers and lists, and doubled braces as braces", () => {
    expect(rendered("{box.size} of {box.names}: {{}}")).toBe("3 of a, b: {}");
  });

  test("may hold braces in strings of its expressions", () => {
    expect(rendered('{box.size == 3 ? "podSelector: {}" : ""}')).toBe("podSelector: {}");
  });

  test("says where a mistake stands", () => {
    expect(rendered("size {box.sise}")).toMatchObject({ kind: "expression-problem", offset: 10 });
    expect(rendered("size {box.size")).toMatchObject({ kind: "expression-problem", offset: 5 });
    expect(rendered("size }")).toMatchObject({ kind: "expression-problem", offset: 5 });
  });

  test("does not print what is no text", () => {
    expect(rendered("{box.size == 3}")).toMatchObject({ kind: "expression-problem" });
  });
});
