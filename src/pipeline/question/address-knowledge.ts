import type { Cluster } from "../../cluster/cluster.ts";
import type { Policy } from "../../policy/model/policy.ts";
import {
  type AddressRange,
  type AddressSet,
  ALL_ADDRESSES,
  addressSetOfCidrs,
  addressSetOfRanges,
  intersectAddresses,
  NO_ADDRESSES,
  noAddresses,
} from "../../sets/ip.ts";
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

  /**
   * Of the addresses those of families that the pod has: a cluster without IPv6 is not asked about it. What lies in no family
   * of the pod is asked as it is: whether policies allow it is another question than whether a packet gets there.
   */
  reachableFor(pods: Pods, of: AddressSet): AddressSet {
    const families = this.#familiesOf(pods);
    const own = { ...of, v4: families.includes(4) ? of.v4 : [], v6: families.includes(6) ? of.v6 : [] };
    return noAddresses(own) ? of : own;
  }

  #familiesOf({ addresses }: Pods): readonly AddressRange["family"][] {
    if (addresses.length > 0) return addresses.map(({ family }) => family);
    if (this.#both) return [4, 6];
    return this.pods.v4.length > 0 ? [4] : [6];
  }

  /** Of one family, or of all; where no address is seen, where pods lie. null = it has none of the family. */
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
