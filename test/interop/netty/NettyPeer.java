import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.DelimiterBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.MessageToMessageEncoder;
import io.netty.handler.codec.string.LineEncoder;
import io.netty.handler.codec.string.LineSeparator;
import io.netty.handler.codec.string.StringDecoder;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32;

/**
 * The Netty end of the interoperability test.
 *
 * <pre>
 *   NettyPeer server FRAMING SEED CONNECTIONS FRAMES         checks what arrives and echoes it
 *   NettyPeer client FRAMING SEED CONNECTIONS FRAMES PORT    sends, and checks the echo
 * </pre>
 *
 * FRAMING is length-field, line or delimiter; FRAMES counts those of one connection. A server prints
 * {@code port N} first. At the end comes {@code done N}, the frames checked, or {@code failed WHY} with exit code 1.
 * Both ends of the test compute the same frames from the seed: {@link Script} has a twin in frame-script.ts.
 *
 * The process ends by itself: when its work is done, when its standard input ends, or at a deadline.
 * It compiles with Netty 4.1 and 4.2.
 */
public final class NettyPeer {
    private static final int DEADLINE_MS = 60_000;
    private static final int MAX_FRAME_LENGTH = 1 << 20;
    private static final String HOST = "127.0.0.1";

    private final String framing;
    private final int seed;
    private final int connections;
    private final int frames;
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger checked = new AtomicInteger();
    private final CountDownLatch open;

    private NettyPeer(String framing, int seed, int connections, int frames) {
        this.framing = framing;
        this.seed = seed;
        this.connections = connections;
        this.frames = frames;
        this.open = new CountDownLatch(connections);
    }

    public static void main(String[] args) throws Exception {
        endWithStandardInput();
        NettyPeer peer = new NettyPeer(
                args[1], Integer.parseInt(args[2]), Integer.parseInt(args[3]), Integer.parseInt(args[4]));
        EventLoopGroup group = new NioEventLoopGroup(2);
        if (args[0].equals("server")) peer.serve(group);
        else peer.connect(group, Integer.parseInt(args[5]));
        peer.open.await();
        System.out.println("done " + peer.checked.get());
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private void serve(EventLoopGroup group) throws InterruptedException {
        Channel server = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                // A client that has sent everything half-closes; its echo is still to come.
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(initializer())
                .bind(HOST, 0)
                .sync()
                .channel();
        System.out.println("port " + ((InetSocketAddress) server.localAddress()).getPort());
        System.out.flush();
    }

    private void connect(EventLoopGroup group, int port) {
        Bootstrap bootstrap = new Bootstrap()
                .group(group)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(initializer(port));
        for (int i = 0; i < connections; i++) {
            bootstrap.connect(HOST, port).addListener(future -> {
                if (!future.isSuccess()) fail("cannot connect: " + future.cause());
            });
        }
    }

    /** For a server no port is given. Every second connection is cut at arbitrary points of its bytes. */
    private ChannelHandler initializer(int... port) {
        return new ChannelInitializer<SocketChannel>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                int number = opened.getAndIncrement();
                ChannelPipeline pipeline = channel.pipeline();
                if (number % 2 == 1) pipeline.addLast(new Shredder(new Random32(seed + number)));
                addFraming(pipeline, number);
                pipeline.addLast(port.length == 0 ? new Echo(number) : new Client(number));
            }
        };
    }

    private void addFraming(ChannelPipeline pipeline, int number) {
        if (framing.equals("length-field")) {
            pipeline.addLast(new LengthFieldBasedFrameDecoder(MAX_FRAME_LENGTH, 0, 4, 0, 4));
            pipeline.addLast(new LengthFieldPrepender(4));
        } else if (framing.equals("line")) {
            pipeline.addLast(new LineBasedFrameDecoder(MAX_FRAME_LENGTH));
            pipeline.addLast(new StringDecoder(StandardCharsets.UTF_8));
            LineSeparator separator = number < connections / 2 ? LineSeparator.UNIX : LineSeparator.WINDOWS;
            pipeline.addLast(new LineEncoder(separator, StandardCharsets.UTF_8));
        } else if (framing.equals("delimiter")) {
            pipeline.addLast(new DelimiterBasedFrameDecoder(MAX_FRAME_LENGTH, Unpooled.wrappedBuffer(Script.DELIMITER)));
            pipeline.addLast(new DelimiterEncoder());
        } else {
            throw new IllegalArgumentException(framing);
        }
    }

    /** Checks each frame and sends it back; reads only while the channel is writable. */
    private final class Echo extends Checking {
        private ChannelFuture last;

        Echo(int number) {
            super(number);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object frame) {
            check(frame);
            last = ctx.write(frame);
            if (random.below(8) == 0) ctx.flush();
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            ctx.channel().config().setAutoRead(ctx.channel().isWritable());
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (!(event instanceof ChannelInputShutdownEvent)) return;
            ctx.flush();
            if (last == null) ctx.close();
            else last.addListener(ChannelFutureListener.CLOSE);
        }
    }

    /** Sends all its frames while the channel is writable, half-closes, and checks what comes back until the end. */
    private final class Client extends Checking {
        private final Script script;
        private int sent;
        private boolean pumping;

        Client(int number) {
            super(number);
            script = new Script(framing, seed, number);
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            pump(ctx);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            pump(ctx);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object frame) {
            check(frame);
            if (frame instanceof ByteBuf) ((ByteBuf) frame).release();
        }

        /** A flush can make the channel writable again from within: the loop looks again instead of nesting. */
        private void pump(ChannelHandlerContext ctx) {
            if (pumping) return;
            pumping = true;
            while (sent < frames && ctx.channel().isWritable()) {
                Object frame = script.next();
                ChannelFuture written = ctx.write(frame instanceof byte[] ? Unpooled.wrappedBuffer((byte[]) frame) : frame);
                boolean isLast = ++sent == frames;
                if (isLast) written.addListener(future -> ((SocketChannel) ctx.channel()).shutdownOutput());
                if (isLast || random.below(16) == 0 || !ctx.channel().isWritable()) ctx.flush();
            }
            pumping = false;
        }
    }

    /** Compares what arrives with the script the first frame names, and counts the connection off at its end. */
    private abstract class Checking extends ChannelInboundHandlerAdapter {
        final Random32 random;
        private Script expected;
        private int count;

        Checking(int number) {
            random = new Random32(seed ^ (number + 1));
        }

        final void check(Object frame) {
            if (expected == null) {
                expected = new Script(framing, seed, Integer.parseInt(text(frame), 10));
            }
            Object wanted = expected.next();
            boolean same = wanted instanceof byte[]
                    ? Unpooled.wrappedBuffer((byte[]) wanted).equals(frame)
                    : wanted.equals(frame);
            if (!same) fail("connection " + expected.connection + ", frame " + count + ": expected "
                    + Script.describe(wanted) + ", got " + Script.describe(frame));
            count++;
            checked.incrementAndGet();
        }

        @Override
        public final void channelInactive(ChannelHandlerContext ctx) {
            if (count != frames) fail("a connection ended after " + count + " of " + frames + " frames");
            open.countDown();
        }

        @Override
        public final void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            fail(cause.toString());
        }
    }

    /**
     * Cuts the bytes at random points, without regard to frames, and flushes each piece by itself. The first pieces are
     * sent slowly, so that they arrive one by one; later ones as fast as the network takes them.
     */
    private static final class Shredder extends ChannelOutboundHandlerAdapter {
        private static final int SLOW_PIECES = 400;
        private static final int PAUSE_NS = 200_000;

        private final Random32 random;
        private int untilCut = 1;
        private int pieces;

        Shredder(Random32 random) {
            this.random = random;
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ByteBuf bytes = (ByteBuf) message;
            while (bytes.readableBytes() > untilCut) {
                ctx.writeAndFlush(bytes.readRetainedSlice(untilCut));
                // Holds up the whole event loop, which a server must never do.
                boolean isSlow = pieces++ < SLOW_PIECES;
                if (isSlow) LockSupport.parkNanos(PAUSE_NS);
                untilCut = 1 + random.below(random.below(isSlow ? 2 : 4) == 0 ? 4 : 4000);
            }
            untilCut = Math.max(1, untilCut - bytes.readableBytes());
            ctx.write(bytes, promise);
        }
    }

    /** Netty has a decoder for delimiters and no encoder. */
    private static final class DelimiterEncoder extends MessageToMessageEncoder<ByteBuf> {
        @Override
        protected void encode(ChannelHandlerContext ctx, ByteBuf frame, List<Object> out) {
            out.add(frame.retain());
            out.add(Unpooled.wrappedBuffer(Script.DELIMITER));
        }
    }

    /**
     * The frames of one connection, the same at both ends.
     *
     * Frame 0 is the connection's number. Each later one is a part of a pool of random content, of random length; from
     * 16 units on it begins with its own number and the CRC-32 of what follows, 8 hex digits each.
     */
    private static final class Script {
        static final byte[] DELIMITER = {0x1e, 0x0a};
        private static final int POOL_UNITS = 1 << 17;
        private static final int LARGE_UNITS = 64 * 1024;
        private static final int HEADER_UNITS = 16;
        private static final int[] TEXT = ("abcdefghijklmnopqrstuvwxyz0123456789 \t\r"
                + "\u00e9\u00df\u4e2d\u6587\u20ac\ud83d\ude00\ud834\udd1e\u0000").codePoints().toArray();

        final int connection;
        private final byte[] bytes;
        private final String text;
        private final Random32 random;
        private int index;

        Script(String framing, int seed, int connection) {
            this.connection = connection;
            this.random = new Random32(seed + 31 * (connection + 1));
            this.text = framing.equals("line") ? textPool(new Random32(seed)) : null;
            this.bytes = text != null ? null : bytePool(new Random32(seed), framing.equals("delimiter"));
        }

        /** A {@code byte[]}, or a {@code String} in the line framing. */
        Object next() {
            int number = index++;
            if (number == 0) {
                String name = Integer.toString(connection);
                return text != null ? name : name.getBytes(StandardCharsets.US_ASCII);
            }
            int dice = random.below(1000);
            int units = dice < 2 ? LARGE_UNITS : dice < 60 ? random.below(20) : random.below(2001);
            int length = units < HEADER_UNITS ? units : units - HEADER_UNITS;
            int start = random.below(POOL_UNITS - length);
            CRC32 crc = new CRC32();
            if (text != null) {
                String body = wholeCharacters(text.substring(start, start + length));
                if (units < HEADER_UNITS) return body;
                crc.update(body.getBytes(StandardCharsets.UTF_8));
                return String.format("%08x%08x", number, crc.getValue()) + body;
            }
            if (units < HEADER_UNITS) return Arrays.copyOfRange(bytes, start, start + length);
            crc.update(bytes, start, length);
            byte[] frame = Arrays.copyOf(
                    String.format("%08x%08x", number, crc.getValue()).getBytes(StandardCharsets.US_ASCII), units);
            System.arraycopy(bytes, start, frame, HEADER_UNITS, length);
            return frame;
        }

        /** Its length and its beginning, for a message. */
        static String describe(Object frame) {
            String content = frame instanceof byte[]
                    ? new String((byte[]) frame, StandardCharsets.ISO_8859_1)
                    : frame instanceof ByteBuf ? ((ByteBuf) frame).toString(StandardCharsets.ISO_8859_1) : (String) frame;
            byte[] start = content.substring(0, Math.min(20, content.length())).getBytes(StandardCharsets.UTF_8);
            return content.length() + " units beginning " + ByteBufUtil.hexDump(start);
        }

        /** Random bytes; for the delimiter framing with many of its bytes, but never both in order. */
        private static byte[] bytePool(Random32 random, boolean forDelimiter) {
            byte[] pool = new byte[POOL_UNITS];
            for (int i = 0; i < pool.length; i++) {
                pool[i] = (byte) random.below(256);
                if (!forDelimiter) continue;
                int dice = random.below(8);
                if (dice < 2) pool[i] = DELIMITER[dice];
                if (i > 0 && pool[i - 1] == DELIMITER[0] && pool[i] == DELIMITER[1]) pool[i] = DELIMITER[0];
            }
            return pool;
        }

        private static String textPool(Random32 random) {
            StringBuilder pool = new StringBuilder();
            while (pool.length() < POOL_UNITS) pool.appendCodePoint(TEXT[random.below(TEXT.length)]);
            return pool.substring(0, POOL_UNITS);
        }

        /** Without half a surrogate pair at an end, and without a return at the end that a line end would take along. */
        private static String wholeCharacters(String part) {
            int start = 0;
            int end = part.length();
            if (end > 0 && Character.isLowSurrogate(part.charAt(0))) start++;
            if (end > start && Character.isHighSurrogate(part.charAt(end - 1))) end--;
            while (end > start && part.charAt(end - 1) == '\r') end--;
            return part.substring(start, end);
        }
    }

    /** Marsaglia's xorshift32; the other end has the same. */
    private static final class Random32 {
        private int state;

        Random32(int seed) {
            state = seed * 0x9e3779b1 | 1;
        }

        int below(int limit) {
            state ^= state << 13;
            state ^= state >>> 17;
            state ^= state << 5;
            return Integer.remainderUnsigned(state, limit);
        }
    }

    private static String text(Object frame) {
        return frame instanceof ByteBuf ? ((ByteBuf) frame).toString(StandardCharsets.US_ASCII) : (String) frame;
    }

    private static void fail(String why) {
        System.out.println("failed " + why);
        System.out.flush();
        Runtime.getRuntime().halt(1);
    }

    private static void endWithStandardInput() {
        Thread input = new Thread(() -> {
            try {
                while (System.in.read() >= 0) continue;
            } catch (java.io.IOException ended) {
                // As good as its end.
            }
            Runtime.getRuntime().halt(2);
        });
        Thread deadline = new Thread(() -> {
            try {
                Thread.sleep(DEADLINE_MS);
            } catch (InterruptedException never) {
                return;
            }
            fail("not done within " + DEADLINE_MS + " ms");
        });
        for (Thread thread : new Thread[] {input, deadline}) {
            thread.setDaemon(true);
            thread.start();
        }
    }
}
