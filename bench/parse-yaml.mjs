/** What the `yaml` package alone needs to parse every file of two folders: the yardstick for the size ladder. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

let documents = 0;
for (const folder of process.argv.slice(2)) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!/\.ya?ml$/.test(name)) continue;
    for (const document of parseAllDocuments(readFileSync(join(folder, name), "utf8"))) {
      document.toJS();
      documents += 1;
    }
  }
}
console.log(documents);
