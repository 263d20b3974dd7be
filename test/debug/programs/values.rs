// Values of every kind that Rust describes in its debug information, in statics that a debugger can read from the image.
#![no_std]
#![no_main]
#![allow(dead_code)]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

pub mod kernel {
    pub enum Shape {
        Circle { radius: u32 },
        Square(u16, u16),
        Empty,
    }
    #[derive(Clone, Copy)]
    pub enum Mode {
        Off,
        On = 7,
    }
    pub struct Point<T> {
        pub x: T,
        pub y: T,
    }
    pub struct Pair(pub u8, pub i64);
    pub union Word {
        pub whole: u32,
        pub half: [u16; 2],
    }
}
use kernel::{Mode, Pair, Point, Shape, Word};

pub struct Everything {
    pub text: &'static str,
    pub empty: &'static str,
    pub numbers: &'static [u32],
    pub array: [u16; 3],
    pub tuple: (u8, i64, char),
    pub unit: (),
    pub flag: bool,
    pub wide: u128,
    pub some: Option<u32>,
    pub none: Option<u32>,
    pub reference: Option<&'static u32>,
    pub nowhere: Option<&'static u32>,
    pub nested: Option<Option<bool>>,
    pub ok: Result<u32, &'static str>,
    pub failed: Result<u32, &'static str>,
    pub circle: Shape,
    pub square: Shape,
    pub nothing: Shape,
    pub boxed: Option<Shape>,
    pub mode: Mode,
    pub point: Point<i32>,
    pub pair: Pair,
    pub word: Word,
    pub shapes: [Shape; 2],
    pub function: fn(u32) -> u32,
    pub half: f32,
    pub ordering: core::cmp::Ordering,
}

#[no_mangle]
pub extern "C" fn double(value: u32) -> u32 {
    value * 2
}
fn next(value: u32) -> u32 {
    double(value) + 1
}
static FIVE: u32 = 5;

#[no_mangle]
pub static EVERYTHING: Everything = Everything {
    text: "häuser \"und\"\n",
    empty: "",
    numbers: &[10, 20, 30],
    array: [1, 2, 3],
    tuple: (1, -5, 'x'),
    unit: (),
    flag: true,
    wide: 1 << 100,
    some: Some(5),
    none: None,
    reference: Some(&FIVE),
    nowhere: None,
    nested: Some(None),
    ok: Ok(7),
    failed: Err("too long"),
    circle: Shape::Circle { radius: 3 },
    square: Shape::Square(4, 5),
    nothing: Shape::Empty,
    boxed: Some(Shape::Square(6, 7)),
    mode: Mode::On,
    point: Point { x: 3, y: -4 },
    pair: Pair(200, -1),
    word: Word { whole: 0x0002_0001 },
    shapes: [Shape::Empty, Shape::Circle { radius: 9 }],
    function: next,
    half: 0.5,
    ordering: core::cmp::Ordering::Less,
};

#[no_mangle]
pub extern "C" fn _start() -> u32 {
    (EVERYTHING.function)(EVERYTHING.numbers[1])
}
