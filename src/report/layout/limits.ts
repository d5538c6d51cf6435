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
  /** Different states before that the row of one opening is split into. */
  befores: 3,
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
  /** A title of a check is one line of the merge box; GitHub cuts it for the eye, we cut it at a word. */
  titleCharacters: 80,
  /** GitHub refuses a summary or a text of a check above 65,535 characters. */
  checkCharacters: 65_000,
  /** Of the text of a check, kept free for what is written into it later: records of approvals. */
  checkTextReserve: 8_000,
  /** Comments at lines of the diff. GitHub takes more; people do not. */
  inlineComments: 30,
  /** Annotations of one run, sent in batches of 50. */
  annotations: 200,
  annotationTitleCharacters: 255,
  annotationMessageCharacters: 4_000,
  /** Lines of one unified diff. */
  diffLines: 400,
  /** Code points of one line of a diff or of a file. */
  diffLineCharacters: 400,
  /** Findings whose acceptance a comment explains, environments a map tells of. */
  explained: 6,
  mapRows: 40,
  /** Code points of one identifier. */
  nameCharacters: 120,
  /** Code points of a command. */
  commandCharacters: 1000,
  /** Code points of one sentence of a rule or a tool. */
  proseCharacters: 480,
} as const;
