import type { RepositoryReference } from "../github.ts";
import type { RepositoryClient } from "./repository-client.ts";

/** Where clients come from: one App, every installation. Methods throw `GitHubError`. */
export interface Clients {
  /** With a token narrowed to this repository. */
  repository(repository: RepositoryReference): Promise<RepositoryClient>;
  installations(): Promise<readonly Installation[]>;
  /** Repositories of an installation. */
  repositories(
    installation: number,
  ): Promise<readonly (RepositoryReference & { readonly archived: boolean })[]>;
  /** A repository by its name, where an installation of the same owner holds it. */
  repositoryNamed(installation: number, owner: string, name: string): Promise<RepositoryReference>;
  /** Deliveries of the last `since` that failed at every attempt, and asking GitHub to send one again. */
  failedDeliveries(since: Date): Promise<readonly FailedDelivery[]>;
  redeliver(delivery: string): Promise<void>;
  /** Where GitHub sends events; "" = nowhere. */
  webhookUrl(): Promise<string>;
  /** What the App is registered with. */
  app(): Promise<RegisteredApp>;
}

export interface Installation {
  readonly id: number;
  readonly account: string;
  /** Where its owner manages it: permissions to accept, repositories. */
  readonly url: string;
  readonly suspended: boolean;
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
}

export interface FailedDelivery {
  /** Digits: beyond 2^53, so no number. */
  readonly id: string;
  readonly guid: string;
  readonly event: string;
  readonly deliveredAt: string;
}

export interface RegisteredApp {
  readonly id: number;
  readonly slug: string;
  /** Its public page, where it is installed from. */
  readonly url: string;
  /** Where its owner changes it. */
  readonly settingsUrl: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
}
