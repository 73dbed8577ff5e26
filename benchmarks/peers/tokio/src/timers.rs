use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// tokio's timers tick once per millisecond; a shorter sleep ends with the next tick.
pub async fn sleep_microsecond(sleeps: u64) -> u64 {
    const SLEEPERS: u64 = 1_000;
    let mut sleepers = Vec::new();
    for _ in 0..SLEEPERS {
        sleepers.push(tokio::spawn(async move {
            let mut count = 0;
            while count < sleeps / SLEEPERS {
                sleep(Duration::from_micros(1)).await;
                count += 1;
            }
            count
        }));
    }
    let mut total = 0;
    for sleeper in sleepers {
        total += sleeper.await.unwrap();
    }
    total
}

pub async fn timeout_ping_pong(round_trips: u64) -> u64 {
    let (ping, mut pinged) = mpsc::channel(1);
    let (pong, mut ponged) = mpsc::channel(1);
    tokio::spawn(async move {
        for _ in 0..round_trips {
            pong.send(receive_within_a_second(&mut pinged).await + 1).await.unwrap();
        }
    });
    let mut sum = 0;
    for i in 0..round_trips {
        ping.send(i).await.unwrap();
        sum += receive_within_a_second(&mut ponged).await;
    }
    sum
}

async fn receive_within_a_second(from: &mut mpsc::Receiver<u64>) -> u64 {
    timeout(Duration::from_secs(1), from.recv()).await.expect("a message took too long").unwrap()
}
