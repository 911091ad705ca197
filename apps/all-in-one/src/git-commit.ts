/** The commit of the checkout that this runs from, or `null` where there is none, for example in an image. */
export function gitCommit(directory: string): string | null {
  if (Bun.which("git") === null) return null;
  const { exitCode, stdout } = Bun.spawnSync(["git", "rev-parse", "--short=12", "HEAD"], {
    cwd: directory,
    stderr: "ignore",
  });
  return exitCode === 0 ? stdout.toString().trim() : null;
}
