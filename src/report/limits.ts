/** How much a report says before it says "and N more". JSON has no limits. */
export const LIMITS = {
  /** Findings that block, are undecided or warn: rows after grouping. */
  findingRows: 12,
  /** Places and handles of one row. */
  places: 4,
  /** Remedies printed in full. */
  remedies: 6,
  /** Workload changes: rows after grouping. */
  reachRows: 10,
  /** Destinations of one cell. */
  destinations: 4,
  /** Blocks of one address list, namespaces or labels of one destination. */
  listed: 4,
  /** Workloads or namespaces named in one sentence. */
  names: 3,
  /** Environments, assumptions and the like, one line each. */
  lines: 8,
  /** Code points of why something that decides nothing was not read. */
  reasonCharacters: 200,
  /** Facts of one control. */
  facts: 2,
  /** Remarks that decide nothing. */
  remarks: 3,
  /** Notes: lines after grouping by rule. */
  notes: 8,
  /** GitHub refuses comments above 65,536 characters; the rest is room for what a posting program adds. */
  commentCharacters: 60_000,
  /** Code points of one identifier. */
  nameCharacters: 120,
  /** Code points of a command. */
  commandCharacters: 1000,
  /** Code points of one sentence of a rule or a tool. */
  proseCharacters: 480,
} as const;
