import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;

/**
 * What servers/sluice.mjs is, with Netty: {@code NettyServer ROLE TRANSPORT [CERT KEY]}.
 *
 * ROLE is echo, broadcast, idle or tls, which takes the files of a certificate; TRANSPORT nio or epoll. Prints its port; a line of input asks for what the collector did
 * ("stats"), or to collect first ("collect"). Ends with its input. Compiles with Netty 4.1 and 4.2, and without epoll.
 */
public final class NettyServer {
  private static final int MAX_LENGTH = 64 * 1024 * 1024;
  private static final int BACKLOG = 4096;
  private static final int IDLE_SECONDS = 60;

  public static void main(String[] args) throws Exception {
    boolean epoll = args[1].equals("epoll");
    // One loop for the server and its connections: one thread, as Node.js has one.
    EventLoopGroup group = epoll ? epollGroup() : new NioEventLoopGroup(1);
    Channel server = new ServerBootstrap()
        .group(group)
        .channel(epoll ? epollChannel() : NioServerSocketChannel.class)
        .option(ChannelOption.SO_BACKLOG, BACKLOG)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(initializer(args[0], args[0].equals("tls") ? secured(args[2], args[3]) : null))
        .bind("127.0.0.1", 0)
        .sync()
        .channel();
    System.out.println("{\"port\":" + ((InetSocketAddress) server.localAddress()).getPort() + "}");
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      for (int i = 0; i < (line.equals("collect") ? 3 : 0); i++) System.gc();
      System.out.println(statistics());
    }
    Runtime.getRuntime().halt(0);
  }

  private static EventLoopGroup epollGroup() throws Exception {
    Class<?> type = Class.forName("io.netty.channel.epoll.EpollEventLoopGroup");
    return (EventLoopGroup) type.getConstructor(int.class).newInstance(1);
  }

  private static Class<? extends ServerChannel> epollChannel() throws Exception {
    return Class.forName("io.netty.channel.epoll.EpollServerSocketChannel").asSubclass(ServerChannel.class);
  }

  private static SslContext secured(String cert, String key) throws Exception {
    return SslContextBuilder.forServer(new File(cert), new File(key)).build();
  }

  private static ChannelInitializer<SocketChannel> initializer(String role, SslContext secured) {
    ChannelGroup subscribers = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    return new ChannelInitializer<SocketChannel>() {
      @Override
      protected void initChannel(SocketChannel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        if (secured != null) pipeline.addLast(secured.newHandler(channel.alloc()));
        if (role.equals("idle")) pipeline.addLast(new IdleStateHandler(IDLE_SECONDS, IDLE_SECONDS, 0));
        pipeline.addLast(new LengthFieldBasedFrameDecoder(MAX_LENGTH, 0, 4, 0, 4));
        pipeline.addLast(new LengthFieldPrepender(4));
        if (role.equals("idle")) pipeline.addLast(new Passing());
        pipeline.addLast(role.equals("broadcast") ? new Broadcaster(subscribers) : new Echo());
      }
    };
  }

  private static String statistics() {
    long collections = 0;
    long ms = 0;
    for (GarbageCollectorMXBean one : ManagementFactory.getGarbageCollectorMXBeans()) {
      collections += one.getCollectionCount();
      ms += one.getCollectionTime();
    }
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    return "{\"collections\":" + collections + ",\"collectionMs\":" + ms + ",\"heapBytes\":" + heap + "}";
  }

  /** The second of the handlers that an idle connection has besides framing. */
  private static final class Passing extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object frame) {
      ctx.fireChannelRead(frame);
    }
  }

  /** Flushes once for what was read together, as Netty's users do. */
  private static class Echo extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object frame) {
      ctx.write(frame, ctx.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      ctx.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  private static final class Broadcaster extends ChannelInboundHandlerAdapter {
    private final ChannelGroup subscribers;

    Broadcaster(ChannelGroup subscribers) {
      this.subscribers = subscribers;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      subscribers.add(ctx.channel());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object frame) {
      subscribers.write((ByteBuf) frame, channel -> true, true);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      subscribers.flush();
    }
  }
}
