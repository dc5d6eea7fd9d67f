import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandler;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DelimiterBasedFrameDecoder;
import io.netty.handler.codec.FixedLengthFrameDecoder;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.json.JsonObjectDecoder;
import io.netty.handler.codec.protobuf.ProtobufVarint32FrameDecoder;
import io.netty.handler.codec.protobuf.ProtobufVarint32LengthFieldPrepender;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Says what Netty makes of bytes. A question and its answer are one line each, until standard input ends:
 *
 * <pre>
 *   settle line maxLength=8,stripDelimiter=true,failFast=false 610a626364
 *   =61 +626364
 *
 *   stream line maxLength=2,stripDelimiter=true,failFast=false 610a6263|6465|0a
 *   =61 | | !TooLongFrameException |
 * </pre>
 *
 * {@code =hex} is a frame, {@code !class} an error, in order. Of a frame that is too long the length follows, if Netty
 * tells it before adjusting anything: {@code !TooLongFrameException:22}.
 *
 * "settle" has one chunk. An exception stops Netty's decoders with the rest of it unread, so they are called again until
 * nothing more comes; then the decoder is removed, and what it had left is {@code +hex}. One that fails without end is
 * stopped, which is {@code ~}. "stream" has chunks with a bar between them, nothing is called again, and what follows the
 * last bar of the answer is what came at the end of the stream. Encoders take each chunk as a message.
 *
 * It compiles with Netty 4.1 and 4.2.
 */
public final class FrameOracle {
    /** Calls that bring something, one after the other: more than an input of the tests has frames. */
    private static final int ENDLESS = 200;
    private static final Pattern DISCARDED = Pattern.compile("Adjusted frame length exceeds \\d+: (-?\\d+) - discarded");

    private final StringBuilder answer = new StringBuilder();
    private final Map<String, String> options = new HashMap<>();

    public static void main(String[] args) throws IOException {
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, "US-ASCII"), 1 << 16);
        PrintStream answers = new PrintStream(System.out, false, "US-ASCII");
        FrameOracle oracle = new FrameOracle();
        for (String question = questions.readLine(); question != null; question = questions.readLine()) {
            answers.println(oracle.answer(question.split(" ", -1)));
            if (!questions.ready()) answers.flush();
        }
        answers.flush();
    }

    private String answer(String[] question) {
        answer.setLength(0);
        options.clear();
        for (String option : question[2].split(",")) {
            int equals = option.indexOf('=');
            if (equals > 0) options.put(option.substring(0, equals), option.substring(equals + 1));
        }
        ChannelHandler handler;
        try {
            handler = handler(question[1]);
        } catch (RuntimeException refused) {
            tell(refused);
            return answer.toString();
        }
        EmbeddedChannel channel = new EmbeddedChannel(new Sink(), handler, new Sink());
        if (question[0].equals("settle")) settle(channel, handler, question[3]);
        else stream(channel, handler, question[3].split("\\|", -1));
        return answer.toString();
    }

    private ChannelHandler handler(String kind) {
        switch (kind) {
            case "length-field":
                return new LengthFieldBasedFrameDecoder(byteOrder(), number("maxFrameLength"), number("lengthFieldOffset"),
                        number("lengthFieldLength"), number("lengthAdjustment"), number("initialBytesToStrip"),
                        flag("failFast"));
            case "line":
                return new LineBasedFrameDecoder(number("maxLength"), flag("stripDelimiter"), flag("failFast"));
            case "delimiter":
                return new DelimiterBasedFrameDecoder(
                        number("maxFrameLength"), flag("stripDelimiter"), flag("failFast"), delimiters());
            case "fixed-length":
                return new FixedLengthFrameDecoder(number("frameLength"));
            case "varint":
                return new ProtobufVarint32FrameDecoder();
            case "json":
                return new JsonObjectDecoder(number("maxObjectLength"), flag("streamArrayElements"));
            case "length-field-prepender":
                return new LengthFieldPrepender(byteOrder(), number("lengthFieldLength"), number("lengthAdjustment"),
                        flag("lengthIncludesLengthFieldLength"));
            case "varint-prepender":
                return new ProtobufVarint32LengthFieldPrepender();
            default:
                throw new Error(kind);
        }
    }

    private int number(String option) {
        return Integer.parseInt(options.get(option));
    }

    private boolean flag(String option) {
        return Boolean.parseBoolean(options.get(option));
    }

    private ByteOrder byteOrder() {
        return options.get("byteOrder").equals("BE") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    }

    private ByteBuf[] delimiters() {
        String[] hex = options.get("delimiters").split(";", -1);
        ByteBuf[] delimiters = new ByteBuf[hex.length];
        for (int i = 0; i < hex.length; i++) delimiters[i] = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex[i]));
        return delimiters;
    }

    private void settle(EmbeddedChannel channel, ChannelHandler handler, String chunk) {
        feed(channel, handler, chunk);
        if (handler instanceof ChannelOutboundHandler) return;
        for (int calls = 0, before = 0; answer.length() > before; calls++) {
            if (calls == ENDLESS) {
                endless();
                return;
            }
            before = answer.length();
            feed(channel, handler, "");
        }
        int before = answer.length();
        channel.pipeline().remove(handler);
        if (answer.length() > before) answer.setCharAt(answer.indexOf("=", before), '+');
    }

    /** Leaves one of the errors that came again and again. */
    private void endless() {
        String error = answer.substring(answer.lastIndexOf("!"));
        int end = answer.length();
        while (end >= error.length() && answer.substring(0, end).endsWith(error)) end -= error.length() + 1;
        answer.setLength(Math.max(0, end));
        token(error);
        token("~");
    }

    private void stream(EmbeddedChannel channel, ChannelHandler handler, String[] chunks) {
        for (String chunk : chunks) {
            feed(channel, handler, chunk);
            token("|");
        }
        channel.pipeline().fireChannelInactive();
    }

    private void feed(EmbeddedChannel channel, ChannelHandler handler, String chunk) {
        ByteBuf bytes = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(chunk));
        if (handler instanceof ChannelOutboundHandler) {
            ChannelFuture written = channel.write(bytes);
            if (written.cause() != null) tell(written.cause());
        } else {
            channel.pipeline().fireChannelRead(bytes);
            channel.pipeline().fireChannelReadComplete();
        }
    }

    private void tell(Throwable error) {
        Matcher discarded = DISCARDED.matcher(String.valueOf(error.getMessage()));
        token("!" + error.getClass().getSimpleName() + (discarded.matches() ? ":" + discarded.group(1) : ""));
    }

    private void token(String token) {
        if (answer.length() > 0) answer.append(' ');
        answer.append(token);
    }

    /** Stands on either side of the handler and takes what comes out of it. */
    private final class Sink extends ChannelDuplexHandler {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (ctx.pipeline().first() == this) ctx.fireChannelRead(message);
            else take((ByteBuf) message);
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            if (ctx.pipeline().first() != this) {
                ctx.write(message, promise);
                return;
            }
            take((ByteBuf) message);
            promise.setSuccess();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable error) {
            tell(error);
        }

        private void take(ByteBuf frame) {
            token("=" + ByteBufUtil.hexDump(frame));
            frame.release();
        }
    }
}
