import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync } from "node:fs";
import { createTemporaryDirectory, freePort, waitUntil } from "@libs/testing";
import { startAsking, userIn } from "./start-asking.ts";

const isMissing = Bun.which("nginx") === null;
const title = `nginx as the service that is asked (needs ${isMissing ? "nginx" : "nothing more"})`;

/** 204 and a name for one session, 403 on a path, 401 for all else: what stands behind many an `auth_request`. */
const configAt = (port: number) => `
daemon off;
pid nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
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
  }
}`;

async function startNginx() {
  const directory = await createTemporaryDirectory();
  mkdirSync(`${directory.path}/temp`);
  // started by root, nginx reads as a user of its own
  chmodSync(directory.path, 0o755);
  const port = await freePort();
  await Bun.write(`${directory.path}/nginx.conf`, configAt(port));
  const nginx = Bun.spawn(["nginx", "-p", directory.path, "-c", "nginx.conf"], { stderr: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  await waitUntil(async () => (await fetch(`${url}/check`)).status === 401, {
    what: "nginx",
    timeoutMs: 20_000,
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      nginx.kill("SIGTERM");
      await nginx.exited;
      await directory[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(isMissing)(title, () => {
  test("204 lets in by name, 401 and 403 are the client's, on a connection that is kept", async () => {
    await using nginx = await startNginx();
    await using asking = await startAsking({ authUrl: nginx.url });
    for (let round = 0; round < 3; round += 1) {
      expect(await userIn(await asking.get("/private/a", { cookie: "session=a" }))).toBe("ada");
      const unknown = await asking.get("/private/a", { cookie: "session=b" });
      expect([unknown.status, unknown.headers.get("content-type")]).toEqual([401, "text/html"]);
      expect(await unknown.text()).toContain("401 Authorization Required");
      expect((await asking.get("/private/secret", { cookie: "session=a" })).status).toBe(403);
    }
  });
});
