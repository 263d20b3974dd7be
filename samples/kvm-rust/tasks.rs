//! A few tasks in turn: enums with data, slices and results, to be looked at in the debugger.

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Failure {
    TooLong { steps: u32, limit: u32 },
    Odd(u64),
}

#[derive(Debug, Clone, Copy)]
pub enum State {
    New,
    Running { value: u64, steps: u32 },
    Done(Result<u32, Failure>),
}

#[derive(Debug)]
pub struct Task {
    pub name: &'static str,
    pub start: u64,
    pub parent: Option<usize>,
    pub state: State,
}

impl Task {
    pub const fn new(name: &'static str, start: u64, parent: Option<usize>) -> Task {
        Task { name, start, parent, state: State::New }
    }

    /// One step of Collatz' sequence: halve what is even, else 3n + 1, until it is 1.
    pub fn step(&mut self, limit: u32) {
        self.state = match self.state {
            State::New if self.start == 0 => State::Done(Err(Failure::Odd(self.start))),
            State::New => State::Running { value: self.start, steps: 0 },
            State::Running { value: 1, steps } => State::Done(Ok(steps)),
            State::Running { steps, .. } if steps == limit => State::Done(Err(Failure::TooLong { steps, limit })),
            State::Running { value, steps } => State::Running { value: next(value), steps: steps + 1 },
            done => done,
        };
    }
}

fn next(value: u64) -> u64 {
    if value % 2 == 0 {
        value / 2
    } else {
        value * 3 + 1
    }
}

/// Steps every task once; how many are not done.
pub fn round(tasks: &mut [Task], limit: u32) -> usize {
    let mut busy = 0;
    for task in tasks.iter_mut() {
        task.step(limit);
        if !matches!(task.state, State::Done(_)) {
            busy += 1;
        }
    }
    busy
}

/// The longest sequence that came to its end.
pub fn longest(tasks: &[Task]) -> Option<(&Task, u32)> {
    let finished = tasks.iter().filter_map(|task| match task.state {
        State::Done(Ok(steps)) => Some((task, steps)),
        _ => None,
    });
    finished.max_by_key(|(_, steps)| *steps)
}
