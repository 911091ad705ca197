import { existsSync } from "node:fs";
import { join } from "node:path";
import type { HubPeer } from "../peer.ts";
import { publishPlainly } from "./plain-wire.ts";

const goPath = "/usr/share/gocode";
const packages = [
  "golang-go",
  "golang-github-centrifugal-centrifuge-dev",
  "golang-github-centrifugal-protocol-dev",
  "golang-github-fzambia-eagle-dev",
  "golang-github-igm-sockjs-go-dev",
  "golang-github-mna-redisc-dev",
];

/**
 * Centrifuge (Go), the library that Centrifugo is a server of (https://github.com/centrifugal/centrifuge), as Debian has it, in
 * its own protocol: commands and replies are lines of JSON, several in a message.
 */
export const centrifuge: HubPeer = {
  name: "Centrifuge (Go)",
  missing() {
    const isThere =
      Bun.which("go") !== null && existsSync(join(goPath, "src/github.com/centrifugal/centrifuge"));
    return isThere ? null : `install ${packages.join(" ")}`;
  },
  async prepare({ port, directory }) {
    const program = join(directory, "centrifuge-server");
    const source = join(import.meta.dir, "centrifuge-server.go");
    const child = Bun.spawn(["go", "build", "-o", program, source], {
      env: { ...process.env, GO111MODULE: "off", GOPATH: goPath },
      stdout: "ignore",
      stderr: "pipe",
    });
    if ((await child.exited) !== 0)
      throw new Error(`Centrifuge did not compile: ${await new Response(child.stderr).text()}`);
    return [program, String(port)];
  },
  publish: publishPlainly,
  wire: {
    path: "/ws",
    greet(socket, done) {
      socket.addEventListener("open", () => socket.send('{"id":1,"params":{}}'));
      return (text) => {
        if (text.startsWith('{"id":1,')) done();
      };
    },
    event: (number, payload) => `{"id":${number + 2},"method":9,"params":{"data":${payload}}}`,
    split: (data) => data.trimEnd().split("\n"),
    isAck: (text) => text.startsWith('{"id":') && !text.startsWith('{"id":1,'),
    isTick: (text) => text.startsWith('{"result":{"channel":"all"'),
  },
};
