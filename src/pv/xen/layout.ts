// Structures that Xen shares with a 64-bit guest (public/xen.h, arch-x86/xen.h), and which pages of RAM are Xen's own.
export const PAGE_SIZE = 4096;
export const PAGE_SHIFT = 12;

/** struct vcpu_info. */
export const VcpuInfo = { size: 64, upcallPending: 0, upcallMask: 1, pendingSel: 8, time: 32 } as const;
/** vCPUs beyond have no vcpu_info of their own until they register one. */
export const LEGACY_MAX_VCPUS = 32;

/** struct shared_info. */
export const SharedInfo = {
  vcpuInfo: 0,
  evtchnPending: LEGACY_MAX_VCPUS * VcpuInfo.size,
  evtchnMask: LEGACY_MAX_VCPUS * VcpuInfo.size + 512,
  wcVersion: LEGACY_MAX_VCPUS * VcpuInfo.size + 1024,
  wcSec: LEGACY_MAX_VCPUS * VcpuInfo.size + 1028,
  wcNsec: LEGACY_MAX_VCPUS * VcpuInfo.size + 1032,
  wcSecHi: LEGACY_MAX_VCPUS * VcpuInfo.size + 1036,
} as const;

/** Pages that Xen takes from the end of a VM's memory. */
const MAX_GRANT_FRAMES = 64;
/** A page of 16-byte entries has 256 status words of 2 bytes. */
const MAX_STATUS_FRAMES = MAX_GRANT_FRAMES / 8;
export const XenPages = {
  sharedInfo: 0,
  storeRing: 1,
  consoleRing: 2,
  grants: 3,
  grantFrames: MAX_GRANT_FRAMES,
  status: 3 + MAX_GRANT_FRAMES,
  statusFrames: MAX_STATUS_FRAMES,
  count: 3 + MAX_GRANT_FRAMES + MAX_STATUS_FRAMES,
} as const;

/** Bytes at the end of a VM's memory that the guest does not get: Xen's pages are there. */
export const XEN_RESERVED_BYTES = XenPages.count * PAGE_SIZE;

/** Where a domain builder puts what the guest finds at power-on (libxenguest, xg_dom_x86.c: special pages below the BIOS). */
export const SPECIAL_PAGES = { startGpa: 0xfeff_8000, endGpa: 0xff00_0000 } as const;
export const STORE_GFN = 0xf_effb;
export const CONSOLE_GFN = 0xf_effd;
