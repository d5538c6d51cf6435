/** Native ES modules: run through `npm test`, which passes --experimental-vm-modules. */
export default {
  testEnvironment: "node",
  // By default one processor is left idle.
  maxWorkers: "100%",
  // For a test that hangs; how fast something is, no test says.
  testTimeout: 60_000,
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2023" } }],
  },
};
