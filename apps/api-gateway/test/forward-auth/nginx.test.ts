import { describe, expect, test } from "bun:test";
import { freePort } from "@libs/testing";
import { startNginx } from "../support/start-nginx.ts";
import { startAsking, userIn } from "./start-asking.ts";

const isMissing = Bun.which("nginx") === null;
const title = `nginx as the service that is asked (needs ${isMissing ? "nginx" : "nothing more"})`;

/** 204 and a name for one session, 403 on one path, 401 otherwise: a typical `auth_request` service. */
const httpAt = (port: number) => `
  map $http_cookie $is_known { default 0; "session=a" 1; }
  map $http_x_forwarded_uri $is_secret { default 0; "~^/private/secret" 1; }
  server {
    listen 127.0.0.1:${port};
    location = /check {
      add_header X-User ada;
      if ($is_secret) { return 403; }
      if ($is_known) { return 204; }
      return 401;
    }
  }`;

describe.skipIf(isMissing)(title, () => {
  test("204 admits by name, 401 and 403 are passed to the client, over a reused connection", async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    await using _nginx = await startNginx(
      httpAt(port),
      async () => (await fetch(`${url}/check`)).status === 401,
    );
    await using asking = await startAsking({ authUrl: url });
    for (let round = 0; round < 3; round += 1) {
      expect(await userIn(await asking.get("/private/a", { cookie: "session=a" }))).toBe("ada");
      const unknown = await asking.get("/private/a", { cookie: "session=b" });
      expect([unknown.status, unknown.headers.get("content-type")]).toEqual([401, "text/html"]);
      expect(await unknown.text()).toContain("401 Authorization Required");
      expect((await asking.get("/private/secret", { cookie: "session=a" })).status).toBe(403);
    }
  });
});
