import type { ControlEffect, Framework } from "../../rules/finding.ts";
import { sorted } from "../layout/order.ts";

/** In the order in which reviews print them. */
const FRAMEWORKS: Readonly<Record<Framework, { readonly rank: number; readonly name: string }>> = {
  "nist-800-53": { rank: 0, name: "NIST 800-53" },
  "cis-kubernetes": { rank: 1, name: "CIS Kubernetes" },
  "pci-dss": { rank: 2, name: "PCI DSS 4.0.1" },
};

/** A shape beside the word, so that neither colour nor language carries the meaning alone. */
const EFFECTS: Readonly<Record<ControlEffect["effect"], string>> = {
  stronger: "▲ stronger",
  weaker: "▼ weaker",
  mixed: "◆ mixed",
  unchanged: "○ unchanged",
  "not-assessed": "○ not assessed",
};

export const CONTROLS_TITLE = "Controls (evidence, not a statement of compliance)";

export function frameworkName(framework: Framework): string {
  return FRAMEWORKS[framework].name;
}

export function effectText(effect: ControlEffect["effect"]): string {
  return EFFECTS[effect];
}

export function controlsInOrder<T extends { readonly framework: Framework; readonly id: string }>(
  controls: readonly T[],
): readonly T[] {
  return sorted(
    controls,
    ({ framework }) => FRAMEWORKS[framework].rank,
    ({ id }) => id,
  );
}
