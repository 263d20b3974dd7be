// The one disassembler of a debugger: loaded when it is first wanted, then at hand.
import { InstructionDecoder } from './decoder';

export class LoadedDecoder {
  private loading: Promise<InstructionDecoder> | undefined;
  private made: InstructionDecoder | undefined;

  async load(): Promise<InstructionDecoder> {
    this.loading ??= InstructionDecoder.load();
    this.made = await this.loading;
    return this.made;
  }

  get loaded(): InstructionDecoder {
    if (!this.made) throw new RangeError('the decoder is loaded before it is used');
    return this.made;
  }
}
