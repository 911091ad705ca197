import type { ProvisionedDevice } from "../devices/provision-device.ts";

/** Codes for printing, a line a device, as RFC 4180 has it. */
export function activationCodesCsv(devices: readonly ProvisionedDevice[]): string {
  const rows = devices.map(({ device, activationCode, expiresAt }) => [
    device.id,
    device.name,
    device.kind,
    activationCode,
    expiresAt,
  ]);
  const lines = [["deviceId", "name", "kind", "activationCode", "expiresAt"], ...rows];
  return lines.map((fields) => `${fields.map(fieldOf).join(",")}\r\n`).join("");
}

/** What a spreadsheet would take for a formula is made a text: names are typed by people, and sheets are opened by others. */
function fieldOf(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
