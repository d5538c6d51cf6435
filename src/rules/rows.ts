import type { Finding } from "./finding.ts";
import { causeKey } from "./findings-of.ts";
import { append } from "./selection.ts";

/** Findings that speak of one region: its strongest rule leads, the others are said beside it. */
export interface FindingRow {
  /** Handles. */
  readonly lead: string;
  readonly also: readonly string[];
}

/** One region is one row. Findings come strongest first; among equals the lower rule, which is the wider one, leads. */
export function rowsOf(findings: readonly Finding[]): readonly FindingRow[] {
  const rows = new Map<string, string[]>();
  for (const finding of findings) append(rows, rowKey(finding), finding.handle);
  return [...rows.values()].flatMap(([lead, ...also]) => (lead === undefined ? [] : [{ lead, also }]));
}

function rowKey({ environments, cause, workloads, handle }: Finding): string {
  return cause === null ? handle : JSON.stringify([environments, causeKey(cause), workloads]);
}
