import { ChannelDuplexHandler, type ChannelHandlerContext, type Completion, ServerShutdownEvent } from "sluice";

/** Takes its time over each job, says goodbye, and holds `close` back while an answer is due. */
export class JobHandler extends ChannelDuplexHandler<string, never, string, string> {
  #jobs = 0;
  #close: (() => void) | undefined;

  override channelRead(ctx: ChannelHandlerContext<never, string>, request: string): void {
    const [job = "", size = "0"] = request.split(" ");
    const answer = job === "fill" ? ".".repeat(Number(size)) : `${request} done`;
    this.#jobs++;
    ctx.clock.schedule(job === "work" ? Number(size) : 0, () => {
      if (ctx.channel.isActive) ctx.writeAndFlush(answer);
      if (--this.#jobs === 0) this.#close?.();
    });
  }

  override userEventTriggered(ctx: ChannelHandlerContext<never, string>, event: unknown): void {
    if (event instanceof ServerShutdownEvent) ctx.writeAndFlush("goodbye");
    ctx.fireUserEventTriggered(event);
  }

  override close(ctx: ChannelHandlerContext, completion?: Completion): void {
    const before = this.#close;
    if (this.#jobs === 0) ctx.close(completion);
    else {
      this.#close = () => {
        before?.();
        ctx.close(completion);
      };
    }
  }
}
