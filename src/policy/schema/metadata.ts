import {
  type Decoder,
  type JsonObject,
  type Located,
  objectField,
  stringField,
  stringMap,
} from "./decode.ts";
import { child, invalid, ROOT, required } from "./field-error.ts";
import { checkLabels } from "./label-selector.ts";
import { labelKeyErrors, namespaceNameErrors, objectNameErrors } from "./names.ts";

/** ObjectMeta of a namespaced object, as far as the API server refuses one for it (validation.ValidateObjectMeta). */
export function checkMetadata(decoder: Decoder, object: Located<JsonObject>): void {
  const metadata = objectField(decoder, object, "metadata") ?? { value: {}, path: child(ROOT, "metadata") };
  const name = stringField(decoder, metadata, "name");
  const generateName = stringField(decoder, metadata, "generateName");
  const namespace = stringField(decoder, metadata, "namespace");
  if (name !== null && name.value !== "") {
    for (const reason of objectNameErrors(name.value))
      decoder.errors.push(invalid(name.path, name.value, reason));
  } else if (generateName === null || generateName.value === "") {
    decoder.errors.push(required(child(metadata.path, "name"), "name or generateName is required"));
  }
  if (namespace !== null && namespace.value !== "") {
    for (const reason of namespaceNameErrors(namespace.value)) {
      decoder.errors.push(invalid(namespace.path, namespace.value, reason));
    }
  }
  checkLabels(decoder, metadata, "labels");
  for (const { key, path } of stringMap(decoder, metadata, "annotations")) {
    for (const reason of labelKeyErrors(key)) decoder.errors.push(invalid(path, key, reason));
  }
}
