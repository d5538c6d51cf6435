import { type AttributedPod, attributeOf } from "../policy/model/pod-attribute.ts";
import { ANY_LABEL, IS_ABSENT, IS_PRESENT, isOneOf, type LabelSet } from "../sets/label.ts";

/** Every value that a pod may have under a key of a selector. */
export function valuesOf(pod: AttributedPod, key: string): LabelSet {
  const attribute = attributeOf(pod, key);
  switch (attribute.kind) {
    case "value":
      return isOneOf([attribute.value]);
    case "absent":
      return IS_ABSENT;
    case "present":
      return IS_PRESENT;
    case "unknown":
      return ANY_LABEL;
  }
}
