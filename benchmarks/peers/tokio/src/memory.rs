use peer_tokio::report;
use std::fs;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

/// tokio has no channel with several receivers: each task waits for a message of its own.
pub async fn parked_tasks(tasks: u64) {
    let before = Memory::of_this_process();
    let begin = Instant::now();

    let (started, mut all_started) = mpsc::channel::<()>(1);
    let (result, mut results) = mpsc::channel(1);
    let mut releases = Vec::with_capacity(tasks as usize);
    for _ in 0..tasks {
        let (release, released) = oneshot::channel();
        let (started, result) = (started.clone(), result.clone());
        releases.push(release);
        tokio::spawn(async move {
            drop(started);
            result.send(released.await.unwrap()).await.unwrap();
        });
    }
    drop(started);
    assert_eq!(all_started.recv().await, None);
    let to_start = begin.elapsed().as_nanos() as f64;
    let parked = Memory::of_this_process();

    let mut sum = 0u64;
    for (i, release) in releases.into_iter().enumerate() {
        release.send(i as u64).unwrap();
        sum += results.recv().await.unwrap();
    }
    let left = Memory::of_this_process();

    let per_task = 1.0 / tasks as f64;
    report("parked_start", to_start * per_task, sum);
    report("parked_resident", (parked.resident - before.resident) * per_task, sum);
    report("parked_page_tables", (parked.page_tables - before.page_tables) * per_task, sum);
    report("parked_mappings", parked.mappings, sum);
    report("parked_left", left.resident / before.resident, sum);
}

/// In bytes; and what vm.max_map_count limits.
struct Memory {
    resident: f64,
    page_tables: f64,
    mappings: f64,
}

impl Memory {
    fn of_this_process() -> Memory {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let bytes = |field: &str| {
            let line = status.lines().find(|line| line.starts_with(field)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1024.0
        };
        Memory {
            resident: bytes("VmRSS:"),
            page_tables: bytes("VmPTE:"),
            mappings: fs::read_to_string("/proc/self/maps").unwrap().lines().count() as f64,
        }
    }
}
