import type { Cluster } from "../cluster/cluster.ts";
import type { Policy } from "../policy/policy.ts";
import {
  type AddressRange,
  type AddressSet,
  ALL_ADDRESSES,
  addressSetOfCidrs,
  addressSetOfRanges,
  intersectAddresses,
  NO_ADDRESSES,
  noAddresses,
} from "../sets/ip.ts";
import type { Endpoints, Pods } from "./endpoints.ts";

/** What is known of where addresses of a cluster lie. */
export class AddressKnowledge {
  /** Where pods lie whose addresses nobody shows. */
  readonly pods: AddressSet;
  /** False where nothing says where pods lie, and what is usual was taken. */
  readonly configured: boolean;
  readonly #both: boolean;

  constructor(cluster: Cluster, endpoints: Endpoints) {
    const configured = addressSetOfCidrs(cluster.podCIDRs) ?? NO_ADDRESSES;
    this.configured = !noAddresses(configured);
    this.#both =
      configured.v6.length > 0 || endpoints.hasAddressesOfVersion6 || cluster.policies.some(namesVersion6);
    const usual = addressSetOfCidrs([...USUAL_V4, ...(this.#both ? USUAL_V6 : [])]) ?? NO_ADDRESSES;
    this.pods = this.configured ? configured : usual;
  }

  /** Of the addresses those that the pod can send to: one without an IPv6 address reaches none. */
  reachableFor({ addresses }: Pods, of: AddressSet): AddressSet {
    const families = addresses.map(({ family }) => family);
    if (families.length > 0) {
      return { ...of, v4: families.includes(4) ? of.v4 : [], v6: families.includes(6) ? of.v6 : [] };
    }
    const v4 = this.pods.v4.length > 0;
    return { ...of, v4: v4 ? of.v4 : [], v6: this.#both || !v4 ? of.v6 : [] };
  }

  /** Of one family, where it is known; where pods lie else. */
  of({ addresses }: Pick<Pods, "addresses">, family: AddressRange["family"] | null): AddressSet | null {
    const usable = addresses.filter((one) => family === null || one.family === family);
    if (addresses.length > 0) return usable.length === 0 ? null : addressSetOfRanges(usable);
    const all = family === null ? this.pods : intersectAddresses(this.pods, OF_FAMILY[family]);
    return noAddresses(all) ? this.pods : all;
  }
}

/** Nearly every cluster gives its pods private or shared addresses (RFC 1918, RFC 6598, RFC 4193). */
const USUAL_V4 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];
const USUAL_V6 = ["fc00::/7"];

const OF_FAMILY = {
  4: { ...ALL_ADDRESSES, v6: [] },
  6: { ...ALL_ADDRESSES, v4: [] },
} as const;

/** Somebody who writes such blocks runs a cluster that has such addresses. */
function namesVersion6({ egress, ingress }: Policy): boolean {
  return [...egress, ...ingress].some(
    ({ peers }) => peers?.some((peer) => peer.kind === "addresses" && peer.cidr.includes(":")) === true,
  );
}
