export type * from "./report/report.ts";
