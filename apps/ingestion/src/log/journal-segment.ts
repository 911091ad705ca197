import { type FileHandle, open, rm } from "node:fs/promises";

/** One file of the journal. Its room is written with zeros beforehand: what is appended needs no change of the file's size. */
export class JournalSegment {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #bytes: number;
  #end = 0;
  #isBroken = false;
  /** Records that ClickHouse does not have yet. */
  unreleased = 0;

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.path = path;
    this.#file = file;
    this.#bytes = bytes;
  }

  /**
   * Where the room cannot be had, as on a full disk, nothing stays of the file.
   *
   * @param directory must hold the file's name after a loss of power too: it is synced.
   */
  static async create(path: string, directory: string, bytes: number): Promise<JournalSegment> {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(Buffer.alloc(bytes));
      await file.sync();
      await using entries = await open(directory, "r");
      await entries.sync();
      return new JournalSegment(path, file, bytes);
    } catch (thrown) {
      // a handle that is left to the garbage collector ends the process
      await file.close();
      await rm(path, { force: true });
      throw thrown;
    }
  }

  hasRoom(bytes: number): boolean {
    return !this.#isBroken && this.#end + bytes <= this.#bytes;
  }

  /** Resolves when the record is on disk. After a failure nothing is written behind it: what stands there is unknown. */
  async append(record: Buffer): Promise<void> {
    try {
      let written = 0;
      while (written < record.length) {
        const left = record.length - written;
        written += (await this.#file.write(record, written, left, this.#end + written)).bytesWritten;
      }
      await this.#file.datasync();
    } catch (thrown) {
      this.#isBroken = true;
      throw thrown;
    }
    this.#end += record.length;
    this.unreleased += 1;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }
}
