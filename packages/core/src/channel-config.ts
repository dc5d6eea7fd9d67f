/** What a bootstrap gives each channel it makes: handlers first, then options, then attributes. */
import type { AttributeKey } from "./attribute-key.js";
import type { Channel } from "./channel.js";
import type { ChannelOption } from "./channel-option.js";
import type { ChannelPipeline } from "./channel-pipeline.js";

export type PipelineInitializer = (pipeline: ChannelPipeline<any, any>) => unknown;

export class ChannelConfig {
  readonly options = new Map<ChannelOption<any>, unknown>();
  readonly attributes = new Map<AttributeKey<any>, unknown>();
  initializer: PipelineInitializer | undefined;

  /** @throws what the initializer throws, OPTION_UNSUPPORTED, INVALID_ARGUMENT */
  applyTo(channel: Channel<any, any>): void {
    this.initializer?.(channel.pipeline);
    for (const [option, value] of this.options) channel.setOption(option, value);
    for (const [key, value] of this.attributes) channel.attr(key).set(value);
  }
}
