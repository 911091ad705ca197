import { chmodSync, mkdirSync } from "node:fs";
import { createTemporaryDirectory, waitUntil } from "@libs/testing";

export interface Nginx {
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a real nginx.
 * @param http the content of its `http` block.
 * @param isUp called until it returns true.
 */
export async function startNginx(http: string, isUp: () => Promise<boolean>): Promise<Nginx> {
  const directory = await createTemporaryDirectory();
  mkdirSync(`${directory.path}/temp`);
  // started by root, nginx reads files as another user
  chmodSync(directory.path, 0o755);
  await Bun.write(`${directory.path}/nginx.conf`, configOf(http));
  const nginx = Bun.spawn(["nginx", "-p", directory.path, "-c", "nginx.conf"], { stderr: "ignore" });
  await waitUntil(isUp, { what: "nginx", timeoutMs: 20_000 });
  return {
    async [Symbol.asyncDispose]() {
      nginx.kill("SIGTERM");
      await nginx.exited;
      await directory[Symbol.asyncDispose]();
    },
  };
}

const configOf = (http: string): string => `
daemon off;
pid nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
${http}
}`;
