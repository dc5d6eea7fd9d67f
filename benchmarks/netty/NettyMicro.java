import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.util.HashedWheelTimer;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.Timeout;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** What the files of micro/ do with Sluice, with Netty: {@code NettyMicro WHAT ARGUMENTS…}. */
public final class NettyMicro {
  private static final int BATCH = 10_000;
  private static final int RECORDS = 1000;
  private static final int RECORD_BYTES = 28;
  private static final int TIMEOUTS_AHEAD = 10_000;

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "hop":
        hop(Integer.parseInt(args[1]));
        break;
      case "encode":
        encode(Integer.parseInt(args[1]));
        break;
      case "read":
      case "write":
        records(args[0].equals("read"));
        break;
      case "text":
        text(Integer.parseInt(args[1]), Integer.parseInt(args[2]));
        break;
      case "timers":
        timers();
        break;
      default:
        throw new IllegalArgumentException(args[0]);
    }
  }

  private static void hop(int handlers) throws Exception {
    long[] received = {0};
    EmbeddedChannel channel = new EmbeddedChannel();
    for (int i = 0; i < handlers; i++) channel.pipeline().addLast(passing(i));
    channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
      @Override
      public void channelRead(ChannelHandlerContext ctx, Object message) {
        received[0]++;
      }
    });
    Object message = new Object();
    Turns.take(() -> {
      long before = received[0];
      for (int i = 0; i < BATCH; i++) channel.pipeline().fireChannelRead(message);
      if (received[0] != before + BATCH) throw new IllegalStateException("messages were lost");
      return BATCH;
    });
  }

  /** Each of a class of its own, as the handlers of a real pipeline are. */
  private static ChannelHandler passing(int i) {
    switch (i % 5) {
      case 0:
        return new ChannelInboundHandlerAdapter() {
          @Override
          public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.fireChannelRead(message);
          }
        };
      case 1:
        return new ChannelInboundHandlerAdapter() {
          @Override
          public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.fireChannelRead(message);
          }
        };
      case 2:
        return new ChannelInboundHandlerAdapter() {
          @Override
          public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.fireChannelRead(message);
          }
        };
      case 3:
        return new ChannelInboundHandlerAdapter() {
          @Override
          public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.fireChannelRead(message);
          }
        };
      default:
        return new ChannelInboundHandlerAdapter() {
          @Override
          public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.fireChannelRead(message);
          }
        };
    }
  }

  private static void encode(int size) throws Exception {
    long[] bytes = {0};
    EmbeddedChannel channel = new EmbeddedChannel(
        new ChannelOutboundHandlerAdapter() {
          @Override
          public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            bytes[0] += ((ByteBuf) message).readableBytes();
            ReferenceCountUtil.release(message);
            promise.trySuccess();
          }
        },
        new LengthFieldPrepender(4));
    byte[] content = new byte[size];
    Turns.take(() -> {
      bytes[0] = 0;
      for (int i = 0; i < BATCH; i++) {
        ByteBuf frame = channel.alloc().directBuffer(size).writeBytes(content);
        channel.pipeline().write(frame, channel.voidPromise());
      }
      if (bytes[0] != (long) BATCH * (size + 4)) throw new IllegalStateException("bytes were lost");
      return BATCH;
    });
  }

  private static void records(boolean reading) throws Exception {
    ByteBuf buf = Unpooled.directBuffer(RECORDS * RECORD_BYTES, RECORDS * RECORD_BYTES);
    double[] sink = {0};
    for (int i = 0; i < RECORDS; i++) write(buf, i);
    Turns.take(() -> {
      if (reading) {
        buf.readerIndex(0);
        double sum = 0;
        for (int i = 0; i < RECORDS; i++) {
          sum += buf.readUnsignedByte() + buf.readUnsignedShort() + buf.readMedium() + buf.readInt();
          sum += buf.readLongLE() + buf.readDouble() + buf.readUnsignedShortLE();
        }
        sink[0] += sum;
      } else {
        buf.clear();
        for (int i = 0; i < RECORDS; i++) write(buf, i);
      }
      return RECORDS;
    });
    if (sink[0] == 1) System.err.println(sink[0]);
  }

  private static void write(ByteBuf buf, int i) {
    buf.writeByte(i).writeShort(i).writeMedium(i).writeInt(i).writeLongLE(i).writeDouble(i).writeShortLE(i);
  }

  private static void text(int size, int letter) throws Exception {
    String one = new String(Character.toChars(letter));
    int letterBytes = one.getBytes(StandardCharsets.UTF_8).length;
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < size / letterBytes; i++) all.append(one);
    for (int i = 0; i < size % letterBytes; i++) all.append('x');
    ByteBuf buf = Unpooled.directBuffer(size, size).writeBytes(all.toString().getBytes(StandardCharsets.UTF_8));
    long[] characters = {0};
    int expected = all.length();
    Turns.take(() -> {
      characters[0] = 0;
      for (int i = 0; i < BATCH; i++) characters[0] += buf.toString(StandardCharsets.UTF_8).length();
      if (characters[0] != (long) BATCH * expected) throw new IllegalStateException("characters were lost");
      return BATCH;
    });
  }

  private static void timers() throws Exception {
    HashedWheelTimer timer = new HashedWheelTimer(10, TimeUnit.MILLISECONDS, 512);
    Timeout[] timeouts = new Timeout[TIMEOUTS_AHEAD];
    int[] at = {0};
    for (int i = 0; i < timeouts.length; i++) timeouts[i] = timer.newTimeout(ignored -> {}, 30, TimeUnit.SECONDS);
    Turns.take(() -> {
      for (int i = 0; i < BATCH; i++) {
        at[0] = (at[0] + 1) % timeouts.length;
        timeouts[at[0]].cancel();
        timeouts[at[0]] = timer.newTimeout(ignored -> {}, 30, TimeUnit.SECONDS);
      }
      return BATCH;
    });
    Runtime.getRuntime().halt(0);
  }
}
