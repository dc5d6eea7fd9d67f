/** What options have set of a channel's engine; channels of equal settings share it. */
import { Alike } from "./alike.js";

export class ChannelSettings {
  readonly allowHalfClosure: boolean = false;
  readonly connectTimeoutMs: number = 30_000;
  readonly closeTimeoutMs: number = 10_000;

  static readonly DEFAULT = new ChannelSettings();

  with(changed: Partial<ChannelSettings>): ChannelSettings {
    return alike.one(Object.assign(new ChannelSettings(), this, changed));
  }
}

const alike = new Alike<ChannelSettings>();
