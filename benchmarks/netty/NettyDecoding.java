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
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Decodes a stream again and again: the twin of decoding/sluice-decoders.mjs.
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
    long expectedFrames = frames;
    Turns.take(() -> {
      counter.frames = counter.content = 0;
      for (ByteBuf one : chunks) {
        channel.pipeline().fireChannelRead(one.retain().setIndex(0, one.capacity()));
        channel.pipeline().fireChannelReadComplete();
      }
      if (counter.frames != expectedFrames || counter.content != expectedFrames * size) {
        throw new IllegalStateException("made " + counter.frames + " frames with " + counter.content + " bytes");
      }
      return expectedFrames;
    });
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
