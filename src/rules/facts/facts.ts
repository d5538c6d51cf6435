import { Compiler, type FactType } from "../cel.ts";
import type { Judged } from "../rules.ts";
import { deletionType } from "./deletion-facts.ts";
import { documentType } from "./document-facts.ts";
import { enforcementType } from "./enforcement-facts.ts";
import { environmentType } from "./environment-facts.ts";
import { findingType } from "./finding-facts.ts";
import { lossType } from "./loss-facts.ts";
import { namespaceType } from "./namespace-facts.ts";
import { openingType } from "./opening-facts.ts";
import { peerType } from "./peer-facts.ts";
import { policyType } from "./policy-facts.ts";
import { remarkType } from "./remark-facts.ts";
import { ruleTextType } from "./rule-text-facts.ts";
import { unknownType } from "./unknown-facts.ts";
import { workloadType } from "./workload-facts.ts";

/** Every type of fact; the reference for people who write rules is made of it. */
export const FACT_TYPES: readonly FactType[] = [
  environmentType,
  namespaceType,
  workloadType,
  openingType,
  lossType,
  policyType,
  peerType,
  ruleTextType,
  documentType,
  unknownType,
  deletionType,
  remarkType,
  enforcementType,
  findingType,
];

/** The variables of a predicate, by what the rule judges: variable name to type. `environment` is always there. */
export const VARIABLES: Readonly<Record<Judged, Readonly<Record<string, string>>>> = {
  opening: { workload: workloadType.name, opening: openingType.name },
  "ungoverned-workload": { workload: workloadType.name },
  loss: { workload: workloadType.name, loss: lossType.name },
  "created-namespace": { created: namespaceType.name },
  policy: { policy: policyType.name },
  peer: { policy: policyType.name, peer: peerType.name },
  "rule-text": { policy: policyType.name, text: ruleTextType.name },
  document: { document: documentType.name },
  unknown: { unknown: unknownType.name },
  deletion: { deletion: deletionType.name },
  remark: { remark: remarkType.name },
  enforcement: { enforcement: enforcementType.name },
};

/** Compiles predicates of one kind of rule. */
export function predicateCompiler(judged: Judged): Compiler {
  return new Compiler({
    types: FACT_TYPES,
    variables: { environment: environmentType.name, ...VARIABLES[judged] },
  });
}

/** Compiles messages: predicates' variables and the finding as a whole. */
export function messageCompiler(judged: Judged): Compiler {
  return new Compiler({
    types: FACT_TYPES,
    variables: { environment: environmentType.name, finding: findingType.name, ...VARIABLES[judged] },
  });
}
