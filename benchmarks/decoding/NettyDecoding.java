import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DelimiterBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.protobuf.ProtobufVarint32FrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.util.ReferenceCountUtil;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What contender.mjs is for Node.js: measures a decoder for as many milliseconds as each line of its input says.
 *
 * Arguments: decoder, chunk, size, prefix, suffixes, delimiters; the last three as hex, with commas between.
 */
public final class NettyDecoding {
  private static final int LEAST_BYTES = 1024 * 1024;
  private static final int MAX_LENGTH = 8 * 1024 * 1024;

  public static void main(String[] args) throws Exception {
    int chunk = Integer.parseInt(args[1]);
    int size = Integer.parseInt(args[2]);
    byte[] prefix = hex(args[3]);
    byte[][] suffixes = Arrays.stream(args[4].split(",", -1)).map(NettyDecoding::hex).toArray(byte[][]::new);
    ByteArrayOutputStream encoded = new ByteArrayOutputStream();
    int frames = 0;
    for (; encoded.size() < LEAST_BYTES; frames++) {
      encoded.write(prefix);
      for (int i = 0; i < size; i++) encoded.write('a' + i % 26);
      encoded.write(suffixes[frames % suffixes.length]);
    }
    byte[] bytes = encoded.toByteArray();

    Counter counter = new Counter();
    EmbeddedChannel channel = new EmbeddedChannel(decoders(args[0], args[5], counter));
    // As a transport would have received them, but for the copying.
    ByteBuf[] chunks = new ByteBuf[(bytes.length + chunk - 1) / chunk];
    for (int i = 0; i < chunks.length; i++) {
      int length = Math.min(chunk, bytes.length - i * chunk);
      chunks[i] = channel.alloc().directBuffer(length, length).writeBytes(bytes, i * chunk, length);
    }
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      System.out.println(measure(channel.pipeline(), counter, chunks, frames, size, Long.parseLong(line)));
    }
  }

  private static double measure(
      ChannelPipeline pipeline, Counter counter, ByteBuf[] chunks, int frames, int size, long ms) {
    long until = System.nanoTime() + ms * 1_000_000;
    long before = cpuTime();
    long rounds = 0;
    do {
      counter.frames = counter.content = 0;
      for (ByteBuf chunk : chunks) {
        pipeline.fireChannelRead(chunk.retain().setIndex(0, chunk.capacity()));
        pipeline.fireChannelReadComplete();
      }
      if (counter.frames != frames || counter.content != (long) frames * size) {
        throw new IllegalStateException("made " + counter.frames + " frames with " + counter.content + " bytes");
      }
      rounds++;
    } while (System.nanoTime() < until);
    return (cpuTime() - before) / (double) (rounds * frames);
  }

  private static ChannelHandler[] decoders(String name, String delimiters, Counter counter) {
    switch (name) {
      case "LengthFieldBasedFrameDecoder":
        return new ChannelHandler[] {new LengthFieldBasedFrameDecoder(MAX_LENGTH, 0, 4, 0, 4), counter};
      case "ProtobufVarint32FrameDecoder":
        return new ChannelHandler[] {new ProtobufVarint32FrameDecoder(), counter};
      case "LineBasedFrameDecoder":
        return new ChannelHandler[] {new LineBasedFrameDecoder(MAX_LENGTH), counter};
      case "LineBasedFrameDecoder + StringDecoder":
        return new ChannelHandler[] {
          new LineBasedFrameDecoder(MAX_LENGTH), new StringDecoder(StandardCharsets.UTF_8), counter
        };
      default:
        ByteBuf[] bufs = Arrays.stream(delimiters.split(","))
            .map(one -> Unpooled.wrappedBuffer(hex(one)))
            .toArray(ByteBuf[]::new);
        return new ChannelHandler[] {new DelimiterBasedFrameDecoder(MAX_LENGTH, bufs), counter};
    }
  }

  private static long cpuTime() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static byte[] hex(String text) {
    byte[] bytes = new byte[text.length() / 2];
    for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) Integer.parseInt(text.substring(2 * i, 2 * i + 2), 16);
    return bytes;
  }

  private static final class Counter extends ChannelInboundHandlerAdapter {
    long frames;
    long content;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      frames++;
      content += message instanceof ByteBuf ? ((ByteBuf) message).readableBytes() : ((String) message).length();
      ReferenceCountUtil.release(message);
    }
  }
}
