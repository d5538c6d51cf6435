import { expect, test } from "@jest/globals";
import { readManifest, registrationManifest, WEBHOOK_PATH } from "../../../src/github/setup/manifest.ts";
import { EVENT_PERMISSIONS } from "../../github/world.ts";

const REGISTRATION = {
  name: "egress-review-acme",
  homepage: "https://egress.example.com",
  serviceUrl: "https://egress.example.com",
  redirectUrl: "http://127.0.0.1:8080/registered",
};

test("GitHub is asked for the least that does the work, and to send events where the service listens", async () => {
  const manifest = await readManifest("https://api.github.com");
  expect(registrationManifest(manifest, REGISTRATION)).toEqual({
    name: "egress-review-acme",
    url: "https://egress.example.com",
    hook_attributes: { url: "https://egress.example.com/api/github/webhooks", active: true },
    redirect_url: "http://127.0.0.1:8080/registered",
    public: false,
    default_permissions: {
      metadata: "read",
      contents: "read",
      checks: "write",
      pull_requests: "write",
      issues: "read",
      merge_queues: "read",
    },
    default_events: [
      "pull_request",
      "issue_comment",
      "check_run",
      "check_suite",
      "merge_group",
      "push",
      "repository",
    ],
  });
  expect(WEBHOOK_PATH).toBe("/api/github/webhooks");
});

test("every event has the permission that GitHub wants for it", async () => {
  for (const api of ["https://api.github.com", "https://github.example.com/api/v3"]) {
    const { default_events: events, default_permissions: permissions } = await readManifest(api);
    expect(events.filter((event) => permissions[EVENT_PERMISSIONS[event] ?? ""] === undefined)).toEqual([]);
  }
});

test("an own server is not asked for merge groups, a tenant with data residency is", async () => {
  const server = await readManifest("https://github.example.com/api/v3");
  expect(server.default_events).not.toContain("merge_group");
  expect(server.default_permissions).not.toHaveProperty("merge_queues");
  const tenant = await readManifest("https://api.acme.ghe.com");
  expect(tenant.default_events).toContain("merge_group");
});
