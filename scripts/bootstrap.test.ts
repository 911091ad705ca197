import { afterAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTemporaryDirectory } from "@libs/testing";

const root = join(import.meta.dir, "..");
const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

/** A checkout with everything installed, whose only task prints its arguments and ends. */
async function makeCheckout(): Promise<void> {
  await mkdir(directory.file("scripts"));
  await mkdir(directory.file("node_modules/.bin"), { recursive: true });
  for (const file of ["package.json", "bun.lock", "scripts/bootstrap.mjs"])
    await copyFile(join(root, file), directory.file(file));
  await symlink(process.execPath, directory.file("node_modules/.bin/bun"));
  const lock = await Bun.file(join(root, "bun.lock")).bytes();
  const stamp = createHash("sha256").update(lock).digest("hex");
  await writeFile(directory.file("node_modules/.cartway-installed"), stamp);
  await writeFile(
    directory.file("scripts/wait.ts"),
    `setInterval(() => undefined, 60_000);
     for (const signal of ["SIGTERM", "SIGINT"] as const)
       process.on(signal, () => { console.log("told", signal); process.exit(0); });
     console.log("waits");`,
  );
}

/** Runs the task below a shell, as npm does. */
function startBelowShell() {
  const command = `"${Bun.which("node") ?? process.execPath}" scripts/bootstrap.mjs wait; true`;
  const shell = Bun.spawn(["sh", "-c", command], {
    cwd: directory.path,
    env: { ...process.env, npm_lifecycle_event: "start" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const reader = shell.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let output = "";
  return {
    shell,
    async read(until: string): Promise<string> {
      while (!output.includes(until)) {
        const { value, done } = await reader.read();
        if (done) break;
        output += value;
      }
      return output;
    },
  };
}

test("what npm started ends cleanly when npm is told to stop, though its shell passes nothing on", async () => {
  await makeCheckout();
  const started = startBelowShell();
  await started.read("waits");
  started.shell.kill("SIGTERM");
  expect(await started.read("told")).toContain("told SIGTERM");
}, 20_000);

test("what is installed runs also where that cannot be noted", async () => {
  await using checkout = await createTemporaryDirectory();
  await mkdir(checkout.file("scripts"));
  await mkdir(checkout.file("node_modules/.bin"), { recursive: true });
  for (const file of ["package.json", "bun.lock", "scripts/bootstrap.mjs"])
    await copyFile(join(root, file), checkout.file(file));
  // installs nothing, because everything is there
  const bun = `#!/bin/sh\nif [ "$1" = install ]; then exit 0; fi\nexec "${process.execPath}" "$@"\n`;
  await writeFile(checkout.file("node_modules/.bin/bun"), bun);
  await chmod(checkout.file("node_modules/.bin/bun"), 0o755);
  await symlink(checkout.file("nowhere/stamp"), checkout.file("node_modules/.cartway-installed"));
  await writeFile(checkout.file("scripts/greet.ts"), 'console.log("runs")');
  const command = [Bun.which("node") ?? process.execPath, "scripts/bootstrap.mjs", "greet"];
  const child = Bun.spawn(command, { cwd: checkout.path, stdio: ["ignore", "pipe", "inherit"] });
  expect(await child.stdout.text()).toEndWith("runs\n");
  expect(await child.exited).toBe(0);
}, 20_000);
