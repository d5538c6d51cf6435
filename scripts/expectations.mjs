/**
 * What a review is expected to say, as data, compared with the JSON that it printed. One list of checks, so that the
 * cases of `test/cases` and the facts of real pull requests mean the same by the same word.
 */

/** Severities that a reader sees: one that nobody expected is a disagreement, a note is not. */
const LOUD = new Set(["block", "undecided", "warn"]);

/** Returns one sentence for each disagreement; an empty list where the review says what was expected. */
export function disagreements(review, expected) {
  return [
    ...verdict(review, expected),
    ...findings(review, expected),
    ...unexpectedFindings(review, expected),
    ...absentFindings(review, expected),
    ...deltas(review, expected),
    ...environments(review, expected),
    ...unknowns(review, expected),
    ...controls(review, expected),
    ...words(review, expected),
  ];
}

function verdict(review, { verdict }) {
  if (verdict === undefined || review.verdict === verdict) return [];
  return [`the verdict is ${review.verdict}, not ${verdict}${loudest(review)}`];
}

function loudest(review) {
  const loud = review.findings.filter(({ severity }) => LOUD.has(severity));
  return loud.length === 0 ? "" : ` (${loud.map(describeFinding).join("; ")})`;
}

function findings(review, { findings = [] }) {
  return findings
    .filter((wanted) => !review.findings.some((finding) => findingMatches(finding, wanted)))
    .map((wanted) => {
      const sameRule = review.findings.filter(({ rule }) => rule === wanted.rule).map(describeFinding);
      return `no finding ${JSON.stringify(wanted)}; ${wanted.rule} says: ${sameRule.join("; ") || "nothing"}`;
    });
}

function findingMatches(finding, wanted) {
  const { location } = finding;
  const lines = wanted.line === undefined ? [] : [wanted.line].flat();
  return (
    finding.rule === wanted.rule &&
    (wanted.severity === undefined || finding.severity === wanted.severity) &&
    (wanted.side === undefined || location?.side === wanted.side) &&
    (wanted.path === undefined || location?.path === wanted.path) &&
    (lines.length === 0 || lines.includes(location?.line)) &&
    (wanted.document === undefined || includes(finding.document, wanted.document)) &&
    includes(finding.workloads, wanted.workloads ?? []) &&
    includes(finding.environments, wanted.environments ?? []) &&
    (wanted.says ?? []).every((words) => textOf(finding).includes(words.toLowerCase()))
  );
}

function textOf({ title, message, remediation, destinations }) {
  return [title, message, remediation, ...destinations].join("\n").toLowerCase();
}

function unexpectedFindings(review, { findings = [], also = [], onlyListed = true }) {
  if (!onlyListed) return [];
  const rules = new Set([...findings.map(({ rule }) => rule), ...also]);
  return review.findings
    .filter(({ rule, severity }) => LOUD.has(severity) && !rules.has(rule))
    .map((finding) => `nobody expected ${describeFinding(finding)}`);
}

function absentFindings(review, { absent = [], neverFinds = [] }) {
  return review.findings
    .filter(
      (finding) =>
        absent.includes(finding.rule) || neverFinds.some((unwanted) => findingMatches(finding, unwanted)),
    )
    .map((finding) => `must not be said: ${describeFinding(finding)}`);
}

function describeFinding({ rule, severity, workloads, location, message }) {
  const where = location === null ? "nowhere" : `${location.side} ${location.path}:${location.line ?? "?"}`;
  return `${rule} ${severity} [${workloads.join(", ")}] at ${where}: ${message}`;
}

function deltas(review, { noDelta = false, added, deltas = [], everyDelta = [], neverDelta = [] }) {
  const all = review.environments.flatMap(({ name, deltas }) =>
    deltas.map((delta) => ({ environment: name, ...delta })),
  );
  const below = (prefix) => all.filter(({ workload }) => workload.startsWith(prefix));
  const found = [];
  if (noDelta && all.length > 0) found.push(`no delta was expected: ${JSON.stringify(all.slice(0, 3))}`);
  if (added !== undefined) {
    const grown = all.filter((delta) => delta.added.length > 0).map(({ workload }) => workload);
    if (JSON.stringify(grown) !== JSON.stringify(added)) {
      found.push(`regions are added to [${grown.join(", ")}], not to [${added.join(", ")}]`);
    }
  }
  for (const wanted of deltas) {
    const delta = all.find(
      ({ environment, workload }) => environment === wanted.environment && workload === wanted.workload,
    );
    if (delta === undefined)
      found.push(`${wanted.environment}: ${wanted.workload} should change and does not`);
    else found.push(...deltaDisagreements(delta, wanted));
  }
  for (const wanted of everyDelta) {
    const those = below(wanted.workload);
    if (those.length === 0) found.push(`nothing below "${wanted.workload}" changes`);
    found.push(...those.flatMap((delta) => deltaDisagreements(delta, wanted)));
  }
  const unwanted = neverDelta.flatMap(below);
  found.push(...unwanted.map(({ environment, workload }) => `${environment}: ${workload} should not change`));
  return found;
}

/** `added` and `removed` of an expectation list regions that must be there; `nothingAdded` and `onlyAdded` bound them. */
function deltaDisagreements(delta, wanted) {
  const name = `${delta.environment}: ${delta.workload}`;
  const found = [];
  for (const side of ["added", "removed"]) {
    for (const region of wanted[side] ?? []) {
      if (!delta[side].some((actual) => includes(actual, region))) {
        found.push(`${name}: ${side} lacks ${JSON.stringify(region)}: ${JSON.stringify(delta[side])}`);
      }
    }
  }
  const allowed = wanted.nothingAdded ? [] : wanted.onlyAdded;
  if (allowed !== undefined) {
    const wrong = delta.added.filter((region) => !allowed.some((each) => includes(region, each)));
    if (wrong.length > 0) found.push(`${name}: should not be added: ${JSON.stringify(wrong)}`);
  }
  if (wanted.takesEffect !== undefined && !includes(delta.takesEffect, wanted.takesEffect)) {
    found.push(`${name}: takes effect ${JSON.stringify(delta.takesEffect)}`);
  }
  return found;
}

function environments(review, { environments = {}, unchanged = [] }) {
  const wanted = [
    ...Object.entries(environments),
    ...unchanged.map((name) => [name, { changed: false, rendered: 0, deltas: 0 }]),
  ];
  return wanted.flatMap(([name, facts]) => {
    const environment = review.environments.find((candidate) => candidate.name === name);
    if (environment === undefined) {
      return [`no environment ${name} among ${review.environments.map((each) => each.name).join(", ")}`];
    }
    return Object.entries(facts)
      .filter(([key, value]) => counted(environment[key]) !== value)
      .map(([key, value]) => `${name}: ${key} is ${counted(environment[key])}, not ${value}`);
  });
}

/** Lists are compared by their length. */
function counted(value) {
  return Array.isArray(value) ? value.length : value;
}

function unknowns(review, { unknowns = [] }) {
  return unknowns
    .filter((wanted) => !review.unknowns.some((unknown) => unknownMatches(unknown, wanted)))
    .map((wanted) => `no unknown ${JSON.stringify(wanted)} among ${JSON.stringify(review.unknowns)}`);
}

function unknownMatches(unknown, { says = [], path, line, ...rest }) {
  return (
    includes(unknown, rest) &&
    says.every((words) => unknown.reason.toLowerCase().includes(words.toLowerCase())) &&
    (path === undefined || unknown.location?.path === path) &&
    (line === undefined || [line].flat().includes(unknown.location?.line))
  );
}

function controls(review, { controls = [] }) {
  return controls
    .filter((wanted) => !review.controls.some((control) => includes(control, wanted)))
    .map((wanted) => {
      const same = review.controls.filter(({ id }) => id === wanted.id);
      return `no control ${JSON.stringify(wanted)}: ${JSON.stringify(same)}`;
    });
}

function words(review, { review: part = {}, mentions = [], neverMentions = [] }) {
  const text = JSON.stringify(review).toLowerCase();
  return [
    ...(includes(review, part) ? [] : [`lacks ${JSON.stringify(part)}`]),
    ...mentions.filter((each) => !text.includes(each.toLowerCase())).map((each) => `never says "${each}"`),
    ...neverMentions.filter((each) => text.includes(each.toLowerCase())).map((each) => `says "${each}"`),
  ];
}

/** Whether `wanted` is a part of `actual`: of objects the keys it names, of lists the elements it names. */
function includes(actual, wanted) {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual)) return false;
    return wanted.every((each) => actual.some((candidate) => includes(candidate, each)));
  }
  if (typeof wanted === "object" && wanted !== null) {
    if (typeof actual !== "object" || actual === null) return false;
    return Object.entries(wanted).every(([key, value]) => includes(actual[key], value));
  }
  return actual === wanted;
}
