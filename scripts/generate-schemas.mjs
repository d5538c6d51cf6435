/**
 * Writes `schemas/*.schema.json` from the zod schemas that the code itself uses, so that the published shape of an output or
 * of the configuration is never described twice. Run it by `npm run schemas`, which builds first.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { configurationSchema } from "../dist/config/schema.js";
import { answerSchema } from "../dist/report/answer/schema.js";
import { reviewSchema } from "../dist/report/review/schema.js";
import { surfaceSchema } from "../dist/report/surface/schema.js";
import { targetsSchema } from "../dist/report/targets/schema.js";

const folder = new URL("../schemas/", import.meta.url);
const schemas = {
  answer: answerSchema,
  configuration: configurationSchema,
  review: reviewSchema,
  surface: surfaceSchema,
  targets: targetsSchema,
};

mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries(schemas)) {
  const document = z.toJSONSchema(schema, { target: "draft-2020-12" });
  writeFileSync(new URL(`${name}.schema.json`, folder), `${JSON.stringify(document, null, 2)}\n`);
}
