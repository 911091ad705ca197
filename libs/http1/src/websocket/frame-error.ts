/** An invalid frame or message: `code` is the close code, the message its reason. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  readonly code: 1002 | 1007 | 1009;

  constructor(code: FrameError["code"], message: string) {
    super(message);
    this.code = code;
  }
}
