import type { Miss, MissedLabel } from "../../surface/near-miss.ts";
import { LIMITS } from "../layout/limits.ts";
import { name, type Phrase } from "../layout/phrase.ts";
import { namesText } from "../lines/subject-text.ts";

/** What one rule lacks to match, in a sentence. */
export function missText(miss: Miss): Phrase {
  switch (miss.kind) {
    case "selector-and-address":
      return ["A namespaceSelector or podSelector never matches an address outside the cluster."];
    case "outside-block":
      return ["The address is not in ", name(miss.cidr), "."];
    case "excepted":
      return [name(miss.cidr), " leaves it out (except ", ...namesText(miss.except, LIMITS.listed), ")."];
    case "part-of-block":
      return miss.pod
        ? [
            "Whether the pod's address is in ",
            name(miss.cidr),
            " does not stand in Git: ",
            name("podCIDRs"),
            " in the configuration says where pods are.",
          ]
        : [name(miss.cidr), " holds a part of it."];
    case "own-namespace":
      return ["A podSelector alone selects pods of its own namespace, ", name(miss.namespace), "."];
    case "namespace-label":
      return [
        "It asks for namespaces with ",
        name(miss.label.term),
        "; ",
        name(miss.namespace),
        " has ",
        ...actualText(miss.label),
        ".",
      ];
    case "pod-label":
      return [
        "It asks for pods with ",
        name(miss.label.term),
        "; this one has ",
        ...actualText(miss.label),
        ".",
      ];
    case "block-never-matches":
      return [
        `Who enforces policies here never matches a ${miss.what} by its address: `,
        name(miss.cidr),
        " is for addresses outside the cluster.",
      ];
    case "leaves-cluster":
      return ["It is about traffic that leaves the cluster."];
    case "name":
      return miss.asked === null
        ? ["It admits addresses that were looked up as ", name(miss.pattern), "; no name was asked for."]
        : ["It is about ", name(miss.pattern), ", and ", name(miss.asked), " is no such name."];
    case "nodes":
      return ["It is about nodes."];
    case "api-server":
      return ["It is about the API server."];
    case "protocol":
      return ["It admits ", miss.protocols.join(" and "), " only."];
    case "port":
      return ["It admits other ports."];
    case "port-name":
      return [
        "It admits a port by its name, ",
        ...namesText(miss.names, LIMITS.names),
        ", and who receives gives no such name to this one.",
      ];
    case "port-name-and-address":
      return [
        "It admits a port by its name, ",
        ...namesText(miss.names, LIMITS.names),
        ", which never matches an address.",
      ];
  }
}

function actualText({ key, actual }: MissedLabel): Phrase {
  return actual === null ? ["no label ", name(key)] : [name(`${key}=${actual}`)];
}
