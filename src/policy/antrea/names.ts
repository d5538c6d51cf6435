import type { NamePattern } from "../model/policy.ts";
import { requiredString } from "../schema/crd-field.ts";
import type { Decoder, JsonObject, Located } from "../schema/decode.ts";

/** A reference by namespace and name: both must be there. */
export function namespacedName(
  decoder: Decoder,
  value: Located<JsonObject>,
): { readonly namespace: string; readonly name: string } {
  const name = requiredString(decoder, value, "name");
  const namespace = requiredString(decoder, value, "namespace");
  return { namespace: namespace?.value ?? "", name: name?.value ?? "" };
}

/** Characters of a name with wildcards (allowedFQDNChars in pkg/controller/networkpolicy/validate.go). */
export const FQDN_CHARACTERS = /^[-0-9a-zA-Z.*]+$/;

/**
 * Every "*" stands for any characters, dots too and none too: "*foobar.com" is foobar.com and every name that ends so
 * (toRegex in pkg/agent/controller/networkpolicy/fqdn.go).
 */
export function antreaName(text: string): NamePattern {
  const name = text.toLowerCase();
  const parts = name
    .split("*")
    .flatMap((part, index): NamePattern["parts"] => [
      ...(index === 0 ? [] : [{ any: "anything" } as const]),
      ...(part === "" ? [] : [part]),
    ]);
  return { text: name, parts };
}
