import type { Fate } from "../../diff/explain.ts";
import { LIMITS } from "../layout/limits.ts";
import { enumerate, name, type Phrase, place, prose } from "../layout/phrase.ts";
import type { LocatedEdit, LocatedExplanation, Location, NamedObject } from "../report.ts";

/** "Admitted now", "Stopped before", "Closes it": each a fact with its text. */
export function explanationFacts({ admits, stopped, edit }: LocatedExplanation): readonly Phrase[] {
  return [
    ["Admitted now: ", ...admitsText(admits)],
    ...stopped.slice(0, LIMITS.names).map((one): Phrase => ["Before: ", ...stoppedText(one)]),
    ...(edit === null ? [] : [["Closes it: ", ...editText(edit)] satisfies Phrase]),
  ];
}

function admitsText({ kind, policy, location }: LocatedExplanation["admits"]): Phrase {
  switch (kind) {
    case "rule":
      return policy === null
        ? ["by a rule."]
        : ["by a rule of ", ...objectText(policy), ...at(location), "."];
    case "not-isolated":
      return ["no policy isolates it, and Kubernetes then allows everything."];
    case "not-governed":
      return ["it runs on the host network, which no policy governs."];
    case "unknown":
      return ["perhaps, by what was not read."];
  }
}

function stoppedText({ policy, fate, location }: LocatedExplanation["stopped"][number]): Phrase {
  return [...objectText(policy), ...at(location), " denied it; ", FATES[fate], "."];
}

const FATES: Readonly<Record<Fate, string>> = {
  removed: "it is removed",
  "not-enforced": "it stands, and the CNI of head does not know its kind",
  "no-longer-selects": "its selector no longer selects these pods",
  "no-longer-selected": "it asks for labels that the pod, or its namespace, no longer has",
  "host-network": "it governs no pod on the host network",
  "no-longer-denies": "as it is now it does not",
  reordered: "it is now asked in another place of the order",
  stands: "it stands, and what admits this is asked before it or adds up with it",
};

/** "remove spec.egress[0].to[1] of NetworkPolicy shop/web (N:12). Checked: …". */
export function editText(edit: LocatedEdit): Phrase {
  return [
    ...whatText(edit),
    ". Checked for this opening alone: it is then gone, and nothing else is opened or lost.",
  ];
}

function whatText(edit: LocatedEdit): Phrase {
  switch (edit.kind) {
    case "remove": {
      const part: Phrase = edit.pointer === "" ? [] : [name(fieldText(edit.pointer)), " of "];
      return ["remove ", ...part, ...objectText(edit.object), ...at(edit.location)];
    }
    case "restore":
      return edit.documentUnchanged
        ? [
            "let ",
            ...objectText(edit.object),
            " say again what it said at base: its document",
            ...at(edit.location),
            " did not change, what feeds it did (values, patches)",
          ]
        : ["put ", ...objectText(edit.object), " back as it was", ...at(edit.location)];
    case "set-labels":
      return ["give the pods of ", name(edit.workload), " ", ...labelsText(edit.labels)];
    case "leave-host-network":
      return ["take ", name("hostNetwork"), " off ", name(edit.workload)];
    case "add":
      return ["add ", ...objectText(edit.object), ", which denies its egress, and allow what it needs"];
  }
}

function labelsText(labels: Readonly<Record<string, string | null>>): Phrase {
  const texts = Object.entries(labels).map(
    ([key, value]): Phrase =>
      value === null ? ["no label ", name(key)] : ["the label ", name(`${key}=${value}`)],
  );
  return enumerate(texts, LIMITS.names);
}

function objectText({ kind, namespace, name: own }: NamedObject): Phrase {
  return [prose(kind), " ", name(namespace === null ? own : `${namespace}/${own}`)];
}

function at(location: Location | null): Phrase {
  return location === null ? [] : [" (", place(location), ")"];
}

/** "/spec/egress/0/to/1" as "spec.egress[0].to[1]". */
function fieldText(pointer: string): string {
  return pointer
    .slice(1)
    .split("/")
    .map((step, index) => (/^\d+$/.test(step) ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join("");
}
