import { distinct, sorted } from "../layout/order.ts";
import type { MappedEnvironment, RepositoryMap } from "./repository-map.ts";

/**
 * A `.egress-review.yaml` for a repository that has none, or what its one lacks: what was found is written out, what a
 * person has to decide is a comment. Empty where nothing is missing.
 */
export function startingConfiguration({ environments, repository }: RepositoryMap): readonly string[] {
  const missing = sorted(
    environments.filter(({ kind, configured }) => kind === "cluster" && !configured),
    ({ name }) => name,
  );
  if (missing.length === 0) return [];
  return [
    "# Read from the base branch. What a person has to decide is commented out.",
    "environments:",
    ...missing.flatMap((environment, index) => environmentLines(environment, index === 0)),
    ...repositoryLines(repository),
    "# namespaces:",
    "#   payments:",
    "#     cde: true             # part of the cardholder data environment (PCI DSS)",
    "#     baseline: true        # must keep a default deny",
    '# contact: "#platform"      # whom a reader may ask',
  ];
}

/** What every entry may say is said with the first one. */
function environmentLines(
  { name, roots, perhapsSameAs }: MappedEnvironment,
  isFirst: boolean,
): readonly string[] {
  const same = distinct(perhapsSameAs);
  return [
    `  ${scalar(name)}:`,
    "    roots:",
    ...(roots.length === 0 ? ["."] : roots).map((root) => `      - ${scalar(root)}`),
    isFirst
      ? "    mode: observe           # reports and blocks nothing; take it out to enforce"
      : "    mode: observe",
    ...(isFirst
      ? [
          "    # production: false     # where this is no production",
          "    # approvers: [acme/security]   # who may accept a finding",
        ]
      : []),
    ...(same.length === 0
      ? []
      : [
          `    # It shares namespaces with ${same.map(quoted).join(", ")}: one cluster? Then name the roots of both here.`,
        ]),
  ];
}

function repositoryLines({ urls, evidence }: RepositoryMap["repository"]): readonly string[] {
  if (evidence === "configured" || evidence === "remotes") return [];
  const addresses = urls.length === 0 ? ["https://git.example.com/acme/platform"] : urls;
  return [
    "# repositories:             # addresses under which this repository is deployed",
    ...addresses.map((url) => `#   - ${scalar(url)}`),
  ];
}

/** Plain where every reader of YAML takes it for the same text. */
const PLAIN_SCALAR = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[a-z][\w./-]*$/i;

function scalar(text: string): string {
  return PLAIN_SCALAR.test(text) ? text : quoted(text);
}

/** JSON's strings are YAML's; what is not seen is written by its number in them. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
