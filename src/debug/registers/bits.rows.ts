// Named bits of the registers a kernel programmer reads (SDM vol 3, 2.3 and 2.5; vol 4, table 2-2), most significant last.

export interface BitRow {
  readonly low: number;
  readonly high: number;
  readonly name: string;
}

const bit = (low: number, name: string): BitRow => ({ low, high: low, name });
const field = (low: number, high: number, name: string): BitRow => ({ low, high, name });

export const REGISTER_BITS: Readonly<Record<string, readonly BitRow[]>> = {
  rflags: [
    bit(0, 'CF'),
    bit(2, 'PF'),
    bit(4, 'AF'),
    bit(6, 'ZF'),
    bit(7, 'SF'),
    bit(8, 'TF'),
    bit(9, 'IF'),
    bit(10, 'DF'),
    bit(11, 'OF'),
    field(12, 13, 'IOPL'),
    bit(14, 'NT'),
    bit(16, 'RF'),
    bit(17, 'VM'),
    bit(18, 'AC'),
    bit(19, 'VIF'),
    bit(20, 'VIP'),
    bit(21, 'ID'),
  ],
  cr0: [
    bit(0, 'PE'),
    bit(1, 'MP'),
    bit(2, 'EM'),
    bit(3, 'TS'),
    bit(4, 'ET'),
    bit(5, 'NE'),
    bit(16, 'WP'),
    bit(18, 'AM'),
    bit(29, 'NW'),
    bit(30, 'CD'),
    bit(31, 'PG'),
  ],
  cr4: [
    bit(0, 'VME'),
    bit(1, 'PVI'),
    bit(2, 'TSD'),
    bit(3, 'DE'),
    bit(4, 'PSE'),
    bit(5, 'PAE'),
    bit(6, 'MCE'),
    bit(7, 'PGE'),
    bit(8, 'PCE'),
    bit(9, 'OSFXSR'),
    bit(10, 'OSXMMEXCPT'),
    bit(11, 'UMIP'),
    bit(12, 'LA57'),
    bit(13, 'VMXE'),
    bit(14, 'SMXE'),
    bit(16, 'FSGSBASE'),
    bit(17, 'PCIDE'),
    bit(18, 'OSXSAVE'),
    bit(20, 'SMEP'),
    bit(21, 'SMAP'),
    bit(22, 'PKE'),
    bit(23, 'CET'),
  ],
  efer: [bit(0, 'SCE'), bit(8, 'LME'), bit(10, 'LMA'), bit(11, 'NXE')],
  xcr0: [bit(0, 'X87'), bit(1, 'SSE'), bit(2, 'AVX')],
  dr6: [bit(0, 'B0'), bit(1, 'B1'), bit(2, 'B2'), bit(3, 'B3'), bit(13, 'BD'), bit(14, 'BS'), bit(15, 'BT')],
  mxcsr: [
    bit(0, 'IE'),
    bit(1, 'DE'),
    bit(2, 'ZE'),
    bit(3, 'OE'),
    bit(4, 'UE'),
    bit(5, 'PE'),
    bit(6, 'DAZ'),
    bit(7, 'IM'),
    bit(8, 'DM'),
    bit(9, 'ZM'),
    bit(10, 'OM'),
    bit(11, 'UM'),
    bit(12, 'PM'),
    field(13, 14, 'RC'),
    bit(15, 'FZ'),
  ],
  apicbase: [bit(8, 'BSP'), bit(10, 'x2APIC'), bit(11, 'enabled')],
};

/** "ZF IF IOPL=3": the bits that are set. */
export function decodeBits(rows: readonly BitRow[], value: bigint): string {
  return rows
    .flatMap(({ low, high, name }) => {
      const bits = (value >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);
      if (bits === 0n) return [];
      return high === low ? [name] : [`${name}=${bits}`];
    })
    .join(' ');
}
