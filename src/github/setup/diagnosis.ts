import { GitHubError } from "../client/github-error.ts";

/** One thing that was looked at. */
export interface Diagnosis {
  readonly code: DiagnosisCode;
  readonly state: "well" | "ill" | "unknown";
  /** What is so. */
  readonly text: string;
  /** What to click or call; empty where all is well. */
  readonly remedy: string;
}

export type DiagnosisCode =
  | "app-answers"
  | "permissions"
  | "events"
  | "webhook-address"
  | "deliveries"
  | "installed"
  | "installation-permissions"
  | "policy-repository"
  | "repository-readable"
  | "configuration"
  | "team-approvers"
  | "check-required"
  | "check-pinned"
  | "up-to-date";

export function well(code: DiagnosisCode, text: string): Diagnosis {
  return { code, state: "well", text, remedy: "" };
}

export function ill(code: DiagnosisCode, text: string, remedy: string): Diagnosis {
  return { code, state: "ill", text, remedy };
}

/** GitHub did not answer a question; nothing is known about what it was for. */
export function unanswered(code: DiagnosisCode, what: string, error: GitHubError): Diagnosis {
  return { code, state: "unknown", text: `${what}: ${error.message}`, remedy: remedyOf(error) };
}

function remedyOf({ code, permission, until }: GitHubError): string {
  if (permission !== null) return `give the App the permission ${permission.replaceAll("=", ": ")}`;
  if (until !== null) return `GitHub asks to wait: run this again after ${until.toISOString()}`;
  if (code === "unauthorised") return "see whether the App is suspended where it is installed";
  return code === "forbidden" ? "give the App the permission that is missing" : "run this again";
}

/** What GitHub answered, or why it did not. */
export async function attempt<T>(ask: () => Promise<T>): Promise<T | GitHubError> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GitHubError) return error;
    throw error;
  }
}
