//! The workloads of benchmarks/compare that are about channels, with flume's channels between tokio's tasks.
use peer_tokio::{crunch, Request};

fn main() {
    let request = Request::from_command_line();
    peer_tokio::run(request.workers, measure(request));
}

async fn measure(request: Request) {
    let workers = request.workers as u64;
    match request.workload.as_str() {
        "chan_ping_pong" => request.measure(ping_pong).await,
        "chan_unbuffered_1_1" => request.measure(|n| fan(0, 1, 1, n)).await,
        "chan_unbuffered_8_8" => request.measure(|n| fan(0, 8, 8, n)).await,
        "chan_buffered_1_1" => request.measure(|n| fan(128, 1, 1, n)).await,
        "chan_buffered_8_1" => request.measure(|n| fan(128, 8, 1, n)).await,
        "chan_buffered_8_8" => request.measure(|n| fan(128, 8, 8, n)).await,
        "fan_out" => request.measure(|n| fan_out(workers, n)).await,
        _ => request.absent(),
    }
}

async fn ping_pong(round_trips: u64) -> u64 {
    let (ping, pinged) = flume::bounded(0);
    let (pong, ponged) = flume::bounded(0);
    tokio::spawn(async move {
        while let Ok(value) = pinged.recv_async().await {
            pong.send_async(value + 1).await.unwrap();
        }
    });
    let mut sum = 0;
    for i in 0..round_trips {
        ping.send_async(i).await.unwrap();
        sum += ponged.recv_async().await.unwrap();
    }
    drop(ping);
    assert!(ponged.recv_async().await.is_err());
    sum
}

async fn fan(capacity: usize, producers: u64, consumers: u64, messages: u64) -> u64 {
    let (sender, receiver) = flume::bounded(capacity);
    let share = messages / producers;
    for producer in 0..producers {
        let sender = sender.clone();
        tokio::spawn(async move {
            for i in producer * share..(producer + 1) * share {
                sender.send_async(i).await.unwrap();
            }
        });
    }
    drop(sender);
    consume(receiver, consumers, |value| value).await
}

async fn fan_out(workers: u64, tasks: u64) -> u64 {
    let (sender, receiver) = flume::bounded(128);
    tokio::spawn(async move {
        for i in 0..tasks {
            sender.send_async(i).await.unwrap();
        }
    });
    consume(receiver, workers, crunch).await
}

/// The sum over everything that comes, of what `work` makes of it in so many tasks.
async fn consume(receiver: flume::Receiver<u64>, consumers: u64, work: fn(u64) -> u64) -> u64 {
    let mut consuming = Vec::new();
    for _ in 0..consumers {
        let receiver = receiver.clone();
        consuming.push(tokio::spawn(async move {
            let mut sum = 0u64;
            while let Ok(value) = receiver.recv_async().await {
                sum = sum.wrapping_add(work(value));
            }
            sum
        }));
    }
    drop(receiver);
    let mut total = 0u64;
    for consumer in consuming {
        total = total.wrapping_add(consumer.await.unwrap());
    }
    total
}
