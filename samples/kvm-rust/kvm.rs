//! KVM's paravirtual interface (asm/kvm_para.h): the clock and a hypercall; a plain machine has neither.
use crate::cpu::{cpuid, rdtsc, wrmsr};
use core::arch::asm;
use core::ptr::{addr_of, read_volatile};

const FEATURE_CLOCKSOURCE2: u32 = 3;
const MSR_SYSTEM_TIME_NEW: u32 = 0x4b56_4d01;
const HC_KICK_CPU: u64 = 5;

#[repr(C, align(64))]
struct PvClock {
    version: u32,
    pad0: u32,
    tsc_timestamp: u64,
    system_time: u64,
    tsc_to_system_mul: u32,
    tsc_shift: i8,
    flags: u8,
    pad: [u8; 2],
}

static mut CLOCK: PvClock =
    PvClock { version: 0, pad0: 0, tsc_timestamp: 0, system_time: 0, tsc_to_system_mul: 0, tsc_shift: 0, flags: 0, pad: [0; 2] };

#[derive(Debug)]
pub enum Hypervisor {
    Kvm { features: u32, has_clock: bool },
    Unknown([u32; 3]),
    None,
}

impl Hypervisor {
    pub fn detect() -> Hypervisor {
        if cpuid(1)[2] >> 31 == 0 {
            return Hypervisor::None;
        }
        let [_, b, c, d] = cpuid(0x4000_0000);
        if [b, c, d] != [0x4b4d_564b, 0x564b_4d56, 0x4d] {
            return Hypervisor::Unknown([b, c, d]); // not "KVMKVMKVM"
        }
        let features = cpuid(0x4000_0001)[0];
        let has_clock = features >> FEATURE_CLOCKSOURCE2 & 1 == 1;
        if has_clock {
            wrmsr(MSR_SYSTEM_TIME_NEW, addr_of!(CLOCK) as u64 | 1);
        }
        Hypervisor::Kvm { features, has_clock }
    }

    /// Nanoseconds since the machine started, where the hypervisor tells.
    pub fn time_ns(&self) -> Option<u64> {
        match self {
            Hypervisor::Kvm { has_clock: true, .. } => Some(clock_ns()),
            _ => None,
        }
    }

    /// Wakes a vCPU; the result is KVM's: 0 or an error.
    pub fn kick(&self, vcpu: u64) -> Result<(), Errno> {
        match self {
            Hypervisor::Kvm { .. } => match hypercall(HC_KICK_CPU, 0, vcpu) {
                0 => Ok(()),
                error => Err(Errno(error)),
            },
            _ => Err(Errno(-1)),
        }
    }
}

#[derive(Debug)]
pub struct Errno(pub i64);

fn clock_ns() -> u64 {
    let clock = addr_of!(CLOCK);
    loop {
        let (before, found) = unsafe { (read_volatile(addr_of!((*clock).version)), read_volatile(clock)) };
        let after = unsafe { read_volatile(addr_of!((*clock).version)) };
        if before != after || before & 1 == 1 {
            continue;
        }
        let ticks = rdtsc().wrapping_sub(found.tsc_timestamp);
        let shifted = if found.tsc_shift < 0 { ticks >> -found.tsc_shift } else { ticks << found.tsc_shift };
        return found.system_time + (u128::from(shifted) * u128::from(found.tsc_to_system_mul) >> 32) as u64;
    }
}

fn hypercall(number: u64, first: u64, second: u64) -> i64 {
    let result: i64;
    unsafe { asm!("push rbx", "mov rbx, {first}", "vmcall", "pop rbx", first = in(reg) first, inout("rax") number => result, in("rcx") second) }
    result
}
