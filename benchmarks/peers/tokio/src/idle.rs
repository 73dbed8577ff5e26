use peer_tokio::report;
use std::fs;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

pub async fn idle_process(tasks: u64) {
    const SOCKETS: usize = 1_000;
    let (over, never) = watch::channel(());
    let (woken, mut all_woken) = mpsc::channel(1);
    for _ in 0..tasks {
        let (mut never, woken) = (never.clone(), woken.clone());
        tokio::spawn(async move {
            assert!(never.changed().await.is_err());
            woken.send(1).await.unwrap();
        });
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    for _ in 0..SOCKETS / 2 {
        tokio::spawn(wait_for_input(TcpStream::connect(address).await.unwrap()));
        tokio::spawn(wait_for_input(listener.accept().await.unwrap().0));
    }
    sleep(Duration::from_millis(500)).await; // all of them wait

    let before = process_time();
    let begin = Instant::now();
    sleep(Duration::from_secs(2)).await;
    let used = process_time() - before;
    let passed = begin.elapsed();

    drop(over);
    let mut sum = 0;
    for _ in 0..tasks {
        sum += all_woken.recv().await.unwrap();
    }
    report("idle_process", 100.0 * used.as_secs_f64() / passed.as_secs_f64(), sum);
}

async fn wait_for_input(mut stream: TcpStream) {
    let mut buffer = [0; 64];
    let _ = stream.read(&mut buffer).await;
}

/// The processor time that the threads of this process have used.
fn process_time() -> Duration {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let nanoseconds = |thread: std::io::Result<fs::DirEntry>| {
        let text = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        text.split_whitespace().next().unwrap().parse::<u64>().unwrap()
    };
    Duration::from_nanos(threads.map(nanoseconds).sum())
}
