/**
 * Writes `docs/rules/`: a page for each rule from its `rule.yaml` and examples, an index, and the reference of the facts that
 * predicates may use. Run it by `npm run docs:rules`, which builds first.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { FACT_TYPES, VARIABLES } from "../dist/rules/facts/facts.js";

const source = fileURLToPath(new URL("../rules/", import.meta.url));
const target = fileURLToPath(new URL("../docs/rules/", import.meta.url));

const yaml = (path) => parse(readFileSync(path, "utf8"));
const limits = yaml(`${source}controls/limits.yaml`);
const frameworks = readdirSync(`${source}controls`)
  .filter((name) => name !== "limits.yaml")
  .sort()
  .map((name) => yaml(`${source}controls/${name}`));

const rules = readdirSync(source)
  .filter((name) => name !== "controls")
  .sort()
  .map((folder) => ({ folder, ...yaml(`${source}${folder}/rule.yaml`), examples: examplesOf(folder) }));

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const rule of rules) writeFileSync(`${target}${rule.id}.md`, rulePage(rule));
writeFileSync(`${target}README.md`, indexPage());
writeFileSync(`${target}facts.md`, factsPage());
writeFileSync(`${target}controls.md`, controlsPage());

function examplesOf(folder) {
  const directory = `${source}${folder}/examples`;
  return readdirSync(directory)
    .sort()
    .map((name) => ({
      name,
      ...yaml(`${directory}/${name}/expected.yaml`),
      base: filesIn(`${directory}/${name}/base`),
      head: filesIn(`${directory}/${name}/head`),
    }));
}

function filesIn(directory) {
  return new Map(
    readdirSync(directory)
      .sort()
      .map((name) => [name, readFileSync(`${directory}/${name}`, "utf8")]),
  );
}

function rulePage(rule) {
  const speaks = rule.examples.filter(({ name }) => name.startsWith("fires-"));
  const quiet = rule.examples.filter(({ name }) => name.startsWith("quiet-"));
  return page([
    `# ${rule.id}: ${rule.title}`,
    rule.why,
    "## When it speaks",
    `It judges each ${rule.judges.replaceAll("-", " ")} ([facts](facts.md)):`,
    fence("cel", rule.when.trim()),
    "Its severity is the first that applies:",
    table(
      ["If", "Severity"],
      rule.severity.map(({ when, is, once }) => [
        when === undefined ? "otherwise" : code(when),
        once === true ? `${is}, once a review; what follows is a note` : is,
      ]),
    ),
    "## What to do",
    sentence(rule.remediation),
    "## Controls",
    rule.controls.length === 0 ? "None." : controlTable(rule),
    "## Examples that it speaks of",
    ...speaks.map(exampleText),
    "## Examples that it leaves alone",
    ...quiet.map(exampleText),
  ]);
}

/** A template without its expressions' quotes is what a reader wants to see; with choices it stands as it is written. */
function sentence(template) {
  const text = template.trim().replace(/\s+/g, " ");
  return text.includes("{") ? fence("text", text) : text;
}

function controlTable(rule) {
  return table(
    ["Control", "Relation", "Cannot show"],
    rule.controls.map(({ control, relation, limits: own, when }) => {
      const [framework, id] = [
        control.slice(0, control.indexOf("/")),
        control.slice(control.indexOf("/") + 1),
      ];
      const found = frameworks.find((one) => one.framework === framework);
      const entry = found.controls.find((one) => one.id === id);
      const condition = when === undefined ? "" : `, if ${code(when)}`;
      return [
        `${found.name} ${id} ${entry.title}`,
        `${relation}${condition}`,
        (own ?? entry.limits).map((limit) => limits[limit]).join("; "),
      ];
    }),
  );
}

function exampleText(example) {
  const outcome =
    example.severity === "none"
      ? ""
      : ` → **${example.severity}**${example.workloads?.length > 0 ? `: ${example.workloads.map(code).join(", ")}` : ""}`;
  const settings =
    example.settings === undefined ? "" : `\n\nConfiguration: ${code(JSON.stringify(example.settings))}`;
  return `### ${example.title}${outcome}${settings}\n\n${changes(example)}`;
}

/** Both sides of what differs; a document that is the same on both sides is shown once. */
function changes({ base, head }) {
  const before = documentsOf(base);
  const after = documentsOf(head);
  const same = after.filter((text) => before.includes(text));
  const only = (some, others) => some.filter((text) => !others.includes(text));
  return [side("Base", only(before, after)), side("Head", only(after, before)), side("On both sides", same)]
    .filter((text) => text !== "")
    .join("\n\n");
}

function documentsOf(files) {
  return [...files.values()].flatMap((text) => text.split(/^---$/m).map((part) => part.trim()));
}

function side(name, documents) {
  return documents.length === 0 ? "" : `${name}:\n\n${fence("yaml", documents.join("\n---\n"))}`;
}

function indexPage() {
  return page([
    "# Rules",
    "Each rule is a file of data in `rules/`: what it judges, when it speaks, how loud, in which words, and what it means for which control. These pages are made of those files and of the examples beside them, which are the rules' tests.",
    table(
      ["Rule", "Title", "Loudest"],
      rules.map(({ id, title, severity }) => [`[${id}](${id}.md)`, title, loudest(severity)]),
    ),
    "[Facts that rules may use](facts.md) · [Controls and their limits](controls.md)",
  ]);
}

function loudest(cases) {
  return ["block", "undecided", "warn", "note"].find((severity) => cases.some(({ is }) => is === severity));
}

function factsPage() {
  return page([
    "# Facts that rules may use",
    "A predicate is a CEL expression over typed facts. It is checked when the rule is loaded: a name that does not exist, or a comparison of unlike types, is an error with its line. `matches` is not available, and comprehensions nest two deep at most.",
    "## Variables",
    "`environment` is always there. In messages `finding` is there too, and expressions stand in braces.",
    table(
      ["A rule that judges", "sees"],
      Object.entries(VARIABLES).map(([judged, variables]) => [
        code(judged),
        Object.entries(variables)
          .map(([name, type]) => `\`${name}\`: [${type}](#${type.toLowerCase()})`)
          .join(", "),
      ]),
    ),
    ...FACT_TYPES.flatMap((type) => [
      `## ${type.name}`,
      type.description,
      table(
        ["Field", "Type", "Meaning"],
        [
          ...Object.entries(type.fields).map(([name, field]) => [
            code(name),
            code(field.type),
            field.description,
          ]),
          ...type.methods.map(({ name, parameters, returns, description }) => [
            code(`${name}(${parameters.map((one) => `${one.name}: ${one.type}`).join(", ")})`),
            code(returns),
            description,
          ]),
        ],
      ),
    ]),
  ]);
}

function controlsPage() {
  return page([
    "# Controls and their limits",
    "A review is evidence of declared configuration, never a statement about an organisation. `evidences` = proof in configuration for one objective; `supports` = partial input; `context` = why it matters.",
    ...frameworks.flatMap(({ name, version, source: origin, controls }) => [
      `## ${name} ${version}`,
      `Source: ${origin}.`,
      table(
        ["Control", "Title", "Asks", "Cannot show"],
        controls.map((control) => [control.id, control.title, control.asks, control.limits.join(", ")]),
      ),
    ]),
    "## What the evidence cannot show",
    table(["", ""], Object.entries(limits)),
  ]);
}

function table(head, rows) {
  const line = (cells) =>
    `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|").replace(/\s+/g, " ")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

function fence(language, text) {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function code(text) {
  return `\`${String(text).trim().replace(/\s+/g, " ")}\``;
}

function page(parts) {
  return `${parts.map((part) => part.trim()).join("\n\n")}\n`;
}
