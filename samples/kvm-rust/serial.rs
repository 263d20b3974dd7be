//! The first serial port (16550 at 0x3f8), polled, behind print!.
use crate::cpu::{inb, outb};
use core::fmt;

const COM1: u16 = 0x3f8;
const THR_EMPTY: u8 = 0x20;

pub struct Serial;

impl Serial {
    pub fn init() {
        outb(COM1 + 3, 0x03); // 8 data bits, no parity, 1 stop bit
        outb(COM1 + 2, 0x07); // FIFOs on and empty
        outb(COM1 + 4, 0x03); // DTR, RTS
    }
}

impl fmt::Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            while inb(COM1 + 5) & THR_EMPTY == 0 {}
            outb(COM1, byte);
        }
        Ok(())
    }
}

#[macro_export]
macro_rules! println {
    ($($argument:tt)*) => {{
        use core::fmt::Write;
        let _ = writeln!($crate::serial::Serial, $($argument)*);
    }};
}
