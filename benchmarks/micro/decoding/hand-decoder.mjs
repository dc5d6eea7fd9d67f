// A 4-byte length field as people decode it by hand: concatenate what arrives, cut frames off.

const HEADER = 4;

/** As `sluiceDecoder`. */
export function handDecoder(bytes, chunk) {
  const chunks = [];
  for (let at = 0; at < bytes.length; at += chunk) chunks.push(bytes.subarray(at, at + chunk));
  const counted = { frames: 0, content: 0 };
  return () => {
    let received = Buffer.alloc(0);
    counted.frames = counted.content = 0;
    for (const one of chunks) {
      received = received.length === 0 ? one : Buffer.concat([received, one]);
      let at = 0;
      while (received.length - at >= HEADER) {
        const end = at + HEADER + received.readUInt32BE(at);
        if (end > received.length) break;
        count(counted, received.subarray(at + HEADER, end));
        at = end;
      }
      received = received.subarray(at);
    }
    return counted;
  };
}

function count(counted, frame) {
  counted.frames++;
  counted.content += frame.length;
}
