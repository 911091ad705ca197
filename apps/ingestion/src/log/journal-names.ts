/** Of a file whose records somebody may still have to read. @param number from 1, in the order of their records */
export function segmentName(number: number): string {
  return `${String(number).padStart(12, "0")}.journal`;
}

/** Of one that waits to be used again: what it held is nobody's business any more. */
export function retiredName(number: number): string {
  return `${String(number).padStart(12, "0")}.retired`;
}

/** `null` where it is no file of records. */
export function segmentNumber(name: string): number | null {
  const digits = /^([0-9]{12})\.journal$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

export function isRetired(name: string): boolean {
  return /^[0-9]{12}\.retired$/.test(name);
}
