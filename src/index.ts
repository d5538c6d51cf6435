import type { ApplicationFunction } from "probot";
import { EVENTS } from "./github/events/events.ts";
import { refuseToRun, runService, settingsOrExit } from "./service-process.ts";

/** Options of `probot run` that would have Probot believe another secret than the one that is checked here. */
const SECRET_OPTION = /^(-s|--secret)/;

/**
 * The App for people who host Probot apps: `probot run ./dist/index.js`. Probot receives and checks signatures, everything
 * behind that is the service of `npm start`. Probot awaits handlers and answers 500 where one throws, so that a delivery is
 * acknowledged when it is written. Its own front knows no limit of a body and no second secret: `npm start` does.
 */
const app: ApplicationFunction = async (probot, { addHandler }) => {
  if (process.argv.some((argument) => SECRET_OPTION.test(argument))) {
    refuseToRun(["WEBHOOK_SECRET is where the secret is read from: take --secret away"]);
  }
  const service = await runService(settingsOrExit(), false);
  probot.onAny(async ({ id, name, payload }) => {
    if (EVENTS.has(name)) await service.accept(name, id, payload);
  });
  addHandler((request, response) => service.answerHealth(request, response));
};

export default app;
