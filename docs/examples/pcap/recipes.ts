/** Captures as the page on observability has them. */
import { fileSink, PcapCapture, PcapWriteHandler, type ServerChannel } from "sluice";

/** The last 64 MiB of whatever happens, in four files; to be left on. */
export const flightRecorder = (folder: string) =>
  new PcapCapture({
    sink: (slot) => fileSink(`${folder}/wire-${slot}.pcapng`),
    maxFiles: 4,
    maxFileBytes: 16 * 1024 * 1024,
    onError: (error) => console.warn(error.message),
    // Microseconds instead of milliseconds.
    now: () => performance.timeOrigin + performance.now(),
  });

/** Looks at the connections a running server has; returns how to stop. */
export function captureNow(server: ServerChannel, capture: PcapCapture): () => void {
  const handlers = [...server.children].map((channel) => {
    const handler = new PcapWriteHandler({ capture });
    channel.pipeline.addFirst(handler);
    return { channel, handler };
  });
  return () => {
    for (const { channel, handler } of handlers) if (channel.isOpen) channel.pipeline.remove(handler);
    capture.close();
  };
}
