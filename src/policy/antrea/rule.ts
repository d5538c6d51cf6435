import type { Peer, Pods, Rule } from "../model/policy.ts";
import { requiredEnum } from "../schema/crd-field.ts";
import { type JsonObject, type Located, objectList, ownField } from "../schema/decode.ts";
import { child, type FieldPath, forbidden } from "../schema/field-error.ts";
import { appliedTo } from "./applied-to.ts";
import { antreaPeers, type Side } from "./peer.ts";
import { type AntreaPorts, antreaPorts } from "./ports.ts";
import { type AntreaReading, leaveOpen, withoutEffect } from "./reading.ts";
import { toServicePeers } from "./to-services.ts";

const ACTIONS = ["Allow", "Drop", "Reject", "Pass"] as const;
type Action = (typeof ACTIONS)[number];

const MEANING: Readonly<Record<Action, Rule["action"]>> = {
  Allow: "allow",
  Drop: "deny",
  // It answers instead of keeping silent.
  Reject: "deny",
  Pass: "pass",
};

export interface AntreaRule {
  readonly rule: Rule;
  /** Whom it is applied to by itself; null = whom the policy is applied to. */
  readonly appliedTo: readonly Pods[] | null;
  readonly path: FieldPath;
}

/**
 * One rule in its place, and a rule that means nothing keeps its place: rules of equal priority are equal where they have the
 * same number.
 */
export function antreaRule(reading: AntreaReading, value: Located<JsonObject>, side: Side): AntreaRule {
  const action = requiredEnum(reading, value, "action", ACTIONS);
  const ports = antreaPorts(reading, value);
  const services = objectList(reading, value, "toServices");
  const application = objectList(reading, value, "l7Protocols").length > 0;
  if (side === "to") checkServices(reading, value);
  if (application && action !== "Allow") {
    reading.errors.push(forbidden(child(value.path, "l7Protocols"), "layer 7 protocols only support Allow"));
  }
  const entries = objectList(reading, value, "appliedTo");
  const own = entries.length === 0 ? null : appliedTo(reading, entries, side === "to");
  const meaning = MEANING[action ?? "Allow"];
  const asServices = side === "to" && services.length > 0;
  const peers = asServices ? toServicePeers(reading, value) : peersOf(reading, value, side);
  return {
    rule: {
      action: meaning,
      ...(own === null ? {} : { subjects: own }),
      peers: held(reading, value, { action: meaning, peers, ports, asServices }),
      ports: ports.ports,
      ...(application ? { application: true } : {}),
      pointer: value.path.pointer,
    },
    appliedTo: own,
    path: value.path,
  };
}

function checkServices(reading: AntreaReading, { value, path }: Located<JsonObject>): void {
  const given = (name: string) => ownField(value, name) !== undefined && ownField(value, name) !== null;
  const to = ownField(value, "to");
  if (given("toServices") && ((Array.isArray(to) && to.length > 0) || given("ports") || given("protocols"))) {
    reading.errors.push(forbidden(path, "`toServices` cannot be used with `to`, `ports` or `protocols`"));
  }
}

/** Left out or empty: any destination. */
function peersOf(reading: AntreaReading, value: Located<JsonObject>, side: Side): readonly Peer[] | null {
  const read = objectList(reading, value, side).map((entry) => antreaPeers(reading, entry, side));
  const kept = read.filter((peers) => peers !== null);
  return kept.length === 0 ? null : kept.flat();
}

/**
 * What a rule is counted for. The sender chooses its own port, and a Service can be gone round: pods behind it are reached by
 * their own addresses. So such a rule allows all that it names and stops none of it; where it passes nobody can tell.
 */
function held(
  reading: AntreaReading,
  { path }: Located<JsonObject>,
  {
    action,
    peers,
    ports,
    asServices,
  }: {
    readonly action: Rule["action"];
    readonly peers: readonly Peer[] | null;
    readonly ports: AntreaPorts;
    readonly asServices: boolean;
  },
): readonly Peer[] | null {
  if (action === "allow" || !(asServices || ports.asksForSource)) return peers;
  const reason = asServices
    ? "it matches the addresses of Services, and pods behind them are reached by their own"
    : "it matches ports of the sender, which the sender chooses";
  if (action === "pass") leaveOpen(reading, path, reason);
  else withoutEffect(reading, path, `it stops nothing for certain: ${reason}`);
  return [];
}
