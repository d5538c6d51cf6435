import type { Place } from "../tree/place.ts";
import {
  type Configuration,
  type ConfiguredEnvironment,
  type ConfiguredNamespace,
  DEFAULT_MARKS,
  defaultConfiguration,
  writtenKey,
} from "./config.ts";
import { environmentAt } from "./environment-at.ts";
import {
  APPROVAL_DIRECTIONS,
  MARK_DIRECTIONS,
  NAMESPACE_DIRECTIONS,
  type SafeDirection,
  TOP_DIRECTIONS,
} from "./safe-direction.ts";

/** What counts for a repository under an organisation's policy. */
export interface MergedConfiguration {
  readonly configuration: Configuration;
  /** What the repository says in vain. */
  readonly ignored: readonly IgnoredSetting[];
}

/** A value of a repository that would loosen the organisation's policy. */
export interface IgnoredSetting extends Place {
  /** "environments.lab.production". */
  readonly key: string;
  /** For a person, without path and line. */
  readonly message: string;
}

/**
 * A repository may add to the organisation's policy and narrow it, never loosen it (design section 9). What would loosen is
 * left out, and listed. Without an organisation the repository's own configuration counts as it stands.
 */
export function mergeConfigurations(
  organisation: Configuration | null,
  repository: Configuration,
): MergedConfiguration {
  if (organisation === null) return { configuration: repository, ignored: [] };
  const merge = new Merge(organisation, repository);
  const configuration: Configuration = {
    environments: environmentsOf(merge),
    namespaces: namespacesOf(merge),
    repositories: merge.top("repositories"),
    workloads: merge.top("workloads"),
    internalRanges: merge.top("internalRanges"),
    podCIDRs: merge.top("podCIDRs"),
    unrendered: merge.top("unrendered"),
    contact: repository.contact ?? organisation.contact,
    approvals: approvalsOf(merge),
    written: new Map([...organisation.written, ...repository.written]),
  };
  return { configuration, ignored: merge.ignored };
}

class Merge {
  readonly organisation: Configuration;
  readonly repository: Configuration;
  readonly ignored: IgnoredSetting[] = [];

  constructor(organisation: Configuration, repository: Configuration) {
    this.organisation = organisation;
    this.repository = repository;
  }

  /** The value that counts: the repository's where its direction allows that, else the organisation's. */
  choose<T>(steps: readonly string[], { keeps, counts, allowed }: SafeDirection<T>, ours: T, theirs: T): T {
    if (!this.repository.written.has(writtenKey(...steps))) return ours;
    if (keeps(ours, theirs) && keeps(theirs, ours)) return ours;
    const silent = !this.organisation.written.has(writtenKey(...steps));
    const free = counts !== "stricter" && silent;
    if (free || (counts !== "silent" && keeps(ours, theirs))) return theirs;
    this.ignore(steps, allowed);
    return ours;
  }

  top<K extends keyof typeof TOP_DIRECTIONS>(key: K): Configuration[K] {
    const direction = TOP_DIRECTIONS[key] as SafeDirection<Configuration[K]>;
    return this.choose([key], direction, this.organisation[key], this.repository[key]);
  }

  ignore(steps: readonly string[], why: string): void {
    const { path, line } = this.repository.written.get(writtenKey(...steps)) ?? { path: "", line: null };
    const key = steps.join(".");
    this.ignored.push({ path, line, key, message: `"${key}" is ignored: ${why}` });
  }
}

function environmentsOf(merge: Merge): Configuration["environments"] {
  const { organisation, repository } = merge;
  const merged = new Map(organisation.environments);
  for (const [name, theirs] of repository.environments) {
    const environment = environmentOf(merge, name, theirs);
    if (environment.roots.length > 0) merged.set(name, environment);
  }
  return merged;
}

function environmentOf(merge: Merge, name: string, theirs: ConfiguredEnvironment): ConfiguredEnvironment {
  const ours = merge.organisation.environments.get(name);
  const marks = ours?.marks ?? DEFAULT_MARKS;
  const mark = <K extends keyof typeof MARK_DIRECTIONS>(key: K) => {
    const direction = MARK_DIRECTIONS[key] as SafeDirection<(typeof marks)[K]>;
    return merge.choose(["environments", name, key], direction, marks[key], theirs.marks[key]);
  };
  return {
    roots: rootsOf(merge, name, theirs.roots),
    marks: {
      production: mark("production"),
      profile: mark("profile"),
      mode: mark("mode"),
      approvers: mark("approvers"),
    },
  };
}

/** The organisation's roots, and those that are added. */
function rootsOf(merge: Merge, name: string, theirs: readonly string[]): readonly string[] {
  const ours = merge.organisation.environments.get(name)?.roots ?? [];
  const added = theirs.filter((root) => {
    if (ours.includes(root)) return false;
    const why = keptOut(merge.organisation, name, root);
    if (why !== null) merge.ignore(["environments", name, "roots"], why);
    return why === null;
  });
  return [...ours, ...added];
}

/**
 * Why a directory may not be added to an environment; null = it may. What the organisation placed stays there, and what it
 * did not place has the strictest marks: it is not added to an environment whose marks are softer.
 */
function keptOut(organisation: Configuration, name: string, root: string): string | null {
  const owner = environmentAt(organisation, root);
  if (owner?.name === name) return null;
  if (owner !== null) return `"${root}" belongs to "${owner.name}" of the organisation's policy`;
  const marks = organisation.environments.get(name)?.marks ?? DEFAULT_MARKS;
  const { production, mode } = MARK_DIRECTIONS;
  return production.keeps(DEFAULT_MARKS.production, marks.production) &&
    mode.keeps(DEFAULT_MARKS.mode, marks.mode)
    ? null
    : `only the organisation's policy adds "${root}" to an environment that it does not enforce as production`;
}

function namespacesOf(merge: Merge): Configuration["namespaces"] {
  const merged = new Map(merge.organisation.namespaces);
  for (const [name, theirs] of merge.repository.namespaces) {
    const ours = merged.get(name) ?? { cde: false, baseline: false, labels: {} };
    const choose = <K extends keyof ConfiguredNamespace>(key: K) => {
      const direction = NAMESPACE_DIRECTIONS[key] as SafeDirection<ConfiguredNamespace[K]>;
      return merge.choose(["namespaces", name, key], direction, ours[key], theirs[key]);
    };
    merged.set(name, { cde: choose("cde"), baseline: choose("baseline"), labels: choose("labels") });
  }
  return merged;
}

function approvalsOf(merge: Merge): Configuration["approvals"] {
  const ours = merge.organisation.approvals;
  const theirs = merge.repository.approvals;
  const forbidSelf = merge.choose(
    ["approvals", "forbidSelf"],
    APPROVAL_DIRECTIONS.forbidSelf,
    ours.forbidSelf,
    theirs.forbidSelf,
  );
  const steps = ["approvals", "self"];
  const self = merge.choose(steps, APPROVAL_DIRECTIONS.self, ours.self, theirs.self);
  if (!forbidSelf || self === "off") return { self, forbidSelf };
  if (theirs.self === "recorded") merge.ignore(steps, "the organisation's policy forbids it");
  return { self: defaultConfiguration.approvals.self, forbidSelf };
}
