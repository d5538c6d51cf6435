import type {
  Dropped,
  EngineError,
  JsonValue,
  MissingDependency,
  RenderedDocument,
  Rendering,
} from "./engine.ts";

/** The header of a response frame, as engine/response.go writes it: what is empty is left out. */
interface Header {
  readonly documents: readonly {
    readonly name?: string;
    readonly source?: string;
    readonly archive?: string;
    readonly group: RenderedDocument["group"];
    readonly line?: number;
    readonly duplicateKeys?: RenderedDocument["duplicateKeys"];
    readonly error?: string;
    readonly jsonLength: number;
    readonly textLength: number;
  }[];
  readonly dropped?: readonly {
    readonly template?: string;
    readonly source?: string;
    readonly archive?: string;
    readonly entry?: string;
    readonly root?: string;
    readonly message: string;
    readonly line?: number;
    readonly column?: number;
    readonly kinds: readonly string[] | null;
    readonly remote?: string;
  }[];
  readonly missing?: readonly (Omit<MissingDependency, "message"> & { readonly message?: string })[];
  readonly warnings?: readonly string[];
  readonly error?: Pick<EngineError, "kind" | "message"> & {
    readonly source?: string;
    readonly line?: number;
    readonly column?: number;
    readonly remote?: readonly string[];
  };
}

const decoder = new TextDecoder();

/**
 * Reads a response of the module: the length of the header as 32 bits, little-endian; the header as JSON; then, for
 * each document, its JSON and its text.
 */
export function decodeResponse(frame: Uint8Array): Omit<Rendering, "trace"> {
  const length = new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
  const header = JSON.parse(decoder.decode(frame.subarray(4, 4 + length))) as Header;
  let offset = 4 + length;
  const take = (size: number): string => {
    const text = decoder.decode(frame.subarray(offset, offset + size));
    offset += size;
    return text;
  };
  const documents = header.documents.map((document): RenderedDocument => {
    const json = take(document.jsonLength);
    const text = take(document.textLength);
    return {
      source: document.source ?? null,
      archive: document.archive ?? null,
      name: document.name ?? null,
      group: document.group,
      line: document.line ?? null,
      object: json === "" ? null : (JSON.parse(json) as { readonly [key: string]: JsonValue }),
      text,
      duplicateKeys: document.duplicateKeys ?? [],
      error: document.error ?? null,
    };
  });
  return {
    documents,
    dropped: (header.dropped ?? []).map(decodeDropped),
    missing: (header.missing ?? []).map((missing) => ({ ...missing, message: missing.message ?? null })),
    warnings: header.warnings ?? [],
    error: header.error === undefined ? null : decodeError(header.error),
  };
}

function decodeDropped(dropped: NonNullable<Header["dropped"]>[number]): Dropped {
  const { message } = dropped;
  if (dropped.entry !== undefined) {
    return {
      kind: "entry",
      entry: dropped.entry,
      root: dropped.root ?? ".",
      message,
      remote: dropped.remote ?? null,
    };
  }
  return {
    kind: "template",
    template: dropped.template ?? "",
    source: dropped.source ?? null,
    archive: dropped.archive ?? null,
    message,
    line: dropped.line ?? null,
    column: dropped.column ?? null,
    kinds: dropped.kinds,
  };
}

function decodeError(error: NonNullable<Header["error"]>): EngineError {
  return {
    kind: error.kind,
    message: error.message,
    source: error.source ?? null,
    line: error.line ?? null,
    column: error.column ?? null,
    remote: error.remote ?? [],
  };
}

/** A rendering that ended before the module answered. */
export function failedRendering(kind: EngineError["kind"], message: string): Omit<Rendering, "trace"> {
  const error = { kind, message, source: null, line: null, column: null, remote: [] };
  return { documents: [], dropped: [], missing: [], warnings: [], error };
}
