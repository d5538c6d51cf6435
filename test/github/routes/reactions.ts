import { actorOf } from "../caller.ts";
import type { Reaction } from "../entities.ts";
import { malformed } from "../refusal.ts";
import { type Answer, json, type RepositoryRequest } from "../route.ts";

const CONTENTS = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"] as const;

/** One person has one reaction of a kind: again it is 200 and nothing new. */
export function addReaction({ world, caller, body }: RepositoryRequest, reactions: Reaction[]): Answer {
  const content = body.oneOf("content", CONTENTS);
  if (content === null) throw malformed(`"content" wasn't supplied.`);
  const { account } = actorOf(caller);
  const known = reactions.find((one) => one.author === account && one.content === content);
  if (known !== undefined) return json(200, world.answers.reaction(known));
  const reaction = { id: world.nextId(), content, author: account, createdAt: world.now() };
  reactions.push(reaction);
  return json(201, world.answers.reaction(reaction));
}
