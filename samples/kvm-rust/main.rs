//! A small kernel in Rust without the standard library: PVH entry, serial console, KVM's clock and a hypercall, and some tasks.
#![no_std]
#![no_main]
#![allow(dead_code)] // what only Debug prints

mod boot;
mod cpu;
mod kvm;
mod serial;
mod tasks;

use core::panic::PanicInfo;
use kvm::Hypervisor;
use serial::Serial;
use tasks::Task;

const DEBUG_EXIT: u16 = 0xf4;

#[no_mangle]
extern "C" fn kernel_main(start_info: u64) -> ! {
    Serial::init();
    let host = Hypervisor::detect();
    println!("kvm-rust: start_info at {:#x}, {:x?}", start_info, host);
    let mut tasks = [Task::new("short", 6, None), Task::new("long", 27, Some(0)), Task::new("zero", 0, Some(0))];
    let mut rounds = 0;
    while tasks::round(&mut tasks, 200) > 0 {
        rounds += 1;
    }
    for task in &tasks {
        println!("{:>6}: {:?}", task.name, task.state);
    }
    if let Some((task, steps)) = tasks::longest(&tasks) {
        println!("longest: {} from {} with {} steps, {} rounds", task.name, task.start, steps, rounds);
    }
    if let Hypervisor::Kvm { .. } = host {
        println!("kick: {:?}", host.kick(0));
    }
    match host.time_ns() {
        Some(time) => println!("clock: runs, {}", if time > 0 { "ahead" } else { "at 0" }),
        None => println!("clock: none"),
    }
    cpu::outl(DEBUG_EXIT, 0);
    cpu::halt()
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("panic: {}", info);
    cpu::outl(DEBUG_EXIT, 1);
    cpu::halt()
}
