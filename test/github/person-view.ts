import type { PullRequest } from "./entities.ts";
import { headOf } from "./test-merge.ts";
import type { World } from "./world.ts";

export function personView(_world: World, pull: PullRequest): string {
  return `#${pull.number} ${pull.title} ${headOf(pull)}`;
}
