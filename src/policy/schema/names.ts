/**
 * Which names the API server accepts (apimachinery/pkg/util/validation). Each check gives the reasons against a name,
 * none where it is good.
 */

/** The API server sets it on every namespace to the namespace's name, and nobody can change it (NamespaceDefaultLabelName). */
export const NAME_LABEL = "kubernetes.io/metadata.name";

const QUALIFIED_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** A label key: an optional DNS subdomain and "/", then a name of at most 63 characters. */
export function labelKeyErrors(key: string): readonly string[] {
  const parts = key.split("/");
  if (parts.length > 2) return ["a qualified name has one '/' at most"];
  const [first = "", second] = parts;
  const errors: string[] = [];
  if (second !== undefined && !isSubdomain(first)) errors.push("the prefix part must be a DNS subdomain");
  if (!QUALIFIED_NAME.test(second ?? first)) {
    errors.push(
      "the name part must be 1 to 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends",
    );
  }
  return errors;
}

export function labelValueErrors(value: string): readonly string[] {
  return LABEL_VALUE.test(value)
    ? []
    : [
        "a label value is empty or has at most 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends",
      ];
}

/** A port's name: IANA service name (RFC 6335). A numeric string is refused: "80" is no name. */
export function portNameErrors(name: string): readonly string[] {
  const errors: string[] = [];
  if (name.length > 15) errors.push("must be no more than 15 characters");
  if (!/^[-a-z0-9]+$/.test(name))
    errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(name)) errors.push("must contain at least one letter (a-z)");
  if (name.includes("--")) errors.push("must not contain consecutive hyphens");
  if (name.startsWith("-") || name.endsWith("-")) errors.push("must not begin or end with a hyphen");
  return errors;
}

export function objectNameErrors(name: string): readonly string[] {
  return isSubdomain(name) ? [] : ["must be a DNS subdomain: lower case letters, digits, '-' and '.'"];
}

export function namespaceNameErrors(name: string): readonly string[] {
  return DNS_LABEL.test(name)
    ? []
    : [
        "must be a DNS label: at most 63 lower case letters, digits and '-', with a letter or digit at both ends",
      ];
}

function isSubdomain(name: string): boolean {
  return name.length <= 253 && DNS_SUBDOMAIN.test(name);
}
