import { notFound } from "../refusal.ts";
import { json, type Route } from "../route.ts";

export const MANIFEST_ROUTES: readonly Route[] = [
  {
    access: "anyone",
    method: "POST",
    template: "/app-manifests/{code}/conversions",
    handle: ({ world, parameters }) => {
      const app = world.convertManifest(parameters["code"] ?? "");
      if (app === null) throw notFound();
      return json(201, {
        ...world.answers.integration(app),
        client_secret: world.secret("client", 40),
        webhook_secret: app.webhookSecret,
        pem: app.privateKey,
      });
    },
  },
];
