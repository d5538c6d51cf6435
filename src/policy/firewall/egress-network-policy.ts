import type { Manifest } from "../../render/render.ts";
import type { Peer, Rule } from "../model/policy.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import type { PolicyReading, PolicyRemark } from "../model/policy-reading.ts";
import { checkPattern, requiredString, requireField } from "../schema/crd-field.ts";
import {
  type Decoder,
  type JsonObject,
  type Located,
  objectField,
  objectList,
  stringField,
} from "../schema/decode.ts";
import { ROOT } from "../schema/field-error.ts";
import { checkMetadata } from "../schema/metadata.ts";
import { refusedByApi } from "../schema/refused-policy.ts";
import { apiServerRemark, firewallBlock, firewallName, firewallPolicy } from "./firewall-policy.ts";

const DIALECT = "network.openshift.io/v1 EgressNetworkPolicy";

/**
 * network.openshift.io/v1 EgressNetworkPolicy, the firewall of OpenShift SDN, which OVN-Kubernetes replaced
 * (openshift/api network/v1/types.go; openshift/sdn pkg/network/node/ovscontroller.go).
 */
export function egressNetworkPolicy(manifest: Manifest, inputs: PolicyInputs): PolicyReading {
  const decoder: Decoder = { errors: [] };
  const object: Located<JsonObject> = { value: manifest.object, path: ROOT };
  checkMetadata(decoder, object);
  requireField(decoder, object, "spec");
  const spec = objectField(decoder, object, "spec");
  if (spec !== null) requireField(decoder, spec, "egress");
  const rules = (spec === null ? [] : objectList(decoder, spec, "egress")).map((rule) =>
    firewallRule(decoder, rule),
  );
  if (decoder.errors.length > 0) return refusedByApi(manifest, decoder.errors);
  if (inputs.objects("k8s.ovn.org", "EgressFirewall").length > 0) {
    return {
      policies: [],
      unknowns: [],
      remarks: [
        remark(
          manifest,
          "kind-not-enforced",
          "OVN-Kubernetes, whose EgressFirewall stands beside it, does not know it",
        ),
      ],
    };
  }
  const others = siblings(manifest, inputs);
  if (others.length > 0) return severalInOneNamespace(manifest, others);
  return {
    policies: [firewallPolicy(manifest, DIALECT, { rules, digest: manifest.digest })],
    unknowns: [],
    remarks: apiServerRemark(manifest, rules),
  };
}

/** Others of the same namespace under other names; of one name the cluster holds one. */
function siblings(manifest: Manifest, inputs: PolicyInputs): readonly Manifest[] {
  return inputs
    .objects("network.openshift.io", "EgressNetworkPolicy")
    .filter(
      ({ namespace, object }) =>
        namespace === manifest.namespace && object.metadata.name !== manifest.object.metadata.name,
    );
}

/** Then no rule counts: whatever leaves the cluster is dropped (UpdateEgressNetworkPolicyRules). */
function severalInOneNamespace(manifest: Manifest, others: readonly Manifest[]): PolicyReading {
  const rule: Rule = {
    action: "deny",
    peers: ["0.0.0.0/0", "::/0"].map((cidr) => ({
      kind: "addresses",
      leavesCluster: true,
      cidr,
      except: [],
      pointer: "/spec/egress",
    })),
    ports: null,
    pointer: "/spec/egress",
  };
  const digest = [manifest.digest, ...others.map((other) => other.digest).sort()].join("+");
  return {
    policies: [firewallPolicy(manifest, DIALECT, { rules: [rule], digest })],
    unknowns: [],
    remarks: [
      remark(
        manifest,
        "field-without-effect",
        "OpenShift SDN takes one a namespace: of several no rule counts, and all traffic that leaves the cluster is dropped",
      ),
    ],
  };
}

function remark(manifest: Manifest, code: PolicyRemark["code"], detail: string): PolicyRemark {
  return { code, manifest, pointer: "/spec/egress", detail };
}

function firewallRule(decoder: Decoder, value: Located<JsonObject>): Rule {
  const type = requiredString(decoder, value, "type");
  if (type !== null) checkPattern(decoder, type, "^Allow|Deny$");
  requireField(decoder, value, "to");
  const to = objectField(decoder, value, "to");
  return {
    action: type?.value === "Allow" ? "allow" : "deny",
    peers: to === null ? [] : destination(decoder, to),
    ports: null,
    pointer: value.path.pointer,
  };
}

const OCTET = "([0-9]|[0-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])";
const CIDR = String.raw`^(${OCTET}\.){3}${OCTET}/([0-9]|[12][0-9]|3[0-2])$`;

/** With both, the block counts. "0.0.0.0/32" is read as every address: it used to be written so. */
function destination(decoder: Decoder, to: Located<JsonObject>): readonly Peer[] {
  const { pointer } = to.path;
  const cidr = stringField(decoder, to, "cidrSelector");
  const name = stringField(decoder, to, "dnsName");
  if (cidr !== null) checkPattern(decoder, cidr, CIDR);
  if (name !== null) checkPattern(decoder, name, String.raw`^([A-Za-z0-9-]+\.)*[A-Za-z0-9-]+\.?$`);
  if (cidr !== null) {
    const block = firewallBlock(cidr.value === "0.0.0.0/32" ? "0.0.0.0/0" : cidr.value);
    return block === null ? [] : [{ kind: "addresses", leavesCluster: true, ...block, pointer }];
  }
  return name === null ? [] : [{ kind: "names", pattern: firewallName(name.value), pointer }];
}
