/**
 * What a review is expected to say, as data, compared with the JSON that it printed. One list of checks, so that the
 * cases of `test/cases` and the facts of real pull requests mean the same by the same word.
 */

/**
 * What a review is expected to say; everything left out is not looked at.
 *
 * @typedef {object} Expectation
 * @property {"pass" | "block" | "undecided"} [verdict]
 * @property {readonly ExpectedFinding[]} [findings]
 * @property {readonly string[]} [also] Rules that may block, be undecided or warn without being listed.
 * @property {boolean} [onlyListed] A finding above a note that is not listed is a disagreement.
 * @property {readonly string[]} [absent] Rules that must not speak, not even in a note.
 * @property {readonly ExpectedFinding[]} [neverFinds] Findings that must not be there.
 * @property {boolean} [noDelta]
 * @property {readonly string[]} [added] Exactly the workloads that gain a region.
 * @property {readonly ExpectedDelta[]} [deltas]
 * @property {readonly ExpectedDelta[]} [everyDelta] Holds for each delta whose workload starts with `workload`, and
 *   there is at least one.
 * @property {readonly string[]} [neverDelta] Starts of workload keys that have no delta.
 * @property {Readonly<Record<string, Readonly<Record<string, boolean | number>>>>} [environments] Lists are given as
 *   their length.
 * @property {readonly string[]} [unchanged] Environments that are unchanged and so are not rendered.
 * @property {boolean} [decided] The answer rests on what was rendered: something that changed was, and nothing that
 *   changed is unknown.
 * @property {readonly ExpectedUnknown[]} [unknowns]
 * @property {readonly Partial<Review["controls"][number]>[]} [controls]
 * @property {object} [review] Any part of the JSON.
 * @property {readonly string[]} [mentions] Words that the JSON holds somewhere.
 * @property {readonly string[]} [neverMentions]
 *
 * @typedef {object} ExpectedFinding
 * @property {string} rule
 * @property {"block" | "undecided" | "warn" | "note"} [severity]
 * @property {readonly string[]} [workloads]
 * @property {readonly string[]} [environments]
 * @property {"base" | "head"} [side]
 * @property {string} [path]
 * @property {number | readonly number[]} [line] Where several lines are as good an answer, all of them.
 * @property {object} [document]
 * @property {readonly string[]} [says] Words in its title, message, remediation or destinations, whatever their case.
 *
 * @typedef {object} ExpectedDelta
 * @property {string} [environment]
 * @property {string} workload
 * @property {readonly object[]} [added] Parts of regions.
 * @property {readonly object[]} [removed]
 * @property {boolean} [nothingAdded]
 * @property {readonly object[]} [onlyAdded]
 * @property {object} [takesEffect]
 *
 * @typedef {object} ExpectedUnknown
 * @property {readonly string[]} [says] Words in its reason, whatever their case.
 * @property {string} [path]
 * @property {number | readonly number[]} [line]
 *
 * @typedef {import("../src/report/review/schema.ts").ReviewDocument} Review
 * @typedef {Review["findings"][number]} Finding
 * @typedef {Review["environments"][number]["deltas"][number] & { environment: string }} Delta
 */

/** Severities that a reader sees: one that nobody expected is a disagreement, a note is not. */
const LOUD = new Set(["block", "undecided", "warn"]);

/**
 * Returns one sentence for each disagreement; an empty list where the review says what was expected.
 *
 * @param {Review} review
 * @param {Expectation} expected
 * @returns {string[]}
 */
export function disagreements(review, expected) {
  return [
    ...verdict(review, expected),
    ...findings(review, expected),
    ...unexpectedFindings(review, expected),
    ...absentFindings(review, expected),
    ...deltas(review, expected),
    ...environments(review, expected),
    ...undecided(review, expected),
    ...unknowns(review, expected),
    ...controls(review, expected),
    ...words(review, expected),
  ];
}

/**
 * @param {Review} review
 * @param {Expectation} expected
 * @returns {string[]}
 */
function verdict(review, { verdict }) {
  if (verdict === undefined || review.verdict === verdict) return [];
  return [`the verdict is ${review.verdict}, not ${verdict}${loudest(review)}`];
}

/**
 * @param {Review} review
 */
function loudest(review) {
  const loud = review.findings.filter(({ severity }) => LOUD.has(severity));
  return loud.length === 0 ? "" : ` (${loud.map(describeFinding).join("; ")})`;
}

/**
 * @param {Review} review
 * @param {Expectation} expected
 * @returns {string[]}
 */
function findings(review, { findings = [] }) {
  return findings
    .filter((wanted) => !review.findings.some((finding) => findingMatches(finding, wanted)))
    .map((wanted) => {
      const sameRule = review.findings.filter(({ rule }) => rule === wanted.rule).map(describeFinding);
      return `no finding ${JSON.stringify(wanted)}; ${wanted.rule} says: ${sameRule.join("; ") || "nothing"}`;
    });
}

/**
 * @param {Finding} finding
 * @param {ExpectedFinding} wanted
 */
function findingMatches(finding, wanted) {
  const { location } = finding;
  const lines = wanted.line === undefined ? [] : [wanted.line].flat();
  return (
    finding.rule === wanted.rule &&
    (wanted.severity === undefined || finding.severity === wanted.severity) &&
    (wanted.side === undefined || location?.side === wanted.side) &&
    (wanted.path === undefined || location?.path === wanted.path) &&
    (lines.length === 0 || lines.some((line) => line === location?.line)) &&
    (wanted.document === undefined || includes(finding.document, wanted.document)) &&
    includes(finding.workloads, wanted.workloads ?? []) &&
    includes(finding.environments, wanted.environments ?? []) &&
    (wanted.says ?? []).every((words) => textOf(finding).includes(words.toLowerCase()))
  );
}

/**
 * @param {Finding} finding
 */
function textOf({ title, message, remediation, destinations }) {
  return [title, message, remediation, ...destinations].join("\n").toLowerCase();
}

/**
 * @param {Review} review
 * @param {Expectation} expected
 * @returns {string[]}
 */
function unexpectedFindings(review, { findings = [], also = [], onlyListed = false }) {
  if (!onlyListed) return [];
  const rules = new Set([...findings.map(({ rule }) => rule), ...also]);
  return review.findings
    .filter(({ rule, severity }) => LOUD.has(severity) && !rules.has(rule))
    .map((finding) => `nobody expected ${describeFinding(finding)}`);
}

/**
 * @param {Review} review
 * @param {Expectation} expected
 * @returns {string[]}
 */
function absentFindings(review, { absent = [], neverFinds = [] }) {
  return review.findings
    .filter(
      (finding) =>
        absent.includes(finding.rule) || neverFinds.some((unwanted) => findingMatches(finding, unwanted)),
    )
    .map((finding) => `must not be said: ${describeFinding(finding)}`);
}

/**
 * @param {Finding} finding
 */
function describeFinding({ rule, severity, workloads, location, message }) {
  const where = location === null ? "nowhere" : `${location.side} ${location.path}:${location.line ?? "?"}`;
  return `${rule} ${severity} [${workloads.join(", ")}] at ${where}: ${message}`;
}

/**
 * @param {Review} review
 * @param {Expectation} expected
 * @returns {string[]}
 */
function deltas(review, { noDelta = false, added, deltas = [], everyDelta = [], neverDelta = [] }) {
  const all = review.environments.flatMap(({ name, deltas }) =>
    deltas.map((delta) => ({ environment: name, ...delta })),
  );
  /** @param {string} prefix */
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

/**
 * `added` and `removed` of an expectation list regions that must be there; `nothingAdded` and `onlyAdded` bound them.
 *
 * @param {Delta} delta
 * @param {ExpectedDelta} wanted
 */
function deltaDisagreements(delta, wanted) {
  const name = `${delta.environment}: ${delta.workload}`;
  const found = [];
  for (const side of /** @type {const} */ (["added", "removed"])) {
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

/**
 * @param {Review} review
 * @param {Expectation} expected
 * @returns {string[]}
 */
function environments(review, { environments = {}, unchanged = [] }) {
  const skipped = Object.fromEntries(
    unchanged.map((name) => [name, { changed: false, rendered: 0, deltas: 0 }]),
  );
  return Object.entries({ ...environments, ...skipped }).flatMap(([name, facts]) => {
    const environment = review.environments.find((candidate) => candidate.name === name);
    if (environment === undefined) {
      return [`no environment ${name} among ${review.environments.map((each) => each.name).join(", ")}`];
    }
    const actual = new Map(Object.entries(environment));
    return Object.entries(facts)
      .filter(([key, value]) => counted(actual.get(key)) !== value)
      .map(([key, value]) => `${name}: ${key} is ${counted(actual.get(key))}, not ${value}`);
  });
}

/**
 * @param {Review} review
 * @param {Expectation} expected
 * @returns {string[]}
 */
function undecided(review, { decided = false }) {
  if (!decided) return [];
  const rendered = review.environments.some(({ changed, rendered }) => changed && rendered > 0);
  const unread = review.unknowns.filter(({ changed }) => changed).map(({ reason }) => reason);
  return [
    ...(rendered ? [] : ["nothing that changed was rendered"]),
    ...new Set(unread.map((reason) => `changed, and unknown: ${reason}`)),
  ];
}

/**
 * Lists are compared by their length.
 *
 * @param {unknown} value
 */
function counted(value) {
  return Array.isArray(value) ? value.length : value;
}

/**
 * @param {Review} review
 * @param {Expectation} expected
 * @returns {string[]}
 */
function unknowns(review, { unknowns = [] }) {
  return unknowns
    .filter((wanted) => !review.unknowns.some((unknown) => unknownMatches(unknown, wanted)))
    .map((wanted) => `no unknown ${JSON.stringify(wanted)} among ${JSON.stringify(review.unknowns)}`);
}

/**
 * @param {Review["unknowns"][number]} unknown
 * @param {ExpectedUnknown} wanted
 */
function unknownMatches(unknown, { says = [], path, line, ...rest }) {
  return (
    includes(unknown, rest) &&
    says.every((words) => unknown.reason.toLowerCase().includes(words.toLowerCase())) &&
    (path === undefined || unknown.location?.path === path) &&
    (line === undefined || [line].flat().some((each) => each === unknown.location?.line))
  );
}

/**
 * @param {Review} review
 * @param {Expectation} expected
 * @returns {string[]}
 */
function controls(review, { controls = [] }) {
  return controls
    .filter((wanted) => !review.controls.some((control) => includes(control, wanted)))
    .map((wanted) => {
      const same = review.controls.filter(({ id }) => id === wanted.id);
      return `no control ${JSON.stringify(wanted)}: ${JSON.stringify(same)}`;
    });
}

/**
 * @param {Review} review
 * @param {Expectation} expected
 * @returns {string[]}
 */
function words(review, { review: part = {}, mentions = [], neverMentions = [] }) {
  const text = JSON.stringify(review).toLowerCase();
  return [
    ...(includes(review, part) ? [] : [`lacks ${JSON.stringify(part)}`]),
    ...mentions.filter((each) => !text.includes(each.toLowerCase())).map((each) => `never says "${each}"`),
    ...neverMentions.filter((each) => text.includes(each.toLowerCase())).map((each) => `says "${each}"`),
  ];
}

/**
 * Whether `wanted` is a part of `actual`: of objects the keys it names, of lists the elements it names. An object with the
 * one key `$matches` stands for any text that its regular expression matches.
 *
 * @param {any} actual
 * @param {unknown} wanted
 * @returns {boolean}
 */
function includes(actual, wanted) {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual)) return false;
    return wanted.every((each) => actual.some((candidate) => includes(candidate, each)));
  }
  if (typeof wanted === "object" && wanted !== null) {
    if ("$matches" in wanted)
      return typeof actual === "string" && new RegExp(`${wanted.$matches}`).test(actual);
    if (typeof actual !== "object" || actual === null) return false;
    return Object.entries(wanted).every(([key, value]) => includes(actual[key], value));
  }
  return actual === wanted;
}
