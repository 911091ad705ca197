/** The path of Prometheus' checker; `null` where it is not installed. */
export const promtool: string | null = Bun.which("promtool");

/**
 * The output of `promtool check metrics` for a `/metrics` text, one line per problem; empty where it is clean. Checks names and format.
 */
export async function checkMetrics(text: string): Promise<readonly string[]> {
  if (promtool === null) throw new Error("promtool is not installed");
  const child = Bun.spawn([promtool, "check", "metrics"], {
    stdin: new Blob([text]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const code = await child.exited;
  const problems = `${stdout}\n${stderr}`.split("\n").filter((line) => line.trim() !== "");
  return code === 0 || problems.length > 0 ? problems : [`promtool exited with ${code}`];
}
