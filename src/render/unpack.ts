import { parseAllDocuments } from "yaml";
import { type Bundle, type Carrier, carrierOf } from "./carriers.ts";
import { valueAt } from "./json-pointer.ts";
import type { KubernetesObject } from "./render.ts";

/** An object with the place where it stands in its document. */
export interface Unpacked {
  readonly object: KubernetesObject;
  /** JSON pointer in the document; null where it stands as text inside a value and has no place of its own. */
  readonly pointer: string | null;
}

/** What a document holds that can be no Kubernetes object. */
export interface Refused {
  readonly pointer: string;
  readonly reason: string;
  /** The kind it names, if any: what it cannot become. */
  readonly kind: string | null;
}

/** The objects of one document: a List's items one by one, anything else as it is. */
export function unpackLists(value: unknown, pointer = ""): readonly (Unpacked | Refused)[] {
  if (!isRecord(value)) return [{ pointer, reason: "is no object", kind: null }];
  const items = value["items"];
  if (typeof value["kind"] === "string" && value["kind"].endsWith("List") && Array.isArray(items)) {
    return items.flatMap((item: unknown, index) =>
      unpackLists(withKindOfList(item, value), `${pointer}/items/${index}`),
    );
  }
  const reason = refusal(value);
  if (reason === null) return [{ object: withMetadata(value), pointer }];
  return [{ pointer, reason, kind: typeof value["kind"] === "string" ? value["kind"] : null }];
}

export function isUnpacked(value: Unpacked | Refused): value is Unpacked {
  return "object" in value;
}

/** Null names are absent ones, as Go decodes them. */
function withMetadata(value: Readonly<Record<string, unknown>>): KubernetesObject {
  const metadata = Object.entries(value["metadata"] ?? {}).filter(([, field]) => field !== null);
  return { ...value, metadata: Object.fromEntries(metadata) } as unknown as KubernetesObject;
}

/** What a carrier holds, and what of it is no object or cannot be found among the objects of its rendering. */
export interface CarriedObjects {
  readonly carrier: Carrier;
  readonly objects: readonly Unpacked[];
  readonly refused: readonly Refused[];
  readonly missing: readonly Bundle[];
}

/** null = the object carries nothing. */
export function unpackCarrier(
  object: KubernetesObject,
  find: (bundle: Bundle) => KubernetesObject | null,
): CarriedObjects | null {
  const carrier = carrierOf(object);
  if (carrier === null) return null;
  const missing: Bundle[] = [];
  const found = carrier.objects.flatMap((pointer) => unpackLists(valueAt(object, pointer), pointer));
  for (const bundle of carrier.bundles) {
    const holder = find(bundle);
    if (holder === null) missing.push(bundle);
    else found.push(...bundledObjects(holder));
  }
  return {
    carrier,
    objects: found.filter(isUnpacked),
    refused: found.filter((one): one is Refused => !isUnpacked(one)),
    missing,
  };
}

/** A ConfigMap's or Secret's values, each a stream of YAML documents. They have no place of their own. */
function bundledObjects(holder: KubernetesObject): readonly (Unpacked | Refused)[] {
  const texts = [
    ...values(holder["data"]).map((text) => (holder.kind === "Secret" ? fromBase64(text) : text)),
    ...values(holder["stringData"]),
  ];
  return texts
    .flatMap((text) => parseAllDocuments(text, { uniqueKeys: false }))
    .flatMap((document): readonly (Unpacked | Refused)[] => {
      const [error] = document.errors;
      if (error !== undefined) return [{ pointer: "", reason: `is not YAML: ${error.message}`, kind: null }];
      const value: unknown = document.toJS();
      return value === null ? [] : unpackLists(value);
    })
    .map((one) => (isUnpacked(one) ? { ...one, pointer: null } : one));
}

function values(map: unknown): readonly string[] {
  return isRecord(map) ? Object.values(map).filter((value) => typeof value === "string") : [];
}

function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}

/** Items of a typed list need not repeat the kind (apimachinery unstructured, decodeToList). */
function withKindOfList(item: unknown, list: Readonly<Record<string, unknown>>): unknown {
  const kind = String(list["kind"]).slice(0, -"List".length);
  if (!isRecord(item) || kind === "" || typeof item["kind"] === "string") return item;
  return { apiVersion: list["apiVersion"], kind, ...item };
}

/** Why the API server could not even tell what it is. */
function refusal(value: Readonly<Record<string, unknown>>): string | null {
  if (typeof value["kind"] !== "string" || value["kind"] === "") return "has no kind";
  if (typeof value["apiVersion"] !== "string" || value["apiVersion"] === "") return "has no apiVersion";
  const metadata = value["metadata"] ?? {};
  if (!isRecord(metadata)) return "metadata is no object";
  for (const field of ["name", "generateName", "namespace"]) {
    if (!["string", "undefined"].includes(typeof (metadata[field] ?? undefined)))
      return `metadata.${field} is no string`;
  }
  return null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
