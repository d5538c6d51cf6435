import type { Configuration } from "../config/config.ts";

/** What the configuration says of a cluster: the part of it that this folder needs. */
export type Declarations = Pick<Configuration, "namespaces" | "workloads" | "podCIDRs">;
