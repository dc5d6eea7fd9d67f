/** What a decoder owes the next handler when it leaves. */
import { ByteBuf } from "@sluice/buffer";

/**
 * The messages in order, without empty buffers, and bytes that follow each other as one buffer: who gets them may cause
 * more to arrive while he has the first, and that would overtake the second.
 */
export function unreadMessages(messages: readonly unknown[]): unknown[] {
  const unread: unknown[] = [];
  let run: ByteBuf[] = [];
  const endRun = (): void => {
    if (run.length > 0) unread.push(run.length === 1 ? run[0] : ByteBuf.concat(run));
    run = [];
  };
  for (const message of messages) {
    if (!(message instanceof ByteBuf)) {
      endRun();
      unread.push(message);
    } else if (message.isReadable()) run.push(message);
  }
  endRun();
  return unread;
}
