const bcrypt = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const argon2 =
  /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=\d{1,2}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}$/;
const bcryptCostMax = 16;
const memoryKibMax = 1_048_576;

/** What is wrong with a hash, without repeating it; `null` if it is valid. */
export function findHashFault(hash: string): string | null {
  const [, cost] = bcrypt.exec(hash) ?? [];
  if (cost !== undefined) {
    const isUsable = Number(cost) >= 4 && Number(cost) <= bcryptCostMax;
    return isUsable ? null : `a bcrypt hash whose cost is not 4 to ${bcryptCostMax}`;
  }
  const [, memory] = argon2.exec(hash) ?? [];
  if (memory !== undefined)
    return Number(memory) <= memoryKibMax ? null : `an Argon2 hash that takes more than ${memoryKibMax} KiB`;
  return "no hash by bcrypt or Argon2 (MD5, SHA-1 and crypt are not taken: make it anew)";
}
