import type { AddressBlock } from "../model/policy.ts";
import { isStrictSubset, isWrittenStrictly, parseCidr, printCidr } from "../schema/cidr.ts";
import { type Decoder, type JsonObject, type Located, stringField, stringList } from "../schema/decode.ts";
import { child, forbidden, invalid, required } from "../schema/field-error.ts";

/** An ipBlock, which has exceptions since Antrea 2.2 (validateIPBlock in pkg/controller/networkpolicy/validate.go). */
export function antreaBlock(decoder: Decoder, value: Located<JsonObject>): AddressBlock | null {
  const cidr = stringField(decoder, value, "cidr");
  const exceptions = stringList(decoder, value, "except");
  if (cidr === null || cidr.value === "") {
    decoder.errors.push(required(child(value.path, "cidr"), "field 'cidr' is required in an ipBlock"));
    return null;
  }
  const block = blockIn(decoder, cidr);
  if (block === null) return null;
  const except = exceptions.flatMap((exception) => {
    const inner = blockIn(decoder, exception);
    if (inner === null) return [];
    if (isStrictSubset(inner, block)) return [printCidr(inner)];
    const text = `except CIDR ${exception.value} is not a strict subset of CIDR ${cidr.value}`;
    decoder.errors.push(forbidden(exception.path, text));
    return [];
  });
  return { cidr: printCidr(block), except };
}

function blockIn(decoder: Decoder, { value, path }: Located<string>): ReturnType<typeof parseCidr> {
  const block = isWrittenStrictly(value) ? parseCidr(value) : null;
  if (block === null) decoder.errors.push(invalid(path, value, `invalid CIDR address: ${value}`));
  return block;
}
