import type { Manifest } from "../../render/render.ts";
import type { LabelRequirement } from "../model/policy.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import { isStrictSubset, parseCidr, printCidr } from "../schema/cidr.ts";
import {
  type JsonObject,
  type Located,
  nested,
  objectField,
  ownField,
  stringField,
  stringList,
} from "../schema/decode.ts";
import { invalid, required } from "../schema/field-error.ts";
import { type CiliumDecoder, isWritten, refuse } from "./decoder.ts";
import { type CiliumSelector, ciliumSelector } from "./selector.ts";

/** Addresses as a rule names them: a block, or groups of blocks that are objects of their own. */
export type CiliumBlocks = { readonly except: readonly string[]; readonly pointer: string } & (
  | { readonly kind: "block"; readonly cidr: string }
  | { readonly kind: "group"; readonly name: string }
  | { readonly kind: "groups"; readonly selector: CiliumSelector }
);

/** An element of `toCIDR`. */
export function blockOf(decoder: CiliumDecoder, text: Located<string>): CiliumBlocks | null {
  const cidr = cidrOf(decoder, text);
  return cidr === null ? null : { kind: "block", cidr, except: [], pointer: text.path.pointer };
}

/** An element of `toCIDRSet`: exactly one of a block, a group by name, groups by label. */
export function blocksOf(decoder: CiliumDecoder, set: Located<JsonObject>): CiliumBlocks | null {
  const cidr = stringField(decoder, set, "cidr");
  const name = stringField(decoder, set, "cidrGroupRef");
  const selector = objectField(decoder, set, "cidrGroupSelector");
  const exceptions = stringList(decoder, set, "except");
  const written = ["cidr", "cidrGroupRef", "cidrGroupSelector"].filter((one) => isWritten(set, one));
  if (written.length !== 1) {
    decoder.errors.push(
      required(set.path, "exactly one of cidr, cidrGroupRef and cidrGroupSelector must be set"),
    );
    return null;
  }
  const except = exceptions.flatMap((one) => cidrOf(decoder, one) ?? []);
  const shared = { except, pointer: set.path.pointer };
  if (name !== null) return { kind: "group", name: name.value, ...shared };
  if (selector !== null) return { kind: "groups", selector: ciliumSelector(decoder, selector), ...shared };
  const block = cidr === null ? null : cidrOf(decoder, cidr);
  if (block === null) return null;
  for (const one of exceptions) {
    const [inner, outer] = [parseCidr(one.value), parseCidr(block)];
    const holds =
      inner !== null && outer !== null && (isStrictSubset(inner, outer) || printCidr(inner) === block);
    if (inner !== null && !holds) {
      refuse(
        decoder,
        one.path,
        `allow CIDR prefix ${block} does not contain exclude CIDR prefix ${one.value}`,
      );
    }
  }
  return { kind: "block", cidr: block, ...shared };
}

function cidrOf(decoder: CiliumDecoder, { value, path }: Located<string>): string | null {
  const block = parseCidr(value);
  if (block !== null) return printCidr(block);
  decoder.errors.push(invalid(path, value, "must be of type cidr"));
  return null;
}

export interface ResolvedBlocks {
  readonly cidrs: readonly string[];
  readonly except: readonly string[];
  /** What was read for it. */
  readonly read: readonly Manifest[];
  /** Why there may be more; null = that is all. */
  readonly open: string | null;
}

/** What the groups hold that stand in Git. A group that exists nowhere holds nothing; whether it does, Git cannot say. */
export function resolveBlocks(blocks: CiliumBlocks, inputs: PolicyInputs): ResolvedBlocks {
  if (blocks.kind === "block") return { cidrs: [blocks.cidr], except: blocks.except, read: [], open: null };
  const groups = inputs
    .objects("cilium.io", "CiliumCIDRGroup")
    .filter(({ object }) =>
      blocks.kind === "group"
        ? object.metadata.name === blocks.name
        : blocks.selector.every((one) => asksOfLabels(one, object.metadata.labels)),
    );
  const missing =
    blocks.kind === "group"
      ? `CiliumCIDRGroup ${blocks.name} does not stand in Git`
      : "no CiliumCIDRGroup in Git has the labels that it asks for";
  const twice = groups.find((group) =>
    groups.some(
      (other) => other.object.metadata.name === group.object.metadata.name && other.digest !== group.digest,
    ),
  );
  return {
    cidrs: groups.flatMap(cidrsOfGroup),
    except: blocks.except,
    read: groups,
    open:
      twice === undefined
        ? groups.length === 0
          ? missing
          : null
        : `CiliumCIDRGroup ${twice.object.metadata.name ?? ""} is declared more than once, and one of the documents stands`,
  };
}

/** Whether an object with these labels is asked for; a malformed object has none. */
export function asksOfLabels({ key, operator, values }: LabelRequirement, labels: unknown): boolean {
  const value = ownField(nested({ labels }, "labels") ?? {}, key);
  switch (operator) {
    case "In":
      return typeof value === "string" && values.includes(value);
    case "NotIn":
      return typeof value !== "string" || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

/** A block that is none is left out, as the agent does. */
function cidrsOfGroup({ object }: Manifest): readonly string[] {
  const written = ownField(nested(object, "spec") ?? {}, "externalCIDRs");
  return (Array.isArray(written) ? (written as readonly unknown[]) : []).flatMap((one) => {
    const block = typeof one === "string" ? parseCidr(one) : null;
    return block === null ? [] : [printCidr(block)];
  });
}
