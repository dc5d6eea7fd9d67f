import { type ChannelHandlerContext, ChannelInboundHandler, startTls, type TlsContext, tlsOf } from "sluice";

/** A few words of SMTP (RFC 5321), with STARTTLS (RFC 3207). */
export class MailSession extends ChannelInboundHandler<string, never, string> {
  readonly #context: TlsContext;

  constructor(context: TlsContext) {
    super();
    this.#context = context;
  }

  override channelActive(ctx: ChannelHandlerContext<never, string>): void {
    ctx.writeAndFlush("220 example ready");
  }

  override channelRead(ctx: ChannelHandlerContext<never, string>, command: string): void {
    if (command === "STARTTLS") {
      ctx.writeAndFlush("220 go ahead");
      // In the same breath: nothing the client sends next can be taken for a command.
      startTls(ctx, { context: this.#context, side: "server" });
    } else if (tlsOf(ctx.channel) === undefined) ctx.writeAndFlush("530 say STARTTLS first");
    else ctx.writeAndFlush(`250 ${command} under ${tlsOf(ctx.channel)?.protocol}`);
  }
}
