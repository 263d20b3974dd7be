// The test's kernel, built once, and a vCPU that stands still in it: memory is the file's own contents, moved by a slide.
import { join } from 'node:path';
import type { StopContext } from '../../../src/debug/frames/vcpu-stop';
import { VcpuStop } from '../../../src/debug/frames/vcpu-stop';
import { type KernelFile, kernelFile } from '../../../src/debug/linux/kernel-file';
import { KernelMemory } from '../../../src/debug/linux/kernel-memory';
import { AddressMap } from '../../../src/debug/run/address-map';
import { Symbols } from '../../../src/debug/symbols';
import { SHF_ALLOC, SHT_NOBITS } from '../../../src/formats/elf-constants';
import type { SymbolFile } from '../../../src/symbols/symbol-file';
import { build, open } from '../../symbols/toolchain';

const FLAGS =
  '-g -O2 -ffreestanding -fno-pie -no-pie -mcmodel=kernel -fno-asynchronous-unwind-tables -nostdlib -static -Wl,--build-id=sha1 -Wl,-T,kernel.ld';

export function fakeKernel(): KernelFile {
  const path = build('gcc', FLAGS.split(' '), ['kernel.c', 'entry.S'], __dirname);
  const kernel = kernelFile([open(path)]);
  if (!kernel) throw new Error(`${join(__dirname, 'kernel.c')} is not taken for a Linux kernel`);
  return kernel;
}

/** As many bytes as are there; per-CPU data lies at `perCpu` instead of 0. */
export function readImage(file: SymbolFile, perCpu: bigint, address: bigint, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let end = 0;
  for (const section of file.elf.sections) {
    if ((section.flags & SHF_ALLOC) === 0 || section.type === SHT_NOBITS) continue;
    const start = section.address === 0n ? perCpu : section.address;
    const bytes = file.elf.sectionBytes(section);
    for (let i = 0; i < length; i++) {
      const at = Number(address + BigInt(i) - start);
      if (at < 0 || at >= bytes.length) continue;
      out[i] = bytes[at]!;
      end = Math.max(end, i + 1);
    }
  }
  return end === 0 ? out.subarray(0, 0) : out;
}

export const PER_CPU = 0xffff_8880_0000_0000n;

/** `registers` over a vCPU in the kernel; `patches`: words of memory that differ from the file. */
export function stopIn(
  kernel: KernelFile,
  registers: Readonly<Record<string, bigint>> = {},
  patches: ReadonlyMap<bigint, bigint> = new Map(),
): VcpuStop {
  const symbols = new Symbols();
  symbols.add(kernel.file);
  const control = {
    readMemory: (_vm: number, _space: unknown, address: bigint, length: number) => {
      const bytes = readImage(kernel.file, PER_CPU, address, length);
      const padded = bytes.length > 0 && bytes.length < length ? new Uint8Array(length) : bytes;
      if (padded !== bytes) padded.set(bytes);
      const view = new DataView(padded.buffer, padded.byteOffset, padded.byteLength);
      for (const [at, value] of patches)
        if (at >= address && at + 8n <= address + BigInt(padded.length)) view.setBigUint64(Number(at - address), value, true);
      return Promise.resolve(padded);
    },
  };
  const context = { control, vm: 0, symbols, addresses: new AddressMap([]), onChanged: () => undefined } as unknown as StopContext;
  const values = { cr0: 0x8000_0001n, cr3: 0x1000n, 'gs.base': PER_CPU, rip: kernel.text.start, rsp: 0n, ...registers };
  return VcpuStop.withRegisters(context, 0, { values, mode: 'long64' });
}

export const memoryOf = (kernel: KernelFile, stop = stopIn(kernel)): Promise<KernelMemory> => KernelMemory.of(stop, kernel);
