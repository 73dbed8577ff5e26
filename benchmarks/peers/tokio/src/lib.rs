//! What the peers in Rust share: the command line, the runtime, and how a workload is measured.
//!
//!     peer_tokio WORKLOAD WORKERS OPERATIONS
//!
//! prints one line "name value checksum" for each thing it measures; the value is in nanoseconds per operation unless the
//! name says otherwise. The comments on weft's side (benchmarks/workloads) say what one operation is.
use std::arch::asm;
use std::future::Future;
use std::process::exit;
use std::time::Instant;
use tokio::runtime::Builder;

pub struct Request {
    pub workload: String,
    pub workers: usize,
    pub operations: u64,
}

impl Request {
    pub fn from_command_line() -> Request {
        let arguments: Vec<String> = std::env::args().collect();
        if arguments.len() != 4 {
            eprintln!("usage: {} WORKLOAD WORKERS OPERATIONS", arguments[0]);
            exit(2);
        }
        Request {
            workload: arguments[1].clone(),
            workers: positive_number(&arguments[2]) as usize,
            operations: positive_number(&arguments[3]),
        }
    }

    /// Runs one workload: an asynchronous function that does that many operations and returns a checksum of what came out.
    pub async fn measure<Work, Running>(&self, work: Work)
    where
        Work: Fn(u64) -> Running,
        Running: Future<Output = u64>,
    {
        work(self.operations / 10).await; // warm up
        let start = Instant::now();
        let checksum = work(self.operations).await;
        let elapsed = start.elapsed().as_nanos() as f64;
        report(&self.workload, elapsed / self.operations as f64, checksum);
    }

    pub fn absent(&self) {
        println!("{} absent", self.workload);
    }
}

/// One worker: the runtime that tokio has for one thread, which is faster there than the other with one worker. More: the one
/// that steals work. `main` is a task like the others; awaited by `block_on` itself, it would be woken at several times the cost.
pub fn run(workers: usize, main: impl Future<Output = ()> + Send + 'static) {
    let mut builder = if workers == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    if workers != 1 {
        builder.worker_threads(workers);
    }
    let runtime = builder.enable_all().build().unwrap();
    runtime.block_on(async { tokio::spawn(main).await.unwrap() });
}

pub fn report(name: &str, value: f64, checksum: u64) {
    println!("{name} {value:.3} {checksum}");
}

/// A chain of dependent multiplications, that takes every program as long.
pub fn crunch(mut seed: u64) -> u64 {
    for _ in 0..10_000 {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        // Left alone, LLVM does several such steps in one.
        unsafe { asm!("/* {0} */", inout(reg) seed, options(nomem, nostack, preserves_flags)) };
    }
    seed
}

fn positive_number(text: &str) -> u64 {
    match text.parse() {
        Ok(value) if value > 0 => value,
        _ => {
            eprintln!("not a positive number: {text}");
            exit(2);
        }
    }
}
