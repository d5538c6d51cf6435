import { runService, settingsOrExit } from "./service-process.ts";

await runService(settingsOrExit(), true);
