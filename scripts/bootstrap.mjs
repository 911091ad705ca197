/**
 * Entry point for a fresh machine: runs on Node 20+ or on Bun, needs nothing installed. Installs the pinned Bun and the
 * dependencies if they are missing, then runs `scripts/<task>.ts` on Bun.
 *
 *   node scripts/bootstrap.mjs start|test [arguments]
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const binaries = join(root, "node_modules", ".bin");
const pinnedBun = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager.split("@")[1];
const environment = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH ?? ""}` };

/** The state at the start, because installing takes a while. */
const parent = process.ppid;

const [task, ...rest] = process.argv.slice(2);
if (task === undefined || !existsSync(join(root, "scripts", `${task}.ts`))) {
  console.error("usage: node scripts/bootstrap.mjs start|test [arguments]");
  process.exit(2);
}
installIfNeeded();
run(localBun(), [join(root, "scripts", `${task}.ts`), ...rest]);

/** Installs when the lockfile differs from the one installed last, by a stamp in the installed folder. */
function installIfNeeded() {
  const stamp = join(root, "node_modules", ".cartway-installed");
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "bun.lock")))
    .digest("hex");
  const installed = existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
  if (installed === wanted && localBun() !== null) return;
  console.log("Installing dependencies ...");
  const [command, ...before] = installer();
  const result = spawnSync(command, [...before, "install", "--frozen-lockfile"], {
    cwd: root,
    env: environment,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (result.status !== 0 || localBun() === null) {
    console.error(
      "The dependencies could not be installed: see the lines above. The first start needs the network.",
    );
    process.exit(result.status || 1);
  }
  keep(stamp, wanted);
}

/** Without it the next start looks again, in a moment: what is installed may belong to somebody else. */
function keep(stamp, wanted) {
  try {
    writeFileSync(stamp, wanted);
  } catch (error) {
    console.log(`(${error.code}: ${stamp} cannot be written; each start will look for dependencies)`);
  }
}

/** A program that can install: the Bun that runs this, one installed earlier, one on the PATH, or npm's. */
function installer() {
  if (process.versions.bun !== undefined) return [process.execPath];
  const local = localBun();
  if (local !== null) return [local];
  return [process.platform === "win32" ? "npx.cmd" : "npx", "--yes", `bun@${pinnedBun}`];
}

/** The pinned Bun, where it is installed and runs; `null` else. */
function localBun() {
  if (process.versions.bun === pinnedBun) return process.execPath;
  const candidate = join(binaries, process.platform === "win32" ? "bun.exe" : "bun");
  if (!existsSync(candidate)) return null;
  const answer = spawnSync(candidate, ["--version"], { encoding: "utf8" });
  return answer.stdout?.trim() === pinnedBun ? candidate : null;
}

/** Runs in the foreground, forwards signals, and exits as the child does. */
function run(command, commandArguments) {
  const child = spawn(command, commandArguments, { cwd: root, env: environment, stdio: "inherit" });
  let isTold = false;
  const tell = (signal) => {
    isTold = true;
    child.kill(signal);
  };
  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"]) process.on(signal, () => tell(signal));
  // a child that already got the signal is ending, and would take a second one as a demand to stop at once
  whenNpmIsGone(() => isTold || tell("SIGTERM"));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

/**
 * Between npm and this process is a shell, which ends at the signal that npm sends it and forwards nothing: its disappearance is
 * the signal. Only below npm: elsewhere the parent may intentionally leave this running.
 */
function whenNpmIsGone(act) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, 250);
  timer.unref();
}
