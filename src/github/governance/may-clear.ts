import type { LocatedFinding } from "../../report/report.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { Account, Role } from "../github.ts";
import { type ClearingPolicy, type Requirement, requirementsOf, teamOf } from "./requirements.ts";
import type { UnknownWriter, WriterRole, Writers } from "./writers.ts";

export type Clearance =
  /** `self`: one who made the change, or may have; shown as such everywhere. */
  { readonly kind: "yes"; readonly self: boolean } | { readonly kind: "no"; readonly why: Refusal };

export type Refusal =
  | { readonly code: "bot" }
  | { readonly code: "no-access" }
  | { readonly code: "not-eligible"; readonly requirement: Requirement }
  /** The App may not read who is in a team: the permission "members: read" is missing. */
  | { readonly code: "membership-unknown"; readonly team: string }
  | { readonly code: "writer"; readonly role: WriterRole }
  | { readonly code: "writer-unknown"; readonly writer: UnknownWriter };

/** Whether a person may clear a finding now: everything about the person is looked up when this is asked. */
export async function mayClear(
  client: RepositoryClient,
  person: Account,
  finding: Pick<LocatedFinding, "environments" | "location">,
  policy: ClearingPolicy,
  writers: Writers,
): Promise<Clearance> {
  if (person.kind !== "user") return { kind: "no", why: { code: "bot" } };
  const role = await client.role(person.login);
  if (role === "none") return { kind: "no", why: { code: "no-access" } };
  for (const requirement of requirementsOf(finding, policy)) {
    const refusal = await refusalOf(client, person, role, requirement);
    if (refusal !== null) return { kind: "no", why: refusal };
  }
  const written = writerRefusal(person, writers);
  if (written === null) return { kind: "yes", self: false };
  return policy.self === "recorded" ? { kind: "yes", self: true } : { kind: "no", why: written };
}

/** null = this person made nothing of the change, as far as anybody can tell. */
export function writerRefusal({ login }: Pick<Account, "login">, writers: Writers): Refusal | null {
  const role = writers.known.get(login.toLowerCase());
  if (role !== undefined) return { code: "writer", role };
  const [writer] = writers.unknown;
  return writer === undefined ? null : { code: "writer-unknown", writer };
}

const MAINTAINERS: ReadonlySet<Role> = new Set(["admin", "maintain"]);
/** GitHub takes for an owner only who can write (docs.github.com, "About code owners"). */
const CODE_OWNERS: ReadonlySet<Role> = new Set(["admin", "maintain", "write"]);

async function refusalOf(
  client: RepositoryClient,
  person: Account,
  role: Role,
  requirement: Requirement,
): Promise<Refusal | null> {
  const refused: Refusal = { code: "not-eligible", requirement };
  if (requirement.kind === "maintainers") return MAINTAINERS.has(role) ? null : refused;
  if (requirement.kind === "code-owners" && !CODE_OWNERS.has(role)) return refused;
  const { names } = requirement;
  if (names.some((name) => name.toLowerCase() === person.login.toLowerCase())) return null;
  return teamRefusal(client, person, names, refused);
}

async function teamRefusal(
  client: RepositoryClient,
  { login }: Account,
  names: readonly string[],
  refused: Refusal,
): Promise<Refusal | null> {
  let refusal = refused;
  for (const name of names) {
    const found = teamOf(name);
    if (found === null) continue;
    const member = await client.isMember(found.organisation, found.team, login);
    if (member === true) return null;
    if (member === "unknown") refusal = { code: "membership-unknown", team: name };
  }
  return refusal;
}
