import { name, type Phrase } from "../layout/phrase.ts";
import type { AnswerNote } from "./answer.ts";

/** What was taken for granted, one sentence each. */
export function noteText(note: AnswerNote): Phrase {
  return NOTES[note];
}

const NOTES: Readonly<Record<AnswerNote, Phrase>> = {
  "usual-port": ["no port was asked for: TCP 443"],
  "usual-resolver": [
    "the resolver is not in Git: pods with ",
    name("k8s-app=kube-dns"),
    " in ",
    name("kube-system"),
    " on port 53; declare it under ",
    name("workloads"),
    " in the configuration if it is another",
  ],
  "usual-pod-addresses": [
    "addresses of pods do not stand in Git: private IPv4 addresses are taken; ",
    name("podCIDRs"),
    " in the configuration says where they are",
  ],
  "version-4-alone": ["nothing here has an IPv6 address: IPv4 alone was asked for"],
  "ingress-not-asked": ["what the destination's own ingress policies admit was not asked"],
  "host-network-selectors": [
    "pods on the host network have their node's address, and no selector matches it",
  ],
};
