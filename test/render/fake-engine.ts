import { parse } from "yaml";
import type {
  Engine,
  EngineError,
  EngineErrorKind,
  JsonValue,
  RenderedDocument,
  Rendering,
} from "../../src/engine/engine.ts";

/** An engine that answers every request with one rendering. */
export function fakeEngine(rendering: Partial<Rendering>): Engine {
  const answer = () =>
    Promise.resolve({
      documents: [],
      dropped: [],
      missing: [],
      warnings: [],
      error: null,
      trace: [],
      ...rendering,
    });
  return {
    digest: "fake",
    prepare: () => {},
    helm: answer,
    kustomize: answer,
    manifests: answer,
    close: () => Promise.resolve(),
  };
}

export function document(text: string, partial: Partial<RenderedDocument> = {}): RenderedDocument {
  return {
    source: "shop/templates/a.yaml",
    archive: null,
    name: "shop/templates/a.yaml",
    group: "manifest",
    line: null,
    object: parse(text) as { [key: string]: JsonValue },
    text,
    duplicateKeys: [],
    error: null,
    ...partial,
  };
}

export function engineError(kind: EngineErrorKind, partial: Partial<EngineError> = {}): EngineError {
  return {
    kind,
    message: `it failed: ${kind}`,
    source: null,
    line: null,
    column: null,
    remote: [],
    ...partial,
  };
}
