// Permissions gathered on the way down a walk (SDM vol 3 ch. 5.6.1).

export interface Rights {
  writable: boolean;
  user: boolean;
  executable: boolean;
  accessed: boolean;
}

export const narrow = (rights: Rights, value: bigint, format: string, nx: boolean): Rights =>
  format === 'pae-pdpte'
    ? rights
    : {
        writable: rights.writable && (value & 2n) !== 0n,
        user: rights.user && (value & 4n) !== 0n,
        executable: rights.executable && !(nx && value >> 63n === 1n),
        accessed: rights.accessed && (value & 0x20n) !== 0n,
      };
